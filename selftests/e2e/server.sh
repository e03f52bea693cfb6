#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The kubelet's own port on a node without an API server: logs, streams, stats, metrics, and who is let in.
. "$(dirname "$0")/../harness/e2e.sh"
e2e_begin only-init
PORT=10250 URL=https://127.0.0.1:10250

mkdir -p "$N/pki"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ca -keyout "$N/pki/ca.key" -out "$N/pki/ca.crt" 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /O=system:masters/CN=admin -keyout "$N/pki/c.key" -out "$N/pki/c.csr" 2>/dev/null
openssl x509 -req -in "$N/pki/c.csr" -CA "$N/pki/ca.crt" -CAkey "$N/pki/ca.key" -CAcreateserial -days 2 \
	-extfile <(echo extendedKeyUsage=clientAuth) -out "$N/pki/c.crt" 2>/dev/null

get() { kn_ns curl -sk --max-time 20 --cert "$N/pki/c.crt" --key "$N/pki/c.key" "$@"; } # ARGS of curl
code() { get -o /dev/null -w '%{http_code}' "$@"; }
stream() { KN_CERT=$N/pki/c.crt KN_KEY=$N/pki/c.key kn_ns python3 "$here/stream.py" "$@"; }
pod() { kn_pod "$1" .name; }

serve_kernlet() { kn_kernlet --port=$PORT --address=127.0.0.1 --authorization-mode=AlwaysAllow --authentication-token-webhook=false "$@"; }

kn_node_containerd || exit 1
bash "$here/image.sh" import "$N" || exit 1
serve_kernlet --client-ca-file="$N/pki/ca.crt" --read-only-port=10255
kn_kernlet_wait || { not_ok "node starts" "see above"; exit 1; }

manifest web.yaml <<'EOT'
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - {name: c, image: "localhost/kernlet-demo:1", command: [/bin/sh, -c, "for i in 1 2 3 4 5; do echo line $i; done; echo oops >&2; exec /bin/demo serve 8080"]}
  - {name: tick, image: "localhost/kernlet-demo:1", command: [/bin/sh, -c, "i=0; while :; do echo tick $i; i=$((i+1)); sleep 0.2; done"]}
  - {name: stopped, image: "localhost/absent:1", imagePullPolicy: Never}
EOT
manifest crash.yaml <<'EOT'
apiVersion: v1
kind: Pod
metadata: {name: crash}
spec:
  containers:
  - {name: c, image: "localhost/kernlet-demo:1", command: [/bin/sh, -c, "echo run $(date +%s%N); sleep 1; exit 1"]}
EOT
pod_becomes "pods run" 20 web '[.containers[] | select(.name != "stopped") | .state] == ["running", "running"]'
W=$(pod web) L=$URL/containerLogs/default/$W

same "who has no certificate is told so" "$(kn_ns curl -sk $URL/pods)" Unauthorized
same "health" "$(get $URL/healthz)" ok
same "unknown paths" "$(code $URL/debug/pprof/heap)" 404
same "wrong methods" "$(code -X POST $URL/pods)" 405
same "the pods" "$(get $URL/pods | jq -r '[.kind, (.items[] | select(.metadata.name == "'"$W"'") | .status.phase)] | join(" ")')" "PodList Pending"
same "what runs" "$(get $URL/runningpods/ | jq -r '.items[] | select(.metadata.name == "'"$W"'") | [.spec.containers[].name] | sort | join(" ")')" "c tick"
same "the configuration" "$(get $URL/configz | jq -r .kubeletconfig.authorization.mode)" AlwaysAllow

same "logs" "$(get $L/c | grep -v serves | sort | tr '\n' ' ')" "line 1 line 2 line 3 line 4 line 5 oops "
same "the last lines" "$(get "$L/c?tailLines=2" | wc -l)" 2
same "no lines" "$(get "$L/c?tailLines=0")" ""
same "one stream" "$(get "$L/c?stream=Stderr")" oops
same "some bytes" "$(get "$L/c?limitBytes=8&stream=Stdout")" "$(printf 'line 1\nl')"
check "timestamps" grep -qE '^[0-9-]+T[0-9:]+\.[0-9]{9}Z line 1$' <(get "$L/c?timestamps=true")
same "nothing since then" "$(get "$L/c?sinceTime=$(date -u -d +1hour +%FT%TZ)")" ""
check "since some seconds" test "$(get "$L/tick?sinceSeconds=1" | wc -l)" -lt 9
same "a bad number" "$(get "$L/c?tailLines=x")" '{"message": "Unable to decode query."}'
same "a bad request" "$(code "$L/c?tailLines=-1")" 422
same "no such container" "$(get "$L/nope")" "container \"nope\" not found in pod \"$W\""
same "no such pod" "$(get "$URL/containerLogs/default/nope/c")" 'pod "nope" does not exist'
check "a container that waits" grep -q "^container \"stopped\" in pod \"$W\" is waiting to start: " <(get "$L/stopped")
same "nothing before" "$(get "$L/c?previous=true")" "previous terminated container \"c\" in pod \"$W\" not found"
check "following" test "$(get --max-time 3 "$L/tick?follow=true&tailLines=1" | wc -l)" -ge 8
first=$(get "$L/tick?tailLines=1&follow=true" --max-time 2 | awk '{ if (n && $2 != n + 1) bad = 1; n = $2 } END { print bad + 0 }')
same "following without a gap" "$first" 0
pod_becomes "a container crashed" 40 crash '.restarts >= 1'
C=$(pod crash)
check "the log of the run before" grep -q '^run ' <(get "$URL/containerLogs/default/$C/c?previous=true")

