// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "lib/k8s/codec.h"
#include "lib/k8s/core.pb-c.h"
#include "lib/k8s/discovery.pb-c.h"

static int decode(struct kn_arena *a, const ProtobufCMessageDescriptor *desc, const char *text,
		  unsigned flags, void *ret, struct kn_err *err)
{
	struct kn_node *n = NULL;

	assert_int_equal(kn_yaml_parse(text, strlen(text), NULL, a, &n, err), 0);
	assert_non_null(n);
	return kn_codec_decode(desc, n, flags, a, ret, err);
}

static const char pod_yaml[] =
	"apiVersion: v1\n"
	"kind: Pod\n"
	"metadata:\n"
	"  name: web\n"
	"  creationTimestamp: null\n"
	"  labels: {app: web, tier: \"1\"}\n"
	"  managedFields: [{manager: kubectl}]\n"
	"spec:\n"
	"  restartPolicy: Always\n"
	"  terminationGracePeriodSeconds: 3e1\n"
	"  affinity: {podAffinity: {}}\n"
	"  tolerations: [{operator: Exists}]\n"
	"  containers:\n"
	"  - name: c\n"
	"    image: busybox\n"
	"    command: [sleep, \"1\", ~]\n"
	"    ports: [{containerPort: 80, hostPort: 8080.0}]\n"
	"    resources: {requests: {cpu: 0.5, memory: 64Mi}}\n"
	"    env:\n"
	"    - {name: KEY, valueFrom: {secretKeyRef: {name: s, key: k, optional: true}}}\n"
	"    livenessProbe: {httpGet: {port: http, path: /}, periodSeconds: 5}\n"
	"    readinessProbe: {tcpSocket: {port: 80}}\n"
	"    lifecycle: {preStop: {exec: {command: [x]}}}\n"
	"  volumes:\n"
	"  - {name: h, hostPath: {path: /tmp}}\n"
	"  - {name: r, rbd: {monitors: []}}\n"
	"  - {name: s, secret: {secretName: x, defaultMode: 0400}}\n";

static void test_pod(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_err err = KN_ERR_INIT;
	K8s__Pod *pod = NULL;
	K8s__Container *c;

	if (decode(a, &k8s__pod__descriptor, pod_yaml, KN_CODEC_STRICT, &pod, &err))
		fail_msg("%s", err.msg);
	assert_string_equal(pod->metadata->name, "web");
	assert_null(pod->metadata->creationtimestamp);
	assert_int_equal(pod->metadata->n_labels, 2);
	assert_string_equal(pod->metadata->labels[1]->key, "tier");
	assert_string_equal(pod->metadata->labels[1]->value, "1");
	assert_true(pod->spec->has_terminationgraceperiodseconds);
	assert_int_equal(pod->spec->terminationgraceperiodseconds, 30);
	c = pod->spec->containers[0];
	assert_int_equal(c->n_command, 3);
	assert_string_equal(c->command[2], "");
	assert_int_equal(c->ports[0]->hostport, 8080);
	assert_false(c->ports[0]->name != NULL);
	assert_string_equal(c->resources->requests[0]->value->string, "0.5");
	assert_string_equal(c->resources->requests[1]->value->string, "64Mi");
	assert_string_equal(c->env[0]->valuefrom->secretkeyref->localobjectreference->name, "s");
	assert_true(c->env[0]->valuefrom->secretkeyref->optional);
	assert_int_equal(c->livenessprobe->handler->httpget->port->type, 1);
	assert_string_equal(c->livenessprobe->handler->httpget->port->strval, "http");
	assert_int_equal(c->readinessprobe->handler->tcpsocket->port->intval, 80);
	assert_string_equal(c->lifecycle->prestop->exec->command[0], "x");
	assert_string_equal(pod->spec->volumes[0]->volumesource->hostpath->path, "/tmp");
	assert_null(pod->spec->volumes[1]->volumesource);
	assert_int_equal(pod->spec->volumes[2]->volumesource->secret->defaultmode, 0400);
}

