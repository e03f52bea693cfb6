# SPDX-License-Identifier: Apache-2.0
# The cluster's one node, to be sourced after env.sh: a containerd of its own and, by NODE,
#   kernlet                     kernlet, its Service proxy inside
#   stock                       the stock kubelet and kube-proxy, CNI by the bridge plugin
#   kernlet-kubelet+kube-proxy  kernlet with --proxy=false, and kube-proxy
#   kubelet+kernlet-proxy       the stock kubelet, and kernlet-proxy
#   none                        no node

# Either joins by token, as `kubeadm join` does it, or has a certificate from the start (JOIN=certificate).
credentials() { # CERTIFICATE-KUBECONFIG
	if [ "${JOIN:-token}" = token ]; then
		echo "--bootstrap-kubeconfig=$C/bootstrap.kubeconfig --kubeconfig=$ROOT/kubeconfig"
	else
		echo "--kubeconfig=$1"
	fi
}
# Kernlet's whole command line.
start_kernlet() { # ARGS...
	running kernlet && return
	grep -q ' /sys/fs/bpf bpf ' /proc/mounts || mount -t bpf bpf /sys/fs/bpf
	install -D -m755 "$BUILD/kernlet-cni" "$N/cni/bin/kernlet-cni" || return 1
	spawn kernlet "$BUILD/kernlet" $(credentials "$C/kernlet.kubeconfig") --hostname-override="$NAME" --node-ip=$HOST_IP \
		--config="$N/kubelet.yaml" --root-dir="$ROOT" --cert-dir="$ROOT/pki" \
		--bpf-pin-dir="$PIN" --ctl-socket="$CTL" --cni-conf-dir="$CNI_CONF" -v="${KN_V:-2}" "$@"
	wait_for kernlet 60 kn_ctl_answers
}
kn_ctl_answers() {
	kn_ctl status >/dev/null
	# 1 is an answer too: something on the node is not well yet
	[ $? -le 1 ]
}
start_kubelet() {
	running kubelet && return
	mkdir -p /var/lib/kubelet
	spawn kubelet "$BIN/kubelet" $(credentials "$C/kubelet.kubeconfig") --hostname-override="$NAME" --node-ip=$HOST_IP \
		--config="$N/kubelet.yaml" --root-dir="$ROOT" --cert-dir="$ROOT/pki" -v="${KN_V:-2}"
	wait_for kubelet 60 in_node curl -fsS http://127.0.0.1:10248/healthz
}
start_kube_proxy() {
	running kube-proxy && return
	cat >"$N/kube-proxy.yaml" <<-EOT
	apiVersion: kubeproxy.config.k8s.io/v1alpha1
	kind: KubeProxyConfiguration
	mode: ${KN_PROXY_MODE:-iptables}
	clientConnection: {kubeconfig: "$C/kube-proxy.kubeconfig"}
	hostnameOverride: "$NAME"
	clusterCIDR: "$CLUSTER_CIDR"
	conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
	EOT
	spawn kube-proxy "$BIN/kube-proxy" --config="$N/kube-proxy.yaml" -v=1
	wait_for kube-proxy 60 in_node curl -fsS http://127.0.0.1:10256/healthz
}
start_kernlet_proxy() {
	running kernlet-proxy && return
	grep -q ' /sys/fs/bpf bpf ' /proc/mounts || mount -t bpf bpf /sys/fs/bpf
	spawn kernlet-proxy "$BUILD/kernlet-proxy" --kubeconfig="$C/kube-proxy.kubeconfig" --hostname-override="$NAME" \
		--cgroup-path="$CG2" --bpf-pin-dir="$PIN" --ctl-socket="$CTL" --cluster-cidr=$CLUSTER_CIDR -v="${KN_V:-2}"
	wait_for kernlet-proxy 30 in_node curl -fsS http://127.0.0.1:10256/healthz
}

kubelet_config() {
	cat <<-EOT
	apiVersion: kubelet.config.k8s.io/v1beta1
	kind: KubeletConfiguration
	failCgroupV1: false
	cgroupDriver: cgroupfs
	cgroupRoot: /$NAME
	containerRuntimeEndpoint: $ENDPOINT
	staticPodPath: $MANIFESTS
	podLogsDir: $LOGS
	clusterDNS: [$DNS_IP]
	clusterDomain: cluster.local
	resolvConf: $N/resolv.conf
	authentication:
	  anonymous: {enabled: false}
	  webhook: {enabled: true}
	  x509: {clientCAFile: $C/pki/ca.crt}
	authorization: {mode: Webhook}
	# Nothing could be pulled again.
	imageGCHighThresholdPercent: 100
	imageGCLowThresholdPercent: 99
	evictionHard: {memory.available: 100Mi, nodefs.available: 1%, nodefs.inodesFree: 1%, imagefs.available: 1%}
	EOT
}
# As a cluster's network add-on does it: once the controller manager has given the node its addresses.
bridge_cni() {
	local cidr i
	for i in $(ls /usr/lib/cni /opt/cni/bin 2>/dev/null | grep -xE 'bridge|host-local|portmap|loopback' | sort -u); do
		ln -sf "$(ls /opt/cni/bin/"$i" /usr/lib/cni/"$i" 2>/dev/null | head -1)" "$N/cni/bin/$i"
	done
	for ((i = 0; i < 100; i++)); do
		cidr=$(kubectl get node "$NAME" -o 'jsonpath={.spec.podCIDR}' 2>/dev/null)
		[ -n "$cidr" ] && break
		sleep 0.2
	done
	[ -n "$cidr" ] || { echo "cluster: the node got no podCIDR" >&2; return 1; }
	cat >"$CNI_CONF/.new" <<-EOT
	{"cniVersion": "1.0.0", "name": "kn", "plugins": [
	  {"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": true, "hairpinMode": true,
	   "ipam": {"type": "host-local", "dataDir": "$N/cni/data", "ranges": [[{"subnet": "$cidr"}]],
	            "routes": [{"dst": "0.0.0.0/0"}]}},
	  {"type": "portmap", "capabilities": {"portMappings": true}, "snat": true}]}
	EOT
	mv "$CNI_CONF/.new" "$CNI_CONF/10-bridge.conflist"
}

