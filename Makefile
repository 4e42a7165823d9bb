# make demo: set up and run the demo study. make report: its report. make test: set up and run the tests.
# make demo TORCH=cpu: without CUDA. make demo PYTHON=python3.12: with another Python than python3.
PYTHON ?= python3
TORCH ?=
CORES ?= $(shell nproc 2>/dev/null || echo 2)
STUDY ?= studies/demo.yaml
REPORT ?= report.html
export STUDY REPORT
VENV := .venv
RUN := $(VENV)/bin/python -m  # not the scripts beside it: their first line breaks where the folder's name has a quote in it

ifeq ($(TORCH),cpu)
TORCH_WHEELS := "torch==$(shell sed -n 's/^torch==//p' requirements.lock)+cpu" --extra-index-url https://download.pytorch.org/whl/cpu
else ifneq ($(TORCH),)
$(error TORCH is '$(TORCH)'; expected cpu, or nothing for the PyTorch of PyPI)
endif

.PHONY: demo report test test-slurm test-int8 lint clean folder

demo: $(VENV)/installed
	$(RUN) snakemake --cores $(CORES) --configfile studies/demo.yaml

# One page with everything, of a study that has run: make report STUDY=studies/mine.yaml REPORT=mine.html
report: $(VENV)/installed
	$(RUN) snakemake --report "$$REPORT" --configfile "$$STUDY"

test: $(VENV)/installed-dev
	$(RUN) pytest --numprocesses auto --maxprocesses 4 --no-loadscope-reorder

# On a SLURM cluster of one node that the test starts: as root, where SLURM is installed (Debian: slurm-wlm, munge).
test-slurm: $(VENV)/installed-dev requirements-slurm.txt
	$(RUN) pip install --quiet -r requirements.lock -r requirements-slurm.txt
	$(RUN) pytest tests/slurm -rs

# In int8, which needs one more package: it stays installed, and lets every job start a little later.
test-int8: $(VENV)/installed-dev requirements-int8.txt
	$(RUN) pip install --quiet --no-deps -r requirements-int8.txt
	$(RUN) pytest --numprocesses auto --maxprocesses 4 -m int8 $$(grep -rl --include='*.py' 'mark\.int8' tests)

lint: $(VENV)/installed-dev
	$(RUN) ruff check
	$(RUN) ruff format --check
	$(RUN) snakefmt --check Snakefile workflow
	$(RUN) snakemake --lint --configfile studies/tiny.yaml

# Before anything is made: no virtual environment can have : in its path, and Snakemake takes braces for a wildcard.
folder:
	@case "$$(pwd -P)" in *[:{}]*) printf 'Error: %s: the folder has %s in its name; expected one without : { }\n' \
		"$$(pwd -P)" "$$(pwd -P | tr -cd ':{}' | cut -c 1)" >&2; exit 1;; esac

# pip comes into a virtual environment last: without it, there is none or its making was cut off.
$(VENV)/bin/pip: | folder
	@command -v "$(PYTHON)" >/dev/null || \
		{ echo "Error: no $(PYTHON) here; expected a Python as README.md names it: make PYTHON=<its path>" >&2; exit 1; }
	@"$(PYTHON)" envs/before_setup.py --torch="$(TORCH)"
	"$(PYTHON)" -m venv $(VENV)

$(VENV)/installed: requirements.lock | $(VENV)/bin/pip
	$(RUN) pip install --quiet -r requirements.lock $(TORCH_WHEELS)
	touch $@

$(VENV)/installed-dev: requirements-dev.lock requirements.lock | $(VENV)/bin/pip
	$(RUN) pip install --quiet -r requirements-dev.lock $(TORCH_WHEELS)
	touch $@ $(VENV)/installed

clean:
	rm -rf $(VENV)
