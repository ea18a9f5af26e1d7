# Weirloom. `make demo` shows it, `make test` checks it; `make help` lists the rest.

SWIFT ?= swift
# Where SwiftPM keeps its build products.
BUILD ?= .build
# Further arguments for `swift test`, such as TEST_ARGUMENTS='--filter GoldenTests'.
TEST_ARGUMENTS ?=
# How many faults `make faults` makes.
ROUNDS ?= 200

weirloom := $(BUILD)/release/weirloom
swift_files := Scripts/hand-written-sources --all
# Tests wait for servers, processes and each other: all at once, they would starve on few cores.
at_once := --experimental-maximum-parallelization-width 8
import_check := --explicit-target-dependency-import-check error

.PHONY: help demo test test-remote test-plain stress soak faults address build lint format bench-smoke examples docs dependencies clean
.DEFAULT_GOAL := help

help: ## List the targets.
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

demo: dependencies ## Build in release mode and train a network on images of digits.
	$(SWIFT) build --scratch-path $(BUILD) -c release --traits OneDNN --product weirloom
	$(weirloom) demo

test: dependencies ## Build in debug mode and run every test.
	WEIRLOOM_ORACLE="$$(Scripts/stock-tensorflow)" \
	  $(SWIFT) test --scratch-path $(BUILD) --disable-xctest $(at_once) $(import_check) $(TEST_ARGUMENTS)
	@Scripts/generate-checklist

test-remote: dependencies ## Run the tests of sessions again, with each session on a server.
	WEIRLOOM_TEST_TARGET=server \
	  $(SWIFT) test --scratch-path $(BUILD) --disable-xctest $(at_once) $(import_check) \
	  --filter WeirloomTests

test-plain: dependencies ## Run the tests of ops and models without oneDNN and other C libraries behind traits.
	$(SWIFT) test --scratch-path $(BUILD)/plain --disable-default-traits --disable-xctest \
	  --filter 'LoomKernelsTests|LoomOpsTests|GoldenTests'

stress: dependencies ## Run many tasks in one session, cancelled and closed, under the thread sanitizer.
	SWIFT=$(SWIFT) Scripts/stress thread $(BUILD)

soak: dependencies ## Run 10^5 steps of all kinds and check that memory stays flat.
	SWIFT=$(SWIFT) Scripts/stress soak $(BUILD)

faults: dependencies ## Let ROUNDS faults (200) befall a worker: crashes, freezes, cuts of its network. Needs root.
	WEIRLOOM_FAULT_ROUNDS=$(ROUNDS) $(SWIFT) test --scratch-path $(BUILD) --disable-xctest $(import_check) \
	  --filter FaultRounds

address: dependencies ## Run every test under the address sanitizer.
	SWIFT=$(SWIFT) Scripts/stress address $(BUILD)

build: dependencies ## Leave the full release binary at .build/release/weirloom.
	$(SWIFT) build --scratch-path $(BUILD) -c release --product weirloom

lint: ## Check format and house rules of the hand-written sources.
	$(swift_files) | xargs $(SWIFT) format lint --strict --parallel
	Scripts/check-tree

format: ## Format the hand-written sources in place.
	$(swift_files) | xargs $(SWIFT) format format --in-place --parallel

bench-smoke: build ## Run a few small benchmarks and check their results.
	Scripts/bench-smoke $(weirloom)

examples: dependencies ## Build and run the examples.
	SWIFT=$(SWIFT) Scripts/run-examples

docs: dependencies ## Build the documentation into .build/documentation.
	SWIFT=$(SWIFT) Scripts/build-documentation $(BUILD)

dependencies:
	@Scripts/install-dependencies

clean: ## Remove everything that was built.
	rm -rf $(BUILD) Examples/.build
