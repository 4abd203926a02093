"""The environment that every server and command of the project runs in."""
import os
from typing import Dict

QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "PYTHONWARNINGS": "ignore",
}


def child_environment() -> Dict[str, str]:
    """This process's environment, with telemetry off and the libraries' start-up chatter silenced."""
    return {**os.environ, **QUIET}
