# Two commands matter: `make up` runs Cytomark, `make test` tests it. Both set everything up first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA ?= data
PORT ?= 8000
# Node from the machine where it is recent enough, from a PyPI wheel otherwise.
NPM := "$(CURDIR)/$(BIN)/python" "$(CURDIR)/.ci/npm.py"

# mypy reads the settings to know the models; it connects to nothing.
TYPES_ENV := SECRET_KEY=only-for-reading-the-settings-by-mypy DATABASE_URL=postgres://none/none REDIS_URL=redis://none

.PHONY: up test test-code test-running lint types bench e2e faults fuzz protocol clean

up: $(VENV)/run.stamp frontend/dist/.stamp
	@exec $(BIN)/python manage.py up --data $(DATA) --port $(PORT)

test: $(VENV)/dev.stamp frontend/dist/.stamp
	@.ci/chromium
	cd frontend && $(NPM) run test
	@$(MAKE) --no-print-directory --output-sync=line -j 2 test-code test-running

# Two workers, a browser and the application share the cores: more threads would only wait for each other.
test-code test-running: export OMP_NUM_THREADS := 1

test-code:
	$(BIN)/python -m pytest -n 2 --dist loadfile --ignore tests/e2e --ignore tests/faults

# A browser leaves its event loop behind, which tests with a database do not stand: it has a process of its own.
test-running:
	$(BIN)/python -m pytest tests/e2e tests/faults

lint: $(VENV)/dev.stamp frontend/node_modules/.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	cd frontend && $(NPM) run lint

types: $(VENV)/dev.stamp frontend/node_modules/.stamp
	$(TYPES_ENV) $(BIN)/mypy
	cd frontend && $(NPM) run types

# The end-to-end tests alone: a real browser against the running application.
e2e: $(VENV)/dev.stamp frontend/dist/.stamp
	@.ci/chromium
	$(BIN)/python -m pytest tests/e2e

# What happens when things die, hang or lose frames: a table of the promises, with the auditor after each.
faults: $(VENV)/dev.stamp frontend/dist/.stamp
	$(BIN)/python -m tests.faults

# Four people do everything at random over bad links, 200 seeds: hours. CYTOMARK_FUZZ_SEEDS=3 for a taste.
fuzz: $(VENV)/dev.stamp
	$(BIN)/python -m tests.faults.fuzz

bench: bench-canvas bench-click bench-collab bench-engines bench-images bench-export bench-dashboards

bench-%: $(VENV)/dev.stamp frontend/dist/.stamp
	$(BIN)/python -m tests.load.bench_$*

# Writes what TypeScript knows of the protocol from annotation/protocol.py and the HTTP schemas.
protocol: $(VENV)/dev.stamp
	$(TYPES_ENV) $(BIN)/python manage.py protocol

$(VENV)/pip.stamp:
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/run.stamp: requirements.txt | $(VENV)/pip.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements.txt requirements-dev.txt | $(VENV)/pip.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $(VENV)/run.stamp $@

frontend/node_modules/.stamp: frontend/package.json frontend/package-lock.json | $(VENV)/run.stamp
	cd frontend && $(NPM) ci --ignore-scripts --no-audit --no-fund
	@touch $@

frontend/dist/.stamp: frontend/node_modules/.stamp $(shell find frontend/src frontend/*.html frontend/*.ts frontend/*.json -type f 2>/dev/null)
	cd frontend && $(NPM) run build
	@touch $@

clean:
	rm -rf build frontend/dist frontend/node_modules
