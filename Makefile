# make run   sets everything up and builds the graph of 国发〔2015〕24号
# make test  sets everything up and runs every test
# make fuzz  runs the tests of properties on inputs that are new each time, and twenty times as many

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
SETUP  := setup.cfg pyproject.toml constraints.txt
INSTALL := -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable
# On all processors, and one process more: many tests wait for a server or a browser. tests/support/sharing.py says the rest.
SPREAD := -n $(shell expr $$(nproc 2>/dev/null || echo 2) + 1) --dist loadfile --no-loadscope-reorder

.PHONY: run test fuzz lint bench vendor constraints clean system

run: $(VENV)/.installed
	@$(BIN)/python -m compileall -q build_graph  # pip does this for a wheel: a build starts 50 ms sooner
	$(BIN)/obligations build

test: system $(VENV)/.installed-test
	PYTHONHASHSEED=0 $(BIN)/python -m pytest $(SPREAD)

fuzz: system $(VENV)/.installed-test  # SEED=NUMBER repeats a run; benchmarks/fuzz.py is led by what it covers
	@seed=$(or $(SEED),$$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')); echo "again with: make fuzz SEED=$$seed"; \
	  PYTHONHASHSEED=0 $(BIN)/python -m pytest $(SPREAD) -m hypothesis --hypothesis-profile=random --hypothesis-seed=$$seed

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: system $(VENV)/.installed-test  # CORPUS=FILE: documents to use; writes benchmarks/RESULTS.md
	@$(BIN)/python -m compileall -q build_graph
	$(BIN)/python benchmarks/run.py $(if $(CORPUS),--corpus $(CORPUS))

vendor: $(BIN)/python  # brings what is not ours again, byte for byte; needs npm
	$(BIN)/python .ci/vendor.py

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "make: Python 3.11 or newer is needed; name one: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || \
	  { rm -rf $(VENV); sh .ci/packages.sh python3-venv && $(PYTHON) -m venv $(VENV); }

$(VENV)/.installed: $(BIN)/python $(SETUP)
	$(BIN)/python $(INSTALL) '.[all]'
	@touch $@

$(VENV)/.installed-test: $(BIN)/python $(SETUP)
	$(BIN)/python $(INSTALL) '.[test,dev]'
	@touch $@ $(VENV)/.installed

# The versions that are installed from now on: those that setup.cfg gives today, if the tests pass with them.
constraints: $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade --upgrade-strategy eager \
	  --editable '.[test,dev]'
	$(BIN)/python .ci/constraints.py

# A Java runtime, for the checker of OWL 2 DL; a browser and Chinese characters, for pages; Virtuoso, for push.
system:
	@command -v java >/dev/null || sh .ci/packages.sh default-jre-headless
	@test -x /usr/bin/chromium || sh .ci/packages.sh chromium fonts-wqy-zenhei
	@command -v virtuoso-t >/dev/null || sh .ci/packages.sh virtuoso-opensource-7-bin

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
