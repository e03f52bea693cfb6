/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include "kubelet/node/node_status.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"

#define NOW (1700000000LL * KN_NSEC_PER_SEC)

struct rig {
	struct kn_arena *a;
	struct kn_machine machine;
	struct kn_hugepages huge[1];
	struct kn_runtime_view runtime;
	Cri__StatusResponse status;
	struct kn_node_config config;
	struct kn_node_seen seen;
};

static int setup(void **state)
{
	struct rig *r = kn_calloc(1, sizeof(*r));

	r->a = kn_arena_new(0);
	r->huge[0] = (struct kn_hugepages){"hugepages-2Mi", 4 << 20};
	r->machine = (struct kn_machine){
		.machine_id = "m",
		.system_uuid = "s",
		.boot_id = "b",
		.kernel_version = "6.1",
		.os_image = "Debian",
		.arch = "amd64",
		.cores = 2,
		.memory_bytes = 1024LL << 20,
		.root_fs_bytes = 1000 * 1024,
		.hugepages = r->huge,
		.n_hugepages = 1,
	};
	cri__status_response__init(&r->status);
	r->runtime = (struct kn_runtime_view){
		.name = "containerd",
		.version = "1.6.20",
		.asked = true,
		.reachable = true,
		.ready = true,
		.network_ready = true,
		.error = "",
		.ready_reason = "",
		.ready_message = "",
		.network_reason = "",
		.network_message = "",
		.has_ready = true,
		.has_network = true,
		.last_ok_ns = 1,
		.status = &r->status,
	};
	r->config = (struct kn_node_config){
		.node_name = "n1",
		.hostname = "n1",
		.kube_version = "v1.37.1",
		.controller_attach = true,
		.max_pods = 110,
		.max_images = 50,
		.port = 10250,
		.reserved = {.memory_bytes = 100 << 20, .cpu_milli = 150, .ephemeral_fraction = 0.1},
	};
	r->seen = (struct kn_node_seen){.machine = &r->machine,
					.address = "10.0.0.5",
					.runtime = &r->runtime,
					.mono_ns = 2,
					.real_ns = NOW};
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct rig *r = *state;

	kn_arena_free(r->a);
	free(r);
	return 0;
}

static const char *quantity(K8s__QuantityEntry *const *l, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(l[i]->key, key))
			return l[i]->value->string;
	return "(none)";
}
#define CAPACITY(s, key) quantity((s)->capacity, (s)->n_capacity, key)
#define ALLOCATABLE(s, key) quantity((s)->allocatable, (s)->n_allocatable, key)

static const K8s__NodeCondition *condition(const K8s__NodeStatus *s, const char *type)
{
	for (size_t i = 0; i < s->n_conditions; i++)
		if (!strcmp(s->conditions[i]->type, type))
			return s->conditions[i];
	fail_msg("no condition %s", type);
	return NULL;
}

static void test_quantities_are_canonical(void **state)
{
	struct rig *r = *state;

	assert_string_equal(kn_quantity_binary(r->a, 0), "0");
	assert_string_equal(kn_quantity_binary(r->a, 1023), "1023");
	assert_string_equal(kn_quantity_binary(r->a, 100 << 20), "100Mi");
	assert_string_equal(kn_quantity_binary(r->a, 1536), "1536");
	assert_string_equal(kn_quantity_binary(r->a, 24689724LL * 1024), "24689724Ki");
}

static void test_resources(void **state)
{
	struct rig *r = *state;
	K8s__NodeStatus *s = kn_node_status_make(r->a, &r->config, &r->seen, NULL);

	assert_string_equal(CAPACITY(s, "cpu"), "2");
	assert_string_equal(ALLOCATABLE(s, "cpu"), "1850m");
	assert_string_equal(CAPACITY(s, "memory"), "1Gi");
	assert_string_equal(CAPACITY(s, "hugepages-2Mi"), "4Mi");
	/* Huge pages can't be had twice: they come off the memory. */
	assert_string_equal(ALLOCATABLE(s, "memory"), "920Mi");
	assert_string_equal(CAPACITY(s, "ephemeral-storage"), "1000Ki");
	assert_string_equal(ALLOCATABLE(s, "ephemeral-storage"), "900Ki");
	assert_string_equal(ALLOCATABLE(s, "pods"), "110");
	for (size_t i = 1; i < s->n_capacity; i++)
		assert_true(strcmp(s->capacity[i - 1]->key, s->capacity[i]->key) < 0);
}

