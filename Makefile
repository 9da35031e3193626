# cxloop: every command that building, trying and shipping it needs. `make` alone lists them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory --no-builtin-rules

# First port of the sandbox; the others follow it.
PORT ?= 8686
# Processor that `package` builds for, and the template's parameter Architecture: arm64 or x86_64.
ARCH ?= arm64
CARGO ?= cargo
PYTHON ?= python3

FUNCTIONS := $(notdir $(wildcard functions/*))
TOOLS := $(CURDIR)/.tools
CARGO_DENY_VERSION := 0.20.2
CARGO_DENY := $(TOOLS)/cargo-deny-$(CARGO_DENY_VERSION)/bin/cargo-deny
CARGO_FUZZ_VERSION := 0.13.2
CARGO_FUZZ := $(TOOLS)/cargo-fuzz-$(CARGO_FUZZ_VERSION)/bin/cargo-fuzz
SAM := SAM_CLI_TELEMETRY=0 $(TOOLS)/sam/bin/sam
CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)
CHROMEDRIVER ?= $(shell command -v chromedriver)

# Function and event file of `watch` and `invoke`, and the port between the two.
FUNCTION ?= response-to-case
EVENT ?= $(firstword $(wildcard events/$(FUNCTION)/*.json))
WATCH_PORT ?= 9100
ENV_FILE = $(or $(CXLOOP_STATE),.sandbox)/$(FUNCTION).env

# Seconds that `fuzz` gives each target, and the targets: all of them, or the one that TARGET names.
FUZZ_SECONDS ?= 60
FUZZ_TARGETS = $(or $(TARGET),$(basename $(notdir $(wildcard fuzz/fuzz_targets/*.rs))))
# libFuzzer needs a compiler that is not released yet.
FUZZ_TOOLCHAIN ?= nightly

# Where the end-to-end tests find what they start.
export CXLOOP_TOOLS := $(TOOLS)
export CXLOOP_CHROMIUM = $(CHROMIUM)
export CXLOOP_CHROMEDRIVER = $(CHROMEDRIVER)

.PHONY: help
help: ## list the commands
	@echo "usage: make <command>"; echo
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do printf '  %-15s%s\n' "$$name" "$$text"; done
	@echo; echo "variables: PORT=$(PORT) (run), FUNCTION=$(FUNCTION) and EVENT (watch, invoke), ARCH=$(ARCH) (package, deploy: arm64 or x86_64)"

# ---- Try ----

.PHONY: run
run: tools functions ## build and start the sandbox on http://127.0.0.1:PORT/
	@echo "starting the sandbox on http://127.0.0.1:$(PORT)/ (ctrl-c ends it)"
	@exec target/debug/cxloop sandbox --port $(PORT)

.PHONY: watch
watch: $(TOOLS)/package/.ready ## run one function (FUNCTION) beside the running sandbox, built anew when its code changes
	@test -f $(ENV_FILE) || { echo "$(ENV_FILE) is missing: start the sandbox with make run, and name one of: $(FUNCTIONS)" >&2; exit 2; }
	@PATH="$(TOOLS)/package/bin:$$PATH" $(CARGO) lambda watch --bin $(FUNCTION) -A 127.0.0.1 -P $(WATCH_PORT) --env-file $(ENV_FILE)

.PHONY: invoke
invoke: $(TOOLS)/package/.ready ## hand one event file (EVENT) to the function (FUNCTION) that `make watch` runs
	@test -f "$(EVENT)" || { echo "there is no event file '$(EVENT)': EVENT=events/$(FUNCTION)/…json" >&2; exit 2; }
	@PATH="$(TOOLS)/package/bin:$$PATH" $(CARGO) lambda invoke -A 127.0.0.1 -P $(WATCH_PORT) $(FUNCTION) --data-file $(EVENT)

# `--workspace` and not the functions' packages, so that this build and the one of the tests share what they compile.
.PHONY: functions
functions: ## build the functions for this machine into target/lambda
	@echo "building the functions (some minutes the first time)"
	@$(CARGO) build --quiet --workspace --bins
	@mkdir -p $(addprefix target/lambda/,$(FUNCTIONS))
	@for name in $(FUNCTIONS); do \
	  if [ target/debug/$$name -nt target/lambda/.host-$$name ]; then \
	    strip -o target/lambda/$$name/bootstrap target/debug/$$name; touch target/lambda/.host-$$name; \
	  fi; \
	done

# ---- Check ----

.PHONY: test
test: tools $(TOOLS)/package/.ready browser clients functions lint ## check and test everything
	@echo "testing"
	@$(CARGO) test --workspace --no-fail-fast

.PHONY: lint
lint: $(CARGO_DENY) ## formatting, clippy, documentation, dependencies, template
	@echo "checking the formatting"
	@$(CARGO) fmt --all --check
	@echo "checking with clippy"
	@$(CARGO) clippy --quiet --workspace --all-targets -- -D warnings
	@echo "building the documentation"
	@RUSTDOCFLAGS="-D warnings" $(CARGO) doc --quiet --workspace --no-deps --document-private-items
	@echo "checking the dependencies"
	@$(MAKE) deny
	@$(MAKE) lint-template

# A second time as SAM makes it with everything that a parameter can add: there the linters see what SAM writes itself. What
# only SAM reads is unused in it (W2001, W7001).
.PHONY: lint-template
lint-template: $(TOOLS)/sam/.ready $(TOOLS)/checkov/.ready ## check the template as written, and as CloudFormation gets it
	@echo "checking the template"
	@$(SAM) validate --lint --template infra/template.yaml
	@$(TOOLS)/sam/bin/cfn-lint infra/template.yaml
	@mkdir -p target
	@$(TOOLS)/sam/bin/python infra/transformed.py Rollout=Canary10Percent5Minutes ExposeConsole=true > target/cloudformation.json
	@$(TOOLS)/sam/bin/cfn-lint --ignore-checks W2001 W7001 -- target/cloudformation.json
	@$(TOOLS)/checkov/bin/checkov --config-file infra/checkov.yaml --file target/cloudformation.json

.PHONY: live
live: ## run the contract suites against the real systems that CXLOOP_LIVE_… name, and clean up after them
	@$(CARGO) test --quiet --package cxloop-tests --test live -- --real

.PHONY: deny
deny: $(CARGO_DENY) ## check licences, sources and duplicates of the dependencies
	@$(CARGO_DENY) check bans licenses sources

.PHONY: advisories
advisories: $(CARGO_DENY) ## check the dependencies against the RustSec database (fetches it)
	@$(CARGO_DENY) check advisories

# Our code is free of `unsafe`, so that the slow sanitizers have nothing to find. New inputs go to fuzz/found; one that is a
# finding goes to fuzz/artifacts, and belongs into fuzz/corpus once it is mended.
.PHONY: fuzz
fuzz: $(CARGO_FUZZ) ## search for inputs that break a reader, FUZZ_SECONDS a target (TARGET names one)
	@for name in $(FUZZ_TARGETS); do \
	  echo "fuzzing $$name for $(FUZZ_SECONDS) s"; \
	  mkdir -p fuzz/found/$$name; \
	  PATH="$(dir $(CARGO_FUZZ)):$$PATH" nice $(CARGO) +$(FUZZ_TOOLCHAIN) fuzz run --sanitizer none $$name fuzz/found/$$name fuzz/corpus/$$name -- \
	    -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -max_len=8192 -print_final_stats=1 -verbosity=0; \
	done

# ---- Measure ----

RIVALS := $(CURDIR)/bench/rivals
BENCH ?=

# The functions are those of `make package` for this machine's processor. The harness has a profile of its own: it serves
# everything around the functions, so it must not be slow, and need not be small.
.PHONY: bench
bench: $(TOOLS)/bench-node/.ready $(TOOLS)/bench-python/.ready ## measure the functions (BENCH=--quick, --check, --json, '--only job'); writes target/bench.json
	@$(MAKE) package ARCH=$(if $(filter aarch64 arm64,$(shell uname -m)),arm64,x86_64) >&2
	@echo "building what measures them" >&2
	@$(CARGO) build --quiet --profile harness --package cxloop-bench --package cxloop-sandbox --bins --example dataverse-speed
	@target/harness/bench $(BENCH)
	@$(if $(BENCH),,echo; target/harness/examples/dataverse-speed 100000 8)

$(TOOLS)/bench-node/.ready: $(RIVALS)/node/package.json $(RIVALS)/node/package-lock.json $(wildcard $(RIVALS)/node/src/*.js)
	@command -v node >/dev/null && command -v npm >/dev/null || { echo "make bench needs Node 20 and npm" >&2; exit 1; }
	@echo "installing bench-node into .tools" >&2
	@mkdir -p $(TOOLS)/bench-node
	@cp -r $(RIVALS)/node/package.json $(RIVALS)/node/package-lock.json $(RIVALS)/node/src $(TOOLS)/bench-node/
	@cd $(TOOLS)/bench-node && npm ci --silent --no-audit --no-fund --ignore-scripts && npm run --silent build -- --outdir=dist --log-level=warning
	@touch $@

$(TOOLS)/bench-python/.ready: $(RIVALS)/python/requirements.txt
	@echo "installing bench-python into .tools" >&2
	@rm -rf $(TOOLS)/bench-python
	@$(PYTHON) -m venv $(TOOLS)/bench-python || { echo "$(PYTHON) cannot make an environment: on Debian, install python3-venv" >&2; exit 1; }
	@$(TOOLS)/bench-python/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

# ---- Ship ----

RUST_TARGET = $(if $(filter arm64,$(ARCH)),aarch64,x86_64)-unknown-linux-gnu

.PHONY: package
package: $(TOOLS)/package/.ready ## build the functions for AWS (ARCH) into target/lambda
	@case "$(ARCH)" in arm64|x86_64) ;; *) echo "ARCH is arm64 or x86_64, not '$(ARCH)'" >&2; exit 2;; esac
	@test -d "$$(rustc --print sysroot)/lib/rustlib/$(RUST_TARGET)" || { \
	  echo "this Rust has no standard library for $(ARCH): rustup target add $(RUST_TARGET), or ARCH=$(if $(filter arm64,$(ARCH)),x86_64,arm64)" >&2; exit 2; }
	@echo "building the functions for $(ARCH); minutes, not seconds"
	@rm -rf target/lambda
	@PATH="$(TOOLS)/package/bin:$$PATH" $(CARGO) lambda build --release --skip-target-check \
	  $(if $(filter arm64,$(ARCH)),--arm64,--x86-64) $(addprefix --bin ,$(FUNCTIONS))

# SAM publishes a new version of a function when its code or the template changes, but not when a parameter gets another value
# (aws/serverless-application-model#3820). The values that are deployed with therefore lie beside the code.
.PHONY: deploy
deploy: package $(TOOLS)/sam/.ready ## package and deploy to AWS; asks the first time and notes it in samconfig.toml
	@if ! grep -q '^region' samconfig.toml; then \
	  $(SAM) deploy --guided --config-file $(CURDIR)/samconfig.toml --parameter-overrides Architecture=$(ARCH); \
	elif grep -q '^parameter_overrides' samconfig.toml && ! grep -qE '^parameter_overrides.*Architecture=\W*$(ARCH)' samconfig.toml; then \
	  echo "samconfig.toml deploys for another processor than ARCH=$(ARCH)" >&2; exit 2; \
	else \
	  for name in $(FUNCTIONS); do grep '^parameter_overrides' samconfig.toml > target/lambda/$$name/parameters || true; done; \
	  $(SAM) deploy --config-file $(CURDIR)/samconfig.toml; \
	fi

# ---- Tools, pinned, inside the project's folder ----

.PHONY: tools
tools: $(TOOLS)/emulator/.ready $(TOOLS)/sam/.ready ## install the emulator and SAM into .tools

$(TOOLS)/%/.ready: infra/requirements/%.txt
	@echo "installing $* into .tools"
	@rm -rf $(TOOLS)/$*
	@$(PYTHON) -m venv $(TOOLS)/$* || { echo "$(PYTHON) cannot make an environment: on Debian, install python3-venv" >&2; exit 1; }
	@$(TOOLS)/$*/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

# Dataverse clients of other people, which the tests drive against the stand-in.
.PHONY: clients
clients: $(TOOLS)/clients/.ready ## install the Dataverse clients that the tests drive into .tools

$(TOOLS)/clients/.ready: tests/clients/package-lock.json tests/clients/requirements.txt
	@command -v npm >/dev/null || { echo "the clients need Node.js and npm: on Debian, install nodejs and npm" >&2; exit 1; }
	@echo "installing the clients into .tools"
	@rm -rf $(TOOLS)/clients && mkdir -p $(TOOLS)/clients/node
	@cp tests/clients/package.json tests/clients/package-lock.json $(TOOLS)/clients/node/
	@cd $(TOOLS)/clients/node && npm ci --silent --no-audit --no-fund --ignore-scripts
	@$(PYTHON) -m venv $(TOOLS)/clients/python || { echo "$(PYTHON) cannot make an environment: on Debian, install python3-venv" >&2; exit 1; }
	@$(TOOLS)/clients/python/bin/python -m pip install --quiet --disable-pip-version-check --requirement tests/clients/requirements.txt
	@touch $@

# The version is in the path, so that only another version is built anew.
$(CARGO_DENY):
	@echo "building cargo-deny $(CARGO_DENY_VERSION); some minutes"
	@CARGO_TARGET_DIR=$(TOOLS)/cargo-deny-build $(CARGO) install --quiet --locked --debug --root $(TOOLS)/cargo-deny-$(CARGO_DENY_VERSION) cargo-deny@$(CARGO_DENY_VERSION)
	@rm -rf $(TOOLS)/cargo-deny-build

$(CARGO_FUZZ):
	@echo "building cargo-fuzz $(CARGO_FUZZ_VERSION); some minutes"
	@CARGO_TARGET_DIR=$(TOOLS)/cargo-fuzz-build $(CARGO) install --quiet --locked --debug --root $(TOOLS)/cargo-fuzz-$(CARGO_FUZZ_VERSION) cargo-fuzz@$(CARGO_FUZZ_VERSION)
	@rm -rf $(TOOLS)/cargo-fuzz-build

# The browser is Debian's: it needs libraries of the system, which a project's folder cannot hold.
.PHONY: browser
browser: ## install Chromium and its driver, for the browser test
	@if ! command -v chromedriver >/dev/null || [ -z "$(CHROMIUM)" ]; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "installing Chromium"; \
	    apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium chromium-driver >/dev/null; \
	  else \
	    echo "the browser test needs Chromium: as root, apt-get install chromium chromium-driver" >&2; exit 1; \
	  fi; \
	fi
