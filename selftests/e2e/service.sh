#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A Service's addresses, from the host and from pods, through changes and without the daemon.
. "$(dirname "$0")/../harness/e2e.sh"

server() { # NAME
	cat <<-EOT
	apiVersion: v1
	kind: Pod
	metadata: {name: $1, labels: {app: echo}}
	spec:
	  terminationGracePeriodSeconds: 1
	  containers:
	  - {name: c, image: "localhost/kernlet-demo:1", command: [/bin/demo, serve, "8080"], ports: [{name: main, containerPort: 8080}]}
	EOT
}
e2e_begin
for n in s1 s2; do server $n | manifest $n.yaml; done
server client | sed 's/app: echo/app: none/' | manifest client.yaml
manifest svc.yaml <<'EOT'
apiVersion: v1
kind: Service
metadata: {name: echo}
spec:
  selector: {app: echo}
  clusterIP: 10.96.0.20
  clusterIPs: [10.96.0.20, "fd00:96::20"]
  ipFamilies: [IPv4, IPv6]
  ipFamilyPolicy: RequireDualStack
  ports:
  - {name: t, port: 80, targetPort: main, protocol: TCP}
  - {name: t2, port: 81, targetPort: 8080, protocol: TCP}
  - {name: u, port: 80, targetPort: 8080, protocol: UDP}
EOT
for n in s1 s2 client; do pod_becomes "$n runs" 20 $n '.ready == "1/1"'; done

names() { awk '{ print $1 }' | sort -u | tr '\n' ' '; }
from_host() { kn_demo ask "$@"; }
from_pod() { kn_exec client c /bin/demo ask "$@"; }
spread() { # NAME FROM PROTO ADDR PORT: 20 requests, all answered by both pods, from the Service's address
	local a n
	a=$($2 "$3" "$4" "$5" 20)
	n=$(echo "$a" | names)
	case $n in
	s1*' 's2*' ') ;;
	*) not_ok "$1" "answered by: $n"; return ;;
	esac
	# UDP's source and TCP's peer must be the Service's address: the client never learns of the rewriting.
	if [ "$3" = udp ] && [ "$(echo "$a" | grep -c "from $4\$")" != 20 ]; then
		not_ok "$1" "replies don't come from the Service's address: $(echo "$a" | head -1)"
		return
	fi
	ok "$1"
}
check "the Service answers" kn_until 10 from_host tcp 10.96.0.20 80 2
kn_until 5 eval '[ "$(from_host tcp 10.96.0.20 80 20 | names | wc -w)" = 2 ]'
for from in host pod; do
	for proto in tcp udp; do
		for ip in 10.96.0.20 fd00:96::20; do
			spread "$proto $ip from $from" from_$from $proto $ip 80
		done
	done
	spread "second port from $from" from_$from tcp 10.96.0.20 81
done
check "a port that the Service has not refuses or is silent" eval '! from_host tcp 10.96.0.20 82 1 >/dev/null'

rm "$MANIFESTS/s2.yaml"
check "a removed pod leaves the Service" kn_until 15 eval '[ "$(from_host tcp 10.96.0.20 80 20 | names | tr -d " " | grep -c "^s1")" = 1 ]'
check "and the one left answers all" eval 'from_host tcp 10.96.0.20 80 50 >/dev/null'
a=$(kn_exec s1 c /bin/demo ask tcp 10.96.0.20 80 5 | names)
check "hairpin: a pod reaches itself through its Service (tcp)" eval 'case $a in s1*) true ;; *) false ;; esac'
a=$(kn_exec s1 c /bin/demo ask udp fd00:96::20 80 5 | names)
check "hairpin (udp, IPv6)" eval 'case $a in s1*) true ;; *) false ;; esac'

kn_kernlet_stop KILL
check "without the daemon (kill -9) the Service goes on, host" eval 'from_host tcp 10.96.0.20 80 20 >/dev/null'
id=$(container_ids | wc -l)
kn_kernlet
kn_kernlet_wait
sleep 1
same "a restart restarts no container" "$(container_ids | wc -l)" "$id"
check "and the Service goes on" eval 'from_host udp fd00:96::20 80 20 >/dev/null'
server s2 | manifest s2.yaml
pod_becomes "a new pod runs" 20 s2 '.ready == "1/1"'
check "and joins the Service" kn_until 10 eval '[ "$(from_host tcp 10.96.0.20 80 20 | names | wc -w)" = 2 ]'
rm "$MANIFESTS/svc.yaml"
check "a removed Service is gone" kn_until 10 eval '! from_host tcp 10.96.0.20 80 1 >/dev/null'
e2e_end
