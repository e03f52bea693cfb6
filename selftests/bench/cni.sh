#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# ADD and DEL of kernlet-cni and of bridge + host-local, in turn in one "host" namespace. Includes starting the
# program. A pause before each command lets the kernel end what the one before left to it.
set -eu
o=$(readlink -f "${O:-build}") n=${N:-30} stock=/usr/lib/cni
[ "$(id -u)" = 0 ] && [ -x $stock/bridge ] || { echo "skip cni: needs root and $stock/bridge"; exit 0; }
h=knb-h$$ p=knb-p$$ d=$(mktemp -d)
trap 'ip netns del $p 2>/dev/null; ip netns del $h 2>/dev/null; rm -rf "$d"' EXIT
ip netns add $h; ip netns add $p
echo '{"cniVersion":"1.0.0","name":"k","type":"kernlet-cni","podCIDRs":["10.85.0.0/24","fd00:85::/64"],"dataDir":"'$d'/k"}' >$d/kernlet.json
echo '{"cniVersion":"1.0.0","name":"s","type":"bridge","bridge":"knb0","isGateway":true,"ipam":{"type":"host-local","dataDir":"'$d'/s","ranges":[[{"subnet":"10.86.0.0/24"}],[{"subnet":"fd00:86::/64"}]],"routes":[{"dst":"0.0.0.0/0"},{"dst":"::/0"}]}}' >$d/stock.json
cat >$d/run <<'R'
one() { # LOG PROGRAM CONF COMMAND
	local t0=$EPOCHREALTIME t1
	CNI_COMMAND=$4 "$2" <"$3" >"$D/out" || { cat "$D/out"; exit 1; }
	t1=$EPOCHREALTIME
	echo $((${t1/./} - ${t0/./})) >>"$D/$1.$4"
	sleep 0.1
}
for _ in $(seq $N); do
	for c in ADD DEL; do one kernlet $KN $D/kernlet.json $c; done
	for c in ADD DEL; do one stock /usr/lib/cni/bridge $D/stock.json $c; done
done
R
D=$d N=$n KN=$o/kernlet-cni CNI_PATH=$stock CNI_CONTAINERID=bench CNI_IFNAME=eth0 CNI_NETNS=/run/netns/$p ip netns exec $h bash $d/run
q() { sort -n "$d/$1" | awk -v q=$2 '{v[NR]=$1} END {i=int(NR*q+0.999); printf "%.2f", v[i<1?1:i]/1000}'; }
printf '%-5s %12s %12s %12s %12s %7s\n' ms 'kernlet p50' p99 'stock p50' p99 ratio
json=
for c in ADD DEL; do
	k=$(q kernlet.$c 0.5) s=$(q stock.$c 0.5)
	printf '%-5s %12s %12s %12s %12s %7s\n' $c $k $(q kernlet.$c 0.99) $s $(q stock.$c 0.99) $(awk "BEGIN {printf \"%.1f\", $s/$k}")
	json="$json${json:+,}{\"what\":\"CNI $c p50\",\"unit\":\"ms\",\"kernlet\":$k,\"peers\":{\"bridge+host-local\":$s}}"
done
mkdir -p "$o/bench"; echo "[$json]" >"$o/bench/cni.json"
