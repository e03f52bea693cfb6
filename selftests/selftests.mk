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

unit: $(UNIT_BIN) ## build and run the unit tests only
	$(Q)selftests/harness/run-tests $(UNIT_BIN)
