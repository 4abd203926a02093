"""What the parse data of a message say about danger signs; for messages that skipped language understanding, the rules are asked here."""

import re
from dataclasses import asdict
from functools import lru_cache
from typing import Any, Dict, List

from rasa_project.intents import RED_FLAGS
from rasa_project.red_flags.detector import RedFlagDetector
from rasa_project.settings import RED_FLAGS_FOLDER

_PAYLOAD = re.compile(r"^\s*/\w*(\{[^}]*\})?")


@lru_cache(maxsize=1)
def detector() -> RedFlagDetector:
    """The rules of this deployment."""
    return RedFlagDetector.from_folder(RED_FLAGS_FOLDER)


def findings(parse_data: Dict[str, Any]) -> List[Dict[str, Any]]:
    """Every finding of a message, as dictionaries with the fields of ``Finding``.

    A payload (``/intent``) goes past the components that read messages, whatever else it says.
    """
    found = parse_data.get(RED_FLAGS)
    if found is None:
        free_text = _PAYLOAD.sub("", str(parse_data.get("text") or ""))
        found = [asdict(finding) for finding in detector().detect(free_text)]
    return list(found)


def present_flags(parse_data: Dict[str, Any]) -> List[Dict[str, Any]]:
    """The findings of a message that are true of the patient now."""
    return [finding for finding in findings(parse_data) if finding.get("status") == "present"]
