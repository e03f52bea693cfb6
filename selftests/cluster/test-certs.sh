#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The node's certificates: the first one by bootstrap token, one near its end renewed while the daemon runs, a serving
# certificate signed by the cluster, and none asked for again after a restart.
. "$(dirname "${BASH_SOURCE[0]}")/test.sh"
. "$cluster_dir/node.sh"
t_begin
case $(cat "$N/kind" 2>/dev/null) in kernlet*) ;; *) echo "skip $test_name: the node is not kernlet"; exit 0 ;; esac

J=$C/certs
restore() {
	halt kernlet
	[ $t_failed = 0 ] || grep -v '^+' "$KLOG" | tail -20
	kubectl delete csr --all >/dev/null 2>&1
	rm -rf "$J"
	start_kernlet >/dev/null && kn_until 60 kubectl wait --for=condition=Ready "node/$NAME" --timeout=10s >/dev/null 2>&1
}
trap 'restore; t_stop' EXIT
start_with() { # ARGS: with folders of the test's own
	spawn kernlet "$BUILD/kernlet" --kubeconfig="$J/kubeconfig" --bootstrap-kubeconfig="$C/bootstrap.kubeconfig" --cert-dir="$J/pki" \
		--config="$N/kubelet.yaml" --hostname-override="$NAME" --node-ip=$HOST_IP --root-dir="$ROOT" --bpf-pin-dir="$PIN" \
		--ctl-socket="$CTL" --cni-conf-dir="$CNI_CONF" --pod-cidr="${CLUSTER_CIDR%/*}/24" -v=2 "$@"
}
csrs() { kubectl get csr -o json | jq -r "[.items[] | select(.spec.signerName == \"kubernetes.io/$1\")] | length"; }
current() { readlink "$J/pki/$1-current.pem"; }
subject() { openssl x509 -noout -subject -nameopt multiline -in "$J/pki/kubelet-client-current.pem" | sed -n 's/.*commonName *= //p'; }
ready_again() { # the lease was renewed by who runs now
	[ "$(kubectl -n kube-node-lease get lease "$NAME" -o 'jsonpath={.spec.renewTime}')" \> "$1" ] && echo yes
}
now() { date -u +%Y-%m-%dT%H:%M:%S; }
# The present certificate again, but begun 19 hours ago and good for one more.
age_certificate() {
	openssl ecparam -name prime256v1 -genkey -noout -out "$J/key.pem" &&
		openssl req -new -key "$J/key.pem" -subj "/O=system:nodes/CN=system:node:$NAME" -out "$J/csr.pem" || return 1
	: >"$J/index.txt"
	echo 1000 >"$J/serial"
	cat >"$J/ca.cnf" <<-EOT
	[ca]
	default_ca = d
	[d]
	database = $J/index.txt
	serial = $J/serial
	new_certs_dir = $J
	default_md = sha256
	policy = p
	x509_extensions = e
	[p]
	organizationName = supplied
	commonName = supplied
	[e]
	extendedKeyUsage = clientAuth
	keyUsage = digitalSignature
	EOT
	openssl ca -batch -notext -config "$J/ca.cnf" -cert "$C/pki/ca.crt" -keyfile "$C/pki/ca.key" -in "$J/csr.pem" -out "$J/old.pem" \
		-startdate "$(date -u -d '-19 hours' +%y%m%d%H%M%SZ)" -enddate "$(date -u -d '+1 hours' +%y%m%d%H%M%SZ)" || return 1
	cat "$J/old.pem" "$J/key.pem" >"$J/pki/kubelet-client-old.pem"
	ln -sf "$J/pki/kubelet-client-old.pem" "$J/pki/kubelet-client-current.pem"
}

halt kernlet
mkdir -p "$J"
kubectl delete csr --all >/dev/null 2>&1
at=$(now)
start_with
becomes "a token gets the first certificate" 60 "system:node:$NAME" subject
becomes "and the node is used with it" 60 yes ready_again "$at"
same "one was asked for" "$(csrs kube-apiserver-client-kubelet)" 1

halt kernlet
works "a certificate near its end" age_certificate
start_with --rotate-certificates --rotate-server-certificates
becomes "is renewed at once" 30 2 csrs kube-apiserver-client-kubelet
renewed() { [ "$(current kubelet-client)" != "$J/pki/kubelet-client-old.pem" ] && subject; }
becomes "and replaced" 30 "system:node:$NAME" renewed
at=$(now)
becomes "and the node goes on with the new one" 60 yes ready_again "$at"
becomes "a serving certificate is asked for" 30 1 csrs kubelet-serving
kubectl certificate approve $(kubectl get csr -o json | jq -r '.items[] | select(.spec.signerName == "kubernetes.io/kubelet-serving").metadata.name') >/dev/null
verified() { in_node curl -fsS --cacert "$C/pki/ca.crt" --cert "$C/pki/admin.crt" --key "$C/pki/admin.key" "https://$HOST_IP:10250/healthz"; }
becomes "and served with, once approved" 60 ok verified

halt kernlet
at=$(now)
start_with --rotate-certificates --rotate-server-certificates
becomes "after a restart the node is used" 60 yes ready_again "$at"
becomes "with the serving certificate of before" 30 ok verified
same "and nothing is asked for again" "$(csrs kube-apiserver-client-kubelet) $(csrs kubelet-serving)" "2 1"
t_end
