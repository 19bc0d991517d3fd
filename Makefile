# Every task of a contributor and of CI. `make` alone lists them; `run`, `build` and `test` need only Go, make and git.

SHELL         := bash
.SHELLFLAGS   := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

GO          ?= go
# The version that `surprised version` prints.
VERSION     ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
# More arguments for `make run`, for example ARGS='--log-level debug'.
ARGS        ?=
# More flags for go test, for example GOTESTFLAGS='-race -run Claim'.
GOTESTFLAGS ?=
# Flags for `make bench`, for example BENCHFLAGS='--only match --shape ors'; `go -C bench run . --help` lists them.
BENCHFLAGS  ?=
# How long `make fuzz` spends on each target, and how long `make soak` may take in all.
FUZZTIME    ?= 60s
SOAKTIME    ?= 2h
# Another vulnerability database for `make vuln`, for example a mirror: file:///srv/vulndb.
GOVULNDB    ?=

# The validation rules that our protos import; they come out of this Go module, so that no schema registry is needed.
PROTOVALIDATE := v1.2.2

# git describe gives the version, so Go need not ask git a second time (it refuses in a clone that another user owns).
NOVCS   := -buildvcs=false
PLUGINS := .bin/protoc-gen-go .bin/protoc-gen-go-grpc .bin/protoc-gen-grpc-gateway .bin/protoc-gen-openapiv2
TOOLS   := .bin/buf $(PLUGINS) .bin/golangci-lint .bin/govulncheck
GENERATED := -name '*.pb.go' -o -name '*.pb.gw.go' -o -name '*.swagger.json'

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

##@ Run and build

.PHONY: run
run: build ## start the service on loopback: example catalogue, data kept in ./data (ARGS='...' adds flags)
	@mkdir -p data
	.bin/surprised serve --catalog examples/catalog --store bolt:data/surprised.db $(ARGS)

.PHONY: build
build: ## build the static binary .bin/surprised
	CGO_ENABLED=0 $(GO) build $(NOVCS) -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o .bin/surprised ./cmd/surprised

##@ Test

# Only the word "skip" makes a Redis test skip itself; without it a missing redis-server fails the test.
test cover soak bench bench-quick bench-go: export SURPRISED_TEST_REDIS := $(if $(SKIP_REDIS),skip,$(SURPRISED_TEST_REDIS))

.PHONY: test
test: redis ## run every test (GOTESTFLAGS='-race' adds flags; SKIP_REDIS=1 goes without Redis)
	@if [ -f bench/go.mod ]; then $(GO) -C bench test $(GOTESTFLAGS) ./...; fi
	$(GO) test $(GOTESTFLAGS) ./...

.PHONY: redis
redis:
ifdef SKIP_REDIS
	@if [ -n "$${CI:-}" ]; then echo "SKIP_REDIS is for a developer's machine: in CI the Redis tests must run." >&2; exit 1; fi
	@echo "SKIP_REDIS is set: every test that needs a Redis server is skipped."
else
	@.ci/ensure-redis
endif

.PHONY: cover
cover: redis ## run the tests and write their coverage to .bin/cover.html
	@mkdir -p .bin
	$(GO) test -coverpkg=./cmd/...,./internal/... -coverprofile=.bin/cover.out ./...
	$(GO) tool cover -html=.bin/cover.out -o .bin/cover.html
	@$(GO) tool cover -func=.bin/cover.out | tail -n 1

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME each (default 60s)
	@found=0; \
	for file in $$(find . -name '*_test.go' -not -path './.*' -not -path './bench/*' | sort); do \
		for target in $$(sed -nE 's/^func (Fuzz[A-Za-z0-9_]+)\(.*/\1/p' "$$file"); do \
			found=1; echo "== $$target in $$(dirname "$$file")"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$(dirname "$$file")" || exit 1; \
		done; \
	done; \
	if [ $$found = 0 ]; then echo "There is no fuzz target yet."; fi

.PHONY: bench
bench: redis ## measure beside other rule engines and bare gRPC servers: a table and .bin/bench.json, in about 5 minutes (BENCHFLAGS='...')
	@mkdir -p .bin
	$(GO) -C bench build $(NOVCS) -o ../.bin/bench .
	.bin/bench --json .bin/bench.json $(BENCHFLAGS)

.PHONY: bench-quick
bench-quick: redis ## measure the key figures only, in less than a minute after the build
	@mkdir -p .bin
	@$(GO) -C bench build $(NOVCS) -o ../.bin/bench .
	@.bin/bench --quick $(BENCHFLAGS)

.PHONY: bench-go
bench-go: redis ## run the Go benchmarks that stand beside the code
	$(GO) test -run '^$$' -bench . -benchmem ./...

.PHONY: soak
soak: redis ## run the tests with the long ones switched on, for at most SOAKTIME (default 2h), and print their figures
	@mkdir -p .bin
	@SURPRISED_SOAK=1 $(GO) test -count=1 -v -timeout $(SOAKTIME) $(GOTESTFLAGS) ./... 2>&1 | tee .bin/soak.log | grep --line-buffered -E 'figure |--- FAIL|^FAIL|^ok|^panic:' \
		|| { echo "All that the tests said is in .bin/soak.log." >&2; exit 1; }

##@ Check

