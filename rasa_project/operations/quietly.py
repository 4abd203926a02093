"""``python -m rasa_project.operations.quietly MODULE ARGUMENTS``: runs a module without its libraries' deprecation warnings, with our logging.

Rasa 3.6 is held to old releases of its libraries, and several of them switch deprecation warnings on while they are imported, whatever
PYTHONWARNINGS says. They are for Rasa's developers, and would bury the few lines that matter to who runs the bot.
"""

import runpy
import sys
import warnings
from typing import Any, Type

from rasa_project.watching import logs

_show = warnings.showwarning


def _show_others(message: Any, category: Type[Warning], *place: Any, **more: Any) -> None:
    if not issubclass(category, (DeprecationWarning, PendingDeprecationWarning)):
        _show(message, category, *place, **more)


if __name__ == "__main__":
    logs.install()
    _show = warnings.showwarning
    warnings.showwarning = _show_others
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
