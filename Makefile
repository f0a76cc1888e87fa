# The one task file: the same here and in continuous integration.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo study test test-fast test-ui lint ui bench bench-scale attack mutants clean

# The environment follows constraints.txt and setup.cfg; nothing is installed twice.
.venv/.installed: constraints.txt setup.cfg pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	touch $@

demo: .venv/.installed
	$(BIN)/creativity demo

study: .venv/.installed
	$(BIN)/creativity materialize

test: lint
	$(BIN)/pytest -n 2 -m "not ui and not gpu and not long"

# No test over a second: while one works. Neither lint nor types.
test-fast: .venv/.installed
	$(BIN)/pytest -n 2 -m "not slow and not ui and not gpu and not long"

test-ui: .venv/.installed
	$(BIN)/pytest -m ui

lint: .venv/.installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

ui: .venv/.installed
	$(BIN)/creativity ui

bench: .venv/.installed
	$(BIN)/python -m creativity_assets_tests.bench

# Half an hour: what a study costs beyond its images, at three sizes each. Names of benches may be given as NAMES.
bench-scale: .venv/.installed
	OMP_NUM_THREADS=1 $(BIN)/python -m creativity_assets_tests.bench_scale $(NAMES)

attack: .venv/.installed
	$(BIN)/python -m creativity_assets_tests.attack

# By hand: hours on two cores. Then `.venv/bin/mutmut results` lists what no test has noticed.
mutants: .venv/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[mutants]'
	$(BIN)/mutmut run --max-children 2

clean:
	rm -rf .venv build
