# What a newcomer types. `make help` lists it; `make check` is what CI runs.

BIN := .venv/bin
READY := .venv/.ready
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps
COMPILE := .venv/lock/bin/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-annotate --custom-compile-command "make lock"
UV_VERSION := 0.13.9
# Four on any machine: what runs on a broker mostly waits, for it and for workers that start. A
# file stays together, as its tests often share a broker; tests/conftest.py has the longest first.
TEST := $(BIN)/pytest -q -n 4 --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help setup run test test-fast check scripts bench instructions chaos fuzz audit sbom lock clean
MAKEFLAGS += --no-print-directory

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.* ## /  make \1\t/p' Makefile | expand -t 21

setup: $(READY) ## Make .venv with everything in it (the others call it)
	@echo "Ready: $(BIN)/quietclicks"

run: $(READY) ## Kafka, workers, a sample day, the live page [LOG=file SITE=host CONSENT=analytics ONCE=1 SECURE=1]
	@set --; \
	[ -z "$$LOG" ] || set -- "$$@" --log "$$LOG"; \
	[ -z "$$SITE" ] || set -- "$$@" --site "$$SITE"; \
	[ -z "$$CONSENT" ] || set -- "$$@" --consent "$$CONSENT"; \
	[ -z "$$ONCE" ] || set -- "$$@" --once; \
	[ -z "$$SECURE" ] || set -- "$$@" --secure; \
	exec $(BIN)/quietclicks run "$$@"

test: $(READY) ## Every test, on a real broker
	@$(TEST)

test-fast: $(READY) ## The tests that need no broker, no browser and no patience: under a minute
	@$(TEST) -m "not kafka and not browser and not slow"

check: $(READY) ## Lint, types, every test, and coverage of pipeline/: what CI runs
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy --no-error-summary
	@$(TEST) --cov --cov-report=

scripts: ## What browser tests run of others, by npm, pinned: trackers, accessibility rules
	@npm ci --ignore-scripts --no-audit --no-fund --silent --prefix tests/browser/scripts

bench: $(READY) ## Throughput and CPU time, beside a plain transactional copy
	@$(BIN)/quietclicks bench

instructions: $(READY) ## Instructions an event, beside the last release (needs valgrind) [BASE=revision]
	@$(BIN)/python -m tests.bench.instructions $${BASE:+--base "$$BASE"}

chaos: $(READY) ## Faults against whole workers [FAULTS=500 SEED=1 MINUTES=30 JSON=file]
	@exec $(BIN)/python -m tests.chaos $${FAULTS:+--faults "$$FAULTS"} $${SEED:+--seed "$$SEED"} \
		$${MINUTES:+--minutes "$$MINUTES"} $${JSON:+--json "$$JSON"}

fuzz: $(READY) ## A million mutated records through the pure pipeline
	@$(BIN)/python -m tests.fuzz

audit: $(READY) ## Is a vulnerability known of any locked Python package? (asks pypi.org)
	@$(BIN)/python -m tests.supply.audit

sbom: $(READY) ## What it is made of, as CycloneDX: dist/sbom.cdx.json
	@$(BIN)/python -m tests.supply.sbom

lock: $(READY) ## Refresh the locks: Python packages and the broker's jars
	@[ -x .venv/lock/bin/uv ] || $(BIN)/python -m venv .venv/lock
	@.venv/lock/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(COMPILE) --upgrade --group build -o requirements-build.lock
	@$(COMPILE) --upgrade pyproject.toml --extra embedded --group dev -o requirements.lock
	@$(BIN)/python -m quietclicks.embedded.lock

clean: ## Remove .venv and what tools left
	@rm -rf .venv .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Nothing is fetched that is not in the locks: no isolated build, no dependency that pip finds itself.
$(READY): requirements.lock requirements-build.lock pyproject.toml
	@for python in python3 python3.13 python3.12 python3.11 none; do \
		"$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
			2>/dev/null && break; \
	done; \
	[ "$$python" != none ] || { echo "make: no Python 3.11 or later with its venv module found;" \
		"install python3 and python3-venv" >&2; exit 1; }; \
	$(BIN)/python -m pip --version >/dev/null 2>&1 || "$$python" -m venv --clear .venv
	@echo "Installing into .venv, once: about 90 MB to download" >&2
	@$(INSTALL) --require-hashes -r requirements-build.lock
	@$(INSTALL) --require-hashes --no-build-isolation -r requirements.lock
	@$(INSTALL) --no-build-isolation -e .
	@touch $@
