/* SPDX-License-Identifier: Apache-2.0 */
/* Pods for tests, from YAML (flow style fits one string). Include cmocka.h before. */
#ifndef KN_SELFTESTS_POD_FIXTURE_H
#define KN_SELFTESTS_POD_FIXTURE_H

#include <string.h>

#include "kubelet/pod/pod.h"
#include "lib/base/mem.h"
#include "lib/json/node.h"
#include "lib/k8s/codec.h"

/* What kn_pod_new says; the pod, if any, in *ret. file: NULL for a pod that is not static. */
static inline int pod_try(struct kn_pod **ret, const char *yaml, const char *file, struct kn_err *err)
{
	struct kn_arena *a = kn_arena_new(0);
	struct kn_node *n = NULL;
	ProtobufCMessage *m = NULL;
	int r;

	assert_int_equal(kn_yaml_parse(yaml, strlen(yaml), NULL, a, &n, NULL), 0);
	assert_int_equal(kn_codec_decode(&k8s__pod__descriptor, n, KN_CODEC_STRICT, a, &m, NULL), 0);
	r = kn_pod_new(ret, a, (K8s__Pod *)m, file, "Node-1", err);
	if (r)
		kn_arena_free(a);
	return r;
}

static inline struct kn_pod *pod_make(const char *yaml)
{
	struct kn_err err = KN_ERR_INIT;
	struct kn_pod *p = NULL;

	if (pod_try(&p, yaml, NULL, &err))
		fail_msg("%s", err.msg);
	return p;
}

#define POD(spec) "{metadata: {name: p, namespace: ns1, uid: u1}, spec: {" spec "}}"
#define CTR(more) "containers: [{name: c, image: i" more "}]"

#endif
