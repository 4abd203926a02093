"""Inserts lines into YAML files that people edit: every line that was there before stays as it is, with its comments."""

import json
import os
import shutil
import tempfile
import textwrap
from pathlib import Path
from typing import Any, Callable, List, Optional

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from rasa_project.validation import InvalidFile

WIDTH = 136  # of a folded text, without its indentation


class CannotInsert(ValueError):
    """The file is laid out in a way that this module does not write; says what to do."""


def parsed(text: str) -> Any:
    """The data of a YAML text."""
    return YAML(typ="safe", pure=True).load(text)


def scalar(text: str) -> str:
    """A text on one line of YAML: plain where that reads back as the same, else in quotes."""
    try:
        plain = parsed(f"- {text}\n") == [text]
    except YAMLError:
        plain = False
    return text if plain else json.dumps(text, ensure_ascii=False)


def folded(text: str, indent: int) -> List[str]:
    """Lines of a folded block (what follows ``>-``), each indented."""
    return [" " * indent + line for line in textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)]


def with_item(text: str, keys: List[str], item: str) -> str:
    """A YAML text with an item added to the end of a list.

    Args:
        keys: the way to the list.

    Raises:
        CannotInsert: there is no such list, or it is empty.
    """
    node = _at(text, keys)
    if not isinstance(node, SequenceNode) or not node.value:
        raise CannotInsert(f"'{' -> '.join(keys)}' is no list with at least one line; write the line by hand")
    if node.flow_style:
        at = _content_end(node.value[-1], text)
        return f"{text[:at]}, {json.dumps(item, ensure_ascii=False)}{text[at:]}"
    return _with_lines(text, _content_end(node, text), [" " * node.start_mark.column + "- " + scalar(item)])


def with_key(text: str, keys: List[str], lines: Callable[[int], List[str]]) -> str:
    """A YAML text with lines added to the end of a mapping.

    Args:
        keys: the way to the mapping.
        lines: the lines, given the column of the mapping's keys.

    Raises:
        CannotInsert: there is no such mapping, or it is written in braces or empty.
    """
    node = _at(text, keys)
    if not isinstance(node, MappingNode) or not node.value or node.flow_style:
        raise CannotInsert(f"'{' -> '.join(keys)}' is not written as one key a line; write the lines by hand")
    return _with_lines(text, _content_end(node, text), lines(node.start_mark.column))


def without_key(text: str, keys: List[str]) -> str:
    """A YAML text without a key and what belongs to it.

    Args:
        keys: the way to the key, which stands on a line of its own.

    Raises:
        CannotInsert: there is no such key.
    """
    parent = _at(text, keys[:-1])
    found = [(name, value) for name, value in parent.value if name.value == keys[-1]] if isinstance(parent, MappingNode) else []
    if not found or (isinstance(parent, MappingNode) and parent.flow_style):
        raise CannotInsert(f"there is no '{' -> '.join(keys)}' on a line of its own; remove it by hand")
    name, value = found[0]
    start = text.rfind("\n", 0, name.start_mark.index) + 1
    end = text.find("\n", _content_end(value, text))
    return text[:start] + (text[end + 1 :] if end >= 0 else "")


def with_example(text: str, intent: str, phrase: str) -> str:
    """Rasa training data with a phrase added to the examples of an intent.

    Raises:
        CannotInsert: there is no such intent, or its examples are not written as a block.
    """
    blocks = _at(text, ["nlu"])
    for block in blocks.value if isinstance(blocks, SequenceNode) else []:
        name, examples = _child(block, "intent"), _child(block, "examples")
        if name is not None and name.value == intent and isinstance(examples, ScalarNode) and examples.style == "|" and examples.value.strip():
            end = _content_end(examples, text)
            line = text[text.rfind("\n", 0, end) + 1 : end]
            return _with_lines(text, end, [line[: len(line) - len(line.lstrip())] + "- " + phrase])
    raise CannotInsert(f"there is no intent '{intent}' with a block of examples ('examples: |'); write the line by hand")


def save(path: Path, text: str, check: Callable[[], Any]) -> None:
    """Writes a file in one step; if the check then fails, the file is as it was before.

    Args:
        check: raises ``InvalidFile`` where the project does not work with the file.

    Raises:
        InvalidFile: as the check says.
    """
    path = path.resolve()
    before = path.read_bytes()
    _replace(path, text.encode("utf-8"))
    try:
        check()
    except BaseException:
        _replace(path, before)
        raise


def read(path: Path) -> str:
    """The text with its line ends as they are. Raises ``InvalidFile`` where it cannot be read."""
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidFile([f"{path}: cannot be read ({type(error).__name__}). Restore it as a file in UTF-8."]) from None


def _replace(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        shutil.copymode(path, name)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink()
        raise


def _at(text: str, keys: List[str]) -> Optional[Node]:
    node: Optional[Node] = YAML(typ="safe", pure=True).compose(text)
    for key in keys:
        node = _child(node, key)
    return node


def _child(node: Optional[Node], key: str) -> Optional[Node]:
    if not isinstance(node, MappingNode):
        return None
    return next((value for name, value in node.value if name.value == key), None)


def _content_end(node: Node, text: str) -> int:
    """Where the last character of a node's content ends; blank lines and comments behind it are not content."""
    if isinstance(node, (MappingNode, SequenceNode)) and not node.flow_style and node.value:
        last = node.value[-1]
        return _content_end(last[1] if isinstance(node, MappingNode) else last, text)
    return len(text[: node.end_mark.index].rstrip())


def _with_lines(text: str, after: int, lines: List[str]) -> str:
    """Lines put below the one that holds the position ``after``."""
    newline = "\r\n" if "\r\n" in text else "\n"
    end = text.find("\n", after)
    if end < 0:
        return text + newline + newline.join(lines) + newline
    return text[: end + 1] + "".join(line + newline for line in lines) + text[end + 1 :]
