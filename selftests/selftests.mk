# SPDX-License-Identifier: Apache-2.0
# Every selftests/unit/test_NAME.c is a cmocka program of its own and is found by its name; so are prog_tests (need
# root and BPF), fuzz targets and benches.
UNIT_SRC := $(wildcard selftests/unit/test_*.c)
PROG_SRC := $(wildcard selftests/prog_tests/test_*.c)
UNIT_BIN := $(patsubst selftests/%.c,$(O)/selftests/%,$(UNIT_SRC))
PROG_BIN := $(patsubst selftests/%.c,$(O)/selftests/%,$(PROG_SRC))
FUZZ_SRC := $(wildcard selftests/fuzz/fuzz_*.c)
FUZZ_BIN := $(patsubst selftests/%.c,$(O)/selftests/%,$(FUZZ_SRC))
BENCH_SRC := $(wildcard selftests/bench/bench_*.c)
BENCH_BIN := $(patsubst selftests/%.c,$(O)/selftests/%,$(BENCH_SRC))
ALL_A    := $(A_KUB) $(A_CRI) $(A_PROXY) $(A_CNI) $(A_CTL) $(A_LIB)
ALL_LIBS := $(LIBS_CRI) $(LIBS_BPF) $(LIBS_KUBELET) $(LIBS_BASE) -lmnl -lcmocka

$(UNIT_BIN) $(PROG_BIN) $(BENCH_BIN): $(O)/selftests/%: $(O)/selftests/%.o $(ALL_A)
	@mkdir -p $(@D)
	$(call link,$(ALL_LIBS))

# -build and -run apart, so that selftests/harness/check can build in parallel and run one after another. What failed to
# build is run too, and counts as failed.
unit-build: $(UNIT_BIN)
prog-build: $(PROG_BIN)
unit-run:
	$(Q)O=$(O) selftests/harness/run-tests -j2 -l unit $(UNIT_BIN)
prog-run:
	$(Q)O=$(O) selftests/harness/run-tests -l prog $(PROG_BIN)
e2e-run:
	$(Q)O=$(O) selftests/harness/run-tests -t 400 -l e2e $(wildcard selftests/e2e/*.sh)
unit: unit-build ## build and run the unit tests only
	$(Q)O=$(O) selftests/harness/run-tests -j2 -l unit $(UNIT_BIN)
prog: prog-build ## build and run the BPF program tests (root)
	$(Q)O=$(O) selftests/harness/run-tests -l prog $(PROG_BIN)
e2e: all ## build and run the end-to-end tests (root, containerd)
	$(Q)O=$(O) selftests/harness/run-tests -t 400 -l e2e $(wildcard selftests/e2e/*.sh)
asan: ## unit and BPF program tests under AddressSanitizer and UndefinedBehaviorSanitizer
	$(Q)O=$(O) MAKE=$(MAKE) selftests/harness/check asan
# Both begin on a machine without compilers, hence tools/setup first and make again after it.
check: ## install what is missing, then style, builds and all tests
	$(Q)tools/setup
	$(Q)O=$(O) MAKE=$(MAKE) selftests/harness/check
run: ## two Pods, a Service and what to look at: the first thing to try (root)
	$(Q)tools/setup
	$(Q)O=$(O) MAKE=$(MAKE) tools/run
bench: all bench-build ## measure, each figure beside its peer; build/bench/*.json (root)
	$(Q)O=$(O) selftests/harness/run-bench $(wildcard selftests/bench/*.sh) $(BENCH_BIN)
bench-build: $(BENCH_BIN)
# Fuzzing has a build of its own, by clang with coverage in every object of ours.
FUZZ_SECONDS ?= 30
FUZZ_SAN := -fsanitize=fuzzer-no-link,address,undefined
fuzz: ## each fuzz target for FUZZ_SECONDS (30)
	$(Q)$(MAKE) --no-print-directory O=$(O)/fuzz CC=$(CLANG) SAN="$(FUZZ_SAN) -fno-sanitize-recover=undefined" fuzz-build
	$(Q)O=$(O)/fuzz FUZZ_SECONDS=$(FUZZ_SECONDS) selftests/harness/run-fuzz $(FUZZ_SRC)
$(FUZZ_BIN): $(O)/selftests/%: $(O)/selftests/%.o $(A_KUB) $(A_CNI) $(A_LIB)
	$(call link,-fsanitize=fuzzer -lmnl $(LIBS_BASE))
fuzz-build: $(FUZZ_BIN)
.PHONY: fuzz fuzz-build
.PHONY: unit prog e2e asan check run bench unit-build prog-build bench-build unit-run prog-run e2e-run
