# Everything a person or CI does here. `make help` lists it.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# uv works in this checkout's environment only, and never fetches an interpreter of its own.
UV := env -u UV_SYSTEM_PYTHON VIRTUAL_ENV="$(CURDIR)/$(VENV)" UV_PYTHON_DOWNLOADS=never \
	$(BIN)/uv --quiet
COMPILE := $(UV) pip compile --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command "make lock" pyproject.toml
PYTEST := $(BIN)/pytest -n auto --dist loadfile
TEMPLATES := $(wildcard lambda/cloudformation/*.yaml)

.PHONY: help install demo up down fleet fleet-down layouts secrets test test-slow test-alone bench cost lint format check lock clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' \
		| while IFS=$$'\t' read -r name text; do printf '  make %-10s %s\n' "$$name" "$$text"; done

install: $(STAMP) ## .venv with all that demo and tests need (PYTHON=python3.12 chooses one)

$(STAMP): requirements-dev.txt pyproject.toml
	@$(PYTHON) .ci/check_python.py
	@if [ ! -x $(BIN)/python ] || ! $(BIN)/python .ci/check_python.py >/dev/null 2>&1; then \
		echo "making $(VENV)"; rm -rf $(VENV); $(PYTHON) -m venv $(VENV); fi
	@echo "installing the locked requirements into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"
	@$(UV) pip sync --require-hashes requirements-dev.txt
	@$(UV) pip install --no-deps --no-build-isolation --editable .
	@touch $@

demo: install ## back up a warehouse into another account, on this machine, and show it
	@$(BIN)/python -m demo run

up: install ## start sandbox and Airflow in the background; print their addresses
	@$(BIN)/python -m demo up

down: ## stop what `make up` started
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m demo down; else echo "nothing is running"; fi

fleet: install ## the distributed Airflow without containers (ARGUMENTS="--workers 4 --sandbox")
	@$(BIN)/python -m fleet up $(ARGUMENTS)

fleet-down: ## stop what `make fleet` started
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m fleet down; else echo "nothing is running"; fi

layouts: install ## build/mwaa and build/astro: what to upload to an Airflow that others run
	@$(BIN)/python -m fleet.layout

secrets: ## .env for docker-compose.yaml, with new secrets
	@$(PYTHON) -m fleet.credentials

test: install ## all tests but the slow ones
	@$(PYTEST) -m "not slow and not alone"

test-slow: install ## the slow tests: whole demonstration, heavy proofs
	@$(PYTEST) --no-loadscope-reorder -m slow

test-alone: install ## what a real scheduler does, on an otherwise idle machine
	@$(BIN)/pytest -n 0 -m alone

bench: install ## measure speed as ratios; table here, JSON and charts in benchmarks/results
	@$(BIN)/python -m benchmarks

cost: install ## a month's bill of an account's snapshots (ARGUMENTS="--profile source ...")
	@$(BIN)/python -m costs $(ARGUMENTS)

lint: install ## format, lint, types, spelling, templates, lock
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/mypy -p demo -p fleet -p benchmarks -p costs
	@$(BIN)/codespell
	@$(BIN)/python .ci/check_lock.py
	@if [ -n "$(TEMPLATES)" ]; then $(BIN)/cfn-lint $(TEMPLATES); fi

format: install ## rewrite the code in the project's format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

check: lint test ## what CI runs: lint, then test

lock: install ## resolve pyproject.toml again into the three requirements files
	@$(COMPILE) --extra airflow --extra fleet --extra sandbox --extra dev \
		-o requirements-dev.txt
	@$(COMPILE) --extra airflow -c requirements-dev.txt -o requirements.txt
	@$(COMPILE) --extra airflow --extra fleet -c requirements-dev.txt -o requirements-fleet.txt

clean: down fleet-down ## remove everything that is made here but the environment
	@rm -rf build .run .mypy_cache .pytest_cache .ruff_cache .hypothesis