static void test_reserving_too_much_leaves_nothing(void **state)
{
	struct rig *r = *state;
	K8s__NodeStatus *s;

	r->config.reserved.memory_bytes = 5LL << 30;
	r->config.pods_per_core = 10;
	s = kn_node_status_make(r->a, &r->config, &r->seen, NULL);
	assert_string_equal(ALLOCATABLE(s, "memory"), "0");
	assert_string_equal(CAPACITY(s, "pods"), "20");
}

static void test_ready(void **state)
{
	struct rig *r = *state;
	K8s__NodeStatus *s = kn_node_status_make(r->a, &r->config, &r->seen, NULL);
	const K8s__NodeCondition *c = condition(s, "Ready");

	assert_true(kn_node_is_ready(s));
	assert_string_equal(c->status, "True");
	assert_string_equal(c->reason, "KubeletReady");
	assert_string_equal(c->message, "kubelet is posting ready status");
	assert_int_equal(s->n_conditions, 4);
	assert_string_equal(s->conditions[3]->type, "Ready");
	assert_string_equal(condition(s, "MemoryPressure")->reason, "KubeletHasSufficientMemory");
	assert_string_equal(condition(s, "DiskPressure")->message, "kubelet has no disk pressure");
	assert_string_equal(condition(s, "PIDPressure")->status, "False");
}

static void test_not_ready_says_why(void **state)
{
	struct rig *r = *state;
	K8s__NodeStatus *s;

	r->runtime.network_ready = false;
	r->runtime.network_reason = "NetworkPluginNotReady";
	r->runtime.network_message = "cni plugin not initialized";
	s = kn_node_status_make(r->a, &r->config, &r->seen, NULL);
	assert_false(kn_node_is_ready(s));
	assert_string_equal(condition(s, "Ready")->reason, "KubeletNotReady");
	assert_string_equal(condition(s, "Ready")->message,
			    "container runtime network not ready: NetworkReady=false "
			    "reason:NetworkPluginNotReady message:cni plugin not initialized");
	r->seen.mono_ns = 31 * KN_NSEC_PER_SEC;
	s = kn_node_status_make(r->a, &r->config, &r->seen, NULL);
	assert_string_equal(condition(s, "Ready")->message,
			    "[container runtime is down, container runtime network not ready: "
			    "NetworkReady=false reason:NetworkPluginNotReady message:cni plugin not "
			    "initialized]");
}

static void test_transition_time_moves_with_the_status_only(void **state)
{
	struct rig *r = *state;
	K8s__NodeStatus *one = kn_node_status_make(r->a, &r->config, &r->seen, NULL), *two, *three;

	r->seen.real_ns = NOW + 10 * KN_NSEC_PER_SEC;
	two = kn_node_status_make(r->a, &r->config, &r->seen, one);
	assert_false(kn_node_status_changed(one, two));
	assert_int_equal(condition(two, "Ready")->lasttransitiontime->seconds, NOW / KN_NSEC_PER_SEC);
	assert_int_equal(condition(two, "Ready")->lastheartbeattime->seconds, NOW / KN_NSEC_PER_SEC + 10);
	r->runtime.ready = false;
	three = kn_node_status_make(r->a, &r->config, &r->seen, two);
	assert_true(kn_node_status_changed(two, three));
	assert_int_equal(condition(three, "Ready")->lasttransitiontime->seconds, NOW / KN_NSEC_PER_SEC + 10);
	assert_int_equal(condition(three, "PIDPressure")->lasttransitiontime->seconds, NOW / KN_NSEC_PER_SEC);
}

