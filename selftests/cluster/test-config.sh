#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# ConfigMaps and Secrets as environment and as volumes, their updates, and what a pod is told of itself.
. "$(dirname "${BASH_SOURCE[0]}")/test.sh"
t_begin

k apply -f - >/dev/null <<EOT
apiVersion: v1
kind: ConfigMap
metadata: {name: conf}
data: {color: blue, "app.conf": "a=1\n"}
---
apiVersion: v1
kind: Secret
metadata: {name: key}
stringData: {password: s3cr3t}
---
apiVersion: v1
kind: Pod
metadata: {name: reader, labels: {app: reader}}
spec:
  terminationGracePeriodSeconds: 1
  securityContext: {runAsUser: 1000, fsGroup: 2000}
  containers:
  - name: c
    image: $IMAGE
    args: [sleep, "1000"]
    env:
    - {name: COLOR, valueFrom: {configMapKeyRef: {name: conf, key: color}}}
    - {name: PASSWORD, valueFrom: {secretKeyRef: {name: key, key: password}}}
    - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
    - {name: ABSENT, valueFrom: {configMapKeyRef: {name: conf, key: none, optional: true}}}
    envFrom: [{prefix: CM_, configMapRef: {name: conf}}]
    volumeMounts:
    - {name: conf, mountPath: /conf}
    - {name: conf, mountPath: /one, subPath: color}
    - {name: key, mountPath: /key}
    - {name: all, mountPath: /all}
    - {name: scratch, mountPath: /scratch}
  volumes:
  - {name: conf, configMap: {name: conf}}
  - {name: key, secret: {secretName: key, defaultMode: 0440}}
  - {name: scratch, emptyDir: {medium: Memory, sizeLimit: 1Mi}}
  - name: all
    projected:
      sources:
      - {serviceAccountToken: {path: token, audience: test, expirationSeconds: 600}}
      - {configMap: {name: conf, items: [{key: color, path: c/color}]}}
      - downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}]}
EOT
works "pod is ready" k wait --for=condition=Ready pod/reader --timeout=60s || t_end
in_pod() { k exec reader -- sh -c "$1" 2>&1; }
same "environment from a ConfigMap" "$(in_pod 'echo $COLOR $CM_color')" "blue blue"
same "environment from a Secret" "$(in_pod 'echo $PASSWORD')" s3cr3t
same "environment from a field" "$(in_pod 'echo $NODE')" "$NAME"
same "an optional key may be absent" "$(in_pod 'echo ${ABSENT-none}')" none
same "ConfigMap as a volume" "$(in_pod 'cat /conf/app.conf')" a=1
same "one key of it by subPath" "$(in_pod 'cat /one')" blue
same "Secret as a volume" "$(in_pod 'cat /key/password')" s3cr3t
same "with mode and group" "$(in_pod 'stat -L -c %a:%g /key/password')" 440:2000
same "Secrets are on a tmpfs" "$(in_pod "awk '\$2 == \"/key\" { print \$3 }' /proc/mounts")" tmpfs
same "projected ConfigMap" "$(in_pod 'cat /all/c/color')" blue
same "projected labels" "$(in_pod 'cat /all/labels')" 'app="reader"'
same "projected token is for its audience" "$(in_pod 'cut -d. -f2 /all/token' | tr '_-' '/+' | base64 -d 2>/dev/null | grep -o '"aud":\["test"\]')" '"aud":["test"]'
same "emptyDir in memory" "$(in_pod 'touch /scratch/x && awk "\$2 == \"/scratch\" { print \$3 }" /proc/mounts')" tmpfs
same "service account" "$(in_pod 'cat /var/run/secrets/kubernetes.io/serviceaccount/namespace')" "$T"

k patch configmap conf --type merge -p '{"data":{"color":"green"}}' >/dev/null
k patch secret key --type merge -p '{"stringData":{"password":"changed"}}' >/dev/null
becomes "the volume shows the update" 120 green in_pod 'cat /conf/color'
becomes "the Secret too" 120 changed in_pod 'cat /key/password'
same "a subPath doesn't" "$(in_pod 'cat /one')" blue
k label pod reader more=yes >/dev/null
becomes "new labels are shown" 120 'app="reader" more="yes"' in_pod 'echo $(cat /all/labels)'

k apply -f - >/dev/null <<EOT
apiVersion: v1
kind: Pod
metadata: {name: early}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - {name: c, image: $IMAGE, args: [sleep, "1000"], envFrom: [{configMapRef: {name: late}}]}
EOT
becomes "a pod waits for a ConfigMap that isn't there" 60 CreateContainerConfigError field pod/early '{.status.containerStatuses[0].state.waiting.reason}'
k create configmap late --from-literal=x=y >/dev/null
works "and starts once it is" k wait --for=condition=Ready pod/early --timeout=60s
t_end
