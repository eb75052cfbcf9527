# promptlab: `make run` reruns the posts and builds the site, `make test` tests everything, `make bench` measures against the peers.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test site bench clean

run: .venv/ready
	$(BIN)/promptlab rerun
	$(BIN)/python site/build.py --nbs _build/nbs --out _site

test: .venv/ready
	$(BIN)/python -m pytest -q tests

site: .venv/ready
	$(BIN)/python site/build.py --out _site

bench: .venv/ready
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -r benchmarks/requirements.txt
	mkdir -p _build/bench
	$(BIN)/python benchmarks/prompts.py --record _build/bench $(BENCH)
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/clustering.py --record _build/bench
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/probing.py --rows 2000 --record _build/bench
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/calibration.py --record _build/bench

# torch first and pinned, so that nothing else draws in another build of it
.venv/ready: constraints.txt settings.ini setup.py
	$(PYTHON) -m venv .venv
	@echo "installing torch ..." && $(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt torch
	@echo "installing the rest ..." && $(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

clean:
	rm -rf .venv _build _site dist build *.egg-info
