#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Pods from manifests, as a user sees them.
. "$(dirname "$0")/../harness/e2e.sh"

sh_pod() { # NAME SCRIPT [EXTRA-SPEC-LINES]: one container "c" that runs SCRIPT
	cat <<-EOT
	apiVersion: v1
	kind: Pod
	metadata: {name: $1, labels: {app: $1}}
	spec:
	  terminationGracePeriodSeconds: 2
	${3:-}
	  containers:
	  - name: c
	    image: ${IMAGE:-localhost/kernlet-demo:1}
	    imagePullPolicy: ${PULL:-IfNotPresent}
	    command: [/bin/sh, -c, '$2']
	${4:-}
	EOT
}

e2e_begin
mkdir -p "$N/shared"
sh_pod plain 'echo hello out; echo hello err >&2; exec sleep 1000' | manifest plain.yaml
manifest order.yaml <<EOT
apiVersion: v1
kind: Pod
metadata: {name: order}
spec:
  terminationGracePeriodSeconds: 2
  initContainers:
  - {name: one, image: "localhost/kernlet-demo:1", command: [/bin/sh, -c, "sleep 0.3; echo one >>/v/order"], volumeMounts: [{name: v, mountPath: /v}]}
  - {name: side, image: "localhost/kernlet-demo:1", restartPolicy: Always, command: [/bin/sh, -c, "echo side >>/v/order; exec sleep 1000"], volumeMounts: [{name: v, mountPath: /v}]}
  - {name: two, image: "localhost/kernlet-demo:1", command: [/bin/sh, -c, "sleep 0.3; echo two >>/v/order"], volumeMounts: [{name: v, mountPath: /v}]}
  containers:
  - {name: c, image: "localhost/kernlet-demo:1", command: [/bin/sh, -c, "echo main >>/v/order; exec sleep 1000"], volumeMounts: [{name: v, mountPath: /v}]}
  volumes: [{name: v, hostPath: {path: $N/shared, type: Directory}}]
