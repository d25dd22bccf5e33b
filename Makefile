# The two commands a newcomer needs:   make lab   and   make test
PYTHON ?= python3
VENV   := .venv
READY  := $(VENV)/.ready
PYTEST  = OMP_NUM_THREADS=1 python -m pytest -n 2 --dist loadscope
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.PHONY: help lab test test-fast exercises chapters format lock clean

lab: $(READY)        ## set everything up and open the course in JupyterLab
	@course lab

test: $(READY)       ## set everything up and run every test
	$(PYTEST) $(ARGS)

test-fast: $(READY)  ## the tests that take under two minutes, for while one works
	$(PYTEST) -m "not slow" $(ARGS)

exercises: $(READY)  ## release exercises/ from solutions/ with nbgrader
	@python -m utils.grading.release

chapters: $(READY)   ## run every chapter and keep its outputs, cleaned (one: make chapters ARGS=chapters/02*)
	@python -m utils.notebooks $(ARGS)

format: $(READY)     ## format and lint the code
	ruff format . && ruff check --fix .

lock: $(READY)       ## rewrite constraints.txt with the newest versions that work together
	python -m uv pip compile pyproject.toml --universal --python-version 3.11 --upgrade \
	    --no-annotate --no-header --quiet --output-file constraints.txt

clean:               ## remove the environment (never touches work/ or classroom/)
	rm -rf $(VENV)

help:                ## list these targets
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*##/\t/' | expand -t 12

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is \
	%d.%d. Install one and run: make PYTHON=python3.12 $(MAKECMDGOALS)" % sys.version_info[:2])'
	@$(PYTHON) -m venv $(VENV) || { echo "No virtual environment: on Debian and Ubuntu run 'apt install python3-venv'." >&2; exit 1; }
	@echo "Installing the course into $(VENV) (once; PyTorch is about 3 GB on Linux) ..."
	@python -m pip install --quiet --disable-pip-version-check uv
	@python -m uv pip install --quiet --python $(VENV)/bin/python --constraint constraints.txt --editable .
	@touch $(READY)
