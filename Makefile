# demo · test · serve · install · lint · types · lock · kill · bench · sheet
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test serve install install-dev lint types lock kill bench sheet clean

demo: install  ## Make two videos through the real server with the official SDK
	$(BIN)/mutoscope demo

serve: install  ## Run the server
	$(BIN)/mutoscope serve

test: install-dev $(VENV)/.installed-sdk lint types  ## The whole test suite; with PostgreSQL where it is installed
	$(BIN)/python -m pytest

install: $(VENV)/.installed  ## Make .venv from the lock

install-dev: $(VENV)/.installed-dev

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Mutoscope needs Python 3.11 or newer; this is $$($(PYTHON) --version)."; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
		{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq python3-venv; } || \
		{ echo "Python's venv module is missing. On Debian: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python requirements/run.txt pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/build.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

# An SDK of the generation that sends create as JSON; newer ones send multipart.
$(VENV)/.installed-sdk: $(VENV)/.installed-dev requirements/sdk-2.20.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-warn-conflicts --require-hashes --upgrade --target $(VENV)/sdk-2.20 -r requirements/sdk-2.20.txt
	@touch $@

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install-dev
	$(BIN)/basedpyright --level error

lock:  ## Write the hashed requirements files anew from pyproject.toml
	uv pip compile --quiet --universal --no-header --no-annotate --no-emit-index-url --generate-hashes pyproject.toml -o requirements/run.txt
	uv pip compile --quiet --universal --no-header --no-annotate --no-emit-index-url --generate-hashes requirements/build.in -o requirements/build.txt
	uv pip compile --quiet --universal --no-header --no-annotate --no-emit-index-url --generate-hashes -c requirements/run.txt requirements/dev.in -o requirements/dev.txt
	uv pip compile --quiet --universal --no-header --no-annotate --no-emit-index-url --generate-hashes requirements/sdk-2.20.in -o requirements/sdk-2.20.txt

kill: install-dev  ## kill -9 the server in every working state and count what was drawn twice
	$(BIN)/python -m pytest tests/acceptance/test_kill.py -s

bench: install-dev  ## Requests per second on 100,000 videos; the whole job against encoding alone; the test double
	$(BIN)/python bench/requests_per_second.py
	$(BIN)/python bench/whole_job.py
	$(BIN)/python bench/instant.py

sheet: install  ## 24 clips on one contact sheet, with their measurements
	$(BIN)/python bench/contact_sheet.py

clean:
	rm -rf $(VENV) demo dist build