static void test_errors(void **state)
{
	static const struct {
		const char *text, *msg;
	} bad[] = {
		{"spec:\n  containers:\n  - name: c\n    ports:\n    - containerPort: \"80\"\n",
		 "line 5: spec.containers[0].ports[0].containerPort: expected integer, got string"},
		{"spec:\n  containers:\n  - imagee: c\n", "line 3: spec.containers[0].imagee: unknown field"},
		{"spec:\n  hostNetwork: 1\n", "line 2: spec.hostNetwork: expected boolean, got number"},
		{"spec:\n  hostNetwork: true\n  hostNetwork: true\n",
		 "line 3: spec.hostNetwork: doubled field"},
		{"metadata:\n  labels: {a: b, a: c}\n", "line 2: metadata.labels[a]: doubled field"},
		{"metadata:\n  labels: {a: 1}\n", "line 2: metadata.labels[a]: expected string, got number"},
		{"metadata: []\n", "line 1: metadata: expected object, got array"},
		{"- a\n", "line 1: expected object, got array"},
		{"spec: {containers: {}}\n", "line 1: spec.containers: expected array, got object"},
		{"spec: {containers: [{ports: [{hostPort: 1.5}]}]}\n",
		 "line 1: spec.containers[0].ports[0].hostPort: expected integer, got a number with a "
		 "fraction"},
		{"spec: {containers: [{ports: [{hostPort: 2147483648}]}]}\n",
		 "line 1: spec.containers[0].ports[0].hostPort: does not fit 32 bits"},
		{"spec: {activeDeadlineSeconds: 1e19}\n",
		 "line 1: spec.activeDeadlineSeconds: does not fit 64 bits"},
		{"spec: {volumes: [{volumeSource: {}}]}\n",
		 "line 1: spec.volumes[0].volumeSource: unknown field"},
		{"metadata: {kind: x}\n", "line 1: metadata.kind: unknown field"},
		{"kind: 1\n", "line 1: kind: expected string, got number"},
		{"metadata: {creationTimestamp: yesterday}\n",
		 "line 1: metadata.creationTimestamp: not a time as RFC 3339 has it"},
		{"metadata: {name: \"a\\0b\"}\n", "line 1: metadata.name: a string must not hold a NUL"},
		{"spec: {overhead: {cpu: 1x}}\n",
		 "line 1: spec.overhead[cpu]: not a quantity (as 500m, 1.5, 128Mi, 2e3)"},
		{"spec: {overhead: {cpu: true}}\n",
		 "line 1: spec.overhead[cpu]: expected quantity, got boolean"},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(bad); i++) {
		kn_auto_arena struct kn_arena *a = kn_arena_new(0);
		struct kn_err err = KN_ERR_INIT;
		void *untouched = &err, *ret = untouched;

		assert_true(decode(a, &k8s__pod__descriptor, bad[i].text, KN_CODEC_STRICT, &ret, &err) < 0);
		assert_string_equal(err.msg, bad[i].msg);
		assert_ptr_equal(ret, untouched);
	}
}

static void test_lenient(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	K8s__Pod *pod = NULL;

	assert_int_equal(decode(a, &k8s__pod__descriptor,
				"{\"x\": [1], \"metadata\": {\"name\": \"a\", \"name\": \"b\","
				"\"labels\": {\"k\": \"1\", \"k\": \"2\"}}}",
				0, &pod, NULL),
			 0);
	assert_string_equal(pod->metadata->name, "b");
	assert_int_equal(pod->metadata->n_labels, 1);
	assert_string_equal(pod->metadata->labels[0]->value, "2");
}

