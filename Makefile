# make demo: set up and run the demo study. make test: set up and run the tests.
PYTHON ?= python3
CORES ?= $(shell nproc 2>/dev/null || echo 2)
BIN := .venv/bin

.PHONY: demo test lint clean

demo: .venv/installed
	$(BIN)/snakemake --cores $(CORES) --configfile studies/demo.yaml

test: .venv/installed-dev
	$(BIN)/python -m pytest

lint: .venv/installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/snakefmt --check Snakefile workflow/rules
	$(BIN)/snakemake --lint --configfile studies/tiny.yaml

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/installed: requirements.lock | .venv/bin/python
	$(BIN)/python -m pip install --quiet -r requirements.lock
	touch $@

.venv/installed-dev: requirements-dev.lock requirements.lock | .venv/bin/python
	$(BIN)/python -m pip install --quiet -r requirements-dev.lock
	touch $@ .venv/installed

clean:
	rm -rf .venv