static void test_resources_and_conditions_of_others_stay(void **state)
{
	struct rig *r = *state;
	K8s__NodeStatus *old = kn_node_status_make(r->a, &r->config, &r->seen, NULL), *s;
	K8s__NodeCondition foreign = K8S__NODE_CONDITION__INIT;
	K8s__Quantity two = K8S__QUANTITY__INIT;
	K8s__QuantityEntry extended = K8S__QUANTITY_ENTRY__INIT;

	foreign.type = (char *)"NetworkUnavailable";
	foreign.status = (char *)"False";
	old->conditions[0] = &foreign;
	extended.key = (char *)"example.com/thing";
	extended.value = &two;
	two.string = (char *)"2";
	old->capacity[0] = &extended; /* in place of cpu */
	s = kn_node_status_make(r->a, &r->config, &r->seen, old);
	assert_int_equal(s->n_conditions, 5);
	assert_string_equal(condition(s, "NetworkUnavailable")->status, "False");
	assert_string_equal(CAPACITY(s, "example.com/thing"), "2");
	assert_string_equal(ALLOCATABLE(s, "example.com/thing"), "2");
	assert_string_equal(CAPACITY(s, "cpu"), "2");
}

static void test_addresses(void **state)
{
	static const char *const dual[] = {"10.0.0.9", "fd00::9", NULL};
	struct rig *r = *state;
	K8s__NodeStatus *s = kn_node_status_make(r->a, &r->config, &r->seen, NULL), *cloud;

	assert_int_equal(s->n_addresses, 2);
	assert_string_equal(s->addresses[0]->type, "InternalIP");
	assert_string_equal(s->addresses[0]->address, "10.0.0.5");
	assert_string_equal(s->addresses[1]->type, "Hostname");
	r->config.node_ips = dual;
	s = kn_node_status_make(r->a, &r->config, &r->seen, s);
	assert_int_equal(s->n_addresses, 3);
	assert_string_equal(s->addresses[1]->address, "fd00::9");
	r->config.node_ips = NULL;
	r->config.cloud_external = true;
	cloud = kn_node_status_make(r->a, &r->config, &r->seen, NULL);
	assert_int_equal(cloud->n_addresses, 1); /* the rest is the cloud's */
	cloud = kn_node_status_make(r->a, &r->config, &r->seen, s);
	assert_int_equal(cloud->n_addresses, 3);
}

static void test_images_largest_first(void **state)
{
	char *tags[] = {(char *)"t1", (char *)"t2", (char *)"t3"};
	char *digests[] = {(char *)"d1", (char *)"d2", (char *)"d3"};
	Cri__Image x = CRI__IMAGE__INIT, y = CRI__IMAGE__INIT, z = CRI__IMAGE__INIT;
	Cri__Image *list[] = {&x, &y, &z};
	struct rig *r = *state;
	K8s__NodeStatus *s;

	x.size = 5;
	y.size = 50;
	z.size = 20;
	y.repo_tags = tags;
	y.repo_digests = digests;
	y.n_repo_tags = y.n_repo_digests = 3;
	r->config.max_images = 2;
	r->seen.images = list;
	r->seen.n_images = 3;
	s = kn_node_status_make(r->a, &r->config, &r->seen, NULL);
	assert_int_equal(s->n_images, 0); /* not known yet */
	r->seen.images_known = true;
	s = kn_node_status_make(r->a, &r->config, &r->seen, NULL);
	assert_int_equal(s->n_images, 2);
	assert_int_equal(s->images[0]->sizebytes, 50);
	assert_int_equal(s->images[1]->sizebytes, 20);
	assert_int_equal(s->images[0]->n_names, 5);
	assert_string_equal(s->images[0]->names[0], "d1");
	assert_string_equal(s->images[0]->names[4], "t2");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_quantities_are_canonical),
		TEST(test_resources),
		TEST(test_reserving_too_much_leaves_nothing),
		TEST(test_ready),
		TEST(test_not_ready_says_why),
		TEST(test_transition_time_moves_with_the_status_only),
		TEST(test_resources_and_conditions_of_others_stay),
		TEST(test_addresses),
		TEST(test_images_largest_first),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