static void test_slice_and_service(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	K8s__EndpointSlice *es = NULL;
	K8s__Service *svc = NULL;

	assert_int_equal(decode(a, &k8s__endpoint_slice__descriptor,
				"apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\naddressType: IPv4\n"
				"metadata: {labels: {kubernetes.io/service-name: s}}\n"
				"ports: [{name: '', port: 80}]\n"
				"endpoints: [{addresses: [10.0.0.1], conditions: {ready: false}}]\n",
				KN_CODEC_STRICT, &es, NULL),
			 0);
	assert_true(es->endpoints[0]->conditions->has_ready);
	assert_false(es->endpoints[0]->conditions->ready);
	assert_false(es->endpoints[0]->conditions->has_serving);
	assert_string_equal(es->ports[0]->name, "");
	assert_int_equal(
		decode(a, &k8s__service__descriptor,
		       "spec: {clusterIP: None, selector: {a: b}, ports: [{port: 1, targetPort: x}]}\n",
		       KN_CODEC_STRICT, &svc, NULL),
		0);
	assert_string_equal(svc->spec->ports[0]->targetport->strval, "x");
}

static void test_bytes(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_err err = KN_ERR_INIT;
	K8s__Secret *s = NULL;

	assert_int_equal(decode(a, &k8s__secret__descriptor, "data: {a: aGk=, b: ''}\n", 1, &s, NULL), 0);
	assert_int_equal(s->data[0]->value.len, 2);
	assert_memory_equal(s->data[0]->value.data, "hi", 2);
	assert_int_equal(s->data[1]->value.len, 0);
	assert_int_equal(decode(a, &k8s__secret__descriptor, "data: {a: aGk}\n", 1, &s, &err), -EINVAL);
	assert_string_equal(err.msg, "line 1: data[a]: not base64");
}

static void test_memory_bound(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	kn_auto_arena struct kn_arena *small = kn_arena_new(64 * 1024);
	kn_auto_buf struct kn_buf text = {0};
	struct kn_err err = KN_ERR_INIT;
	ProtobufCMessage *ret = NULL;
	struct kn_node *n;

	kn_buf_adds(&text, "{\"spec\":{\"containers\":[{}");
	for (int i = 0; i < 10000; i++)
		kn_buf_adds(&text, ",{}");
	kn_buf_adds(&text, "]}}");
	assert_int_equal(kn_json_parse(text.data, text.len, NULL, a, &n, NULL), 0);
	assert_int_equal(kn_codec_decode(&k8s__pod__descriptor, n, 1, small, &ret, &err), -ENOMEM);
	assert_null(ret);
}

/* What a manifest means is what the binary encoding carries, and back. */
static void test_round_trip(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	kn_auto_buf struct kn_buf json1 = {0}, json2 = {0};
	struct kn_json_writer *w;
	struct kn_node *n;
	K8s__Pod *pod = NULL, *again = NULL, *unpacked;
	uint8_t *wire;
	size_t len;

	assert_int_equal(decode(a, &k8s__pod__descriptor, pod_yaml, KN_CODEC_STRICT, &pod, NULL), 0);
	w = kn_json_writer_new(&json1, false);
	kn_codec_encode(&pod->base, NULL, w);
	kn_json_writer_free(w);
	assert_non_null(strstr(json1.data,
			       "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"web\","));
	assert_non_null(strstr(json1.data, "\"volumes\":[{\"name\":\"h\",\"hostPath\":{\"path\":\"/tmp\"}}"));
	assert_int_equal(kn_json_parse(json1.data, json1.len, NULL, a, &n, NULL), 0);
	assert_int_equal(kn_codec_decode(&k8s__pod__descriptor, n, KN_CODEC_STRICT, a,
					 (ProtobufCMessage **)&again, NULL),
			 0);
	len = k8s__pod__get_packed_size(again);
	wire = kn_arena_alloc(a, len);
	k8s__pod__pack(again, wire);
	unpacked = k8s__pod__unpack(kn_arena_pb(a), len, wire);
	assert_non_null(unpacked);
	w = kn_json_writer_new(&json2, false);
	kn_codec_encode(&unpacked->base, NULL, w);
	kn_json_writer_free(w);
	assert_string_equal(json1.data, json2.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pod),	   cmocka_unit_test(test_errors),
		cmocka_unit_test(test_lenient),	   cmocka_unit_test(test_slice_and_service),
		cmocka_unit_test(test_bytes),	   cmocka_unit_test(test_memory_bound),
		cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