start_containerd() {
	kn_containerd_alive "$N" && return
	mkdir -p "$N/cni/bin" "$CNI_CONF" "$MANIFESTS" "$LOGS"
	(
		[ "${CONTAINERD_VERSION:-1}" = 2 ] && PATH=$BIN:$PATH
		echo "$BASHPID" >"$CG2/host/cgroup.procs"
		kn_ns bash "$here/containerd.sh" start "$N"
	) 9>&-
}

cgroups_up() {
	local m
	for m in $(awk '$3 == "cgroup" || $3 == "cgroup2" { print $2 }' /proc/mounts); do
		mkdir -p "$m/$NAME" 2>/dev/null
		# cpuset of v1 starts out empty, and nothing could run in it.
		if [ -e "$m/$NAME/cpuset.cpus" ] && [ -z "$(cat "$m/$NAME/cpuset.cpus")" ]; then
			cat "$m/cpuset.cpus" >"$m/$NAME/cpuset.cpus"
			cat "$m/cpuset.mems" >"$m/$NAME/cpuset.mems"
		fi
	done
	mkdir -p "$CG2/host"
}

timed() { # NAME FUNCTION: one start with its time, if it isn't there yet
	local t
	t=$(date +%s%3N)
	"$2" || return 1
	say START "$1 ($(seconds "$t"))"
}

node_up() { # KIND
	local was p parts bridge=
	was=$(cat "$N/kind" 2>/dev/null)
	case $1 in
	stock) parts="kubelet kube-proxy" bridge=1 ;;
	kernlet) parts=kernlet ;;
	kernlet-kubelet+kube-proxy) parts="kernlet kube-proxy" ;;
	kubelet+kernlet-proxy) parts="kubelet kernlet-proxy" bridge=1 ;;
	none) parts= ;;
	*) echo "cluster: unknown NODE $1" >&2; return 2 ;;
	esac
	if [ -n "$was" ] && [ "$was" != "$1" ]; then node_down; fi
	[ "$1" = none ] && return
	cgroups_up
	kn_containerd_alive "$N" || timed containerd start_containerd || return 1
	say IMAGES "into containerd"
	"$cluster_dir/images" import "$N" || return 1
	kubelet_config >"$N/kubelet.yaml"
	echo "nameserver 10.88.0.254" >"$N/resolv.conf"
	echo "$1" >"$N/kind"
	for p in $parts; do
		# A program that was built anew takes over from the old one.
		case $(readlink "/proc/$(pid_of "$p")/exe" 2>/dev/null) in *"(deleted)") halt "$p" ;; esac
		running "$p" && continue
		case $1,$p in
		kernlet-kubelet+*,kernlet) start_kernlet_alone() { start_kernlet --proxy=false; } && timed kernlet start_kernlet_alone ;;
		*) timed "$p" "start_${p//-/_}" ;;
		esac || return 1
	done
	[ -z "$bridge" ] || [ -e "$CNI_CONF/10-bridge.conflist" ] || bridge_cni || return 1
	timed "node $NAME is Ready" node_ready || { kubectl describe node "$NAME" >&2; return 1; }
	kubectl apply -f "$cluster_dir/manifests/coredns.yaml" >/dev/null || return 1
	timed "CoreDNS answers" coredns_ready || { kubectl -n kube-system describe pods | tail -30 >&2; return 1; }
}
node_ready() { kn_until 60 kubectl get node "$NAME" && kubectl wait --for=condition=Ready "node/$NAME" --timeout=60s >/dev/null; }
coredns_ready() { kubectl -n kube-system rollout status deployment/coredns --timeout=120s >/dev/null; }

# Nothing of the node stays: its objects, containers, mounts, links, cgroups, folder.
node_down() {
	local p g i
	for p in kernlet kubelet kube-proxy kernlet-proxy; do halt "$p"; done
	if running kube-apiserver && [ -e "$N/kind" ]; then
		kubectl delete node "$NAME" --ignore-not-found --wait=false >/dev/null 2>&1
		kubectl delete pods -A --all --force --grace-period=0 --wait=false >/dev/null 2>&1
	fi
	[ -x "$BUILD/kernlet" ] && [ -d "$PIN" ] && "$BUILD/kernlet" --cleanup --bpf-pin-dir="$PIN" --cgroup-root="/$NAME" >/dev/null 2>&1
	rm -rf "$PIN" 2>/dev/null
	kn_containerd_stop "$N"
	ip -n "$NETNS" link del cni0 2>/dev/null
	nsenter --net="/run/netns/$NETNS" sh -c 'iptables-save | grep -q . && { iptables -t nat -F; iptables -F; iptables -t nat -X; iptables -X; iptables -t mangle -F; iptables -t mangle -X; }' >/dev/null 2>&1
	for ((i = 0; i < 20; i++)); do
		for g in $(kn_cgroups); do find "$g" -mindepth 1 -depth -type d ! -path "$CG2/host" -exec rmdir {} + 2>/dev/null; done
		[ -z "$(kn_cgroups | while read -r g; do find "$g" -mindepth 1 -type d ! -path "$CG2/host"; done)" ] && break
		sleep 0.1
	done
	kn_umount_below "$N"
	rm -rf "${N:?}"
}
