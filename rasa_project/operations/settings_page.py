"""docs/settings.md: every setting, from the schema of clinic.yml and from deploy/env.example, so that the page cannot say something else."""

import re
from typing import Dict, Iterator, List, Tuple

from pydantic import BaseModel
from pydantic.fields import ModelField

from rasa_project.settings import PROJECT_FOLDER, ClinicSettings

PAGE = PROJECT_FOLDER / "docs" / "settings.md"
ENVIRONMENT = PROJECT_FOLDER / "deploy" / "env.example"
HEADER = """# Settings

Written by `python -m rasa_project document-settings`. What a clinic tells its patients and decides stands in `clinic.yml`; secrets and addresses of
servers are variables of the environment (`deploy/env.example`). All of it is checked at the start, and `python -m rasa_project doctor` says
what a deployment lacks.

## clinic.yml

| setting | what it is | without it |
| --- | --- | --- |
"""


def text() -> str:
    """The page."""
    rows = [f"| `{name}` | {meaning} | {default} |" for name, meaning, default in _rows(ClinicSettings)]
    sections = [f"## {title}\n\n| variable | what it is |\n| --- | --- |\n" + "\n".join(lines) for title, lines in _variables().items()]
    return HEADER + "\n".join(rows) + "\n\n" + "\n\n".join(sections) + "\n"


def _rows(model: type, above: str = "") -> Iterator[Tuple[str, str, str]]:
    """Name, meaning and default of each setting, down to the last."""
    fields: Dict[str, ModelField] = model.__fields__  # type: ignore[attr-defined]
    for field in fields.values():
        name, meaning = above + field.name, field.field_info.description
        is_group = isinstance(field.type_, type) and issubclass(field.type_, BaseModel)
        if meaning:
            yield name, meaning, "" if is_group else _default(field)
        elif is_group and field.type_.__doc__:
            yield name, field.type_.__doc__.split("\n")[0].rstrip("."), ""
        if is_group:
            yield from _rows(field.type_, f"{name}.")


def _default(field: ModelField) -> str:
    if field.required:
        return "required"
    if field.default == []:
        return "none"
    return f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"


def _variables() -> Dict[str, List[str]]:
    """Rows by section of the environment's example: comments say what the variables after them are."""
    sections: Dict[str, List[str]] = {}
    rows: List[str] = []
    meaning: List[str] = []
    for line in ENVIRONMENT.read_text(encoding="utf-8").splitlines():
        title, variable = re.fullmatch(r"# --- (.*)", line), re.fullmatch(r"(# )?([A-Z_0-9]+)=", line)
        if title:
            rows = sections.setdefault(title[1], [])
            meaning = []
        elif variable and sections:
            rows.append(f"| `{variable[2]}` | {' '.join(meaning)} |" if meaning else f"| `{variable[2]}` | as above |")
            meaning = []
        elif line.startswith("# "):
            meaning.append(line[2:])
        else:
            meaning = []
    return sections
