#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The reflector against a real API server: streaming or paged lists, events, field selectors, a server that stands still,
# one that starts anew, and an etcd that has forgotten what was watched (410 Gone).
. "$(dirname "${BASH_SOURCE[0]}")/test.sh"
. "$cluster_dir/certs.sh"
. "$cluster_dir/control.sh"
t_begin
make -s O="$BUILD" "$BUILD/selftests/cluster/reflect" || exit 1
OUT=$C/reflect
PIDS=

reflect() { # NAME PATH KIND [SELECTOR]
	local name=$1
	shift
	(in_node_exec "$BUILD/selftests/cluster/reflect" "$ADMIN" "$@") >"$OUT-$name" 2>&1 </dev/null &
	PIDS="$PIDS $!"
	eval "pid_$name=$!"
}
lines() { grep -c "^$2 $T/$3 " "$OUT-$1"; } # NAME WHAT OBJECT
count() { # NAME FIELD: the newest lists=, watches=, relists=, n=
	local pid=pid_$1
	kill -USR1 "${!pid}"
	sleep 0.2
	tail -1 "$OUT-$1" | sed "s/.* $2=\([0-9]*\).*/\1/"
}
# Three resources at once, as a node has them.
reflect maps "/api/v1/namespaces/$T/configmaps" ConfigMap
reflect one "/api/v1/namespaces/$T/secrets" Secret metadata.name=wanted
REFLECT_JSON=1 reflect json "/api/v1/namespaces/$T/configmaps" ConfigMap
trap 'kill $PIDS; t_stop' EXIT
for n in maps one json; do becomes "$n is synced" 20 1 grep -c ^synced "$OUT-$n"; done
lists=$(count maps lists)

k create configmap a --from-literal=x=1 >/dev/null
k create secret generic other --from-literal=x=1 >/dev/null
k create secret generic wanted --from-literal=x=1 >/dev/null
for n in maps json; do becomes "$n: an addition" 10 1 lines $n added a; done
becomes "one secret by its name" 10 1 lines one added wanted
same "no other" "$(lines one added other)" 0
k patch configmap a -p '{"data":{"x":"2"}}' >/dev/null
for n in maps json; do becomes "$n: a change" 10 1 lines $n modified a; done
k create configmap b >/dev/null
k delete configmap a >/dev/null
for n in maps json; do becomes "$n: a deletion" 10 1 lines $n deleted a; done

# A server that stands still for a while.
kill -STOP "$(pid_of kube-apiserver)"
sleep 5
kill -CONT "$(pid_of kube-apiserver)"
k create configmap c >/dev/null
becomes "goes on after a standstill" 20 1 lines maps added c

# One that is killed. While it is away nothing is told but the failure; afterwards the watch goes on where it was.
halt kube-apiserver KILL
sleep 3
same "the store holds" "$(count maps n)" 3 # b, c and kube-root-ca.crt
start_kube_apiserver || not_ok "API server is back" "no"
t0=$(date +%s%3N)
k create configmap d >/dev/null
becomes "goes on after a restart" 40 1 lines maps added d
echo "# seen $(seconds "$t0") after the server was ready"
same "without another list" "$(count maps lists)" "$lists"
same "nothing doubled" "$(lines maps added b)" 1

# While the server is away and the reflectors stand still, etcd forgets: 410 Gone, and one list.
kill -STOP $PIDS
halt kube-apiserver KILL
start_kube_apiserver
k delete configmap b >/dev/null
k create configmap e >/dev/null
rev=$(in_node curl -fsS -X POST http://127.0.0.1:2379/v3/kv/range -d '{"key":"AA=="}' | jq -r .header.revision)
works "compaction" in_node curl -fsS -X POST http://127.0.0.1:2379/v3/kv/compaction -d "{\"revision\":\"$rev\",\"physical\":true}"
halt kube-apiserver KILL # its watch cache must begin behind the gap
start_kube_apiserver
kill -CONT $PIDS
becomes "what came meanwhile" 60 1 lines maps added e
becomes "what went meanwhile" 60 1 lines maps deleted b
same "one list" "$(count maps relists)" 1
same "nothing told that is the same" "$(lines maps added c)$(lines maps modified c)" 10
kill $PIDS
trap - EXIT
t_end
