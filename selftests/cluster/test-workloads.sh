#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# StatefulSet, DaemonSet, Job, CronJob.
. "$(dirname "${BASH_SOURCE[0]}")/test.sh"
t_begin

k apply -f - >/dev/null <<EOT
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {clusterIP: None, selector: {app: db}, ports: [{port: 8080}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  replicas: 3
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      terminationGracePeriodSeconds: 5
      containers:
      - name: db
        image: $IMAGE
        args: [/bin/demo, serve, "8080"]
        readinessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      terminationGracePeriodSeconds: 1
      hostNetwork: true
      containers:
      - {name: agent, image: $IMAGE, args: [/bin/demo, serve, "18080"]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: sum}
spec:
  completions: 4
  parallelism: 2
  template:
    spec:
      restartPolicy: Never
      containers:
      - {name: sum, image: $IMAGE, command: [sh, -c, "echo done; exit 0"]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: again}
spec:
  backoffLimit: 1
  template:
    spec:
      restartPolicy: Never
      containers:
      - {name: again, image: $IMAGE, command: [sh, -c, "exit 3"]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: minute}
spec:
  schedule: "* * * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: OnFailure
          containers:
          - {name: minute, image: $IMAGE, command: [date]}
EOT
works "StatefulSet is rolled out" rolled statefulset/db 120
same "its pods have ordered names" "$(field pods '{.items[?(@.metadata.labels.app=="db")].metadata.name}')" "db-0 db-1 db-2"
same "a pod knows its stable name" "$(k exec db-1 -- hostname 2>&1)" db-1
becomes "a pod's name resolves" 40 0 sh -c "O=$BUILD $cluster_dir/kubectl -n $T exec db-0 -- nslookup db-2.db.$T.svc.cluster.local 10.96.0.10 >/dev/null 2>&1; echo \$?"
uid=$(field pod/db-1 '{.metadata.uid}')
works "a pod of the set is deleted" k delete pod db-1
becomes "another takes its name" 60 "true" sh -c "O=$BUILD $cluster_dir/kubectl -n $T get pod db-1 -o json | jq -c '.metadata.uid != \"$uid\" and .status.containerStatuses[0].ready'"

works "DaemonSet is rolled out" rolled daemonset/agent
same "its pod is on the host's network" "$(field pods '{.items[?(@.metadata.labels.app=="agent")].status.podIP}')" $HOST_IP
same "it answers on the node's address" "$(client ask tcp $HOST_IP 18080 1)" "$(hostname) from $HOST_IP"

becomes "Job completes" 90 4 field job/sum '{.status.succeeded}'
same "its logs are there" "$(k logs job/sum 2>/dev/null | tail -1)" done
becomes "a failing Job gives up" 120 "Failed" sh -c "O=$BUILD $cluster_dir/kubectl -n $T get job again -o json | jq -r '.status.conditions[]? | select(.type == \"Failed\" and .status == \"True\") | .type'"
same "with its exit code seen" "$(k get pods -l job-name=again -o 'jsonpath={.items[0].status.containerStatuses[0].state.terminated.exitCode}')" 3

works "StatefulSet goes down in order" k scale statefulset/db --replicas=0
becomes "no pod of it is left" 60 "" field pods '{.items[?(@.metadata.labels.app=="db")].metadata.name}'
becomes "CronJob made a Job that succeeded" 100 true sh -c "O=$BUILD $cluster_dir/kubectl -n $T get jobs -o json | jq '[.items[] | select(.metadata.ownerReferences[0].kind? == \"CronJob\") | .status.succeeded // 0] | add // 0 | . > 0'"
t_end
