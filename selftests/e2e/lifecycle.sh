#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Probes, hooks, termination messages, restart policies, deadlines: what a pod's life is made of.
. "$(dirname "$0")/../harness/e2e.sh"

pod() { # NAME SCRIPT [CONTAINER-YAML] [SPEC-YAML]: one container "c" that runs SCRIPT; flow YAML, with commas
	cat <<-EOT
	{apiVersion: v1, kind: Pod, metadata: {name: $1}, spec: {terminationGracePeriodSeconds: ${GRACE:-1}, ${4:-}
	 containers: [{name: c, image: "localhost/kernlet-demo:1", ${3:-}
	  command: [/bin/sh, -c, '$2']}]}}
	EOT
}
event() { # POD TEXT: the daemon told of it
	grep -F "pod=\"$1-$NAME\"" "$KLOG" | grep -qF "$2"
}
tells() { # NAME SECONDS POD TEXT
	if kn_until "$2" event "$3" "$4"; then ok "$1"; else
		not_ok "$1" "no such event; there are: $(grep -F "pod=\"$3-$NAME\"" "$KLOG" | cut -d']' -f2- | cut -c1-160 | tail -4 | tr '\n' ';')"
	fi
}

e2e_begin
mkdir -p "$N/shared"
SHARED="volumes: [{name: v, hostPath: {path: $N/shared, type: Directory}}],"
MOUNT='volumeMounts: [{name: v, mountPath: /v}],'
www='mkdir /www; echo fine >/www/ok; httpd -p 8080 -h /www; exec sleep 1000'

# ---- probes ----
pod live-exec 'touch /tmp/ok; sleep 2; rm /tmp/ok; exec sleep 1000' \
	'livenessProbe: {exec: {command: [/bin/sh, -c, "echo looked; test -e /tmp/ok"]}, periodSeconds: 1, failureThreshold: 2},' |
	manifest live-exec.yaml
pod live-http "$www" 'livenessProbe: {httpGet: {path: /missing, port: web}, periodSeconds: 1, failureThreshold: 2},
	ports: [{name: web, containerPort: 8080}],' | manifest live-http.yaml
pod ready-http "$www" 'readinessProbe: {httpGet: {path: /ok, port: 8080}, periodSeconds: 1, failureThreshold: 1},' | manifest ready-http.yaml
pod ready-tcp 'sleep 1; exec /bin/demo serve 8080' 'readinessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1},' | manifest ready-tcp.yaml
pod never-ready 'exec sleep 1000' 'readinessProbe: {tcpSocket: {port: 81}, periodSeconds: 1},' | manifest never-ready.yaml
pod startup 'sleep 3; touch /tmp/up; exec sleep 1000' \
	'startupProbe: {exec: {command: [/bin/test, -e, /tmp/up]}, periodSeconds: 1, failureThreshold: 20},
	livenessProbe: {exec: {command: [/bin/test, -e, /tmp/up]}, periodSeconds: 1, failureThreshold: 1},' | manifest startup.yaml
pod startup-fails 'exec sleep 1000' 'startupProbe: {exec: {command: [/bin/false]}, periodSeconds: 1, failureThreshold: 2},' |
	manifest startup-fails.yaml
pod slow-exec 'exec sleep 1000' 'livenessProbe: {exec: {command: [/bin/sleep, "30"]}, periodSeconds: 1, failureThreshold: 1},' |
	manifest slow-exec.yaml
pod grpc 'exec /bin/demo serve 5000' 'readinessProbe: {grpc: {port: 5000}, periodSeconds: 1},' | manifest grpc.yaml
pod no-port 'exec sleep 1000' 'readinessProbe: {httpGet: {port: nothing}, periodSeconds: 1},' | manifest no-port.yaml
manifest gate.yaml <<EOT
{apiVersion: v1, kind: Pod, metadata: {name: gate}, spec: {terminationGracePeriodSeconds: 1,
 initContainers: [{name: side, image: "localhost/kernlet-demo:1", restartPolicy: Always, $MOUNT
  command: [/bin/sh, -c, "sleep 2; echo side >>/v/gate; exec sleep 1000"],
  startupProbe: {exec: {command: [/bin/grep, side, /v/gate]}, periodSeconds: 1, failureThreshold: 20}}],
 containers: [{name: c, image: "localhost/kernlet-demo:1", $MOUNT command: [/bin/sh, -c, "echo main >>/v/gate; exec sleep 1000"]}],
 $SHARED}}
EOT