.PHONY: check
check: fmt vet tidy generated lint vuln ## all that CI checks before the tests: format, vet, lint, generated code, go.mod, vulnerabilities

.PHONY: fmt
fmt:
	@echo "gofmt"
	@bad=$$(find . -name '*.go' -not -path './.*' -exec gofmt -s -l {} +); \
	if [ -n "$$bad" ]; then printf 'Run gofmt -s -w on:\n%s\n' "$$bad" >&2; exit 1; fi

.PHONY: vet
vet:
	$(GO) vet ./...
	@if [ -f bench/go.mod ]; then $(GO) -C bench vet ./...; fi

.PHONY: tidy
tidy:
	$(GO) mod tidy -diff

.PHONY: lint
lint: .bin/buf .bin/golangci-lint .proto/.$(PROTOVALIDATE) ## lint the protos and the Go code
	.bin/buf lint
	.bin/golangci-lint run ./...
	@if [ -f bench/go.mod ]; then cd bench && ../.bin/golangci-lint run --config ../.golangci.yml ./...; fi

# Exit status 3 means vulnerabilities. Without its database govulncheck can't tell, and that is said rather than failed.
.PHONY: vuln
vuln: .bin/govulncheck ## look for known vulnerabilities in what the code calls
	@echo "govulncheck"
	@out=$$(.bin/govulncheck $(if $(GOVULNDB),-db $(GOVULNDB)) ./... 2>&1) && status=0 || status=$$?; \
	case "$$status:$$out" in \
	0:*) ;; \
	1:*'fetching vulnerabilities'*) echo "govulncheck: SKIPPED, its vulnerability database is out of reach from here" ;; \
	*) printf '%s\n' "$$out" >&2; exit 1 ;; \
	esac

##@ Generated code

# Generates beside the tree; `generate` and `generated` differ only in what they do with the result.
.PHONY: generate-aside
generate-aside: .bin/buf $(PLUGINS) .proto/.$(PROTOVALIDATE)
	@rm -rf .bin/generated && mkdir -p .bin/generated
	.bin/buf generate -o .bin/generated

.PHONY: generate
generate: generate-aside ## generate Go, gateway and OpenAPI from the protos in api/
	@find api \( $(GENERATED) \) -exec rm -f {} +
	@cp -R .bin/generated/api/. api/

.PHONY: generated
generated: generate-aside
	@rm -rf .bin/committed && mkdir -p .bin/committed
	@find api \( $(GENERATED) \) -print0 | tar --null -cf - -T - | tar -xf - -C .bin/committed
	@diff -r .bin/committed .bin/generated >.bin/generated.diff \
		|| { head -n 20 .bin/generated.diff >&2; echo "Generated code in api/ is stale: run make generate and commit what it changes." >&2; exit 1; }

.proto/.$(PROTOVALIDATE):
	@dir=$$($(GO) mod download -json github.com/bufbuild/protovalidate@$(PROTOVALIDATE) \
		| sed -n 's/^[[:space:]]*"Dir": "\(.*\)",*$$/\1/p'); \
	test -d "$$dir" || { echo "the Go module github.com/bufbuild/protovalidate@$(PROTOVALIDATE) could not be downloaded" >&2; exit 1; }; \
	chmod -R u+w .proto 2>/dev/null || true; \
	rm -rf .proto; mkdir .proto; \
	cp -R "$$dir/proto/protovalidate" .proto/protovalidate; \
	chmod -R u+w .proto; touch $@

##@ Tools: built from the versions pinned in tools/, only when those change

.PHONY: tools
tools: $(TOOLS) ## build the pinned tools into .bin/ (check, lint and generate do so when they need them)

# protoc-gen-go comes from the main module, so that generator and runtime are the same version.
.bin/protoc-gen-go: go.mod
	@echo "building $(@F)"
	@$(GO) build $(NOVCS) -o $@ google.golang.org/protobuf/cmd/protoc-gen-go && touch $@

.bin/buf: tools/go.mod tools/go.sum
	@echo "building $(@F): the first time takes about two minutes"
	@$(GO) -C tools build $(NOVCS) -o ../$@ github.com/bufbuild/buf/cmd/buf && touch $@

.bin/protoc-gen-go-grpc: tools/go.mod tools/go.sum
	@echo "building $(@F)"
	@$(GO) -C tools build $(NOVCS) -o ../$@ google.golang.org/grpc/cmd/protoc-gen-go-grpc && touch $@

.bin/protoc-gen-grpc-gateway .bin/protoc-gen-openapiv2: tools/go.mod tools/go.sum
	@echo "building $(@F)"
	@$(GO) -C tools build $(NOVCS) -o ../$@ github.com/grpc-ecosystem/grpc-gateway/v2/$(@F) && touch $@

.bin/golangci-lint: tools/lint/go.mod tools/lint/go.sum
	@echo "building $(@F): the first time takes about two minutes"
	@$(GO) -C tools/lint build $(NOVCS) -o ../../$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint && touch $@

.bin/govulncheck: tools/vuln/go.mod tools/vuln/go.sum
	@echo "building $(@F)"
	@$(GO) -C tools/vuln build $(NOVCS) -o ../../$@ golang.org/x/vuln/cmd/govulncheck && touch $@

.PHONY: clean
clean: ## remove what was built, tools included; ./data stays
	chmod -R u+w .proto 2>/dev/null || true
	rm -rf .bin .proto
