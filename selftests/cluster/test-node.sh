#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What is done to a node and to a namespace: cordon, drain, uncordon, deletion with all that is in it.
. "$(dirname "${BASH_SOURCE[0]}")/test.sh"
t_begin
trap 'kubectl uncordon "$NAME" >/dev/null 2>&1; t_stop' EXIT

web() { # NAME REPLICAS
	k create deployment "$1" --image=$IMAGE --replicas="$2" -- /bin/demo serve 8080
}
phases() { field pods '{range .items[*]}{.status.phase}{"\n"}{end}' | sort | uniq -c | awk '{ print $1 " " $2 }' | paste -sd, ; }
same "node is Ready" "$(kubectl get node "$NAME" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}')" True
becomes "its Lease is renewed" 30 true sh -c "O=$BUILD $cluster_dir/kubectl -n kube-node-lease get lease $NAME -o json | jq '(now - (.spec.renewTime | sub(\"[.][0-9]+Z\"; \"Z\") | fromdate)) < 15'"
web one 2 >/dev/null
works "pods run" rolled deployment/one
works "cordon" kubectl cordon "$NAME"
web two 1 >/dev/null
becomes "a new pod stays pending" 20 "1 Pending,2 Running" phases
works "drain" kubectl drain "$NAME" --ignore-daemonsets --delete-emptydir-data --force --pod-selector="app in (one)" --timeout=120s
becomes "everything waits for a node" 60 "3 Pending" phases
works "uncordon" kubectl uncordon "$NAME"
becomes "everything runs again" 60 "3 Running" phases

works "namespace goes with all that is in it" kubectl delete namespace "$T" --timeout=120s
same "none of its containers is left" "$(kn_ctr "$N" containers ls 2>/dev/null | grep -c "$T")" 0
folders() { ls "$LOGS" | grep -c "^${T}_"; }
becomes "nor its folders" 100 0 folders
t_end
