"""What a patient with a red flag reads. The same in the action server and, if that is down, in the Rasa server."""

import logging
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, List, Optional

from rasa_project.content.schema import StrictModel
from rasa_project.dialogue.replies import Reply
from rasa_project.escalation.store import escalation_store
from rasa_project.intents import RED_FLAGS
from rasa_project.settings import RED_FLAGS_FOLDER, clinic_settings
from rasa_project.validation import InvalidFile, load_model, read_yaml

logger = logging.getLogger(__name__)

EMERGENCY, URGENT = "emergency", "urgent"


class FlagWords(StrictModel):
    """``sign``: the danger sign in a patient's words, to follow "You wrote about"."""

    sign: str


@lru_cache(maxsize=1)
def flag_words(path: Path = RED_FLAGS_FOLDER / "wording.yml") -> Dict[str, FlagWords]:
    return {flag: load_model(path, FlagWords, words) for flag, words in read_yaml(path).items()}


def present_flags(parse_data: Dict[str, Any]) -> List[Dict[str, Any]]:
    """The findings of a message that are true of the patient now."""
    return [finding for finding in parse_data.get(RED_FLAGS) or [] if finding.get("status") == "present"]


def escalate(findings: List[Dict[str, Any]], conversation_id: str, message_id: Optional[str], channel: Optional[str]) -> Reply:
    """Stores the escalation, then words it. A database that fails must not keep the advice from the patient.

    Args:
        findings: present red flags, each with ``flag``, ``level`` and ``evidence``.
    """
    level = EMERGENCY if any(finding["level"] == EMERGENCY for finding in findings) else URGENT
    flags = list(dict.fromkeys(finding["flag"] for finding in findings))
    evidence = list(dict.fromkeys(finding["evidence"] for finding in findings))
    try:
        reference: Optional[str] = escalation_store().add(level, flags, evidence, conversation_id, message_id, channel)
    except Exception:
        logger.exception("An escalation could not be stored (conversation %s, flags %s).", conversation_id, ", ".join(flags))
        reference = None
    settings = clinic_settings()
    contacts = settings.contacts("emergency", "clinic") if level == EMERGENCY else settings.contacts("clinic", "urgent_care", "emergency")
    kind_of_advice = "severe_pain" if level == URGENT and "severe_pain" in flags else level
    response = f"utter_escalate_{kind_of_advice}"
    return Reply(
        custom={"kind": "escalation", "level": level, "flags": flags, "reference": reference, "contacts": contacts},
        response=response if reference else f"{response}_unrecorded",
        words={**settings.placeholders(), "signs": _signs(flags), "reference": reference or ""},
    )


def _signs(flags: List[str]) -> str:
    """The danger signs in words. A fault in that file must not keep the advice from the patient either."""
    try:
        parts = [flag_words()[flag].sign for flag in flags]
    except (InvalidFile, KeyError):
        logger.exception("The danger signs %s have no usable words.", ", ".join(flags))
        return "a danger sign"
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
