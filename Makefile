# Needs git, make and a Python from 3.11 to 3.13; everything else comes from requirements.lock.

UV_VERSION := 0.13.9
PYTHONS := python3 python3.13 python3.12 python3.11
IS_SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
PYTHON ?= $(shell for python in $(PYTHONS); do \
	$$python -c '$(IS_SUPPORTED)' 2>/dev/null && echo $$python && break; done)
# The validator of FOCUS needs exactly 3.12, with libraries that Apportion does not use.
IS_312 := import sys; sys.exit(sys.version_info[:2] != (3, 12))
PYTHON_312 = $(shell for python in python3.12 python3 $(wildcard $(HOME)/.pyenv/versions/3.12.*/bin/python); do \
	$$python -c '$(IS_312)' 2>/dev/null && echo $$python && break; done)

VENV := .venv
READY := $(VENV)/.ready
UV := $(VENV)/uv/bin/uv
APPORTION_HOME ?= var
CONFIG ?= $(wildcard apportion.toml)
WORKERS ?= 2

export APPORTION_HOME
export DO_NOT_TRACK = 1

.DEFAULT_GOAL := help
.PHONY: help setup daily test check format tools airflow docs bench accuracy levers clean

help: ## show these targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

setup: $(READY) ## make the virtual environment from the lock file

daily: $(READY) ## the daily run: with CONFIG=… or ./apportion.toml, else on the sample company
	@$(VENV)/bin/apportion $(if $(CONFIG),--config $(CONFIG) run,run --sample)

test: $(READY) ## run the tests
	@$(VENV)/bin/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(TESTS)

check: $(READY) ## lint Python and SQL, check formats, types and the direction of imports
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-logo
	$(VENV)/bin/sqlfluff lint --processes $(WORKERS) transforms/models transforms/tests

format: $(READY) ## format Python
	$(VENV)/bin/ruff check --fix
	$(VENV)/bin/ruff format

tools: $(READY) ## install what some tests run, each in its own environment: focus-validator, nise
	@$(call install,focus-validator,$(PYTHON_312),focus-validator==2.2.1 pyarrow==21.0.0)
	@$(call install,nise,$(PYTHON),koku-nise==5.4.4)
	@$(call install,nise4,$(PYTHON),koku-nise==4.7.5)

airflow: $(READY) ## start Airflow on http://127.0.0.1:8080 (open: no password, this machine only)
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" CONFIG="$(CONFIG)" dags/start-airflow

docs: $(READY) ## write the documentation of every table and column to var/docs/static_index.html
	@APPORTION_BUILD=:memory: $(VENV)/bin/dbt --quiet docs generate --static --empty-catalog \
		--project-dir transforms --profiles-dir transforms \
		--target-path $(abspath $(APPORTION_HOME))/docs --log-path $(abspath $(APPORTION_HOME))/docs

bench: $(READY) ## measure the attribution against plain reading and writing, and day 30 against 7
	$(VENV)/bin/python -m benchmarks.attribution
	$(VENV)/bin/python -m benchmarks.days

accuracy: $(READY) ## measure attribution against the truth of simulated companies
	$(VENV)/bin/python -m benchmarks.accuracy

levers: $(READY) ## measure how often the interval of a saving holds the true one, lever by lever
	$(VENV)/bin/python -m benchmarks.levers

clean: ## remove the environment and all caches; the home folder stays
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

# $(call install,folder of var/,python,requirements): once; where it fails, tests skip.
define install
test -e var/$(1)/.ready || { test -n "$(2)" \
	&& $(UV) venv --quiet --clear --no-python-downloads --python "$(2)" var/$(1) \
	&& $(UV) pip install --quiet --python var/$(1) $(3) && touch var/$(1)/.ready; } \
	|| echo "could not install $(1): the tests that run it will skip"
endef

$(READY): requirements.lock pyproject.toml | $(UV)
	@echo "setting up $(VENV)"
	@$(UV) venv --quiet --allow-existing --python "$(PYTHON)" $(VENV)
	@$(UV) pip sync --quiet --python $(VENV) --require-hashes --compile-bytecode requirements.lock
	@$(UV) pip install --quiet --python $(VENV) --no-deps --no-build-isolation --editable .
	@touch $@

$(UV):
	@test -n "$(PYTHON)" || { echo "Apportion needs Python 3.11, 3.12 or 3.13: install one, \
	or name it: make PYTHON=/path/to/python"; exit 1; }
	@$(PYTHON) -m venv $(VENV)/uv || { echo "$(PYTHON) cannot make a virtual environment. \
	On Debian and Ubuntu: apt-get install python3-venv"; rm -rf $(VENV)/uv; exit 1; }
	@$(VENV)/uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
