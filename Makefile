# SPDX-License-Identifier: Apache-2.0
# kernlet: the node half of Kubernetes. `make help` lists the targets.
# Objects go to $(O); nothing is written beside the sources.

O        ?= build
CC       ?= gcc
CLANG    ?= clang
prefix   ?= /usr
bindir   ?= $(prefix)/bin
cnidir   ?= /opt/cni/bin
unitdir  ?= /lib/systemd/system
mandir   ?= $(prefix)/share/man
V        ?= 0
Q        := $(if $(filter 1,$(V)),,@)
say       = $(if $(filter 1,$(V)),,@printf '  %-8s %s\n' $(1) $(2);)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:

# ---- configuration: Kconfig chooses whole files -------------------------------------------------
# kconfig-conf writes .config; defconfig never asks. Before the packages are there (make run on a bare
# machine), setup comes first and make is called again.
-include $(O)/auto.conf
$(O)/auto.conf: Kconfig $(wildcard .config)
	$(Q)mkdir -p $(O)
	$(Q)if command -v kconfig-conf >/dev/null; then \
	  test -f .config || kconfig-conf --alldefconfig Kconfig >/dev/null; \
	  kconfig-conf --olddefconfig Kconfig >/dev/null; grep '^CONFIG_' .config >$@; \
	else printf 'CONFIG_%s=y\n' KUBELET PROXY CNI KERNCTL >$@; touch -d @0 $@; fi

defconfig: ## write .config with the defaults, without asking
	$(Q)kconfig-conf --alldefconfig Kconfig
menuconfig: ## choose features in a menu
	$(Q)kconfig-mconf Kconfig

# ---- flags ---------------------------------------------------------------------------------------
VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
OPT      ?= $(if $(CONFIG_DEBUG),-O0,-O2)
SAN      ?=
WARN     := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wno-unused-parameter
CPPFLAGS += -D_GNU_SOURCE -I. -I$(O)/gen
CFLAGS   += -std=gnu11 -Ulinux $(OPT) -g -fno-strict-aliasing -ffunction-sections -fdata-sections $(WARN) $(SAN)
LDFLAGS  += -Wl,--gc-sections -Wl,--as-needed $(SAN)
LIBS_BASE := -lyajl -lyaml -lprotobuf-c -lsystemd -lcurl-gnutls -lmicrohttpd -lgnutls -lpthread
LIBS_CRI := -lgrpc_unsecure -lgpr
LIBS_BPF := -lbpf -lelf -lz
LIBS_KUBELET := -lcgroup -lz

# ---- what is built -------------------------------------------------------------------------------
PROTOS   := $(wildcard lib/k8s/*.proto cri/*.proto)
PB_C     := $(PROTOS:%.proto=$(O)/gen/%.pb-c.c)
PB_H     := $(PB_C:.c=.h)
BPF_SRC  := $(if $(CONFIG_PROXY),$(wildcard bpf/*.bpf.c))
BPF_SKEL := $(patsubst bpf/%.bpf.c,$(O)/gen/bpf/%.skel.h,$(BPF_SRC))

# A folder's main programs are named *_main.c or main.c; all else goes into one archive a folder.
srcs      = $(filter-out %main.c,$(wildcard $(1)/*.c))
LIB_SRC  := $(foreach d,lib/base lib/loop lib/json lib/http lib/httpd lib/k8s lib/ctl,$(call srcs,$(d)))
CRI_SRC  := $(if $(CONFIG_KUBELET),$(call srcs,cri))
KUB_SRC  := $(if $(CONFIG_KUBELET),$(call srcs,kubelet) $(wildcard kubelet/*/*.c))
PROXY_SRC := $(if $(CONFIG_PROXY),$(call srcs,proxy))
CNI_SRC  := $(if $(CONFIG_CNI),$(call srcs,cni))
CTL_SRC  := $(if $(CONFIG_KERNCTL),$(call srcs,tools))
objs      = $(patsubst %.c,$(O)/%.o,$(1))
PB_OBJ_LIB := $(patsubst %.c,%.o,$(filter $(O)/gen/lib/%,$(PB_C)))
PB_OBJ_CRI := $(patsubst %.c,%.o,$(filter $(O)/gen/cri/%,$(PB_C)))

A_LIB    := $(O)/lib.a
A_CRI    := $(O)/cri.a
A_KUB    := $(O)/kubelet.a
A_PROXY  := $(O)/proxy.a
A_CNI    := $(O)/cni.a
A_CTL    := $(O)/tools.a
PROGS    := $(if $(CONFIG_KUBELET),$(if $(CONFIG_PROXY),$(O)/kernlet)) $(if $(CONFIG_PROXY),$(O)/kernlet-proxy) \
            $(if $(CONFIG_CNI),$(O)/kernlet-cni) $(if $(CONFIG_KERNCTL),$(O)/kernctl)
PROGS    := $(strip $(PROGS))

all: $(PROGS) ## build the programs into build/

$(A_LIB): $(call objs,$(LIB_SRC)) $(PB_OBJ_LIB)
$(A_CRI): $(call objs,$(CRI_SRC)) $(PB_OBJ_CRI)
$(A_KUB): $(call objs,$(KUB_SRC))
$(A_PROXY): $(call objs,$(PROXY_SRC))
$(A_CNI): $(call objs,$(CNI_SRC))
$(A_CTL): $(call objs,$(CTL_SRC))
$(O)/%.a:
	$(call say,AR,$@) rm -f $@; $(AR) rcs $@ $^

