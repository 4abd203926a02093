"""Prints what is installed and not needed to run the bot: what only tests need, as far as nothing else needs it.

The lock file holds both kinds. Which is which follows from what the installed packages themselves say that they require.
"""

from importlib.metadata import PackageNotFoundError, distributions, requires
from typing import List, Set, Tuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = "rasa-project"


def needed(project: str = PROJECT) -> Set[str]:
    """The names of the packages that the project needs when it runs, itself included."""
    seen: Set[Tuple[str, str]] = set()
    ahead: List[Tuple[str, str]] = [(project, "")]
    while ahead:
        name, extra = ahead.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        try:
            requirements = requires(name) or []
        except PackageNotFoundError:
            continue  # for another platform, or left out on purpose (override-dependencies in pyproject.toml)
        for requirement in map(Requirement, requirements):
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                wanted = str(canonicalize_name(requirement.name))
                ahead += [(wanted, ""), *((wanted, further) for further in requirement.extras)]
    return {name for name, _ in seen}


def unneeded() -> List[str]:
    """What is installed beside that, sorted."""
    installed = {str(canonicalize_name(found.metadata["Name"])) for found in distributions()}
    return sorted(installed - needed())


if __name__ == "__main__":
    print("\n".join(unneeded()))
