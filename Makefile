# Two commands do everything: `make demo` and `make test`. Each sets up its own environment in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EXTRAS ?= dev

.PHONY: demo test setup build lint clean

SIM_SOURCES := $(shell find src/nmcu/sim -name '*.cpp' -o -name '*.hpp' 2>/dev/null)

$(VENV)/.stamp-$(EXTRAS): pyproject.toml constraints.txt CMakeLists.txt $(SIM_SOURCES)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[$(EXTRAS)]'
	touch $@

setup build: $(VENV)/.stamp-$(EXTRAS)

demo: setup
	$(BIN)/nmcu demo

lint: setup
	$(BIN)/ruff check src tests examples
	$(BIN)/ruff format --check src tests examples
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/pytest -n 2

clean:
	rm -rf $(VENV) build demo .cache
