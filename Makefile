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
SAM := SAM_CLI_TELEMETRY=0 $(TOOLS)/sam/bin/sam
CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)
CHROMEDRIVER ?= $(shell command -v chromedriver)

# Function and event file of `watch` and `invoke`, and the port between the two.
FUNCTION ?= response-to-case
EVENT ?= $(firstword $(wildcard events/$(FUNCTION)/*.json))
WATCH_PORT ?= 9100
ENV_FILE = $(or $(CXLOOP_STATE),.sandbox)/$(FUNCTION).env

# Where the end-to-end tests find what they start.
export CXLOOP_TOOLS := $(TOOLS)
export CXLOOP_CHROMIUM = $(CHROMIUM)
export CXLOOP_CHROMEDRIVER = $(CHROMEDRIVER)

.PHONY: help
help: ## list the commands
	@echo "usage: make <command>"; echo
	@sed -nE 's/^([a-z]+):.*## (.*)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do printf '  %-12s%s\n' "$$name" "$$text"; done
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

# `--workspace` and not the six packages, so that this build and the one of the tests share what they compile.
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
test: tools browser functions lint ## check and test everything
	@echo "testing"
	@$(CARGO) test --workspace --no-fail-fast

.PHONY: lint
lint: $(TOOLS)/sam/.ready $(CARGO_DENY) ## formatting, clippy, documentation, dependencies, template
	@echo "checking the formatting"
	@$(CARGO) fmt --all --check
	@echo "checking with clippy"
	@$(CARGO) clippy --quiet --workspace --all-targets -- -D warnings
	@echo "building the documentation"
	@RUSTDOCFLAGS="-D warnings" $(CARGO) doc --quiet --workspace --no-deps --document-private-items
	@echo "checking the dependencies"
	@$(MAKE) deny
	@echo "checking the template"
	@$(SAM) validate --lint --template infra/template.yaml
	@$(TOOLS)/sam/bin/cfn-lint infra/template.yaml

.PHONY: deny
deny: $(CARGO_DENY) ## check licences, sources and duplicates of the dependencies
	@$(CARGO_DENY) check bans licenses sources

.PHONY: advisories
advisories: $(CARGO_DENY) ## check the dependencies against the RustSec database (fetches it)
	@$(CARGO_DENY) check advisories

# ---- Measure ----

RIVALS := $(CURDIR)/bench/rivals
BENCH ?=

# One build of all functions as they are shipped, for this machine. The harness has a profile of its own: it serves everything
# around the functions, so it must not be slow, and need not be small.
.PHONY: bench
bench: $(TOOLS)/bench-node/.ready $(TOOLS)/bench-python/.ready ## measure the functions (BENCH=--quick, --check, --json, '--only job'); writes target/bench.json
	@echo "building the functions as they are shipped (minutes, not seconds, the first time)" >&2
	@$(CARGO) build --quiet --release $(addprefix --package ,$(FUNCTIONS))
	@$(CARGO) build --quiet --profile harness --package cxloop-bench
	@target/harness/bench $(BENCH)

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

.PHONY: package
package: $(TOOLS)/package/.ready ## build the functions for AWS (ARCH) into target/lambda
	@case "$(ARCH)" in arm64|x86_64) ;; *) echo "ARCH is arm64 or x86_64, not '$(ARCH)'" >&2; exit 2;; esac
	@echo "building the functions for $(ARCH); minutes, not seconds"
	@rm -rf target/lambda
	@PATH="$(TOOLS)/package/bin:$$PATH" $(CARGO) lambda build --release --skip-target-check \
	  $(if $(filter arm64,$(ARCH)),--arm64,--x86-64) $(addprefix --bin ,$(FUNCTIONS))

.PHONY: deploy
deploy: package $(TOOLS)/sam/.ready ## package and deploy to AWS; asks the first time and notes it in samconfig.toml
	@if ! grep -q '^region' samconfig.toml; then \
	  $(SAM) deploy --guided --config-file $(CURDIR)/samconfig.toml --parameter-overrides Architecture=$(ARCH); \
	elif grep -q '^parameter_overrides' samconfig.toml && ! grep -qE '^parameter_overrides.*Architecture=\W*$(ARCH)' samconfig.toml; then \
	  echo "samconfig.toml deploys for another processor than ARCH=$(ARCH)" >&2; exit 2; \
	else \
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

# The version is in the path, so that only another version is built anew.
$(CARGO_DENY):
	@echo "building cargo-deny $(CARGO_DENY_VERSION); some minutes"
	@CARGO_TARGET_DIR=$(TOOLS)/cargo-deny-build $(CARGO) install --quiet --locked --debug --root $(TOOLS)/cargo-deny-$(CARGO_DENY_VERSION) cargo-deny@$(CARGO_DENY_VERSION)
	@rm -rf $(TOOLS)/cargo-deny-build

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
