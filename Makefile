# `make demo` and `make test` do all the set-up that they need; a second call reuses it.
#
#   PYTHON=python3.12 make demo     another interpreter
#   VENV=/tmp/bench make test       another place for the environment
#   PYTEST="-k store" make test     part of the suite
#   UPGRADE="--upgrade-package timm" make upgrade      renew one pin; "" only adds what is new
#
# The lock file pins every package to the version that the tests passed with, whatever the year.

PYTHON ?= python3
VENV ?= .venv
PYTEST ?=
LOCK ?= constraints/lock.txt
UPGRADE ?= --upgrade
BIN := $(VENV)/bin
# The variables reach what pip builds from source, the option what it installs.
PIP := $(if $(LOCK),PIP_CONSTRAINT=$(LOCK) PIP_BUILD_CONSTRAINT=$(LOCK)) $(BIN)/python -m pip --disable-pip-version-check
INSTALL := $(PIP) install $(if $(LOCK),-c $(LOCK))
CHECKED := bench suites reports tests benchmarks

.DEFAULT_GOAL := help
.PHONY: help demo test fuzz test-oldest test-newest lint format wheel install install-dev upgrade clean

help:
	@echo 'make demo         install, run the scaling suite on the embedded data, write report.html'
	@echo 'make test         install with the development tools, run all tests'
	@echo 'make test-oldest  run the tests with the oldest versions that pyproject.toml allows'
	@echo 'make test-newest  run the tests with the newest versions that there are today'
	@echo 'make fuzz         random files for all readers, MINUTES=10; failing ones are kept in fuzz/'
	@echo 'make lint         ruff and mypy --strict'
	@echo 'make format       let ruff lay the code out'
	@echo 'make wheel        build dist/*.whl'
	@echo 'make upgrade      renew the pinned versions in constraints/'
	@echo 'make clean        remove the environments and what was built (results stay)'

demo: install
	$(BIN)/bench run scaling --models convnext,swin
	$(BIN)/bench report --html
	@echo 'Open $(CURDIR)/report.html in a browser.'

# One thread a worker: the workers are the parallelism.
test: install-dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --maxprocesses 4 $(PYTEST)

# Each in an environment of its own. The oldest versions have no wheels for the newest Python.
OLDEST_PYTHON ?= python3.11
test-oldest test-newest: export PYTEST := $(or $(PYTEST),-m "not slow")
test-oldest:
	$(MAKE) test VENV=.venv-oldest LOCK=constraints/oldest.txt PYTHON=$(OLDEST_PYTHON)

test-newest:
	rm -rf .venv-newest
	$(MAKE) test VENV=.venv-newest LOCK=

MINUTES ?= 10
fuzz: install-dev
	OMP_NUM_THREADS=1 PYTHONPATH=$(CURDIR) $(BIN)/python benchmarks/fuzz_readers.py --minutes $(MINUTES)

lint: install-dev
	$(BIN)/ruff check $(CHECKED)
	$(BIN)/ruff format --check $(CHECKED)
	$(BIN)/mypy

format: install-dev
	$(BIN)/ruff check --fix $(CHECKED)
	$(BIN)/ruff format $(CHECKED)

wheel: install-dev
	$(BIN)/python -m build --wheel --no-isolation

install: $(VENV)/.installed

install-dev: $(VENV)/.installed-dev

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
	  echo 'make: bench needs Python 3.11, 3.12 or 3.13; try: make PYTHON=python3.12' >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' || { \
	  echo 'make: $(PYTHON) lacks venv; on Debian or Ubuntu: apt install python3-venv' >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.installed: pyproject.toml $(LOCK) | $(VENV)/.python
	@echo 'Installing; the first time this downloads PyTorch and takes minutes.'
	$(INSTALL) --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml $(LOCK) | $(VENV)/.python
	@echo 'Installing; the first time this downloads PyTorch and takes minutes.'
	$(INSTALL) --editable '.[dev]'
	@touch $(VENV)/.installed $@

# The oldest: what pyproject.toml names as the lower bounds, and for the rest what fits them.
COMPILE := .venv-uv/bin/uv pip compile --quiet --universal --python-version 3.11 --all-extras \
  --no-annotate --custom-compile-command 'make upgrade'
upgrade:
	$(PYTHON) -m venv .venv-uv
	.venv-uv/bin/python -m pip --disable-pip-version-check install --quiet --upgrade uv
	$(COMPILE) $(UPGRADE) pyproject.toml -o constraints/lock.txt
	$(COMPILE) $(UPGRADE) --resolution lowest-direct pyproject.toml -o constraints/oldest.txt

clean:
	rm -rf $(VENV) .venv-oldest .venv-newest .venv-uv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
