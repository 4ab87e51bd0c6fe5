# Every target makes its own virtual environment: only Python 3.11+ and a package index are needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test check bench chaos prove docs lock wheel clean

$(READY): requirements.lock pyproject.toml fsxap/__init__.py
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "fsxap needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

demo: $(READY)   ## run the main job offline on a sample volume
	$(BIN)/fsxap demo --output table

test: $(READY) check   ## lint, types, tests
	$(BIN)/python -m pytest -n auto -q

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m benchmarks.advisories

bench: $(READY)   ## measure, keep the results and show them; ARGS="listing ledger" runs some
	$(BIN)/python -m benchmarks $(ARGS)
	$(BIN)/python -m docs.generate

chaos: $(READY)   ## seeded runs under faults; ARGS="--seed 7" replays one
	$(BIN)/python -m tests.chaos $(ARGS)

prove: $(READY)   ## check the deployment templates with tools that have environments of their own
	$(BIN)/python -m benchmarks.prove

docs: $(READY)   ## regenerate the pages that are made from the program
	$(BIN)/python -m docs.generate

lock: $(READY)   ## resolve the dependencies anew, with their hashes
	$(BIN)/python -m pip install --quiet 'uv>=0.10'
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-annotate --no-header \
		--extra local --group dev --output-file requirements.lock pyproject.toml

wheel: $(READY)   ## the wheel, and the bill of materials of what it is tested with
	$(BIN)/python -m build --wheel --no-isolation
	$(BIN)/python -m benchmarks.wheel_bill dist

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis fsxap-demo .fsxap
