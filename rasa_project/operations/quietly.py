"""``python -m rasa_project.operations.quietly MODULE ARGUMENTS``: runs a module without its libraries' deprecation warnings.

Rasa 3.6 is held to old releases of Sanic and others; Sanic switches deprecation warnings on when it is imported, whatever PYTHONWARNINGS
says. They are for Rasa's developers, and would bury the few lines that matter to who runs the bot.
"""

import runpy
import sys
import warnings

import sanic.app  # noqa: F401  (its import sets the filter that the next line overrides)

warnings.filterwarnings("ignore", category=DeprecationWarning)

if __name__ == "__main__":
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
