# make demo: set up and run the demo study. make report: its report. make test: set up and run the tests.
PYTHON ?= python3
CORES ?= $(shell nproc 2>/dev/null || echo 2)
STUDY ?= studies/demo.yaml
REPORT ?= report.html
BIN := .venv/bin

.PHONY: demo report test test-slurm lint clean

demo: .venv/installed
	$(BIN)/snakemake --cores $(CORES) --configfile studies/demo.yaml

# One page with everything, of a study that has run: make report STUDY=studies/mine.yaml REPORT=mine.html
report: .venv/installed
	$(BIN)/snakemake --report $(REPORT) --configfile $(STUDY)

test: .venv/installed-dev
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --no-loadscope-reorder

# On a SLURM cluster of one node that the test starts: as root, where SLURM is installed (Debian: slurm-wlm, munge).
test-slurm: .venv/installed-dev requirements-slurm.txt
	$(BIN)/python -m pip install --quiet -r requirements.lock -r requirements-slurm.txt
	$(BIN)/python -m pytest tests/slurm -rs

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