EOT
sh_pod crash 'exit 3' | manifest crash.yaml
sh_pod once 'exit 0' '  restartPolicy: Never' | manifest once.yaml
sh_pod fails 'exit 7' '  restartPolicy: OnFailure' | manifest fails.yaml
IMAGE=127.0.0.1:1/nothing/here:1 sh_pod nopull true | manifest nopull.yaml
IMAGE=localhost/absent:1 PULL=Never sh_pod never true | manifest never.yaml
manifest env.yaml <<'EOT'
apiVersion: v1
kind: Pod
metadata: {name: env}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: c
    image: localhost/kernlet-demo:1
    env:
    - {name: A, value: alpha}
    - {name: B, value: "$(A)-$$(A)-$(NONE)"}
    - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
    - {name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
    command: [/bin/sh, -c, 'echo "b=$B ip=$IP pod=$POD arg=$0"; echo hosts; cat /etc/hosts; echo resolv; cat /etc/resolv.conf; echo x >/e/f && stat -c "dir %A" /e && df -t tmpfs /m >/dev/null && echo memory; exec sleep 1000', "$(A)"]
    volumeMounts: [{name: e, mountPath: /e}, {name: m, mountPath: /m}]
    resources: {requests: {cpu: 100m, memory: 16Mi}, limits: {cpu: 200m, memory: 32Mi}}
  volumes: [{name: e, emptyDir: {}}, {name: m, emptyDir: {medium: Memory}}]
EOT
sh_pod hostnet 'ip -o addr show; exec sleep 1000' '  hostNetwork: true' | manifest hostnet.yaml
printf '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"json"},"spec":{"terminationGracePeriodSeconds":1,"containers":[{"name":"c","image":"localhost/kernlet-demo:1","command":["/bin/sleep","1000"]}]}}' | manifest json.json

running='.phase == "Running" and .ready == "1/1"'
pod_becomes "a pod runs, with an address" 20 plain "$running and (.ip | startswith(\"10.85.0.\"))"
same "it has an IPv6 address too" "$(kn_pod plain '[.ips[] | tostring | select(contains("fd00:85:"))] | length')" 1
pod_becomes "a JSON manifest works" 20 json "$running"
pod_becomes "init containers and a sidecar, then the main one" 20 order '.phase == "Running"'
kn_until 5 grep -q main "$N/shared/order"
same "in their order" "$(tr '\n' ' ' <"$N/shared/order")" "one side two main "
pod_becomes "CrashLoopBackOff" 20 crash '.containers[0].reason == "CrashLoopBackOff" and .restarts >= 1'
pod_becomes "restartPolicy Never: Succeeded" 20 once '.phase == "Succeeded" and .restarts == 0'
pod_becomes "restartPolicy OnFailure: restarted" 20 fails '.restarts >= 1'
pod_becomes "ErrImagePull or ImagePullBackOff" 20 nopull '.containers[0].reason | IN("ErrImagePull", "ImagePullBackOff")'
pod_becomes "ImagePullBackOff after it" 20 nopull '.containers[0].reason == "ImagePullBackOff"'
pod_becomes "ErrImageNeverPull" 20 never '.containers[0].reason == "ErrImageNeverPull"'
kn_until 5 eval 'log_of plain c | grep -q "hello err"'
same "logs: both streams" "$(log_of plain c | sort | tr '\n' ' ')" "hello err hello out "
check "logs: CRI line format" grep -Eq '^[0-9-]+T[0-9:.]+(Z|[+-][0-9:]+) std(out|err) F hello' "$LOGS"/*plain*/c/0.log
pod_becomes "env pod runs" 20 env "$running"
kn_until 5 eval 'log_of env c | grep -q memory'
out=$(log_of env c)
same "env: \$(VAR) expansion, fieldRef, args" "$(echo "$out" | grep ^b=)" \
	"b=alpha-\$(A)-\$(NONE) ip=$(kn_pod env .ip) pod=$(kn_pod env .name) arg=alpha"
check "hosts file names the pod" eval 'echo "$out" | sed -n "/^hosts/,/^resolv/p" | grep -q "^$(kn_pod env .ip)[[:space:]]"'
check "resolv.conf has the node's nameservers" eval '[ "$(grep -c ^nameserver /etc/resolv.conf)" = "$(echo "$out" | sed -n "/^resolv/,\$p" | grep -c ^nameserver)" ]'
check "emptyDir is open to all" eval 'echo "$out" | grep -q "dir drwxrwxrwx"'
check "emptyDir of medium Memory is a tmpfs" eval 'echo "$out" | grep -q ^memory'
uid=$(kn_pod env .uid)
memdir=$(find $(awk '/^cgroup2? / && /memory/ { print $2 }' /proc/mounts) -maxdepth 5 -type d -name "pod$uid" -path "*/$NAME/*" 2>/dev/null | head -1)
same "memory limit in the pod's cgroup" "$(cat "$memdir/memory.limit_in_bytes" "$memdir/memory.max" 2>/dev/null)" 33554432
cpudir=$(find $(awk '/^cgroup / && /cpu[, ]/ { print $2 }' /proc/mounts) -maxdepth 5 -type d -name "pod$uid" -path "*/$NAME/*" 2>/dev/null | head -1)
same "cpu quota and shares in the pod's cgroup" "$(cat "$cpudir/cpu.cfs_quota_us" "$cpudir/cpu.shares" 2>/dev/null | tr '\n' ' ')" "20000 102 "
check "burstable pods sit under kubepods/burstable" eval 'case "$memdir" in */kubepods/burstable/pod*) true ;; *) false ;; esac'
pod_becomes "hostNetwork pod has the node's address" 20 hostnet '.phase == "Running" and .ip == "192.0.2.1"'
kn_until 5 eval 'log_of hostnet c | grep -q node0'
check "and sees the node's interfaces" eval 'log_of hostnet c | grep -q node0'

# Termination with a grace period: the container gets SIGTERM and is given its time; one that ignores it is killed.
sh_pod polite 'trap "sleep 0.5; echo bye >>/v/polite; exit 0" TERM; while :; do sleep 0.1; done' \
	"  volumes: [{name: v, hostPath: {path: $N/shared}}]" '    volumeMounts: [{name: v, mountPath: /v}]' | manifest polite.yaml
sh_pod stubborn 'trap "" TERM; while :; do sleep 0.1; done' | manifest stubborn.yaml
pod_becomes "polite runs" 20 polite "$running"
pod_becomes "stubborn runs" 20 stubborn "$running"
t=$(date +%s%N)
rm "$MANIFESTS/polite.yaml" "$MANIFESTS/stubborn.yaml"
check "a removed manifest ends its pod" kn_until 15 eval '[ -z "$(kn_pod polite .name)" ]'
check "which had its grace period" grep -q bye "$N/shared/polite"
check "one that ignores SIGTERM is killed after it" kn_until 15 eval '[ -z "$(kn_pod stubborn .name)" ]'
ms=$((($(date +%s%N) - t) / 1000000))
WHY="took $ms ms"
check "not before 2 s and not long after" [ $ms -ge 1900 -a $ms -lt 8000 ]
check "its folder below the root is gone" kn_until 5 eval '! ls -d "$ROOT"/pods/* | grep -q "$(kn_pod polite .uid | grep . || echo nothing)"'

before=$(kn_pod json .uid)
other=$(kn_pod plain '.containers[0].containerID')
sh_pod plain 'echo second; exec sleep 1000' | manifest plain.yaml
pod_becomes "a changed manifest replaces the pod" 20 plain "$running and .containers[0].containerID != \"$other\""
same "and no other" "$(kn_pod json .uid)" "$before"
e2e_end
