# Everything a person or CI does here. `make run` and `make test` set up what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
export PYTHONUTF8 := 1

.PHONY: install run test test-adapters test-cluster check lint servers servers-stop bench bench-cluster soak eval models clean

install: $(READY)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

run: install
	$(BIN)/rasid run

# No test connects beyond this machine (tests/conftest.py sees to it).
test: install
	@tools/install_chromium.sh
	@tools/install_checkers.sh >/dev/null
	RASID_FEEDS=sample $(BIN)/python -m pytest -n 2 --dist loadgroup -m 'not cluster'

# The real Kafka and Elasticsearch, fetched and started on this machine.
servers: install
	deploy/local/kafka.sh start
	deploy/local/elasticsearch.sh start

servers-stop:
	deploy/local/kafka.sh stop
	deploy/local/elasticsearch.sh stop
	deploy/local/kafka.sh stop --secure
	deploy/local/elasticsearch.sh stop --secure

# The adapters of the cluster mode, held to the contracts of the embedded ones, on the real servers.
test-adapters: servers
	$(BIN)/python -m pytest -n 2 --dist loadgroup -p no:randomly -m cluster tests/contract; code=$$?; $(MAKE) servers-stop; exit $$code

# That and whole daemons that are killed, frozen and replaced: some ten minutes.
test-cluster: servers
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m cluster; code=$$?; $(MAKE) servers-stop; exit $$code

lint: install
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

# One order of the tests, so that CI tells of the change alone; `make test` shuffles anew each time.
check: lint
	@tools/install_chromium.sh
	@tools/install_checkers.sh >/dev/null
	RASID_FEEDS=sample $(BIN)/python -m pytest --randomly-seed=20261123 -n 2 --dist loadgroup -m 'not cluster' --cov --cov-report=term:skip-covered

bench: install
	$(BIN)/python bench/run.py

# The cluster mode on this machine: rates, shares, delays, memory.
bench-cluster: servers
	$(BIN)/python bench/cluster.py

# Kills and outages of everything among many articles, on servers of its own.
soak: install
	$(BIN)/python -u bench/soak.py

# Accuracy, on ../shared/data where it is there, else on what the repo may hold.
eval: install
	$(BIN)/python tools/eval.py
	$(BIN)/python tools/eval_stories.py
	$(BIN)/python tools/eval_rules.py

models: install
	@cat docs/models.md

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage build dist *.egg-info
