#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What kubectl asks of the node's own server: logs, exec, attach, port-forward, cp, debug, and the API server's node proxy.
. "$(dirname "${BASH_SOURCE[0]}")/test.sh"
t_begin

k apply -f - >/dev/null <<EOT
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: serve
    image: $IMAGE
    command: [sh, -c, "echo serves; exec httpd -f -p 8080 -h /etc"]
  - name: count
    image: $IMAGE
    command: [sh, -c, "i=0; while :; do i=\$((i + 1)); echo line \$i; sleep 0.2; done"]
  - name: echo
    image: $IMAGE
    stdin: true
    command: [sh, -c, "while read l; do echo got \$l; done"]
EOT
works "pod is ready" k wait --for=condition=Ready pod/p --timeout=60s || t_end
sleep 2
same "logs" "$(k logs p -c count 2>&1 | head -2 | paste -sd,)" "line 1,line 2"
same "logs --tail" "$(k logs p -c count --tail=3 2>&1 | wc -l)" 3
same "logs --timestamps" "$(k logs p -c count --timestamps --tail=1 2>&1 | grep -cE '^20[0-9-]+T[0-9:.]+Z line')" 1
same "logs --limit-bytes" "$(k logs p -c count --limit-bytes=4 2>&1)" line
same "logs -f goes on" "$(k logs p -c count -f --tail=1 2>&1 | head -5 | wc -l)" 5
same "logs of all containers" "$(k logs p --all-containers --tail=1 2>&1 | grep -cE 'line|serves')" 2

same "exec" "$(k exec p -c serve -- echo hello 2>&1)" hello
k exec p -c serve -- sh -c 'exit 7' >/dev/null 2>&1
same "exec's exit status" $? 7
same "exec's input" "$(echo abc | k exec -i p -c serve -- tr a-c A-C 2>&1)" ABC
same "exec tells errors apart from output" "$(k exec p -c serve -- sh -c 'echo out; echo err >&2' 2>/dev/null)" out
same "exec -t has a terminal" "$(script -qec "O=$BUILD $cluster_dir/kubectl -n $T exec -it p -c serve -- tty" /dev/null </dev/null 2>&1 | grep -c /dev/pts/)" 1
same "1 MiB through exec" "$(head -c 1048576 /dev/zero | k exec -i p -c serve -- wc -c 2>&1)" 1048576
same "16 execs at once" "$(for i in {1..16}; do k exec p -c serve -- echo yes 2>&1 & done | grep -c '^yes$')" 16
same "attach" "$({ echo you; sleep 3; } | k attach -q -i p -c echo 2>/dev/null | grep -m1 got)" "got you"

echo data >"$C/cp.in"
works "cp into a container" k cp "$C/cp.in" p:/tmp/file -c serve --no-preserve
works "cp out of it" k cp p:/tmp/file "$C/cp.out" -c serve
same "with the same content" "$(cat "$C/cp.out" 2>/dev/null)" data
rm -f "$C/cp.in" "$C/cp.out"

kubectl -n "$T" port-forward pod/p 18888:8080 >"$C/forward" 2>&1 &
forward=$!
kn_until 10 grep -q Forwarding "$C/forward"
same "port-forward" "$(in_node curl -sS -m 5 http://127.0.0.1:18888/hostname 2>&1)" p
same "port-forward again" "$(in_node curl -sS -m 5 http://127.0.0.1:18888/hostname 2>&1)" p
kill $forward 2>/dev/null
rm -f "$C/forward"

works "debug adds a container" k debug p --image=$IMAGE --image-pull-policy=Never -c dbg --attach=false -- sleep 100
becomes "it runs" 30 true sh -c "O=$BUILD $cluster_dir/kubectl -n $T get pod p -o json | jq '.status.ephemeralContainerStatuses[0].state.running != null'"
becomes "and can be entered" 30 hi k exec p -c dbg -- echo hi

proxy() { kubectl get --raw "/api/v1/nodes/$NAME/proxy/$1" 2>&1; }
same "healthz by the API server" "$(proxy healthz)" ok
same "pods" "$(proxy pods | jq -r --arg n "$T" '[.items[] | select(.metadata.namespace == $n) | .metadata.name] | join(" ")')" p
same "configz" "$(proxy configz | jq -r .kubeletconfig.clusterDomain)" cluster.local
becomes "stats/summary has the pod's memory" 60 true sh -c "O=$BUILD $cluster_dir/kubectl get --raw /api/v1/nodes/$NAME/proxy/stats/summary | jq '[.pods[] | select(.podRef.namespace == \"$T\") | .containers[] | select(.name == \"count\") | .memory.workingSetBytes > 0] == [true]'"
same "metrics/resource" "$(proxy metrics/resource | grep -c "^container_memory_working_set_bytes{.*namespace=\"$T\"")" 4
same "metrics" "$(proxy metrics | grep -c '^kubelet_running_pods ')" 1
same "nobody without a name" "$(in_node curl -sk -o /dev/null -w '%{http_code}' https://$HOST_IP:10250/pods)" 401
t_end
