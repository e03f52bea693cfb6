#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Containers' logs and last words, restart policies of single containers, deadlines.
. "$(dirname "$0")/../harness/e2e.sh"

pod() { # NAME SCRIPT [CONTAINER-YAML] [SPEC-YAML]: one container "c" that runs SCRIPT; flow YAML, with commas
	cat <<-EOT
	{apiVersion: v1, kind: Pod, metadata: {name: $1}, spec: {terminationGracePeriodSeconds: 1, ${4:-}
	 containers: [{name: c, image: "localhost/kernlet-demo:1", ${3:-}
	  command: [/bin/sh, -c, '$2']}]}}
	EOT
}
message_of() { kn_pod "$1" '.containers[0].message'; }
once='restartPolicy: Never,'
fallback='terminationMessagePolicy: FallbackToLogsOnError,'

e2e_begin
pod said 'echo words >/dev/termination-log; echo noise' "" "$once" | manifest said.yaml
pod elsewhere 'echo words >/tmp/last; exit 1' 'terminationMessagePath: /tmp/last,' "$once" | manifest elsewhere.yaml
pod fell 'for i in $(seq 1 100); do echo line $i; done; exit 1' "$fallback" "$once" | manifest fell.yaml
pod well 'echo noise' "$fallback" "$once" | manifest well.yaml
pod long 'seq 1 5000 >/dev/termination-log' "" "$once" | manifest long.yaml
pod oom 'x=a; while :; do x=$x$x; done' 'resources: {limits: {memory: 16Mi}},' "$once" | manifest oom.yaml
pod rule 'echo run >>/v/rule; test $(wc -l </v/rule) -ge 2; exit 42' \
	'restartPolicy: Never, restartPolicyRules: [{action: Restart, exitCodes: {operator: In, values: [42]}}], volumeMounts: [{name: v, mountPath: /v}],' \
	"$once volumes: [{name: v, hostPath: {path: $N, type: Directory}}]," | manifest rule.yaml
pod norule 'exit 43' 'restartPolicy: Never, restartPolicyRules: [{action: Restart, exitCodes: {operator: In, values: [42]}}],' | manifest norule.yaml
pod always 'exit 0' 'restartPolicy: Always,' "$once" | manifest always.yaml
pod big 'exec sleep 1000' | manifest big.yaml
pod late 'exec sleep 1000' "" 'activeDeadlineSeconds: 5,' | manifest late.yaml

ended='.phase == "Succeeded" or .phase == "Failed"'
pod_becomes "a container leaves a message" 60 said "$ended"
same "in its file" "$(message_of said)" words
pod_becomes "in another file" 60 elsewhere "$ended"
same "which is read" "$(message_of elsewhere)" words
pod_becomes "a container that failed without one" 60 fell "$ended"
same "its log's end, 80 lines" "$(message_of fell | tr '\n' ' ' | cut -c1-16)/$(message_of fell | grep -c .)" "line 21 line 22 /80"
pod_becomes "one that ended well" 60 well "$ended"
same "has no message" "$(message_of well)" null
pod_becomes "a long message" 60 long "$ended"
same "has its last 4096 bytes taken" "$(($(message_of long | wc -c) - 1))/$(message_of long | grep . | tail -1)" "4096/5000"
pod_becomes "too much memory" 60 oom '.containers[0].reason == "OOMKilled" and .containers[0].exitCode == 137'
pod_becomes "a rule for its exit code restarts a container of restartPolicy Never" 60 rule '.restarts >= 1'
pod_becomes "no rule for it: it has failed" 60 norule '.phase == "Failed" and .restarts == 0'
pod_becomes "restartPolicy Always of a container in a pod of Never" 60 always '.restarts >= 1'

pod_becomes "a pod past its activeDeadlineSeconds has failed" 60 late '.phase == "Failed"'
check "as told" grep -q "Pod was active on the node longer than the specified deadline" "$KLOG"

pod_becomes "a pod that will talk" 60 big '.phase == "Running"'
id=$(kn_pod big '.containers[0].containerID')
dir=$(dirname "$LOGS"/*_big-*/c/0.log)
link=$N/containers/big-${NAME}_default_c-${id#*://}.log
check "its log is linked from the flat folder" [ "$(readlink "$link")" = "$dir/0.log" ]
# 200000 numbered lines of about 70 bytes are 14 MB: more than containerLogMaxSize. Written by the container's first process,
# since only its output is logged.
pod talks 'i=0; while [ $i -lt 200000 ]; do echo "$i ......................"; i=$((i+1)); done; echo done; exec sleep 1000' | manifest talks.yaml
check "a log of more than 10 MiB is rotated" kn_until 60 eval 'ls "$LOGS"/*_talks-*/c/0.log.2* 2>/dev/null | grep -q .'
check "the container goes on writing" kn_until 60 eval 'log_all=$(zcat -f "$LOGS"/*_talks-*/c/0.log*) && echo "$log_all" | grep -q "F done$"'
# By bytes: the runtime may cut the line in two that it is reading when the log is opened anew.
bytes_of() { zcat -f "$LOGS"/*_talks-*/c/0.log.2* "$LOGS"/*_talks-*/c/0.log | cut -d' ' -f4- | tr -d '\n' | sha256sum; }
wanted() { { seq -f '%.0f ......................' 0 199999; echo done; } | tr -d '\n' | sha256sum; }
same "no byte is lost or doubled" "$(bytes_of)" "$(wanted)"
rm "$MANIFESTS/big.yaml"
check "the link goes with the container" kn_until 20 eval '[ ! -L "$link" ]'
e2e_end
