# make demo: set up and run the demo study. make report: its report. make test: set up and run the tests.
PYTHON ?= python3
CORES ?= $(shell nproc 2>/dev/null || echo 2)
STUDY ?= studies/demo.yaml
REPORT ?= report.html
export STUDY REPORT
BIN := .venv/bin
RUN := $(BIN)/python -m  # not the scripts beside it: their first line breaks where the folder's name has a quote in it

.PHONY: demo report test test-slurm lint clean folder

demo: .venv/installed
	$(RUN) snakemake --cores $(CORES) --configfile studies/demo.yaml

# One page with everything, of a study that has run: make report STUDY=studies/mine.yaml REPORT=mine.html
report: .venv/installed
	$(RUN) snakemake --report "$$REPORT" --configfile "$$STUDY"

test: .venv/installed-dev
	$(RUN) pytest --numprocesses auto --maxprocesses 4 --no-loadscope-reorder

# On a SLURM cluster of one node that the test starts: as root, where SLURM is installed (Debian: slurm-wlm, munge).
test-slurm: .venv/installed-dev requirements-slurm.txt
	$(RUN) pip install --quiet -r requirements.lock -r requirements-slurm.txt
	$(RUN) pytest tests/slurm -rs

lint: .venv/installed-dev
	$(RUN) ruff check
	$(RUN) ruff format --check
	$(RUN) snakefmt --check Snakefile workflow
	$(RUN) snakemake --lint --configfile studies/tiny.yaml

# Before anything is made: no virtual environment can have : in its path, and Snakemake takes braces for a wildcard.
folder:
	@case "$$(pwd -P)" in *[:{}]*) printf 'Error: %s: the folder has %s in its name; expected one without : { }\n' \
		"$$(pwd -P)" "$$(pwd -P | tr -cd ':{}' | cut -c 1)" >&2; exit 1;; esac

.venv/bin/python: | folder
	$(PYTHON) -m venv .venv

.venv/installed: requirements.lock | .venv/bin/python
	$(RUN) pip install --quiet -r requirements.lock
	touch $@

.venv/installed-dev: requirements-dev.lock requirements.lock | .venv/bin/python
	$(RUN) pip install --quiet -r requirements-dev.lock
	touch $@ .venv/installed

clean:
	rm -rf .venv
