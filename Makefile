# One command for each thing, from a fresh clone; each makes what it needs.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/pip --disable-pip-version-check --quiet

.PHONY: demo test check reliability sabotage wheel messages pages lock clean

demo: $(VENV)/user            ## renew a certificate against the embedded sandbox (no root; CARD=softhsm: through PKCS#11)
	$(BIN)/python -m adapters.cli.app demo $(if $(CARD),--card $(CARD))

test: $(VENV)/developer       ## all tests; as root, also installs the programs that they need
	sh .ci/system
	$(BIN)/python -m pytest -n 2

check: $(VENV)/developer      ## lint, types, import rules, tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) test

reliability: $(VENV)/developer  ## strike every procedure with every fault, and count (FULL=1: every case; ROWS=…)
	sh .ci/system
	$(BIN)/python -m tests.reliability $(ROWS)

sabotage: $(VENV)/developer    ## put defects in copies of the program; the rows must turn red (WORDS=…)
	sh .ci/system
	$(BIN)/python -m tests.sabotage $(WORDS)

wheel: $(VENV)/developer      ## the wheel, in dist/
	$(BIN)/pip --disable-pip-version-check --quiet wheel --no-deps --no-build-isolation --wheel-dir dist .

messages: $(VENV)/developer   ## bring the catalogues of the languages up to date; names what is not translated
	$(BIN)/python -m adapters.cli.locale.update

pages: $(VENV)/developer      ## write docs/procedures/ from the definitions
	$(BIN)/python -m adapters.cli.procedure_pages

lock: $(VENV)/developer       ## resolve the dependencies anew (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	    pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --all-extras --group dev \
	    -c requirements.lock pyproject.toml -o .ci/developer.lock

$(VENV)/user: requirements.lock
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes -r requirements.lock
	touch $@

$(VENV)/developer: .ci/developer.lock
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes -r .ci/developer.lock
	touch $@

clean:
	rm -rf $(VENV) dist
