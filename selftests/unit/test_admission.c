// SPDX-License-Identifier: Apache-2.0
/* Pods and a node as YAML; who is let in. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "kubelet/pod/admission.h"
#include "lib/base/mem.h"
#include "lib/k8s/codec.h"

static const char node_yaml[] =
	"metadata: {name: n1, labels: {zone: a, size: '5'}}\n"
	"spec: {taints: [{key: gone, value: x, effect: NoExecute},"
	" {key: other, effect: NoSchedule}]}\n"
	"status: {allocatable: {cpu: '2', memory: 1Gi, pods: '3', example.com/gpu: '1'}}\n";

static void *parse(struct kn_arena *a, const ProtobufCMessageDescriptor *d, const char *yaml)
{
	struct kn_err err = KN_ERR_INIT;
	ProtobufCMessage *msg;
	struct kn_node *node;

	if (kn_yaml_parse(yaml, strlen(yaml), NULL, a, &node, &err))
		fail_msg("%s", err.msg);
	if (kn_codec_decode(d, node, KN_CODEC_STRICT, a, &msg, &err))
		fail_msg("%s", err.msg);
	return msg;
}

struct fixture {
	struct kn_arena *a;
	struct kn_object api;
	struct kn_pod pod, other, *others[4];
	struct kn_admission in;
	char reason[64], message[256];
};

static bool admits(struct fixture *f, const char *spec, const char *other_spec, size_t n_others)
{
	K8s__Pod *p, *o;

	if (!f->a)
		f->a = kn_arena_new(0);
	p = parse(f->a, &k8s__pod__descriptor,
		  kn_arena_printf(f->a, "metadata: {name: p}\nspec: %s\n", spec));
	o = parse(f->a, &k8s__pod__descriptor,
		  kn_arena_printf(f->a, "metadata: {name: o}\nspec: %s\n", other_spec ? other_spec : "{}"));
	f->pod = (struct kn_pod){.obj = p, .api = &f->api};
	f->other = (struct kn_pod){.obj = o};
	for (size_t i = 0; i < KN_ARRAY_SIZE(f->others); i++)
		f->others[i] = &f->other;
	f->in = (struct kn_admission){
		.node = parse(f->a, &k8s__node__descriptor, node_yaml), .others = f->others, .n = n_others};
	return kn_admission_check(&f->in, &f->pod, f->reason, f->message);
}

#define TOLERANT "tolerations: [{key: gone, operator: Exists}], "
#define CPU(n) "{" TOLERANT "containers: [{name: c, resources: {requests: {cpu: '" n "'}}}]}"

static void resources(void **state)
{
	struct fixture f = {0};

	assert_true(admits(&f, CPU("2"), NULL, 0));
	assert_true(admits(&f, CPU("1500m"), CPU("500m"), 1));
	assert_false(admits(&f, CPU("1500m"), CPU("500m"), 2));
	assert_string_equal(f.reason, "OutOfcpu");
	assert_string_equal(f.message, "Node didn't have enough resource: cpu, requested: 1500, used: 1000, "
				       "capacity: 2000");
	assert_false(admits(&f, CPU("1m"), "{}", 3));
	assert_string_equal(f.reason, "OutOfpods");
	assert_string_equal(f.message,
			    "Node didn't have enough resource: pods, requested: 1, used: 3, capacity: 3");
	assert_false(admits(
		&f, "{" TOLERANT "containers: [{name: c, resources: {requests: {example.com/gpu: '2'}}}]}",
		NULL, 0));
	assert_string_equal(f.reason, "OutOfexample.com/gpu");
	assert_true(admits(
		&f, "{" TOLERANT "containers: [{name: c, resources: {requests: {cluster.wide/x: '2'}}}]}",
		NULL, 0));
	kn_arena_free(f.a);
}

static void requests(void **state)
{
	struct fixture f = {0};

	admits(&f,
	       "{initContainers: [{name: i, resources: {requests: {cpu: 900m}}},"
	       " {name: s, restartPolicy: Always, resources: {requests: {cpu: 100m}}},"
	       " {name: j, resources: {requests: {cpu: 700m}}}],"
	       " containers: [{name: c, resources: {requests: {cpu: 300m, memory: 1Mi}}}],"
	       " overhead: {cpu: 50m}}",
	       NULL, 0);
	assert_int_equal(kn_pod_request(&f.pod, "cpu"), 950);
	assert_int_equal(kn_pod_request(&f.pod, "memory"), 1 << 20);
	kn_arena_free(f.a);
}

static void placement(void **state)
{
	static const struct {
		const char *spec, *reason;
	} cases[] = {
		{"{" TOLERANT "nodeSelector: {zone: a}}", NULL},
		{"{" TOLERANT "nodeSelector: {zone: b}}", "NodeAffinity"},
		{"{" TOLERANT "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
		 "{nodeSelectorTerms: [{matchExpressions: [{key: size, operator: Gt, values: ['4']}]}]}}}}",
		 NULL},
		{"{" TOLERANT "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
		 "{nodeSelectorTerms: [{matchExpressions: [{key: size, operator: Lt, values: ['4']}]},"
		 " {matchExpressions: [{key: none, operator: Exists}]}]}}}}",
		 "NodeAffinity"},
		{"{" TOLERANT "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
		 "{nodeSelectorTerms: [{matchFields: [{key: metadata.name, operator: In, values: "
		 "[n1]}]}]}}}}",
		 NULL},
		{"{" TOLERANT "nodeName: n2}", "NodeName"},
		{"{" TOLERANT "os: {name: windows}}", "PodOSNotSupported"},
		{"{}", "TaintToleration"},
		{"{tolerations: [{operator: Exists}]}", NULL},
		{"{tolerations: [{key: gone, value: z}]}", "TaintToleration"},
		{"{tolerations: [{key: gone, value: x, effect: NoExecute}]}", NULL},
	};
	struct fixture f = {0};

	for (size_t i = 0; i < KN_ARRAY_SIZE(cases); i++) {
		bool good = admits(&f, cases[i].spec, NULL, 0);

		if (good != !cases[i].reason || (!good && strcmp(f.reason, cases[i].reason) != 0))
			fail_msg("case %zu: %s", i, good ? "let in" : f.reason);
	}
	kn_arena_free(f.a);
}

static void host_ports(void **state)
{
#define PORT(p) "{" TOLERANT "containers: [{name: c, ports: [" p "]}]}"
	struct fixture f = {0};
	const char *other = PORT("{containerPort: 1, hostPort: 80, protocol: TCP, hostIP: 10.0.0.1}");

	assert_false(admits(&f, PORT("{containerPort: 2, hostPort: 80, protocol: TCP}"), other, 1));
	assert_string_equal(f.reason, "NodePorts");
	assert_true(admits(&f, PORT("{containerPort: 2, hostPort: 80, protocol: UDP}"), other, 1));
	assert_true(admits(&f, PORT("{containerPort: 2, hostPort: 80, hostIP: 10.0.0.2}"), other, 1));
	assert_true(admits(&f, PORT("{containerPort: 80}"), other, 1));
	kn_arena_free(f.a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resources),
		cmocka_unit_test(requests),
		cmocka_unit_test(placement),
		cmocka_unit_test(host_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
