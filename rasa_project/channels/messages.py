"""Messages that a channel sends when no model or action can."""

from typing import Any, Dict

from rasa_project.settings import domain_text


def error_message(recipient_id: str, response: str = "utter_error") -> Dict[str, Any]:
    """One REST message of kind ``error``, worded by a domain response: it still says where to turn in an emergency."""
    return {"recipient_id": recipient_id, "text": domain_text(response), "custom": {"kind": "error"}}
