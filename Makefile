# The two commands a newcomer needs:   make lab   and   make test
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
PYTEST  = OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadscope
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help lab test test-fast exercises chapters format lock clean

lab: $(READY)        ## set everything up and open the course in JupyterLab
	@$(BIN)/course lab

test: $(READY)       ## set everything up and run every test
	$(PYTEST) $(ARGS)

test-fast: $(READY)  ## the quick tests, about three minutes, for while one works
	$(PYTEST) -m "not slow" $(ARGS)

exercises: $(READY)  ## release exercises/ from solutions/ with nbgrader (one: make exercises ARGS=02)
	@$(BIN)/python -m utils.grading.release $(ARGS)

chapters: $(READY)   ## run every chapter and keep its outputs, cleaned (one: make chapters ARGS=chapters/02*)
	@$(BIN)/python -m utils.notebooks $(ARGS)

format: $(READY)     ## format and lint the code
	$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lock: $(READY)       ## rewrite constraints.txt with the newest versions that work together
	$(BIN)/python -m uv pip compile pyproject.toml --universal --python-version 3.11 --upgrade \
	    --no-annotate --no-header --quiet --output-file constraints.txt

clean:               ## remove the environment (never touches work/ or classroom/)
	rm -rf $(VENV)

help:                ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-12s%s\n", $$1, $$2 }' Makefile

$(READY): pyproject.toml constraints.txt utils/jupyterlab_overrides.json
	@[ -w . ] || { echo "No permission to write here: move the course to a folder of your own, such as your home folder." >&2; exit 1; }
	@command -v $(PYTHON) > /dev/null || { echo "There is no $(PYTHON): install Python 3.11 or newer, or name yours: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is \
	%d.%d. Install one and run: make PYTHON=python3.12 $(MAKECMDGOALS)" % sys.version_info[:2])'
	@$(PYTHON) -m venv $(VENV) || { echo "No virtual environment: on Debian and Ubuntu run 'apt install python3-venv'." >&2; exit 1; }
	@echo "Installing the course into $(VENV) (once; PyTorch is about 3 GB on Linux) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/python -m uv pip install --python $(BIN)/python --constraint constraints.txt --editable .
	@touch $(READY)