X="$URL/exec/default/$W/c" SH='command=/bin/sh&command=-c&command='
same "exec" "$(stream exec "$X?command=echo&command=a+b&output=1&error=1" 2>&1)" "a b"
stream exec "$X?${SH}exit+7&output=1" >/dev/null 2>&1
same "exec's exit status" $? 7
same "exec with input" "$(echo in | stream exec "$X?${SH}read+x%3B+echo+got+%24x&input=1&output=1" stdin 2>&1)" "got in"
check "exec of 20 MB" stream pull "$X?${SH}head+-c+20000000+/dev/zero&output=1" 20000000
same "exec without streams" "$(get "$X?command=true")" "you must specify at least 1 of stdin, stdout, stderr"
same "exec without an upgrade" "$(code "$X?command=true&output=1")" 400
same "exec in what is not there" "$(get "$URL/exec/default/$W/nope?command=true&output=1")" 'container not found ("nope")'
check "attach" grep -q '^tick ' <(KN_CERT=$N/pki/c.crt KN_KEY=$N/pki/c.key timeout 15 nsenter --net="/run/netns/$NETNS" python3 -u "$here/stream.py" exec "$URL/attach/default/$W/tick?output=1&error=1")
check "port-forward" grep -q "200 OK" <(stream forward "$URL/portForward/default/$W?port=8080" "GET / HTTP/1.0

")
same "run" "$(get -X POST "$URL/run/default/$W/c?cmd=echo+x")" x

plain() { kn_ns curl -s --max-time 20 "http://127.0.0.1:10255$1"; }
same "the read-only port" "$(plain /pods | jq -r .kind)" PodList
same "and what it leaves out" "$(plain "/exec/default/$W/c?command=id&output=1")" "Debug endpoints are disabled."

sleep 3
check "the summary" jq -e '.node.nodeName == "'"$NAME"'" and .node.cpu.usageCoreNanoSeconds > 0 and .node.memory.workingSetBytes > 0 and .node.fs.capacityBytes > 0' \
	<(get $URL/stats/summary) >/dev/null
sleep 2.5
check "the summary of a pod" jq -e '.pods[] | select(.podRef.name == "'"$W"'") | .cpu.usageNanoCores >= 0 and .memory.workingSetBytes > 0 and
	([.containers[] | select(.memory.workingSetBytes > 0 and .rootfs.usedBytes >= 0 and .logs.usedBytes > 0)] | length == 2) and ."ephemeral-storage".usedBytes > 0' <(get $URL/stats/summary) >/dev/null
get $URL/metrics >"$N/metrics"
check "metrics" awk '/^kubelet_running_pods [1-9]/ { a = 1 } /^process_resident_memory_bytes [1-9]/ { b = 1 } /^kubelet_runtime_operations_total\{operation_type="run_podsandbox"\} [1-9]/ { c = 1 }
	/^kubelet_node_name\{node="'"$NAME"'"\} 1$/ { d = 1 } /^kubelet_http_requests_total\{/ { e = 1 } END { exit !(a && b && c && d && e) }' "$N/metrics"
check "resource metrics" awk '/^container_cpu_usage_seconds_total\{container="tick",namespace="default",pod="'"$W"'"\} [0-9.]+ [0-9]+$/ { a = 1 } /^node_memory_working_set_bytes [1-9]/ { b = 1 }
	/^container_start_time_seconds\{container="c",/ { c = 1 } /^resource_scrape_error 0$/ { d = 1 } END { exit !(a && b && c && d) }' <(get $URL/metrics/resource)
check "container metrics" grep -qE '^container_memory_working_set_bytes\{container="tick",id="/[^"]+",image="[^"]+",name="[0-9a-f]{64}",namespace="default",pod="'"$W"'"\} [1-9]' <(get $URL/metrics/cadvisor)
same "probe metrics" "$(code $URL/metrics/probes)" 200

# Ten followers that do not read, and one who asks.
slow=()
for _ in 1 2 3 4 5 6 7 8 9 10; do
	get --limit-rate 1 -o /dev/null --max-time 60 "$L/tick?follow=true" &
	slow+=($!)
done
sleep 0.5
t0=$(date +%s%N)
get -o /dev/null $URL/healthz
ms=$((($(date +%s%N) - t0) / 1000000))
check "slow clients slow nobody ($ms ms)" test $ms -lt 2000
kill "${slow[@]}"
wait "${slow[@]}" 2>/dev/null
e2e_end
