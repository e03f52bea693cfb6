#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What goes wrong on nodes: daemons that die, bad manifests, full disks.
. "$(dirname "$0")/../harness/e2e.sh"

pod() { # NAME [COMMAND]
	cat <<-EOT
	apiVersion: v1
	kind: Pod
	metadata: {name: $1}
	spec:
	  terminationGracePeriodSeconds: 1
	  containers:
	  - name: c
	    image: localhost/kernlet-demo:1
	    command: [/bin/sleep, "${2:-1000}"]
	EOT
}
refused() { # NAME TEXT ARGS...: kernlet doesn't start, and its message has TEXT
	local name=$1 text=$2 pid=$KPID log=$KLOG rc
	shift 2
	KLOG=$N/refused.log
	: >"$KLOG"
	kn_kernlet "$@"
	kn_wait_gone 50 $KPID
	rc=$?
	kill -9 $KPID 2>/dev/null
	if [ $rc != 0 ]; then not_ok "$name" "it runs"; elif grep -qE "$text" "$KLOG"; then ok "$name"; else not_ok "$name" "$(tail -1 "$KLOG")"; fi
	KPID=$pid KLOG=$log
	echo "$KPID" >"$N/kernlet.pid"
}
running='.phase == "Running" and .ready == "1/1"'

e2e_begin only-init
[ -x "$BUILD/kernlet" ] || { not_ok "kernlet is built" "no $BUILD/kernlet"; exit 1; }
pod a | manifest a.yaml
pod b | manifest b.yaml
# containerd absent at start
kn_kernlet
check "without containerd kernlet starts and answers" kn_kernlet_wait
check "and says what is missing" kn_until 10 grep -qE 'containerd.sock' "$KLOG"
kn_node_containerd && bash "$here/image.sh" import "$N"
for n in a b; do pod_becomes "once containerd is there, pod $n runs" 40 $n "$running"; done

ids=$(container_ids)
WHY="containers: $(echo $ids)"
check "there are containers to watch" [ "$(echo "$ids" | wc -w)" -ge 2 ]
for i in 1 2 3 4 5 6 7 8 9 10; do
	kn_kernlet_stop KILL
	kn_kernlet
	sleep "0.$((i % 4))"
done
check "10 times kill -9 of kernlet: the next one starts" kn_kernlet_wait
sleep 2
same "10 times kill -9 of kernlet: no container restarted" "$(container_ids)" "$ids"
pod_becomes "and the pods are Running for it" 10 a "$running and .restarts == 0"

for i in 1 2 3 4 5 6; do
	kn_kernlet_stop TERM
	kn_kernlet
	sleep "0.0$((i * 15))"
	kill -0 "$KPID" 2>/dev/null || true
done
kn_kernlet_wait
same "SIGTERM at any moment: no container restarted" "$(container_ids)" "$ids"

kn_containerd_kill "$N"
sleep 2
check "kernlet outlives containerd" kill -0 "$KPID"
kn_ns bash "$here/containerd.sh" restart "$N"
pod c | manifest c.yaml
pod_becomes "after containerd came back, a new pod runs" 40 c "$running"
same "and no container was restarted" "$(container_ids | grep -cFx "$ids")" "$(echo "$ids" | wc -l)"

# bad manifests
id=$(kn_pod a '.containers[0].containerID')
pod a | sed 's/    command:/    comand:/' | manifest a.yaml
check "a broken manifest is named with file, line and field" kn_until 10 eval 'grep -E "a\.yaml" "$KLOG" | grep -q "comand"'
check "the line is right" eval 'grep -E "a\.yaml" "$KLOG" | grep "comand" | grep -qE "line 9|:9[: ]"'
sleep 1
same "the old pod goes on" "$(kn_pod a '.containers[0].containerID')" "$id"
pod d | sed 's/1000/1001/' | manifest d.yaml
pod_becomes "other pods are obeyed meanwhile" 20 d "$running"
pod a | manifest a.yaml
sleep 1
same "mended, the same pod goes on" "$(kn_pod a '.containers[0].containerID')" "$id"
truncate -s 1G "$MANIFESTS/huge.yaml"
check "a manifest of 1 GiB is refused by name" kn_until 10 eval 'grep -q "huge.yaml" "$KLOG"'
rss=$(awk '/VmHWM/ { print $2 }' "/proc/$KPID/status")
WHY="peak memory $rss KiB"
check "in bounded memory" [ "$rss" -lt 102400 ]
rm "$MANIFESTS/huge.yaml"
{ head -c 1000000 /dev/zero | tr '\0' '['; } | manifest deep.json
check "JSON a million levels deep is refused by name" kn_until 10 eval 'grep -q "deep.json" "$KLOG"'
check "and kernlet lives" kill -0 "$KPID"
rm "$MANIFESTS/deep.json"

refused "a second daemon on the same socket" "another daemon answers"
check "which leaves the first alone" eval 'kn_ctl status >/dev/null'
kn_kernlet_stop TERM
POD_CIDR=10.85.0.0/33 refused "wrong CIDR" "invalid CIDR address: 10.85.0.0/33"
POD_CIDR=10.85.0.7/24 refused "CIDR with host bits" "10.85.0.7/24"
refused "unknown flag" "no-such-flag" --no-such-flag=1
kn_kernlet
kn_kernlet_wait
same "after it all: no container restarted" "$(container_ids | grep -cFx "$ids")" "$(echo "$ids" | wc -l)"

# a disk that is full: the root folder on a small tmpfs
kn_kernlet_stop TERM
mkdir -p "$N/small"
mount -t tmpfs -o size=256k none "$N/small"
dd if=/dev/zero of="$N/small/fill" bs=4k 2>/dev/null
kept=$ROOT
ROOT=$N/small/kubelet
pod full | manifest full.yaml
kn_kernlet
sleep 3
check "with a full disk kernlet lives or says so" eval 'kill -0 "$KPID" 2>/dev/null || tail -3 "$KLOG" | grep -qi "no space"'
check "and names the cause" kn_until 10 grep -qi "no space left" "$KLOG"
rm -f "$N/small/fill"
kill -0 "$KPID" 2>/dev/null || kn_kernlet
pod_becomes "with room again the pod runs" 60 full "$running"
e2e_end
