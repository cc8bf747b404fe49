# Every target installs by itself what it needs, into $(VENV), as any user; no target needs a dot or a browser.
# `make` alone lists the targets.

PYTHON ?= python3
VENV ?= .venv
LAB_ARGS ?=
BENCHMARK_ARGS ?=
VM_KERNELS ?=

UV := $(shell uv --version >/dev/null 2>&1 && echo uv)
CHROMIUM := $(shell command -v chromium)
NPM := $(shell command -v npm)
# Two at most: the longest tests bound the time, and each takes memory.
WORKERS := $(if $(filter 1,$(shell nproc)),1,2)
ROOT_USER := $(filter 0,$(shell id -u))

python = $(VENV)/bin/python
install = $(if $(UV),uv pip install --python $(python),$(python) -m pip install)

# Playwright is large: it is installed where there is a chromium for it to drive.
tested = $(VENV)/installed-test $(if $(CHROMIUM),$(VENV)/installed-browser)

.DELETE_ON_ERROR:
.PHONY: help lab test check lint notebooks recordings site lite benchmark clean

help:
	@echo 'make lab         open JupyterLab on the first notebook (LAB_ARGS=... is passed on)'
	@echo 'make test        check everything: style, types, tests, notebooks'
	@echo 'make check       the fast part of that: without notebooks, browser and running kernel'
	@echo 'make notebooks   execute the notebooks and save their outputs; the picture and badges of the README'
	@echo 'make recordings  as root: record what the running kernel says, and the images in VM_KERNELS=DIR'
	@echo 'make site        all notebooks and a page for each change as a static site, into site/'
	@echo 'make lite        all notebooks as a site that runs Python in the browser, into site/lite/; needs npm'
	@echo 'make benchmark   measure the speed'
	@echo 'make benchmark   measure the speed, as ratios (BENCHMARK_ARGS=... is passed on: --only GROUP, --against JSON)'
	@echo 'make clean       remove $(VENV) and what the tools left'
	@echo 'PYTHON=...       the Python to use, 3.11 or newer (now: $(PYTHON))'

lab: $(VENV)/installed-lab
	$(python) -m jupyter trust notebooks/*.ipynb
	JUPYTER_CONFIG_PATH="$(CURDIR)/jupyter$${JUPYTER_CONFIG_PATH:+:$$JUPYTER_CONFIG_PATH}" \
		$(python) -m jupyterlab --notebook-dir=notebooks --LabApp.default_url=/lab/tree/00-start-here.ipynb \
		$(if $(ROOT_USER),--allow-root) $(LAB_ARGS)

test: lint $(tested)
	$(python) -m pytest -n $(WORKERS)

check: lint $(VENV)/installed-test
	$(python) -m pytest -n $(WORKERS) -m 'not (slow or kernel or browser or vm)' tests

lint: $(VENV)/installed-test
	$(python) -m ruff check .
	$(python) -m mypy

notebooks: $(VENV)/installed-test
	$(python) tests/notebook_tools.py notebooks/*.ipynb
	$(python) tests/readme_picture.py
	$(python) tests/readme_badges.py

recordings: $(VENV)/installed-test
	$(python) tests/record_corpus.py $(VM_KERNELS)

site: $(VENV)/installed-lab
	JUPYTER_CONFIG_PATH="$(CURDIR)/jupyter" \
		$(python) -m jupyter nbconvert --log-level=ERROR --to html --output-dir site/notebooks notebooks/*.ipynb
	$(python) -m vfslab page --all -o site

lite: $(VENV)/installed-lite
	$(python) lite/build.py site/lite

benchmark: $(VENV)/installed-test
	PYTHONPATH=.:tests $(python) -m benchmarks $(BENCHMARK_ARGS)

clean:
	rm -rf $(VENV) site .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks
	find vfslab tests notebooks \( -name __pycache__ -o -name .ipynb_checkpoints \) -prune -exec rm -rf {} +

# Each of these holds the one before it, so that only one installs at a time under make -j.
$(VENV)/installed-lab: pyproject.toml $(python)
	@echo 'Installing into $(VENV): the first time this takes a minute.'
	$(install) --quiet -e '.[lab]'
	@touch $@

$(VENV)/installed-test: $(VENV)/installed-lab
	$(install) --quiet -e '.[lab,test]'
	@touch $@

$(VENV)/installed-lite: $(VENV)/installed-test
	$(install) --quiet -e '.[lab,test,lite]'
	@touch $@

$(VENV)/installed-browser: $(VENV)/installed-test $(if $(NPM),$(VENV)/installed-lite)
	$(install) --quiet -e '.[lab,test,browser]'
	@touch $@

$(python):
	@command -v '$(PYTHON)' >/dev/null || { \
		echo 'There is no $(PYTHON) here. Name a Python 3.11 or newer: make PYTHON=/path/to/python3' >&2; exit 1; }
	@'$(PYTHON)' -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo 'vfslab needs Python 3.11 or newer, and $(PYTHON) is older. Name another: make PYTHON=/path/to/python3' >&2; \
		exit 1; }
	@$(if $(UV),true,'$(PYTHON)' -c 'import ensurepip, venv' 2>/dev/null) || { \
		echo '$(PYTHON) cannot make virtual environments: its venv module is missing (Debian: apt install python3-venv)' >&2; \
		exit 1; }
	$(if $(UV),uv venv --quiet --seed --clear --python '$(PYTHON)',$(PYTHON) -m venv --clear) $(VENV)
