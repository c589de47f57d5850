# SPDX-License-Identifier: Apache-2.0
# The map of the project: `make help`.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
FORGE := node_modules/@foundry-rs/forge-linux-amd64/bin/forge
EXIT ?= 0
PROGRESS := $(PYTHON) scripts/progress.py

.DEFAULT_GOAL := help
.PHONY: help setup native generate circuits contracts demo test test-contracts test-prover fuzz-prover ceremony-full lint format lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 18

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

setup: build/.python build/.node build/.native ## install everything, locked

generate: build/.python ## rewrite what follows from circuits/statements.json
	@$(BIN)/python scripts/generate.py

circuits: setup ## compile the circuits and make development keys
	@$(BIN)/zkrisk circuits build

contracts: build/.node ## compile the contracts
	@$(PROGRESS) "contracts" 2 "Compiling|finished" $(FORGE) build --skip 'tests/**'

demo: circuits contracts ## quotes to liquidation on a local chain (EXIT=1 ends by itself, RECORDING=path replays)
	@$(BIN)/zkrisk demo $(if $(filter 1,$(EXIT)),--no-stay,) $(if $(RECORDING),--recording $(RECORDING),)

test: circuits contracts test-contracts ## the whole test suite
	@$(BIN)/pytest

test-contracts: build/.node ## the Solidity tests
	@$(FORGE) test
	@git diff --exit-code --stat tests/contracts/gas || { echo "gas changed: look at the difference and commit it"; exit 1; }

test-prover: circuits ## the tests of circuits' keys, witnesses and proofs (at most 3 minutes)
	@$(BIN)/pytest tests/prover tests/scripts/test_fuzz_prover.py
	@cargo test --release --locked --quiet --workspace --exclude zkrisk-native

fuzz-prover: setup ## a million damaged files to every reader of the proving layer (minutes)
	@$(BIN)/python scripts/fuzz_prover.py --record build/fuzz_prover.json

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
	@cargo fmt --check --manifest-path prover/native/Cargo.toml

format: setup ## format every source
	@$(BIN)/ruff format --quiet . && $(BIN)/ruff check --quiet --fix .
	@$(FORGE) fmt
	@cargo fmt --manifest-path prover/native/Cargo.toml

lock: build/.python ## resolve and pin the Python packages again
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check pip-tools==7.6.2
	@$(BIN)/python -m piptools compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url --no-emit-find-links --no-header --extra dev --output-file requirements.lock pyproject.toml

clean: ## remove everything built
	@rm -rf build target .venv node_modules .pytest_cache .mypy_cache .ruff_cache
