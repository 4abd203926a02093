"""Things that patients mention and the article does not: other body parts, other conditions, treatments that it never names."""

from pathlib import Path
from typing import Dict, List

from rasa_project.content.schema import Facet
from rasa_project.ranking.labels import BODY_ELSEWHERE, BODY_HERE, NOT_COVERED, OTHER_CONDITION, OTHER_REQUEST
from rasa_project.settings import MENTIONS_FILE
from rasa_project.validation import InvalidFile, read_yaml

TABLES = (BODY_HERE, BODY_ELSEWHERE, OTHER_CONDITION, OTHER_REQUEST, *(NOT_COVERED + facet.value for facet in Facet))


def load_mentions(path: Path = MENTIONS_FILE) -> Dict[str, List[str]]:
    """The tables by name.

    Raises:
        InvalidFile: a table has an unknown name, or is not a list of texts, or two tables share an entry.
    """
    tables = read_yaml(path)
    problems = []
    owners: Dict[str, str] = {}
    for table, names in tables.items():
        if table not in TABLES:
            problems.append(f"{path}: {table}: there is no such table; use one of {', '.join(TABLES)}")
        if not isinstance(names, list) or not all(isinstance(name, str) and name.strip() for name in names):
            problems.append(f"{path}: {table}: write a list of names, one a line, each beginning with '- '")
            continue
        for position, name in enumerate(names):
            owner = owners.setdefault(name.lower(), table)
            if owner != table:
                problems.append(f"{path}: {table} -> {position}: {name!r} is also in {owner!r}; keep it in one of the two")
    if problems:
        raise InvalidFile(problems)
    return {table: list(names) for table, names in tables.items()}
