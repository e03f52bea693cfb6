#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernlet-cni for real, in a "host" namespace of its own with pods: ADD, errors, traffic, CHECK, DEL, GC, STATUS, VERSION.
set -u
bin=$(readlink -f "${O:-build}")/kernlet-cni
[ "$(id -u)" = 0 ] || { echo "skip cni: needs root"; exit 0; }
[ -x "$bin" ] || { echo "not ok cni: $bin is not built"; exit 1; }
h=knt-h$$ a=knt-a$$ b=knt-b$$ c=knt-c$$ d=$(mktemp -d) bad=0
trap 'for n in $a $b $c $h; do ip netns del $n 2>/dev/null; done; rm -rf "$d"' EXIT
for n in $h $a $b $c; do ip netns add $n || { echo "skip cni: no network namespaces"; exit 0; }; done

check() { # NAME COMMAND...
	local name=$1 out
	shift
	if out=$("$@" 2>&1); then echo "ok $name"; else echo "not ok $name: $(echo "$out" | tail -n1)"; bad=1; fi
}
cni() { # COMMAND ID NETNS VERSION [MORE-JSON]
	echo '{"cniVersion":"'$4'","name":"t","type":"kernlet-cni","podCIDRs":["10.85.0.0/29","fd00:85::/64"],
		"dataDir":"'$d'"'"${5:-}"'}' | timeout 20 ip netns exec $h env CNI_COMMAND=$1 CNI_CONTAINERID=$2 \
		CNI_IFNAME=eth0 CNI_NETNS=${3:+/run/netns/$3} CNI_PATH=/x "$bin"
}
code() { # CODE ARGS-OF-CNI...
	local want=$1
	shift
	cni "$@" | jq -e ".code == $want" >/dev/null
}
links() { ip -n $h -o link | grep -c ': kn'; }
kept() { find "$d/t" -type l -name '[0-9f]*' | wc -l; }

check version eval 'cni VERSION x "" 1.1.0 | jq -e ".supportedVersions | length == 4"'
check status-before cni STATUS x "" 1.1.0
check add-a eval "cni ADD ida $a 1.0.0 | tee $d/ida.json | jq -e '.ips | length == 2'"
check add-b eval "cni ADD idb $b 0.4.0 | tee $d/idb.json | jq -e '.ips[0].version == \"4\"'"
check add-twice-refused code 100 ADD ida $a 1.0.0
check own-netns-refused code 4 ADD idc $h 1.0.0
check bad-version code 1 ADD idc $a 9.0.0
for ip in 10.85.0.3 fd00:85::3 10.85.0.1 fd00:85::1; do
	check pod-to-$ip ip netns exec $a busybox ping -c1 -W2 $ip
done
check host-to-pod4 ip netns exec $h busybox ping -c1 -W2 10.85.0.2
check host-to-pod6 ip netns exec $h busybox ping -c1 -W2 fd00:85::2

# TCP, both families: b listens, a sends.
tcp() { # ADDRESS
	local out=$d/tcp pid n
	ip netns exec $b timeout 10 busybox nc -l -p 7777 >"$out" </dev/null &
	pid=$!
	for n in $(seq 50); do ip netns exec $b ss -Hltn 'sport = 7777' | grep -q . && break; sleep 0.05; done
	echo hello | ip netns exec $a timeout 5 busybox nc -w 3 $1 7777 >/dev/null
	wait $pid
	grep -qx hello "$out"
}
check tcp4 tcp 10.85.0.3
check tcp6 tcp fd00:85::3

prev() { echo ",\"prevResult\":$(cat "$d/$1.json")"; }
check check-good cni CHECK ida $a 1.0.0 "$(prev ida)"
check check-good-0.4.0 cni CHECK idb $b 0.4.0 "$(prev idb)"
check check-old-version-refused code 1 CHECK ida $a 0.3.1 "$(prev ida)"
check check-without-result-refused code 7 CHECK ida $a 1.0.0
check check-other-container code 102 CHECK idx $a 1.0.0 "$(prev ida)"
ip -n $a addr del 10.85.0.2/32 dev eth0
check check-address-gone code 102 CHECK ida $a 1.0.0 "$(prev ida)"
ip -n $a addr add 10.85.0.2/32 dev eth0
ip -n $a route replace 10.85.0.1 dev eth0 scope link
ip -n $a route replace default via 10.85.0.1 dev eth0
check check-address-back cni CHECK ida $a 1.0.0 "$(prev ida)"
ip -n $b -6 route del default
check check-route-gone code 102 CHECK idb $b 0.4.0 "$(prev idb)"

check add-1.1.0 eval "cni ADD idc $c 1.1.0 ',\"mtu\":1400' | jq -e '.interfaces[1].mtu == 1400'"
check del-1.1.0 cni DEL idc $c 1.1.0
check gc-without-list-refused code 7 GC x "" 1.1.0
check gc cni GC x "" 1.1.0 ',"cni.dev/valid-attachments":[{"containerID":"ida","ifname":"eth0"}]'
check gc-kept-one eval '[ "$(links)" = 1 ] && [ "$(kept)" = 2 ]'
check status cni STATUS x "" 1.1.0
check del cni DEL ida "" 1.0.0
check del-again cni DEL ida "" 1.0.0
check nothing-left eval '[ "$(links)" = 0 ] && [ "$(kept)" = 0 ]'
exit $bad