pod_becomes "a liveness probe by command restarts its container" 60 live-exec '.containers[0].restartCount >= 1'
tells "the event tells what it printed" 1 live-exec 'Liveness probe failed: looked'
tells "and that it is killed for it" 1 live-exec 'Container c failed liveness probe, will be restarted'
pod_becomes "a liveness probe by HTTP, port by name" 60 live-http '.containers[0].restartCount >= 1'
tells "the event tells the status" 1 live-http 'Liveness probe failed: HTTP probe failed with statuscode: 404'
pod_becomes "a readiness probe by HTTP" 60 ready-http '.ready == "1/1"'
kn_exec ready-http c /bin/rm /www/ok
pod_becomes "that fails later on" 10 ready-http '.ready == "0/1" and .restarts == 0'
tells "is told" 1 ready-http 'Readiness probe failed: HTTP probe failed with statuscode: 404'
pod_becomes "a readiness probe by TCP" 60 ready-tcp '.ready == "1/1"'
pod_becomes "a port that nobody serves: not ready, not restarted" 60 never-ready '.phase == "Running" and .ready == "0/1" and .restarts == 0'
tells "the event has the address" 10 never-ready "Readiness probe failed: dial tcp $(kn_pod never-ready .ip):81: connect: connection refused"
pod_becomes "a startup probe holds back the others" 60 startup '.ready == "1/1" and .restarts == 0'
pod_becomes "one that never succeeds restarts the container" 60 startup-fails '.containers[0].restartCount >= 1'
tells "as told" 1 startup-fails 'Container c failed startup probe, will be restarted'
tells "a command that takes too long has failed" 20 slow-exec 'Liveness probe failed: command timed out: \"/bin/sleep 30\" timed out after 1s'
tells "grpc: a server of something else" 10 grpc 'Readiness probe failed:'
tells "a port name that isn't there" 10 no-port 'Readiness probe errored and resulted in unknown state: port \"nothing\" not found'
pod_becomes "a sidecar's startup probe holds back what comes after it" 60 gate '.phase == "Running" and .ready == "2/2"'
kn_until 5 grep -q main "$N/shared/gate"
same "in this order" "$(tr '\n' ' ' <"$N/shared/gate")" "side main "
rm "$MANIFESTS"/{live-exec,live-http,startup-fails,slow-exec,grpc,no-port,gate}.yaml

# A restart of the daemon: what was ready stays ready, and nothing is restarted.
id=$(kn_pod ready-tcp '.containers[0].containerID')
kn_kernlet_stop KILL
kn_kernlet
kn_kernlet_wait
kn_until 10 eval '[ -n "$(kn_pod ready-tcp .ip)" ]'
same "after a restart of the daemon what was ready is ready at once" "$(kn_pod ready-tcp .ready)" 1/1
pod_becomes "what had started stays so" 10 startup '.ready == "1/1" and .restarts == 0'
same "in the same container" "$(kn_pod ready-tcp '.containers[0].containerID')" "$id"
rm "$MANIFESTS"/*.yaml

# ---- hooks ----
hook() { echo "lifecycle: {$1},"; }
GRACE=5 pod hooks 'trap "echo term >>/v/hooks; exit 0" TERM; echo main >>/v/hooks; while :; do sleep 0.1; done' \
	"$MOUNT $(hook 'postStart: {exec: {command: [/bin/sh, -c, "sleep 1; echo post >>/v/hooks"]}}, preStop: {exec: {command: [/bin/sh, -c, "sleep 1; echo pre >>/v/hooks"]}}')" \
	"$SHARED" | manifest hooks.yaml
pod post-fails 'exec sleep 1000' "$(hook 'postStart: {exec: {command: [/bin/sh, -c, "echo no; exit 3"]}}')" | manifest post-fails.yaml
pod web "$www" | manifest web.yaml
pod_becomes "a server for hooks" 60 web '.phase == "Running"'
pod http-hooks 'trap "exit 0" TERM; while :; do sleep 0.1; done' \
	"$(hook "postStart: {httpGet: {host: $(kn_pod web .ip), port: 8080, path: /ok}}, preStop: {httpGet: {host: $(kn_pod web .ip), port: 81, path: /ok}}")" |
	manifest http-hooks.yaml
GRACE=2 pod slow-pre 'exec sleep 1000' "$(hook 'preStop: {exec: {command: [/bin/sleep, "60"]}}')" | manifest slow-pre.yaml
GRACE=30 pod sleep-pre 'trap "exit 0" TERM; while :; do sleep 0.1; done' "$(hook 'preStop: {sleep: {seconds: 3}}')" | manifest sleep-pre.yaml
pod_becomes "a pod with hooks runs" 60 hooks '.phase == "Running"'
same "after its postStart hook" "$(tr '\n' ' ' <"$N/shared/hooks")" "main post "
pod_becomes "a hook by HTTP" 60 http-hooks '.phase == "Running" and .restarts == 0'
pod_becomes "a postStart hook that fails" 60 post-fails '.containers[0].reason | IN("PostStartHookError", "CrashLoopBackOff")'
tells "is told, without what it printed" 1 post-fails 'PostStartHook failed'
tells "and its container killed" 5 post-fails 'FailedPostStartHook'
pod_becomes "slow-pre runs" 60 slow-pre '.phase == "Running"'
pod_becomes "sleep-pre runs" 60 sleep-pre '.phase == "Running"'
t=$(date +%s%N)
gone() { [ -z "$(kn_pod "$1" .name)" ]; }
rm "$MANIFESTS"/{hooks,http-hooks,slow-pre,sleep-pre}.yaml
check "a pod with a preStop hook goes" kn_until 15 gone hooks
same "after its preStop hook, and that came before the signal" "$(tr '\n' ' ' <"$N/shared/hooks")" "main post pre term "
check "one whose preStop hook by HTTP fails goes too" kn_until 15 gone http-hooks
tells "as told" 1 http-hooks 'PreStopHook failed'
check "a preStop hook has the grace period and no more" kn_until 15 gone slow-pre
ms=$((($(date +%s%N) - t) / 1000000)) WHY="took $ms ms"
check "2 s, and 2 s for the signal" [ $ms -ge 3900 -a $ms -lt 9000 ]
check "sleep-pre goes, after 3 s" kn_until 15 gone sleep-pre
e2e_end