link      = $(call say,LD,$@) $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(1)
$(O)/kernlet: $(patsubst %.c,$(O)/%.o,$(wildcard kubelet/*main.c)) $(A_KUB) $(A_CRI) $(A_PROXY) $(A_LIB)
	$(call link,$(LIBS_CRI) $(LIBS_BPF) $(LIBS_KUBELET) $(LIBS_BASE))
$(O)/kernlet-proxy: $(O)/proxy/main.o $(A_PROXY) $(A_LIB)
	$(call link,$(LIBS_BPF) $(LIBS_BASE))
$(O)/kernlet-cni: $(O)/cni/main.o $(A_CNI) $(A_LIB)
	$(call link,-lmnl $(LIBS_BASE))
$(O)/kernctl: $(O)/tools/kernctl_main.o $(A_CTL) $(A_LIB)
	$(call link,$(LIBS_BPF) $(LIBS_BASE))

# ---- compiling -----------------------------------------------------------------------------------
$(O)/%.o: %.c | $(PB_H) $(BPF_SKEL)
	@mkdir -p $(@D)
	$(call say,CC,$<) $(CC) $(CPPFLAGS) -DKN_VERSION='"$(VERSION)"' $(CFLAGS) -MMD -MP -c -o $@ $<
$(O)/gen/%.pb-c.o: $(O)/gen/%.pb-c.c | $(PB_H)
	$(call say,CC,$<) $(CC) $(CPPFLAGS) $(CFLAGS) -Wno-shadow -Os -MMD -MP -c -o $@ $<
$(O)/gen/%.pb-c.c $(O)/gen/%.pb-c.h &: %.proto
	@mkdir -p $(O)/gen
	$(call say,PROTOC,$<) protoc-c -I. --c_out=$(O)/gen $<

$(O)/gen/vmlinux.h:
	@mkdir -p $(@D)
	$(call say,BTF,$@) bpftool btf dump file /sys/kernel/btf/vmlinux format c >$@
$(O)/bpf/%.bpf.o: bpf/%.bpf.c
	@mkdir -p $(@D)
	$(call say,BPF,$<) $(CLANG) -target bpf -mcpu=v3 -O2 -g -Wall -Werror -I. -Ibpf -I$(O)/gen \
	  -I/usr/include/$(shell uname -m)-linux-gnu -MMD -MP -c -o $@ $<
$(O)/gen/bpf/%.skel.h: $(O)/bpf/%.bpf.o
	@mkdir -p $(@D)
	$(call say,SKEL,$@) bpftool gen skeleton $< name $* >$@

include $(wildcard selftests/selftests.mk)
include $(wildcard selftests/cluster/cluster.mk)
include $(wildcard packaging/packaging.mk)
-include $(shell find $(O) -path $(O)/cluster -prune -o -name '*.d' -type f -print 2>/dev/null)

# ---- habits --------------------------------------------------------------------------------------
C_FILES = $(shell git ls-files --cached --others --exclude-standard '*.c' '*.h')
format: ## rewrite the sources in the project's style
	$(Q)clang-format-14 -i $(C_FILES)
check-format: ## fail if a source is not in the project's style
	$(Q)clang-format-14 --dry-run --Werror $(C_FILES)
check-includes: ## fail if a folder includes one that it may not
	$(Q)tools/check-includes
compile_commands.json: ## for editors and clangd
	$(Q)rm -rf $(O)/ccdb; bear --output $@ -- $(MAKE) --no-print-directory O=$(O)/ccdb all >/dev/null
clean: ## remove what was built
	$(Q)rm -rf $(O)
help: ## this list
	@echo "kernlet: targets"; grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sort -u | awk -F':.*## ' '{printf "  %-16s %s\n", $$1, $$2}'
	@echo "  V=1 shows commands; CC=clang builds with clang; O=DIR builds elsewhere"
check-vm: all ## boot Debian 12 (systemd, cgroup v2) in qemu and run kernlet there as a unit (root)
	$(Q)O=$(O) selftests/harness/run-tests -t 700 -l vm selftests/vm/debian12.sh
setup: ## install what is missing (apt)
	$(Q)tools/setup
install: all ## install the programs (DESTDIR, prefix)
	install -D -m755 $(O)/kernlet $(DESTDIR)$(bindir)/kernlet
	install -D -m755 $(O)/kernlet-proxy $(DESTDIR)$(bindir)/kernlet-proxy
	install -D -m755 $(O)/kernctl $(DESTDIR)$(bindir)/kernctl
	install -D -m755 $(O)/kernlet-cni $(DESTDIR)$(cnidir)/kernlet-cni
	install -D -m644 packaging/kernlet.service $(DESTDIR)$(unitdir)/kernlet.service
uninstall: ## remove what install put there
	rm -f $(addprefix $(DESTDIR)$(bindir)/,kernlet kernlet-proxy kernctl) $(DESTDIR)$(cnidir)/kernlet-cni $(DESTDIR)$(unitdir)/kernlet.service

.PHONY: all check-vm defconfig menuconfig format check-format check-includes clean help setup install uninstall compile_commands.json
