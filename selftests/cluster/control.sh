# SPDX-License-Identifier: Apache-2.0
# The control plane: namespace, etcd, kube-apiserver, kube-controller-manager, kube-scheduler. To be sourced after env.sh
# and certs.sh. Every start_* does nothing when the program runs.

# One bridge carries the address that everybody uses. A veth pair behind it gives it a carrier, and the default route
# makes Service addresses routable before something rewrites them.
make_netns() {
	[ -e "/run/netns/$NETNS" ] && return
	ip netns add "$NETNS" || return 1
	ip -n "$NETNS" link set lo up
	ip -n "$NETNS" link add node0 type bridge
	ip -n "$NETNS" addr add "$HOST_IP/24" dev node0
	ip -n "$NETNS" link add node0a type veth peer name node0b
	ip -n "$NETNS" link set node0a master node0
	ip -n "$NETNS" link set node0a up
	ip -n "$NETNS" link set node0b up
	ip -n "$NETNS" link set node0 up
	ip -n "$NETNS" neigh add 10.88.0.254 lladdr 02:00:00:00:00:fe dev node0 nud permanent
	ip -n "$NETNS" route add default via 10.88.0.254
	nsenter --net="/run/netns/$NETNS" sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.forwarding=1
	nsenter --net="/run/netns/$NETNS" sysctl -qw net.bridge.bridge-nf-call-iptables=1 2>/dev/null || true
}

start_etcd() {
	running etcd && return
	mkdir -p "$C/etcd"
	# On a tmpfs: the disk's syncs would be most of what is measured.
	mountpoint -q "$C/etcd" || mount -t tmpfs -o size=1g,mode=700 etcd "$C/etcd"
	spawn etcd etcd --name kernlet --data-dir "$C/etcd/data" --listen-client-urls http://127.0.0.1:2379 \
		--advertise-client-urls http://127.0.0.1:2379 --listen-peer-urls http://127.0.0.1:2380 \
		--initial-advertise-peer-urls http://127.0.0.1:2380 --initial-cluster kernlet=http://127.0.0.1:2380 \
		--auto-compaction-retention 10m --snapshot-count 10000 --log-level warn --logger zap
	wait_for etcd 30 in_node curl -fsS http://127.0.0.1:2379/health
}

start_kube_apiserver() {
	running kube-apiserver && return
	spawn kube-apiserver "$BIN/kube-apiserver" --etcd-servers=http://127.0.0.1:2379 \
		--bind-address=0.0.0.0 --secure-port=6443 --advertise-address=$HOST_IP --allow-privileged=true \
		--authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --enable-bootstrap-token-auth=true \
		--client-ca-file="$C/pki/ca.crt" --tls-cert-file="$C/pki/apiserver.crt" --tls-private-key-file="$C/pki/apiserver.key" \
		--kubelet-client-certificate="$C/pki/kubelet-client.crt" --kubelet-client-key="$C/pki/kubelet-client.key" \
		--kubelet-preferred-address-types=InternalIP,Hostname \
		--service-account-issuer=https://kubernetes.default.svc.cluster.local \
		--service-account-key-file="$C/pki/sa.pub" --service-account-signing-key-file="$C/pki/sa.key" \
		--service-cluster-ip-range=$SERVICE_CIDR \
		--requestheader-client-ca-file="$C/pki/front-proxy-ca.crt" --requestheader-allowed-names=front-proxy-client \
		--requestheader-username-headers=X-Remote-User --requestheader-group-headers=X-Remote-Group \
		--requestheader-extra-headers-prefix=X-Remote-Extra- \
		--proxy-client-cert-file="$C/pki/front-proxy.crt" --proxy-client-key-file="$C/pki/front-proxy.key" \
		--enable-aggregator-routing=true --profiling=false --event-ttl=1h "$@"
	wait_for kube-apiserver 90 in_node curl -fsS --cacert "$C/pki/ca.crt" --cert "$C/pki/admin.crt" --key "$C/pki/admin.key" $API/readyz
}

start_kube_controller_manager() {
	running kube-controller-manager && return
	spawn kube-controller-manager "$BIN/kube-controller-manager" --kubeconfig="$C/kube-controller-manager.kubeconfig" \
		--controllers='*,bootstrapsigner,tokencleaner' --leader-elect=false --bind-address=127.0.0.1 \
		--cluster-signing-cert-file="$C/pki/ca.crt" --cluster-signing-key-file="$C/pki/ca.key" --root-ca-file="$C/pki/ca.crt" \
		--service-account-private-key-file="$C/pki/sa.key" --use-service-account-credentials=true \
		--allocate-node-cidrs=true --cluster-cidr=$CLUSTER_CIDR --service-cluster-ip-range=$SERVICE_CIDR \
		--authentication-kubeconfig="$C/kube-controller-manager.kubeconfig" --profiling=false \
		--authorization-kubeconfig="$C/kube-controller-manager.kubeconfig" --requestheader-client-ca-file="$C/pki/front-proxy-ca.crt"
	wait_for kube-controller-manager 60 in_node curl -fsSk https://127.0.0.1:10257/healthz
}

start_kube_scheduler() {
	running kube-scheduler && return
	spawn kube-scheduler "$BIN/kube-scheduler" --kubeconfig="$C/kube-scheduler.kubeconfig" --leader-elect=false \
		--authentication-kubeconfig="$C/kube-scheduler.kubeconfig" --authorization-kubeconfig="$C/kube-scheduler.kubeconfig" \
		--bind-address=127.0.0.1 --profiling=false
	wait_for kube-scheduler 60 in_node curl -fsSk https://127.0.0.1:10259/healthz
}

# What kubeadm would have put there: who may join by token, and that the API server may use the kubelet's API.
apply_rbac() {
	sed "s/TOKEN_ID/${BOOTSTRAP_TOKEN%.*}/; s/TOKEN_SECRET/${BOOTSTRAP_TOKEN#*.}/" "$cluster_dir/manifests/join.yaml" |
		kubectl apply -f - >/dev/null
}

control_up() {
	local p t
	make_netns || return 1
	for p in etcd kube-apiserver kube-controller-manager kube-scheduler; do
		running $p && continue
		t=$(date +%s%3N)
		"start_${p//-/_}" || return 1
		say START "$p ($(seconds "$t"))"
	done
	kn_until 30 apply_rbac || { echo "cluster: RBAC rules not accepted:" >&2; apply_rbac; return 1; }
}
control_down() {
	local p
	for p in kube-scheduler kube-controller-manager kube-apiserver etcd; do halt $p; done
}
