# SPDX-License-Identifier: Apache-2.0
# The cluster's certificates and kubeconfigs, to be sourced after env.sh. Made once; `make cluster-down` removes them.

ca() { # NAME
	[ -s "$C/pki/$1.crt" ] && return
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=$1" \
		-addext keyUsage=critical,digitalSignature,keyCertSign -keyout "$C/pki/$1.key" -out "$C/pki/$1.crt" 2>/dev/null
}

cert() { # NAME CA SUBJECT USAGE [ALT-NAMES]
	local f=$C/pki/$1
	[ -s "$f.crt" ] && return
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$3" -keyout "$f.key" -out "$f.csr" 2>/dev/null &&
		openssl x509 -req -in "$f.csr" -CA "$C/pki/$2.crt" -CAkey "$C/pki/$2.key" -CAcreateserial -days 3650 \
			-extfile <(printf 'keyUsage=critical,digitalSignature\nextendedKeyUsage=%s\nbasicConstraints=critical,CA:FALSE\n' "$4"
				[ -z "${5:-}" ] || echo "subjectAltName=$5") -out "$f.crt" 2>/dev/null
	rm -f "$f.csr"
}

kubeconfig() { # FILE USER-YAML
	cat >"$1" <<-EOT
	apiVersion: v1
	kind: Config
	clusters:
	- name: kernlet
	  cluster:
	    server: $API
	    certificate-authority: $C/pki/ca.crt
	users:
	- name: user
	  user: $2
	contexts:
	- name: kernlet
	  context: {cluster: kernlet, user: user}
	current-context: kernlet
	EOT
	chmod 600 "$1"
}
client() { # NAME SUBJECT: certificate and kubeconfig
	cert "$1" ca "$2" clientAuth
	kubeconfig "$C/$1.kubeconfig" "{client-certificate: $C/pki/$1.crt, client-key: $C/pki/$1.key}"
}

make_certs() {
	mkdir -p "$C/pki"
	chmod 700 "$C/pki"
	ca ca
	ca front-proxy-ca
	cert apiserver ca /CN=kube-apiserver serverAuth "IP:$HOST_IP,IP:127.0.0.1,IP:${SERVICE_CIDR%.*}.1,DNS:localhost,DNS:kubernetes,$(
	)DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local"
	cert kubelet-client ca /O=kernlet:apiservers/CN=kube-apiserver-kubelet-client clientAuth
	cert front-proxy front-proxy-ca /CN=front-proxy-client clientAuth
	client admin /O=system:masters/CN=admin
	client kube-controller-manager /CN=system:kube-controller-manager
	client kube-scheduler /CN=system:kube-scheduler
	client kube-proxy /CN=system:kube-proxy
	client kubelet "/O=system:nodes/CN=system:node:$NAME"
	cp "$C/kubelet.kubeconfig" "$C/kernlet.kubeconfig"
	kubeconfig "$C/bootstrap.kubeconfig" "{token: $BOOTSTRAP_TOKEN}"
	[ -s "$C/pki/sa.key" ] || openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$C/pki/sa.key"
	[ -s "$C/pki/sa.pub" ] || openssl pkey -in "$C/pki/sa.key" -pubout -out "$C/pki/sa.pub"
}
