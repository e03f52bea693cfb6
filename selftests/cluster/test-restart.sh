#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kill -9 of the node's daemon KILLS (50) times during rollouts: no container restarts, and all status is right afterwards.
. "$(dirname "${BASH_SOURCE[0]}")/test.sh"
KILLS=${KILLS:-50}
t_begin
. "$cluster_dir/node.sh"
daemon=kernlet
case ${NODE:-kernlet} in stock | kubelet+*) daemon=kubelet ;; esac
again() {
	case ${NODE:-kernlet} in
	kernlet-kubelet+*) start_kernlet --proxy=false ;;
	*) "start_$daemon" ;;
	esac
}

k create deployment still --image=$IMAGE --replicas=3 -- /bin/demo serve 8080 >/dev/null
k create deployment moving --image=$IMAGE --replicas=3 -- /bin/demo serve 8080 >/dev/null
works "pods run" rolled deployment/still || t_end
ids() { k get pods -l app=still -o json | jq -r '[.items[].status.containerStatuses[].containerID] | sort | join(" ")'; }
before=$(ids)
bad=0
for ((i = 1; i <= KILLS; i++)); do
	[ $((i % 5)) = 1 ] && k patch deployment moving -p "{\"spec\":{\"template\":{\"metadata\":{\"annotations\":{\"round\":\"$i\"}}}}}" >/dev/null
	halt $daemon KILL
	again || bad=$((bad + 1))
	sleep "0.$((RANDOM % 10))"
done
same "it started again $KILLS times" $bad 0
works "the rollout ends" rolled deployment/moving 120
becomes "no pod too many" 60 6 sh -c "O=$BUILD $cluster_dir/kubectl -n $T get pods -o name | wc -l"
# A container whose start the kill cut off never ran; its successor counts one restart, with the stock kubelet too.
restarted() {
	k get pods -o json | jq '[.items[].status.containerStatuses[]? | select(.restartCount > 0) |
		select((.lastState.terminated.startedAt // "1970") | startswith("1970") | not)] | length'
}
same "0 containers restarted" "$(restarted)" 0
same "those that nobody touched are the same" "$(ids)" "$before"
becomes "all pods are ready" 30 "True True True True True True" field pods '{.items[*].status.conditions[?(@.type=="Ready")].status}'
running_now() { kn_ctr "$N" tasks ls 2>/dev/null | grep -c RUNNING; }
want=$(kubectl get pods -A -o json | jq '[.items[] | select(.status.phase == "Running") | 1 + ([.status.containerStatuses[] | select(.state.running)] | length)] | add')
becomes "containerd runs what the API server shows" 60 "$want" running_now
t_end
