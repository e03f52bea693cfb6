#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A Deployment behind a Service: rollout, update and rollback under load without a failed request, scaling.
. "$(dirname "${BASH_SOURCE[0]}")/test.sh"
t_begin

web() { # VERSION
	k apply -f - <<-EOT
	apiVersion: apps/v1
	kind: Deployment
	metadata: {name: web}
	spec:
	  replicas: 3
	  selector: {matchLabels: {app: web}}
	  strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
	  template:
	    metadata: {labels: {app: web}, annotations: {version: "$1"}}
	    spec:
	      terminationGracePeriodSeconds: 20
	      containers:
	      - name: web
	        image: $IMAGE
	        args: [/bin/demo, serve, "8080"]
	        ports: [{containerPort: 8080}]
	        readinessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1}
	        # Connections that are under way end before the process does.
	        lifecycle: {preStop: {sleep: {seconds: 3}}}
	---
	apiVersion: v1
	kind: Service
	metadata: {name: web}
	spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
	EOT
}
works "Deployment is accepted" web 1
works "Deployment is rolled out" rolled deployment/web || t_end
ip=$(field service/web '{.spec.clusterIP}')
answers() { client ask tcp "$ip" 80 60 | sed 's/ from.*//' | sort -u | grep -c ^web-; }
becomes "all three pods answer through the Service" 20 3 answers
works "kubectl logs" k logs deployment/web
same "kubectl exec" "$(k exec deployment/web -- sh -c 'echo $KN_IMAGE' 2>&1)" demo

load_begin "$ip" 80
web 2 >/dev/null
works "rolling update under load" rolled deployment/web 120
sleep 1
load_end "no request failed during the update" 100
becomes "old pods are gone" 40 3 sh -c "O=$BUILD $cluster_dir/kubectl -n $T get pods -o name | wc -l"
same "all pods are of the new version" "$(field pods '{.items[*].metadata.annotations.version}')" "2 2 2"

load_begin "$ip" 80
works "rollback" k rollout undo deployment/web
works "rollback is rolled out" rolled deployment/web 120
sleep 1
load_end "no request failed during the rollback" 100
becomes "all pods are of the old version" 40 "1 1 1" field pods '{.items[*].metadata.annotations.version}'

works "scale to 6" k scale deployment/web --replicas=6
works "6 pods are ready" rolled deployment/web
becomes "all six answer" 20 6 answers
works "scale to 0" k scale deployment/web --replicas=0
becomes "no pod is left" 60 "" field pods '{.items[*].metadata.name}'
same "no request is answered" "$(client ask tcp "$ip" 80 1)" "-"
same "no restarts" "$(restarts)" 0
t_end
