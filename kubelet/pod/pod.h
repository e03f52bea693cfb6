/* SPDX-License-Identifier: Apache-2.0 */
/* A desired pod: the decoded object with its arena, immutable and reference-counted (loop thread only). */
#ifndef KN_KUBELET_POD_H
#define KN_KUBELET_POD_H

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/k8s/core.pb-c.h"
#include "lib/k8s/object.h"

/* Labels that the kubelet puts on sandboxes and containers and finds them again by
 * (pkg/kubelet/types/labels.go of k8s.io/kubernetes). */
#define KN_LABEL_POD_NAME "io.kubernetes.pod.name"
#define KN_LABEL_POD_NAMESPACE "io.kubernetes.pod.namespace"
#define KN_LABEL_POD_UID "io.kubernetes.pod.uid"
#define KN_LABEL_CONTAINER_NAME "io.kubernetes.container.name"
/* Container annotations (pkg/kubelet/kuberuntime/labels.go). */
#define KN_ANNOTATION_CONTAINER_HASH "io.kubernetes.container.hash"
#define KN_ANNOTATION_RESTART_COUNT "io.kubernetes.container.restartCount"
#define KN_ANNOTATION_TERMINATION_PATH "io.kubernetes.container.terminationMessagePath"
#define KN_ANNOTATION_TERMINATION_POLICY "io.kubernetes.container.terminationMessagePolicy"
#define KN_ANNOTATION_POD_GRACE "io.kubernetes.pod.terminationGracePeriod"

struct kn_pod {
	unsigned refs;
	struct kn_arena *arena; /* owns everything below */
	K8s__Pod *obj;		/* metadata and spec never NULL; name, namespace, uid never NULL */
	const char *uid, *name, *ns;
	const char *file;      /* where it came from, or NULL */
	struct kn_object *api; /* what it was made of, if it is the API server's: owns the rest then */
};

/* Takes the arena. Applies what the API server would default (namespace, restartPolicy, dnsPolicy, grace
 * period, imagePullPolicy, terminationMessagePath/Policy, port protocol, schedulerName is left alone) and
 * validates what a node needs: names (RFC 1123), at least one container, unique names, images set, mounts
 * that name a volume, known enum values. node_name is appended to a static pod's name as the kubelet does,
 * and the uid is made from a hash of the manifest when there is none. On error the arena stays the caller's;
 * messages name the field: "spec.containers[0].image: Required value". */
int kn_pod_new(struct kn_pod **ret, struct kn_arena *arena, K8s__Pod *obj, const char *file,
	       const char *node_name, struct kn_err *err);
/* Of an object of the API server, which has defaulted and validated it: taken as it is, by reference. -EINVAL
 * when it has no uid, namespace, spec or container, and for containers without a name. */
int kn_pod_from_object(struct kn_pod **ret, struct kn_object *o, struct kn_err *err);
struct kn_pod *kn_pod_ref(struct kn_pod *p);
struct kn_pod *kn_pod_unref(struct kn_pod *p); /* NULL accepted; returns NULL */
void kn_pod_unrefp(struct kn_pod **p);

enum kn_qos { KN_QOS_GUARANTEED, KN_QOS_BURSTABLE, KN_QOS_BESTEFFORT };
enum kn_qos kn_pod_qos(const struct kn_pod *p); /* pkg/apis/core/v1/helper/qos */
const char *kn_qos_name(enum kn_qos q);		/* "Guaranteed", ... */
int kn_pod_is_host_network(const struct kn_pod *p);
const K8s__Container *kn_pod_container(const struct kn_pod *p, const char *name,
				       int *is_init);		   /* NULL: none */
int kn_container_is_sidecar(const K8s__Container *init_container); /* restartPolicy: Always */
/* Hash of the fields whose change restarts a container: name and image (pkg/kubelet/container/helpers.go
 * HashContainer). FNV-1a, hex, 16 digits. */
void kn_container_hash(const K8s__Container *c, char buf[17]);

#endif
