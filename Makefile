# The vocabulary of this repository. CI calls the same targets.

.PHONY: help demo build test lint bench chaos fuzz loom mutants deny setup

help: ## says what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 12

demo: build ## the whole way of a box, on this machine, step by step
	target/debug/ngondo demo --exit

build: ## every binary, for tests and the demo
	cargo build --workspace --bins

test: ## installs what is missing, then runs everything
	.ci/test

lint: ## formatting, lints, documentation
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items

bench: ## measures, and writes target/bench/report.md
	rm -rf target/bench
	mkdir -p target/bench
	cargo build --release --workspace --bins
	cargo bench --package protocol --bench parse -- $(CURDIR)/target/bench/parse.json
	cargo bench --package toki --bench exchange -- $(CURDIR)/target/bench/toki.json
	target/release/ngondo bench toki --out target/bench/toki-hop.json
	target/release/ngondo bench pages --dir target/bench
	target/release/ngondo bench storm --dir target/bench
	target/release/ngondo bench overload --dir target/bench
	target/release/ngondo bench init --dir target/bench
	target/release/ngondo bench report --dir target/bench

chaos: build ## breaks each thing that may break, at load, and counts; writes target/chaos/report.md
ifeq ($(CHAOS),)
	cargo bench --package balance --bench sim -- 1000 1000
	cargo bench --package report --bench sim -- 4000 1000
	TORN=every-byte cargo test --package report --test report torn
endif
	target/debug/chaos $(CHAOS)

fuzz: ## cargo-fuzz on each parser of outside input, a minute each
	.ci/fuzz

loom: ## tries every order in which threads can take the toki's locks
	.ci/loom

mutants: ## breaks the code ten times; each time a named test must fail
	.ci/mutants

deny: ## advisories and licences, for people with a network
	cargo deny check

setup: ## installs the Debian packages that the tests need
	.ci/setup
