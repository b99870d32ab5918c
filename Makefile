# `make demo` and `make test` do all the set-up that they need; a second call reuses it.
#
#   PYTHON=python3.12 make demo     another interpreter
#   VENV=/tmp/bench make test       another place for the environment
#   PYTEST="-k store" make test     part of the suite

PYTHON ?= python3
VENV ?= .venv
PYTEST ?=
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
CHECKED := bench suites reports tests benchmarks

.DEFAULT_GOAL := help
.PHONY: help demo test lint format wheel install install-dev clean

help:
	@echo 'make demo    install, run the scaling suite on the embedded data, write report.html'
	@echo 'make test    install with the development tools, run all tests'
	@echo 'make lint    ruff and mypy --strict'
	@echo 'make format  let ruff lay the code out'
	@echo 'make wheel   build dist/*.whl'
	@echo 'make clean   remove the environment and what was built (results stay)'

demo: install
	$(BIN)/bench run scaling --models convnext,swin
	$(BIN)/bench report --html
	@echo 'Open $(CURDIR)/report.html in a browser.'

# One thread a worker: the workers are the parallelism.
test: install-dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --maxprocesses 4 $(PYTEST)

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

$(VENV)/.installed: pyproject.toml | $(VENV)/.python
	@echo 'Installing; the first time this downloads PyTorch and takes minutes.'
	$(PIP) install --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(VENV)/.python
	@echo 'Installing; the first time this downloads PyTorch and takes minutes.'
	$(PIP) install --editable '.[dev]'
	@touch $(VENV)/.installed $@

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
