# SPDX-License-Identifier: Apache-2.0
# A real control plane with one node, in a network namespace of its own; see selftests/cluster/env.sh.
NODE ?= kernlet
CLUSTER_PROGS := $(if $(findstring kernlet,$(NODE)),$(PROGS))
cluster-build: ## build the stock Kubernetes programs (15 minutes, once)
	$(Q)selftests/cluster/build all
cluster-up: $(CLUSTER_PROGS) ## start a Kubernetes control plane and a node; NODE=kernlet|stock|none|... (root)
	$(Q)O=$(O) selftests/cluster/up "$(NODE)"
cluster-down: ## end what cluster-up started
	$(Q)O=$(O) selftests/cluster/down
kubectl: ## kubectl on that cluster: make kubectl ARGS="get nodes"
	$(Q)O=$(O) selftests/cluster/kubectl $(ARGS)
.PHONY: cluster-build cluster-up cluster-down kubectl
conformance: $(CLUSTER_PROGS) ## upstream e2e specs on a node: NODE=kernlet|stock FOCUS= SKIP= SPECS=FILE PROCS=4 (root)
	$(Q)O=$(O) selftests/cluster/conformance "$(NODE)"
.PHONY: conformance
cluster-check: $(CLUSTER_PROGS) ## tests against the real control plane; NODE=kernlet|stock|... (root)
	$(Q)O=$(O) NODE="$(NODE)" selftests/harness/run-tests -t 580 -l cluster-$(NODE) $(wildcard selftests/cluster/test-*.sh)
.PHONY: cluster-check
$(O)/selftests/cluster/reflect: $(O)/selftests/cluster/reflect.o $(A_LIB)
	$(call link,$(LIBS_BASE))
bench-node: $(PROGS) ## a node's figures beside a stock kubelet and kube-proxy, 8 minutes; build/bench/cluster.json (root)
	$(Q)O=$(O) selftests/cluster/bench.sh
.PHONY: bench-node
