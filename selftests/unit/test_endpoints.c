/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kubelet/endpoints.h"
#include "lib/base/mem.h"
#include "lib/json/node.h"
#include "lib/k8s/codec.h"
#include <string.h>

static const char svc_json[] =
	"{\"metadata\":{\"name\":\"web\"},\"spec\":{\"selector\":{\"app\":\"web\"},\"ports\":["
	"{\"name\":\"a\",\"port\":80,\"targetPort\":\"http\"},{\"name\":\"b\",\"port\":81},"
	"{\"name\":\"c\",\"port\":82,\"targetPort\":\"none\"},"
	"{\"name\":\"d\",\"port\":53,\"targetPort\":5353,\"protocol\":\"UDP\"}]}}";
static const char pod_json[] =
	"{\"metadata\":{\"name\":\"p\",\"labels\":{\"app\":\"web\",\"x\":\"y\"}},\"spec\":{"
	"\"containers\":[{\"name\":\"c\",\"image\":\"i\",\"ports\":["
	"{\"name\":\"http\",\"containerPort\":8080}]}]}}";

static void *decode(const ProtobufCMessageDescriptor *d, const char *json, struct kn_arena *a)
{
	struct kn_node *n = NULL;
	ProtobufCMessage *m = NULL;

	assert_int_equal(kn_json_parse(json, strlen(json), NULL, a, &n, NULL), 0);
	assert_int_equal(kn_codec_decode(d, n, KN_CODEC_STRICT, a, &m, NULL), 0);
	return m;
}

struct fixture {
	struct kn_arena *a;
	struct kn_pod pod;
	struct kn_pod_view view;
	struct kn_endpoints e;
};
static const char *const ips[] = {"10.85.0.3", "fd00:85::3", NULL};

static int setup(void **state)
{
	struct fixture *f = kn_calloc(1, sizeof(*f));

	f->a = kn_arena_new(0);
	f->pod = (struct kn_pod){.uid = "u1", .name = "p", .ns = "default"};
	f->pod.obj = decode(&k8s__pod__descriptor, pod_json, f->a);
	f->view = (struct kn_pod_view){.pod = &f->pod, .ips = ips, .ready = true};
	f->e = (struct kn_endpoints){.arena = f->a, .node_name = "n1"};
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	free(f->e.slices);
	kn_arena_free(f->a);
	free(f);
	return 0;
}

static void test_a_slice_a_family(void **state)
{
	struct fixture *f = *state;
	const K8s__EndpointSlice *s;

	kn_endpoints_add(&f->e, decode(&k8s__service__descriptor, svc_json, f->a), &f->view);
	assert_int_equal(f->e.n, 2);
	s = f->e.slices[0];
	assert_string_equal(s->addresstype, "IPv4");
	assert_string_equal(s->endpoints[0]->addresses[0], "10.85.0.3");
	assert_true(s->endpoints[0]->conditions->ready);
	assert_string_equal(s->metadata->labels[0]->value, "web");
	assert_string_equal(f->e.slices[1]->addresstype, "IPv6");
	/* The named port, the default, and not the one that the pod doesn't have. */
	assert_int_equal(s->n_ports, 3);
	assert_int_equal(s->ports[0]->port, 8080);
	assert_int_equal(s->ports[1]->port, 81);
	assert_int_equal(s->ports[2]->port, 5353);
	assert_string_equal(s->ports[2]->protocol, "UDP");
}

static void test_terminating_is_not_ready(void **state)
{
	struct fixture *f = *state;

	f->view.terminating = true;
	kn_endpoints_add(&f->e, decode(&k8s__service__descriptor, svc_json, f->a), &f->view);
	assert_false(f->e.slices[0]->endpoints[0]->conditions->ready);
	assert_true(f->e.slices[0]->endpoints[0]->conditions->serving);
}

static void test_not_selected(void **state)
{
	static const char *const none[] = {
		"{\"metadata\":{\"name\":\"s\"},\"spec\":{\"ports\":[{\"port\":1}]}}",
		"{\"metadata\":{\"name\":\"s\"},\"spec\":{\"selector\":{\"app\":\"x\"},\"ports\":[{\"port\":"
		"1}]}}",
		"{\"metadata\":{\"name\":\"s\",\"namespace\":\"o\"},\"spec\":{\"selector\":{\"app\":\"web\"}}"
		"}",
		"{\"metadata\":{\"name\":\"s\"},\"spec\":{\"selector\":{\"app\":\"web\",\"z\":\"1\"}}}",
		"{\"metadata\":{\"name\":\"s\"},\"spec\":{\"selector\":{\"app\":\"web\"},\"type\":"
		"\"ExternalName\"}}",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < KN_ARRAY_SIZE(none); i++)
		kn_endpoints_add(&f->e, decode(&k8s__service__descriptor, none[i], f->a), &f->view);
	f->view.ips = (const char *const[]){NULL};
	kn_endpoints_add(&f->e, decode(&k8s__service__descriptor, svc_json, f->a), &f->view);
	assert_int_equal(f->e.n, 0);
}

#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {T(test_a_slice_a_family), T(test_terminating_is_not_ready),
					   T(test_not_selected)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
