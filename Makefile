# The entry points, the same by hand and in CI. 'make' alone lists them.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
RASA := $(PY) -m rasa_project.operations.quietly rasa
install = (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(1) >/dev/null)
export RASA_TELEMETRY_ENABLED = false
export TF_CPP_MIN_LOG_LEVEL = 3
export SQLALCHEMY_SILENCE_UBER_WARNING = 1
export PYTHONWARNINGS = ignore

.PHONY: help setup programs run cluster shell train check test evaluate evaluate-safety benchmark screenshots lock clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)$$/  make \1\t\2/' | expand -t 24

setup: $(VENV)/.installed ## create the environment from the lock file

$(VENV)/.installed: requirements.lock installer.lock pyproject.toml web/packages.yml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info[:2] == (3, 10) else f"Rasa and the locked packages need Python 3.10, and this is {sys.version.split()[0]}. Try: make PYTHON=python3.10 $(MAKECMDGOALS)")'
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r installer.lock
	@VIRTUAL_ENV=$(VENV) $(VENV)/bin/uv pip install --quiet --no-deps --require-hashes -r requirements.lock
	@VIRTUAL_ENV=$(VENV) $(VENV)/bin/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@$(PY) -m rasa_project web-packages || echo "The bot runs without the chat widget until this is mended."
	@touch $@

programs: ## install what the tests start, where it is missing (Debian): Chromium, Redis, PostgreSQL, nginx
	@command -v chromium >/dev/null || $(call install,chromium fonts-liberation)
	@command -v redis-server >/dev/null || $(call install,redis-server)
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || $(call install,postgresql)
	@command -v nginx >/dev/null || test -x /usr/sbin/nginx || $(call install,nginx-light)

run: setup ## train if needed, start the bot, stop it with Ctrl-C
	@$(PY) -m rasa_project run

cluster: setup programs ## start nginx, two Rasa and two action servers, PostgreSQL and Redis, as several machines would run them
	@$(PY) -m rasa_project cluster

shell: setup ## talk to the bot in the terminal
	@$(PY) -m rasa_project shell

train: setup ## train a model
	@$(PY) -m rasa_project train

check: setup ## lint, types, training data and content
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(PY) -m bandit --quiet --configfile pyproject.toml --recursive rasa_project actions deploy benchmarks
	@$(PY) -m rasa_project check
	@$(RASA) data validate --quiet

test: setup programs ## validate the data, run unit tests, stories, conversations over HTTP and the chat widget
	@$(PY) -m rasa_project check
	@$(RASA) data validate --quiet
	@$(PY) -m rasa_project train --if-needed
	@$(RASA) test core --quiet --no-plot --stories tests/stories --fail-on-prediction-errors --out .cache/story_results
	@$(PY) -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

evaluate: setup ## ask a bot the test questions and report (docs/evaluation.md)
	@$(PY) -m rasa_project evaluate --report docs/evaluation.md

evaluate-safety: setup ## count danger signs found and missed, and false alarms (docs/red_flags.md)
	@$(PY) -m rasa_project evaluate-safety --report docs/red_flags.md

benchmark: setup ## compare with stock Rasa (docs/benchmarks.md)
	@$(PY) -m benchmarks

screenshots: setup programs ## take the pictures in docs/screenshots anew
	@$(PY) docs/screenshots/take.py

lock: setup ## resolve the dependencies anew
	@VIRTUAL_ENV=$(VENV) $(VENV)/bin/uv pip compile pyproject.toml --extra dev --python-version 3.10 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet -o requirements.lock

clean: ## remove models, caches and the environment
	rm -rf $(VENV) .cache .rasa models results
