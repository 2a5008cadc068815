# Each target does all of its own set-up: Python 3.11 (or newer) and make are all that is needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: help venv dev demo test lint bench lock clean
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

$(VENV)/.runtime: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("wikitally needs Python 3.11 or newer, not " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing wikitally into $(VENV) (ClickHouse comes along: about 200 MB the first time) ..."
	@$(PIP) install --quiet --require-hashes -r requirements.lock
	@$(PIP) install --quiet --no-deps -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock
	@echo "Installing what the tests need ..."
	@$(PIP) install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

venv: $(VENV)/.runtime ## leave .venv/bin/wikitally

dev: $(VENV)/.dev ## venv, with what tests and lint need

demo: venv ## the recorded edit-a-thon, from a local EventStreams to a board that moves
	@$(BIN)/wikitally demo

test: dev ## every test, on real servers
	@$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

lint: dev ## ruff and mypy --strict, tests included
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: dev ## events per second and latency, measured here and now
	@$(BIN)/python -m bench $(ARGS)

lock: dev ## recompile the lock files (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header pyproject.toml -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --extra dev pyproject.toml -o requirements-dev.lock

clean: ## remove what the targets made
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .cache build dist var
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
