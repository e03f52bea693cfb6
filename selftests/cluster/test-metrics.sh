#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# metrics-server on the cluster: `kubectl top` shows the node and pods, and an autoscaler scales by what it sees.
. "$(dirname "${BASH_SOURCE[0]}")/test.sh"
if [ -n "$("$cluster_dir/build" --missing metrics-server)" ] && [ -z "${KN_CLUSTER:-}" ]; then
	echo "skip $test_name: metrics-server is not built (make cluster-build)"
	exit 0
fi
"$cluster_dir/build" metrics-server >&2 && "$cluster_dir/images" build >&2
t_begin
"$cluster_dir/images" import "$N"
trap 'kubectl delete -f "$cluster_dir/manifests/metrics-server.yaml" --ignore-not-found >/dev/null 2>&1; t_stop' EXIT

works "metrics-server is accepted" kubectl apply -f "$cluster_dir/manifests/metrics-server.yaml"
works "it becomes ready" kubectl -n kube-system rollout status deployment/metrics-server --timeout=120s || t_end
k apply -f - >/dev/null <<EOT
apiVersion: apps/v1
kind: Deployment
metadata: {name: busy}
spec:
  selector: {matchLabels: {app: busy}}
  template:
    metadata: {labels: {app: busy}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: busy
        image: $IMAGE
        command: [sh, -c, "while :; do i=0; while [ \$i -lt 20000 ]; do i=\$((i + 1)); done; sleep 0.05; done"]
        resources: {requests: {cpu: 10m}, limits: {cpu: 200m}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: busy}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: busy}
  minReplicas: 1
  maxReplicas: 2
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]
EOT
top_node() { kubectl top node "$NAME" --no-headers | awk '{ print ($2 + 0 > 0 && $4 + 0 > 0) }'; }
top_pod() { k top pod --no-headers -l app=busy | awk '{ m = $2 + 0 > 0 } END { print m + 0 }'; }
becomes "kubectl top node" 90 1 top_node
becomes "kubectl top pod" 90 1 top_pod
becomes "the autoscaler adds a pod" 150 2 field deployment/busy '{.spec.replicas}'
t_end
