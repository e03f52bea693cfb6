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
