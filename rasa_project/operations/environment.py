"""The environment that every server and command of the project runs in."""

import os
import sys
from pathlib import Path
from typing import Dict, List

QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "PYTHONWARNINGS": "ignore",
}


# What leads to the clinic's databases and people.
CLINIC_WIDE = (
    "ESCALATION_DB_URL",
    "TRACKER_DB_URL",
    "INSIGHTS_DB_URL",
    "ESCALATION_WEBHOOK_URL",
    "ESCALATION_WEBHOOK_SECRET",
    "MESSAGING_DB_URL",
    "BOT_ADDRESS",
    "SLACK_BOT_TOKEN",
    "SLACK_SIGNING_SECRET",
    "TELEGRAM_BOT_TOKEN",
    "TELEGRAM_BOT_NAME",
    "TELEGRAM_SECRET_TOKEN",
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
    "MESSENGER_PAGE_TOKEN",
    "MESSENGER_APP_SECRET",
    "MESSENGER_VERIFY_TOKEN",
    "SMTP_URL",
    "SMTP_FROM",
    "STAFF_PASSWORD",
    "METRICS_TOKEN",
)


def child_environment() -> Dict[str, str]:
    """This process's environment, with telemetry off and the libraries' start-up chatter silenced."""
    return {**os.environ, **QUIET}


def trial_environment(state: Path) -> Dict[str, str]:
    """The environment of a bot that is only tried: its made-up patients reach neither the clinic nor its databases."""
    return {**{name: value for name, value in child_environment().items() if name not in CLINIC_WIDE}, "CLINIC_BOT_STATE": str(state)}


def module_command(module: str, *arguments: str) -> List[str]:
    """The command that runs a module such as ``rasa`` in this interpreter, without deprecation warnings of its libraries."""
    return [sys.executable, "-m", "rasa_project.operations.quietly", module, *arguments]
