"""The environment that every server and command of the project runs in."""

import os
import sys
from typing import Dict, List

QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "PYTHONWARNINGS": "ignore",
}


def child_environment() -> Dict[str, str]:
    """This process's environment, with telemetry off and the libraries' start-up chatter silenced."""
    return {**os.environ, **QUIET}


def module_command(module: str, *arguments: str) -> List[str]:
    """The command that runs a module such as ``rasa`` in this interpreter, without deprecation warnings of its libraries."""
    return [sys.executable, "-m", "rasa_project.operations.quietly", module, *arguments]
