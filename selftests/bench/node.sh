#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The node's figures with real containerd: pod start and how much of it is the daemon's own, memory and threads with 0,
# 10 and 50 pods, CPU at rest, size of the programs, time from start to the first CRI call. The peer of pod start is
# the CRI calls alone, measured inside the same starts.
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
top=$(cd "$here/../.." && pwd -P)
O=${O:-build}
case $O in /*) ;; *) O=$top/$O ;; esac
out=${KN_BENCH_OUT:-$O/bench}
[ "$(id -u)" = 0 ] || { echo "  skipped: needs root"; exit 0; }
. "$top/selftests/harness/node.sh"
mkdir -p "$out"
rows=
row() { # WHAT UNIT VALUE [PEER PEERVALUE]
	printf '  %-46s %10s %-4s %s\n' "$1" "$3" "$2" "${4:+$4 $5}"
	rows="$rows${rows:+,}
 {\"what\": \"$1\", \"unit\": \"$2\", \"kernlet\": $3, \"peers\": {${4:+\"$4\": $5}}}"
}
pods() { # COUNT: makes the folder hold so many pods
	local i
	for i in $(seq -w 1 "$1"); do
		[ -e "$MANIFESTS/p$i.yaml" ] || cat >"$MANIFESTS/.p" <<-EOF
		{apiVersion: v1, kind: Pod, metadata: {name: p$i}, spec: {terminationGracePeriodSeconds: 0,
		  containers: [{name: c, image: "localhost/kernlet-demo:1", command: [sleep, "100000"]}]}}
		EOF
		[ -e "$MANIFESTS/p$i.yaml" ] || mv "$MANIFESTS/.p" "$MANIFESTS/p$i.yaml"
		[ "${2:-}" != one ] || kn_until 30 running "$((10#$i))"
	done
	kn_until 180 running "$1"
}
running() { [ "$(kn_pods | jq '[.pods[] | select(.phase == "Running" and .ready == "1/1")] | length')" = "$1" ]; }
memory() { awk '/^Pss:/ {p = $2} /^Private/ {v += $2} END {printf "%.1f %.1f\n", p / 1024, v / 1024}' "/proc/$1/smaps_rollup"; }
ticks() { awk '{print $14 + $15}' "/proc/$1/stat"; }
at_rest() { # COUNT
	local m
	sleep 3
	m=$(memory "$KPID")
	row "PSS with $1 pods" MB "${m% *}"
	row "private memory with $1 pods" MB "${m#* }"
	row "threads with $1 pods" "" "$(ls "/proc/$KPID/task" | wc -l)"
}
median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
startup() { "$O/kernctl" --socket "$CTL" -o json pods | jq ".pods[].startup.$1 // empty"; }

work=$(mktemp -d /tmp/kn-bench.XXXXXX)
kn_node_init "$work" "kn-bench-$$" "kn-bench-$$"
trap 'kn_node_stop; kn_node_gone' EXIT
kn_node_start
at_rest 0
pods 10 one
row "pod start, one at a time: seen to Running, p50" ms "$(startup seenToRunningMs | median)" "CRI calls" "$(startup criMs | median)"
row "pod start, one at a time: our own part, p50" ms "$(startup ownMs | median)"
at_rest 10
t=$(date +%s%N)
pods 50
row "40 more pods at once, all Running" s "$(awk -v a="$t" -v b="$(date +%s%N)" 'BEGIN {printf "%.1f", (b - a) / 1e9}')"
at_rest 50
a=$(ticks "$KPID")
sleep 30
b=$(ticks "$KPID")
row "CPU at rest with 50 pods, 30 s" % "$(awk -v t=$((b - a)) -v hz="$(getconf CLK_TCK)" 'BEGIN {printf "%.2f", t * 100 / hz / 30}')"
size=0
for f in kernlet kernlet-proxy kernlet-cni kernctl; do
	strip -o "$N/stripped" "$O/$f"
	size=$((size + $(stat -c %s "$N/stripped")))
done
row "the four programs, stripped" MB "$(awk -v s=$size 'BEGIN {printf "%.2f", s / 1048576}')"
# A socket that only accepts stands for the runtime: what is timed is the daemon up to its first bytes to it.
first_call() {
	python3 - "$O/kernlet" "$N" "$NAME" <<-'EOF'
	import os, socket, subprocess, sys, time
	prog, d, name = sys.argv[1:]
	path = d + "/first.sock"
	s = socket.socket(socket.AF_UNIX)
	s.bind(path)
	s.listen(8)
	s.settimeout(10)
	t = time.monotonic()
	p = subprocess.Popen([prog, "--container-runtime-endpoint=unix://" + path, "--root-dir=" + d + "/first",
	    "--cgroup-root=/" + name, "--ctl-socket=" + d + "/first.ctl", "--bpf-pin-dir=/sys/fs/bpf/kernlet-" + name + "-first",
	    "--fail-cgroupv1=false", "--pod-manifest-path=" + d + "/first.d"], stderr=subprocess.DEVNULL)
	try:
	    c, _ = s.accept()
	    c.settimeout(10)
	    c.recv(1)
	    print("%.1f" % ((time.monotonic() - t) * 1000))
	finally:
	    p.terminate()
	    p.wait()
	    os.unlink(path)
	EOF
	"$O/kernlet" --cleanup --bpf-pin-dir="/sys/fs/bpf/kernlet-$NAME-first" >/dev/null 2>&1 || :
}
row "process start to first CRI call, p50 of 5" ms "$(for i in 1 2 3 4 5; do first_call; done | median)"
printf '[%s\n]\n' "$rows" >"$out/node.json"
