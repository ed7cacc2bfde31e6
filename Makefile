# Balas. `make` alone lists what there is.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# A venv that was interrupted has no stamp, so it is completed the next time.
RUN_STAMP := $(VENV)/.run-$(shell cksum < requirements.txt | cut -d' ' -f1)
DEV_STAMP := $(VENV)/.dev-$(shell cat requirements.txt requirements-dev.txt | cksum | cut -d' ' -f1)
SOURCES := app.py worker.py bot models tests bench examples

.DEFAULT_GOAL := help
.PHONY: help run chat test check format bench chaos requirements clean

help: ## List these targets
	@grep -hE '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):[^#]*## (.*)/  make \1|\2/' | column -t -s '|' 2>/dev/null \
		|| grep -hE '^[a-z]+:.*## ' Makefile

run: $(RUN_STAMP) ## Set everything up and run Balas on this machine (Ctrl-C stops it)
	@exec $(BIN)/flask up

chat: $(RUN_STAMP) ## Talk to the running Balas as a customer
	@exec $(BIN)/flask chat

test: check ## Set everything up, check the code and run all tests
	@$(BIN)/pytest -q -n 4 --dist loadfile
	@echo "✓ all checks and tests passed"

check: $(DEV_STAMP) ## Lint, types, floors
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/ruff format --check --quiet $(SOURCES) || (echo "run 'make format'"; exit 1)
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/flask rules check

format: $(DEV_STAMP) ## Put the code into its standard form
	@$(BIN)/ruff check --fix $(SOURCES)
	@$(BIN)/ruff format $(SOURCES)

bench: $(DEV_STAMP) ## Measure throughput and latency (a few minutes)
	@$(BIN)/python -m bench

chaos: $(DEV_STAMP) ## Let everything go wrong on SQLite and PostgreSQL, and count (some minutes)
	@$(BIN)/python -m bench.chaos

requirements: $(DEV_STAMP) ## Compile the pinned requirements from pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-header \
		--no-annotate --upgrade pyproject.toml -o requirements.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-header \
		--no-annotate --upgrade --group dev -c requirements.txt -o requirements-dev.txt
	@echo "requirements.txt and requirements-dev.txt are up to date"

clean: ## Remove the virtual environment and the caches (not data/)
	@rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Balas needs Python 3.11 or newer: install it, or run 'make $(MAKECMDGOALS) PYTHON=/path/to/python3'"; exit 1; }
	@echo "setting up $(VENV) …"
	@$(PYTHON) -m venv $(VENV)

$(RUN_STAMP): requirements.txt | $(VENV)/bin/pip
	@echo "installing the packages of requirements.txt …"
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(DEV_STAMP): requirements-dev.txt $(RUN_STAMP) | $(VENV)/bin/pip
	@echo "installing the packages of requirements-dev.txt …"
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
