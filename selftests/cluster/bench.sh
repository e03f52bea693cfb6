#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# make bench-node: a node's figures, kernlet's and those of a stock kubelet with kube-proxy, one after the other on the same
# control plane with the same containerd and images. About 8 minutes. A table, and $O/bench/cluster.json.
# KN_BENCH_PODS=5 is a short run that shows that it works; its figures mean little.
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
. "$cluster_dir/certs.sh"
. "$cluster_dir/control.sh"
. "$cluster_dir/node.sh"
out=${KN_BENCH_OUT:-$BUILD/bench}
[ "$(id -u)" = 0 ] || { echo "  skipped: needs root"; exit 0; }
running kube-apiserver && { echo "bench-node: end the cluster first: make cluster-down" >&2; exit 1; }
bench() { in_node python3 "$cluster_dir/bench_node.py" "$@"; }

# The node as its daemon finds it that has never been there: no Node object, the network set up.
time_to_ready() { # PROGRAM
	local watcher
	halt "$1"
	kubectl delete node "$NAME" --wait=true >/dev/null || return 1
	bench ready "$C" "$NAME" "$1" &
	watcher=$!
	sleep 1.5
	"start_${1//-/_}" >&2 || { kill $watcher; return 1; }
	wait $watcher
}
one_kind() { # KIND PROGRAM...
	local kind=$1 ready= i p
	shift
	"$cluster_dir/up" "$kind" || return 1
	# kube-proxy ends when its Node goes.
	for p in "${@:2}"; do halt "$p"; done
	for i in 1 2 3; do ready="$ready $(time_to_ready "$1")" || return 1; done
	for p in "${@:2}"; do "start_${p//-/_}" || return 1; done
	# Pods that the missing Node took along are made anew.
	kn_until 60 coredns_settled || { kubectl get pods -A >&2; return 1; }
	READY=$ready bench measure "$C" "$NAME" "$out/$kind.part" "$@"
}
coredns_settled() { [ "$(kubectl -n kube-system get pods -o 'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}')" = True ]; }

mkdir -p "$out" "$C/log"
rm -f "$out"/{kernlet,stock}.part
trap '"$cluster_dir/down"' EXIT
trap 'exit 143' INT TERM HUP
"$top/tools/setup" cluster && "$cluster_dir/build" kube-apiserver kube-controller-manager kube-scheduler kubectl kubelet \
	kube-proxy agnhost coredns || exit 1
# What the node asks for is counted by who was asked.
cat >"$C/audit.yaml" <<EOT
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules:
- {level: Metadata, users: ["system:node:$NAME", "system:kube-proxy"]}
- {level: None}
EOT
make_certs && make_netns && start_etcd &&
	start_kube_apiserver --audit-policy-file="$C/audit.yaml" --audit-log-path="$C/log/audit.log" || exit 1
# Copies of our own: pages shared with another cluster's kubelet on this machine would not be counted in full.
mkdir -p "$C/bin"
ln -sf "$BIN"/* "$C/bin/"
cp --remove-destination "$BIN/kubelet" "$BIN/kube-proxy" "$C/bin/" || exit 1
BIN=$C/bin
printf '  %-8s load %s, %s cores, Linux %s\n' MACHINE "$(cut -d' ' -f1 /proc/loadavg)" "$(nproc)" "$(uname -r)"
one_kind kernlet kernlet && one_kind stock kubelet kube-proxy || exit 1
bench table "$out"
printf '  %-8s load %s; %s\n' MACHINE "$(cut -d' ' -f1 /proc/loadavg)" "$out/cluster.json"
