"""Messages that a channel sends when no model or action can."""

from functools import lru_cache
from typing import Any, Dict

from rasa_project.settings import DOMAIN_FILE, clinic_settings
from rasa_project.validation import InvalidFile, read_yaml


@lru_cache(maxsize=None)
def domain_text(response: str) -> str:
    """The text of a response in the domain file, filled from ``clinic.yml``.

    Raises:
        InvalidFile: the domain has no such response.
    """
    responses = (read_yaml(DOMAIN_FILE) or {}).get("responses", {})
    if not responses.get(response):
        raise InvalidFile([f"{DOMAIN_FILE}: responses -> {response}: this response is required; add it"])
    return str(responses[response][0]["text"]).format(**clinic_settings().placeholders())


def error_message(recipient_id: str) -> Dict[str, Any]:
    """One REST message of kind ``error``: it still says where to turn in an emergency."""
    return {"recipient_id": recipient_id, "text": domain_text("utter_error"), "custom": {"kind": "error"}}
