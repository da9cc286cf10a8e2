# Two commands do everything: `make demo` and `make test`. Each sets up what it needs in .venv.
# `make demo DATA=images.parquet` also measures the accuracy on those images, `make demo MODELS=FOLDER` runs other models.
# `make dist` builds the source distribution and the wheel into dist; `make dist-test` installs that wheel into a fresh
# environment and runs the demo there.
PYTHON ?= python3
JOBS ?= 2
VENV := .venv
BIN := $(VENV)/bin
TEST_EXTRAS := dev,train,rtl,iree,search

FRESH := build/fresh

.PHONY: demo test lint format setup dist dist-test clean

# What pip compiles or reads when it installs; Python files are used where they lie.
SOURCES := pyproject.toml constraints.txt CMakeLists.txt \
	$(shell find src/nmcu/sim src/nmcu/isa -name '*.cpp' -o -name '*.hpp' -o -name '*.def' -o -name '*.inc')

# What clang-format lays out: not assembly, not the tables of instructions.
C_SOURCES := $(shell find src tests -name '*.[ch]' -o -name '*.[ch]pp' -o -name run.inc -o -name handlers.inc)

$(VENV)/.plain: $(SOURCES)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/.test: $(SOURCES)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[$(TEST_EXTRAS)]'
	touch $@ $(VENV)/.plain

demo: $(VENV)/.plain
	$(BIN)/nmcu demo $(if $(MODELS),--models $(MODELS)) $(if $(DATA),--data $(DATA))

setup: $(VENV)/.test

lint: $(VENV)/.test
	$(BIN)/ruff check src tests examples
	$(BIN)/ruff format --check src tests examples
	$(BIN)/clang-format --dry-run --Werror $(C_SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.test
	$(BIN)/ruff format src tests examples
	$(BIN)/ruff check --fix src tests examples
	$(BIN)/clang-format -i $(C_SOURCES)

test: lint
	$(BIN)/pytest -n $(JOBS) --dist worksteal

# The wheel is built from the source distribution, in environments of its own, so that neither can lack a file.
dist: $(VENV)/.test
	rm -rf dist
	$(BIN)/python -m build --quiet
	$(BIN)/python tests/packaging/check_dist.py dist

dist-test: dist
	rm -rf $(FRESH)
	$(PYTHON) -m venv $(FRESH)/venv
	$(FRESH)/venv/bin/pip install --quiet --disable-pip-version-check -c constraints.txt dist/*.whl
	mkdir $(FRESH)/empty && cd $(FRESH)/empty && ../venv/bin/nmcu demo

clean:
	rm -rf $(VENV) build demo dist .cache
