# SPDX-License-Identifier: Apache-2.0
# For selftests/cluster/test-*.sh, to be sourced: the cluster of $O with the kind of node in $NODE (kernlet), a Kubernetes
# namespace of the test's own, `ok NAME` / `not ok NAME: why` lines. Without KN_CLUSTER set nothing is built for it: where the
# stock programs are missing, the test is skipped. With KN_CLUSTER=up the cluster is taken as it is. A test's last line is
# t_end.
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
test_name=$(basename "$0" .sh) t_failed=0
T=kn-${test_name#test-}
IMAGE=localhost/kernlet-demo:1

ok() { echo "ok $1"; }
not_ok() { # NAME WHY
	t_failed=1
	echo "not ok $1: $(tr '\n' ' ' <<<"$2" | cut -c1-400)"
}
same() { # NAME GOT WANT
	if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "got '$2', want '$3'"; fi
}
k() { kubectl -n "$T" "$@"; }
becomes() { # NAME SECONDS WANT COMMAND...: what the command prints is WANT in that time
	local name=$1 end=$((SECONDS + $2)) want=$3 got
	shift 3
	while got=$("$@" 2>&1) || true && [ "$got" != "$want" ]; do
		[ $SECONDS -lt $end ] || { not_ok "$name" "got '$got', want '$want'"; return 1; }
		sleep 0.3
	done
	ok "$name"
}
works() { # NAME COMMAND...
	local name=$1 out
	shift
	if out=$("$@" 2>&1); then ok "$name"; else not_ok "$name" "$out"; return 1; fi
}
rolled() { k rollout status "$1" --timeout="${2:-90}s"; }
field() { k get "$1" -o "jsonpath=$2"; }
client() { # ARGS: the demo image's client on the node
	[ -x "$C/demo" ] || gcc -static -Os -o "$C/demo" "$here/demo.c" 2>/dev/null
	in_node "$C/demo" "$@"
}
# Requests on and on, about 200 a second, their answers in a file.
load_begin() { # ADDRESS PORT
	[ -x "$C/demo" ] || client 2>/dev/null
	: >"$C/load"
	touch "$C/loading"
	while [ -e "$C/loading" ]; do
		in_node "$C/demo" ask tcp "$1" "$2" 20 >>"$C/load"
		sleep 0.05
	done &
	load_pid=$!
}
load_end() { # NAME MIN: no request failed, of MIN at least
	local n bad
	rm -f "$C/loading"
	wait "$load_pid"
	n=$(wc -l <"$C/load") bad=$(grep -c '^-' "$C/load")
	if [ "$n" -ge "$2" ] && [ "$bad" = 0 ]; then ok "$1 ($n requests)"; else not_ok "$1" "$bad of $n requests failed"; fi
}
restarts() { # of all containers in the namespace, added up
	k get pods -o json | jq '[.items[].status.containerStatuses[]?.restartCount] | add // 0'
}

t_stop() {
	trap '' INT TERM
	rm -f "$C/loading"
	if [ $t_failed != 0 ]; then
		k get pods -o wide 2>&1 | head -20
		k get events --sort-by=.lastTimestamp 2>&1 | tail -15
		[ -s "$KLOG" ] && tail -15 "$KLOG" | cut -c1-260
	fi
	kubectl delete namespace "$T" --ignore-not-found --timeout=120s >/dev/null 2>&1 || {
		[ $t_failed = 0 ] && not_ok "namespace goes" "$(kubectl get pods -n "$T" 2>&1 | head -5)"
	}
}
t_begin() {
	local missing log
	if [ "$(id -u)" != 0 ]; then echo "skip $test_name: must be root"; exit 0; fi
	missing=$("$cluster_dir/build" --missing kube-apiserver kube-controller-manager kube-scheduler kubectl agnhost coredns)
	if [ -z "${KN_CLUSTER:-}" ] && [ -n "$missing" ]; then
		echo "skip $test_name: the stock Kubernetes programs are not built (make cluster-build)"
		exit 0
	fi
	[ "${KN_CLUSTER:-}" = up ] || log=$("$cluster_dir/up" "${NODE:-kernlet}" 2>&1) || { not_ok "cluster is up" "$log"; exit 1; }
	trap t_stop EXIT
	trap 'exit 143' INT TERM HUP
	kubectl delete namespace "$T" --ignore-not-found --timeout=90s >/dev/null 2>&1
	kubectl create namespace "$T" >/dev/null || { not_ok "namespace" "not created"; exit 1; }
	kn_until 30 k get serviceaccount default
}
t_end() {
	exit $t_failed # the trap does the rest
}
