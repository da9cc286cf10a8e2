# Two commands do everything: `make demo` and `make test`. Each sets up what it needs in .venv.
# `make demo DATA=images.parquet` also measures the accuracy on those images.
PYTHON ?= python3
JOBS ?= 2
VENV := .venv
BIN := $(VENV)/bin
TEST_EXTRAS := dev,train,rtl

.PHONY: demo test lint format setup clean

# What pip compiles or reads when it installs; Python files are used where they lie.
SOURCES := pyproject.toml constraints.txt CMakeLists.txt \
	$(shell find src/nmcu/sim -name '*.cpp' -o -name '*.hpp' -o -name '*.def' -o -name '*.inc')

$(VENV)/.plain: $(SOURCES)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/.test: $(SOURCES)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[$(TEST_EXTRAS)]'
	touch $@ $(VENV)/.plain

demo: $(VENV)/.plain
	$(BIN)/nmcu demo $(if $(DATA),--data $(DATA))

setup: $(VENV)/.test

lint: $(VENV)/.test
	$(BIN)/ruff check src tests examples
	$(BIN)/ruff format --check src tests examples
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.test
	$(BIN)/ruff format src tests examples
	$(BIN)/ruff check --fix src tests examples

test: lint
	$(BIN)/pytest -n $(JOBS) --dist worksteal

clean:
	rm -rf $(VENV) build demo .cache
