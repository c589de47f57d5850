# SPDX-License-Identifier: Apache-2.0
# The map of the project: `make help`.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
FORGE := node_modules/@foundry-rs/forge-linux-amd64/bin/forge
EXIT ?= 0
PROGRESS := $(PYTHON) scripts/progress.py
# Processes of the test suite; each may use two cores for a while.
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup native generate circuits contracts demo test evidence test-native evidence-native sanitize-native gas test-contracts test-differential test-circuits test-circuits-full test-accuracy test-chains test-soundness test-soundness-full bench-circuits bench-prove bench-peers test-prover fuzz-prover fuzz-intense prove-arithmetic ceremony-full wheel lint format lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 22

build/.python: requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed (https://www.python.org)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PROGRESS) "Python packages" $$(grep -c == requirements.lock) "^Collecting" $(BIN)/python -m pip install --disable-pip-version-check --progress-bar off --require-hashes -r requirements.lock
	@$(PROGRESS) "zkrisk" 3 "\S" $(BIN)/python -m pip install --disable-pip-version-check --no-deps --no-build-isolation -e .
	@mkdir -p build && touch $@

build/.node: package-lock.json
	@command -v npm >/dev/null || { echo "Node.js 20 or newer with npm is needed (https://nodejs.org)"; exit 1; }
	@$(PROGRESS) "Node packages" $$(grep -c '"node_modules/' package-lock.json) "http fetch" npm ci --loglevel http
	@mkdir -p build && touch $@

build/.native: build/.python Cargo.toml Cargo.lock $(shell find prover/native -name '*.rs' -o -name '*.toml' | grep -v /target/)
	@command -v cargo >/dev/null || { echo "Rust's cargo is needed to prove (https://rustup.rs); reading and verifying work without it"; exit 1; }
	@$(PROGRESS) "native prover (minutes, once)" $$(grep -c '^name' Cargo.lock) "Compiling" $(BIN)/maturin develop --release --locked -m prover/native/Cargo.toml
	@touch $@

build/.slither: scripts/slither.lock
	@$(PYTHON) -m venv build/slither/venv
	@$(PROGRESS) "slither" $$(grep -c == scripts/slither.lock) "^Collecting" build/slither/venv/bin/python -m pip install --disable-pip-version-check --progress-bar off --require-hashes -r scripts/slither.lock
	@touch $@

build/.halmos: scripts/halmos.lock
	@$(PYTHON) -m venv build/halmos/venv
	@$(PROGRESS) "halmos" $$(grep -c == scripts/halmos.lock) "^Collecting" build/halmos/venv/bin/python -m pip install --disable-pip-version-check --progress-bar off --require-hashes -r scripts/halmos.lock
	@touch $@

setup: build/.python build/.node build/.native ## install everything, locked

generate: build/.python ## rewrite what follows from circuits/statements.json
	@$(BIN)/python scripts/generate.py

circuits: setup ## compile the circuits and make development keys
	@$(BIN)/zkrisk circuits build

contracts: build/.node ## compile the contracts
	@$(PROGRESS) "contracts" 2 "Compiling|finished" $(FORGE) build --skip 'tests/**'

demo: circuits contracts ## quotes to liquidation on a local chain (EXIT=1 ends by itself, RECORDING=path replays)
	@$(BIN)/zkrisk demo $(if $(filter 1,$(EXIT)),--no-stay,) $(if $(RECORDING),--recording $(RECORDING),)

bench-prove: circuits bench-peers ## the prover beside its peers, statements, keys and memory, with their aims (minutes)
	@$(BIN)/python -m scripts.bench.prove $(if $(STRICT),--strict,)

bench-peers: setup ## fetch and build rapidsnark and snarkrs for bench-prove (needs go and g++)
	@$(BIN)/python -m prover.bench.peers || echo "bench-prove goes on with the others"

wheel: circuits contracts ## both distributions below build/wheel: no proving keys, no tables, any x86-64 processor
	@$(BIN)/python -m scripts.wheel

test: circuits contracts test-contracts test-native ## the whole test suite
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile

evidence: circuits ## minutes of tests beyond `make test`: 500,000 accounts, the largest circuits
	@$(BIN)/pytest -m full --ignore=tests/soundness

# The tests of the arithmetic, its ranges checked; ZKRISK_EVIDENCE: inputs of each kind that are compared with arkworks.
CORE_TESTS := cargo test --lib --release --locked --package zkrisk-groth16 --config profile.release.package.zkrisk-groth16.debug-assertions=true
EVIDENCE ?= 1000000

test-native: build/.native ## the tests of the native prover's arithmetic, ranges checked, with and without vectors
	@$(PROGRESS) "native tests" 2 "Compiling|Running" $(CORE_TESTS)
	@ZKRISK_NO_VECTORS=1 $(PROGRESS) "native tests, no vectors" 1 "Running" $(CORE_TESTS)

evidence-native: build/.native ## the arithmetic against arkworks on a million inputs of each kind (minutes)
	@ZKRISK_EVIDENCE=$(EVIDENCE) $(CORE_TESTS) evidence

sanitize-native: build/.native ## the portable path's tests under valgrind's memcheck (minutes)
	@bash scripts/sanitize_native.sh $(CORE_TESTS)

test-contracts: build/.node ## the Solidity tests
	@$(FORGE) test
	@git diff --exit-code --stat tests/contracts/gas || { echo "gas changed: look at the difference and commit it"; exit 1; }

gas: build/.python build/.node ## gas of every transaction beside its aim, curves and break-even; fails where a snapshot drifts (STRICT=1: an aim)
	@$(BIN)/python -m scripts.bench.gas $(if $(STRICT),--strict,)

# Random cases of each differential test in Solidity: data vectors, challenges and ledgers of accounts, both bounds, bids, opened
# slices.
DIFFERENTIAL ?= 10000

test-differential: setup ## Solidity against the model on random accounts, bids and slices (DIFFERENTIAL=n)
	@$(BIN)/python tests/contracts/make_vectors.py --cases $(DIFFERENTIAL) --out build/vectors
	@ZKRISK_VECTORS=build/vectors/ $(FORGE) test --gas-limit 1000000000000 --match-contract 'AccountWordsTest|NativeMarginTest|NativeSliceTest|AuctionMathTest' --match-test python

# Random cases per template at its smallest preset, at every other one; random options of test-accuracy.
CASES ?= 10000
PRESET_CASES ?= 500
POINTS ?= 1000000

test-circuits: circuits ## model and circuits equal bit for bit: random statements at the smallest presets, corners
	@ZKRISK_CASES=$(CASES) $(BIN)/pytest tests/circuits/test_equality.py tests/circuits/test_golden.py tests/circuits/test_corners.py

test-circuits-full: circuits ## the same at every preset
	@ZKRISK_CASES=$(CASES) ZKRISK_PRESET_CASES=$(PRESET_CASES) $(BIN)/pytest tests/circuits/test_equality.py tests/circuits/test_golden.py tests/circuits/test_corners.py

test-accuracy: setup ## the pricing core against 50 digits, textbooks and QuantLib
	@ZKRISK_POINTS=$(POINTS) $(BIN)/pytest tests/accuracy

test-chains: circuits ## every stored chain becomes slices that satisfy their circuit (ZKRISK_CHAINS=folder)
	@$(BIN)/pytest tests/recordings

build/soundness/coverage.json: $(wildcard circuits/*.circom circuits/lib/*.circom tests/soundness/*.py) | circuits
	@$(BIN)/pytest -q tests/soundness

bench-circuits: circuits build/soundness/coverage.json ## sizes, errors, slack and coverage beside their aims; fails where one is missed
	@$(BIN)/python -m scripts.bench.circuits

test-soundness: circuits ## hints, widths, freedom and planted bugs of the circuits, with a table of what is covered
	@$(BIN)/pytest tests/soundness

test-soundness-full: circuits ## the same at every hint and every preset (an hour)
	@$(BIN)/pytest tests/soundness -m "full or not full"

test-prover: circuits ## the tests of circuits' keys, witnesses and proofs (at most 3 minutes)
	@$(CORE_TESTS) --quiet > build/test-prover.log 2>&1 & native=$$!; trap "kill $$native 2> /dev/null" INT TERM; \
	$(BIN)/pytest -n $(WORKERS) --dist loadfile tests/prover tests/scripts/test_fuzz_prover.py; python=$$?; \
	wait $$native; native=$$?; cat build/test-prover.log; exit $$((python | native))

fuzz-prover: setup ## a million damaged files to every reader of the proving layer (minutes)
	@$(BIN)/python scripts/fuzz_prover.py --record build/fuzz_prover.json

fuzz-intense: build/.node ## every named invariant of the contracts over a million random calls (minutes)
	@$(PYTHON) scripts/fuzz_contracts.py

prove-arithmetic: build/.node build/.halmos ## the adapters' arithmetic proven for every input (halmos, minutes)
	@PATH="$(abspath $(dir $(FORGE))):$$PATH" FOUNDRY_PROFILE=symbolic build/halmos/venv/bin/halmos --forge-build-out build/halmos/out --no-status --solver-timeout-assertion 600s
	@build/halmos/venv/bin/python scripts/prove_metrics.py

ceremony-full: circuits ## a ceremony of two parties with beacon for every circuit, at full size (half an hour)
	@PATH="$(abspath $(BIN)):$$PATH" bash scripts/ceremony_full.sh

lint: setup build/.slither ## every linter
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/python scripts/generate.py --check
	@for check in imports names spec_ids hints asserts paths; do $(BIN)/python scripts/check_$$check.py || exit 1; done
	@$(BIN)/codespell $$(git ls-files)
	@$(FORGE) fmt --check
	@$(FORGE) lint --deny notes --out build/lint --cache-path build/lint-cache
	@build/slither/venv/bin/python scripts/check_slither.py > build/slither/log 2>&1 || { cat build/slither/log; exit 1; }
	@cargo fmt --check --all

format: setup ## format every source
	@$(BIN)/ruff format --quiet . && $(BIN)/ruff check --quiet --fix .
	@$(FORGE) fmt
	@cargo fmt --all

lock: build/.python ## resolve and pin the Python packages again
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check pip-tools==7.6.2
	@$(BIN)/python -m piptools compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url --no-emit-find-links --no-header --extra dev --output-file requirements.lock pyproject.toml

clean: ## remove everything built
	@rm -rf build target .venv node_modules .pytest_cache .mypy_cache .ruff_cache
