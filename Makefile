# make install   a .venv with everything for development, and the portal built into the server
# make demo      a server on an empty folder, a small shop that reports to it, the portal's URL
# make check     format, lint, types, layers; the portal's source too
# make test      every test that needs neither a browser nor a quarter of an hour
# make test-all  those too
# make fuzz      the query compiler and the reading of telemetry, guided by coverage; SECONDS=600 for ten minutes each
# make test-processes   forking servers, pools and hard exits, with real gunicorn, uWSGI, Celery and redis-server
# make test-databases   statements to real PostgreSQL, MariaDB and Redis, from Debian's packages
# make test-clickhouse  the store, KQL and the portal's tiles on ClickHouse's engine (chDB, from the package index), or on the server that OPENINSIGHTS_TEST_CLICKHOUSE names
# make test-senders     other makers' SDKs for Python, Node and browsers, from the package indexes, against our server
# make test-readers   Azure's clients that read (azure-monitor-query, az), from the package indexes, against our server
# make test-pythons     client and wire on every supported Python found here; PYTHONS="3.10 3.13" names some
# make test-matrix      integrations with the old versions of their libraries; ROWS="flask django" names some
# make pictures  every view of the portal in both colour schemes, in build/portal-pictures; the README's are taken from them
# make wheels   what a release consists of, in dist/, installed and tried in a fresh environment
# make docs      the documentation as a site, in site/
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := packages/wire/src packages/sdk/src packages/server/src
WORKERS ?= 2
SECONDS ?= 60

# Tests start hundreds of servers: without kept byte code each start compiles all modules again, 0.8 s of processor.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: install demo check check-python check-portal test test-all test-browser pictures test-faults test-processes test-databases test-clickhouse test-senders test-readers test-pythons test-matrix fuzz format docs wheels portal clean

install: $(VENV)/.installed portal

$(VENV)/.installed: pyproject.toml $(wildcard packages/*/pyproject.toml)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "OpenInsights' server needs Python 3.11 or newer; name one: make install PYTHON=python3.12"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	OPENINSIGHTS_SKIP_PORTAL=1 $(BIN)/python -m pip install --quiet --disable-pip-version-check --group dev --group docs -e packages/wire -e packages/sdk -e packages/server
	touch $@

portal: $(VENV)/.installed
	@$(BIN)/python scripts/build_portal.py

demo: install
	$(BIN)/openinsights demo

check: $(VENV)/.installed
	@$(MAKE) --no-print-directory --jobs 2 --output-sync check-python check-portal

check-python: $(VENV)/.installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(SOURCES)
	$(BIN)/lint-imports

check-portal: $(VENV)/.installed
	$(BIN)/python scripts/lint_portal.py

format: $(VENV)/.installed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test: install
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --durations=20

# Browser tests wait as much as they compute: of three at a time two compute.
test-browser: WORKERS = 3
test-browser: install
	$(BIN)/pytest -m browser -n $(WORKERS) --dist loadfile --no-loadscope-reorder tests/portal

pictures: install
	$(BIN)/pytest -q -m browser tests/portal/test_every_view.py
	for view in overview logs; do cp build/portal-pictures/$$view-light.png docs/images/$$view.png; done

test-faults: install
	$(BIN)/pytest -m "faults or slow" -n $(WORKERS) --dist loadfile --durations=12

test-processes: install
	$(BIN)/pytest -m processes tests/processes

# Chaos and cuts have ClickHouse's engine for a store; OPENINSIGHTS_CUT_SECONDS=60 has cables pulled for longer than 20 s.
test-databases: install
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group clickhouse
	$(BIN)/pytest -m databases tests/databases tests/cluster packages/sdk/tests/ext $(addprefix packages/server/tests/,access alerts catalog ingest/test_usage.py)

test-clickhouse: install
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group clickhouse
	$(BIN)/pytest -m clickhouse

test-senders: install
	$(BIN)/pytest -m senders tests/senders

test-readers: install
	$(BIN)/pytest -m readers tests/readers

fuzz: $(VENV)/.installed
	$(BIN)/python scripts/fuzz.py $(SECONDS)
	$(BIN)/python scripts/fuzz_bodies.py $(SECONDS)

test-pythons:
	@$(PYTHON) scripts/test_pythons.py $(PYTHONS)

test-matrix: $(VENV)/.installed
	@$(BIN)/python scripts/test_matrix.py $(ROWS)

test-all: test test-faults test-processes test-databases test-clickhouse test-senders test-readers test-browser

wheels: install
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group release
	$(BIN)/python scripts/release.py

docs: $(VENV)/.installed
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

clean:
	rm -rf $(VENV) .pythons .senders .matrix site portal/node_modules packages/server/src/openinsights/portal/dist
