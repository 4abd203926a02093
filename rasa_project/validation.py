"""Reads YAML and JSON lines into models; an error names file, place, bad value and what to do."""

import json
from pathlib import Path
from typing import Any, Callable, List, Optional, Type, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

ModelT = TypeVar("ModelT", bound=BaseModel)
ItemT = TypeVar("ItemT")


class InvalidFile(ValueError):
    """A file that people edit holds something the bot cannot use.

    ``problems`` has one line a fault, each ready to be shown to the person who edits the file.
    """

    def __init__(self, problems: List[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read_yaml(path: Path) -> Any:
    """The content of a YAML file.

    Raises:
        InvalidFile: the file is missing, is not UTF-8, is empty, or is not YAML.
    """
    try:
        with path.open(encoding="utf-8") as stream:
            data = YAML(typ="safe", pure=True).load(stream)
    except FileNotFoundError:
        raise InvalidFile([f"{path}: the file is missing. Restore it, for example from version control."]) from None
    except UnicodeDecodeError as error:
        raise InvalidFile([f"{path}: byte {error.start} is not UTF-8 text. Save the file as UTF-8."]) from error
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise InvalidFile([f"{path}: {where}{error.problem}. Look for a missing quote, a colon in unquoted text, or wrong indentation."]) from error
    except YAMLError as error:
        raise InvalidFile([f"{path}: not readable as YAML: {error}"]) from error
    if data is None:
        raise InvalidFile([f"{path}: the file is empty. Fill it in or remove it."])
    return data


def _value_at(data: Any, location: tuple) -> Any:
    for key in location:
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            return None
    return data


_ADVICE = {
    "value_error.missing": "this key is required; add it",
    "value_error.extra": "there is no such key here; remove it or correct its spelling",
    "value_error.any_str.min_length": "the text is empty; write it or remove the key",
    "type_error.none.not_allowed": "the value is empty; fill it in or remove the key",
}


def _problem(path: Path, data: Any, error: dict) -> str:
    location = tuple(part for part in error["loc"] if part not in ("__root__", "__key__"))
    key_path = " -> ".join(str(part) for part in location) or "(whole file)"
    value = _value_at(data, location)
    shown = f" (here: {str(value)[:80]!r})" if location and value is not None and not isinstance(value, (dict, list)) else ""
    return f"{path}: {key_path}: {_ADVICE.get(error['type'], error['msg'])}{shown}"


def load_model(path: Path, model: Type[ModelT], data: Optional[Any] = None) -> ModelT:
    """A validated model read from a YAML file, or from ``data`` already read from it.

    Raises:
        InvalidFile: with one line for each fault.
    """
    data = read_yaml(path) if data is None else data
    if not isinstance(data, dict):
        raise InvalidFile([f"{path}: expected 'key: value' lines at the top, found a {type(data).__name__}."])
    try:
        return model.parse_obj(data)
    except ValidationError as error:
        raise InvalidFile([_problem(path, data, fault) for fault in error.errors()]) from error


def read_json_lines(folder: Path, make: Callable[[Any, str], ItemT]) -> List[ItemT]:
    """What ``make`` makes of each line of the ``*.jsonl`` files of a folder, file by file; it is given the line and the file's name.

    Raises:
        InvalidFile: a line is not JSON, or ``make`` raised ``ValueError`` on it; names the file, the line and what to do.
    """
    problems: List[str] = []
    items: List[ItemT] = []
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            try:
                items.append(make(json.loads(line), path.stem))
            except ValueError as error:
                problems.append(f"{path}: line {number}: {error}")
    if not items and not problems:
        problems.append(f"{folder}: no example (*.jsonl) is there; restore the folder")
    if problems:
        raise InvalidFile(problems)
    return items
