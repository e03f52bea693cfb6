#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The real `kubeadm join` with kernlet as the kubelet: configuration, TLS bootstrap, health, and a pod that runs. What needs a
# running systemd is left to kubeadm's warning. Its folders are bound over /etc/kubernetes and /var/lib/kubelet for kubeadm
# alone, in a mount namespace.
. "$(dirname "${BASH_SOURCE[0]}")/test.sh"
. "$cluster_dir/node.sh"
missing=$("$cluster_dir/build" --missing kubeadm)
[ -z "$missing" ] || { echo "skip $test_name: kubeadm is not built (make cluster-build)"; exit 0; }
t_begin
case $(cat "$N/kind" 2>/dev/null) in kernlet*) ;; *) echo "skip $test_name: the node is not kernlet"; exit 0 ;; esac

J=$C/join
fresh_node() { # as if the machine had never been a node
	halt kernlet
	kubectl delete node "$NAME" --ignore-not-found >/dev/null 2>&1
	rm -rf "$J" "$CNI_CONF"/10-kernlet.conflist
	mkdir -p "$J/etc" "$J/var"
}
restore() {
	[ -n "${join_pid:-}" ] && kill "$join_pid" 2>/dev/null
	halt kernlet
	[ $t_failed = 0 ] || { tail -30 "$J/kubeadm.log"; grep -v '^+' "$KLOG" | tail -20; }
	rm -rf "$J"
	start_kernlet >/dev/null && kn_until 60 kubectl wait --for=condition=Ready "node/$NAME" --timeout=10s >/dev/null 2>&1
}
trap 'restore; t_stop' EXIT

kubeadm() { # ARGS: with folders of its own
	mkdir -p /etc/kubernetes /var/lib/kubelet
	in_node unshare -m sh -c "mount --make-rprivate / && mount --bind '$J/etc' /etc/kubernetes &&
		mount --bind '$J/var' /var/lib/kubelet && exec \"\$@\"" kubeadm "$BIN/kubeadm" "$@"
}
init_config() {
	cat <<-EOT
	apiVersion: kubeadm.k8s.io/v1beta4
	kind: InitConfiguration
	bootstrapTokens: [{token: $BOOTSTRAP_TOKEN, ttl: 0s}]
	localAPIEndpoint: {advertiseAddress: $HOST_IP, bindPort: 6443}
	nodeRegistration: {name: $NAME, criSocket: "$ENDPOINT"}
	---
	apiVersion: kubeadm.k8s.io/v1beta4
	kind: ClusterConfiguration
	kubernetesVersion: v1.37.1
	controlPlaneEndpoint: $HOST_IP:6443
	networking: {serviceSubnet: $SERVICE_CIDR, podSubnet: $CLUSTER_CIDR}
	---
	EOT
	# What a machine of its own would not need to be told; containerRuntimeEndpoint is kubeadm's to say.
	kubelet_config | sed "/^containerRuntimeEndpoint:/d; s|clientCAFile: [^}]*|clientCAFile: $J/etc/pki/ca.crt|"
}
join_config() {
	cat <<-EOT
	apiVersion: kubeadm.k8s.io/v1beta4
	kind: JoinConfiguration
	discovery:
	  bootstrapToken: {token: $BOOTSTRAP_TOKEN, apiServerEndpoint: "$HOST_IP:6443", unsafeSkipCAVerification: true}
	nodeRegistration:
	  name: $NAME
	  criSocket: "$ENDPOINT"
	  kubeletExtraArgs: [{name: node-labels, value: "joined.example/by=kubeadm"}, {name: node-ip, value: $HOST_IP}]
	  taints: []
	EOT
}
# As kubeadm's unit for the kubelet does it.
start_joined() {
	local KUBELET_KUBEADM_ARGS= flags
	. "$J/var/kubeadm-flags.env"
	eval "flags=($KUBELET_KUBEADM_ARGS)"
	spawn kernlet "$BUILD/kernlet" --bootstrap-kubeconfig="$J/etc/bootstrap-kubelet.conf" --kubeconfig="$J/etc/kubelet.conf" \
		--config="$J/var/config.yaml" "${flags[@]}" --hostname-override="$NAME" --cert-dir="$J/var/pki" --root-dir="$ROOT" \
		--bpf-pin-dir="$PIN" --ctl-socket="$CTL" --cni-conf-dir="$CNI_CONF" -v=2
}
joined() {
	local i
	kubeadm join --config "$J/join.yaml" --ignore-preflight-errors=all >"$J/kubeadm.log" 2>&1 &
	join_pid=$!
	for ((i = 0; i < 600; i++)); do
		[ -s "$J/var/kubeadm-flags.env" ] && [ -s "$J/var/config.yaml" ] && [ -s "$J/etc/bootstrap-kubelet.conf" ] && break
		kill -0 "$join_pid" 2>/dev/null || break
		sleep 0.1
	done
	start_joined
	wait "$join_pid" || { tail -5 "$J/kubeadm.log"; return 1; }
	join_pid=
}

fresh_node
init_config >"$J/init.yaml"
join_config >"$J/join.yaml"
works "kubeadm uploads its configuration" kubeadm init phase upload-config all --config "$J/init.yaml" --kubeconfig "$ADMIN"
works "and what a token may" kubeadm init phase bootstrap-token --config "$J/init.yaml" --kubeconfig "$ADMIN" --skip-token-print
at=$(date +%s%3N)
works "kubeadm join" joined
echo "# joined in $(seconds "$at")"
grep -q "This node has joined the cluster" "$J/kubeadm.log" && ok "kubeadm says so" || not_ok "kubeadm says so" "$(tail -3 "$J/kubeadm.log")"
becomes "the node gets ready" 30 True kubectl get node "$NAME" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'
same "with its label" "$(kubectl get node "$NAME" -o 'jsonpath={.metadata.labels.joined\.example/by}')" kubeadm
same "by a certificate of its own" "$(openssl x509 -noout -subject -nameopt multiline -in "$J/var/pki/kubelet-client-current.pem" | sed -n 's/.*commonName *= //p')" \
	"system:node:$NAME"
same "healthz" "$(in_node curl -fsS http://127.0.0.1:10248/healthz)" ok
works "a pod runs on it" k run joined --image=$IMAGE --restart=Never -- sleep 1000
becomes "and is Running" 60 Running field pod/joined '{.status.phase}'
k delete pod joined --grace-period=1 >/dev/null 2>&1
t_end
