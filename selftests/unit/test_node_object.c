/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include "kubelet/node/node_config.h"
#include "lib/base/mem.h"
#include "lib/json/node.h"
#include "lib/k8s/message.h"

static const struct kn_machine machine = {
	.machine_id = "m",
	.system_uuid = "s",
	.boot_id = "b",
	.kernel_version = "6.1",
	.os_image = "Debian",
	.arch = "amd64",
	.cores = 2,
	.memory_bytes = 1LL << 30,
};
static const struct kn_runtime_view runtime = {.name = "containerd", .version = "2", .ready_reason = ""};
static const struct kn_node_seen seen = {
	.machine = &machine, .address = "10.0.0.5", .runtime = &runtime, .real_ns = 1000000000};

static struct kn_node_config config(void)
{
	return (struct kn_node_config){.node_name = "n1",
				       .hostname = "n1",
				       .kube_version = "v1.37.1",
				       .controller_attach = true,
				       .max_pods = 110,
				       .max_images = 50,
				       .port = 10250};
}

static const char *value(K8s__StringEntry *const *l, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(l[i]->key, key))
			return l[i]->value;
	return NULL;
}
#define LABEL(n, key) value((n)->metadata->labels, (n)->metadata->n_labels, key)
#define ANNOTATION(n, key) value((n)->metadata->annotations, (n)->metadata->n_annotations, key)

static void test_initial(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_node_config c = config();
	K8s__StringEntry **labels;
	K8s__Taint **taints;
	K8s__Node *n;

	assert_int_equal(kn_node_labels_parse("zone=a,node.kubernetes.io/x=", a, &labels, &c.n_labels, NULL),
			 0);
	assert_int_equal(kn_node_taints_parse("k=v:NoSchedule,x/y:NoExecute", a, &taints, &c.n_taints, NULL),
			 0);
	c.labels = labels;
	c.taints = taints;
	c.cloud_external = true;
	c.provider_id = "cloud://1";
	n = kn_node_initial(a, &c, &seen);
	assert_string_equal(n->metadata->name, "n1");
	assert_string_equal(LABEL(n, "kubernetes.io/hostname"), "n1");
	assert_string_equal(LABEL(n, "beta.kubernetes.io/arch"), "amd64");
	assert_string_equal(LABEL(n, "zone"), "a");
	assert_string_equal(LABEL(n, "node.kubernetes.io/x"), "");
	assert_string_equal(ANNOTATION(n, "volumes.kubernetes.io/controller-managed-attach-detach"), "true");
	assert_string_equal(n->spec->providerid, "cloud://1");
	assert_int_equal(n->spec->n_taints, 3);
	assert_string_equal(n->spec->taints[1]->key, "x/y");
	assert_string_equal(n->spec->taints[1]->effect, "NoExecute");
	assert_string_equal(n->spec->taints[2]->key, "node.cloudprovider.kubernetes.io/uninitialized");
	assert_int_equal(n->status->n_conditions, 4);
}

static void test_bad_labels_and_taints(void **state)
{
	static const char *const labels[] = {"a",   "kubernetes.io/foo=1", "x.k8s.io/y=1", "a b=1", "a=-1",
					     "/x=1"};
	static const char *const taints[] = {"k=v", "k=v:Never", "k=v=w:NoSchedule", "k =v:NoSchedule"};
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	K8s__StringEntry **l;
	K8s__Taint **t;
	size_t n;

	for (size_t i = 0; i < KN_ARRAY_SIZE(labels); i++)
		assert_int_equal(kn_node_labels_parse(labels[i], a, &l, &n, NULL), -EINVAL);
	for (size_t i = 0; i < KN_ARRAY_SIZE(taints); i++)
		assert_int_equal(kn_node_taints_parse(taints[i], a, &t, &n, NULL), -EINVAL);
}

static void test_reconcile_mends_stock_labels_only(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_node_config c = config();
	K8s__Node *initial = kn_node_initial(a, &c, &seen), *old = kn_msg_copy(a, initial), *n;
	bool changed;

	kn_node_reconcile(a, initial, old, &changed);
	assert_false(changed);
	for (size_t i = 0; i < old->metadata->n_labels; i++)
		if (!strcmp(old->metadata->labels[i]->key, "kubernetes.io/hostname")) {
			old->metadata->labels[i]->value = (char *)"other";
		} else if (!strcmp(old->metadata->labels[i]->key, "kubernetes.io/os")) {
			old->metadata->labels[i]->key = (char *)"mine";
			old->metadata->labels[i]->value = (char *)"stays";
		}
	n = kn_node_reconcile(a, initial, old, &changed);
	assert_true(changed);
	assert_string_equal(LABEL(n, "kubernetes.io/hostname"), "n1");
	assert_string_equal(LABEL(n, "kubernetes.io/os"), "linux");
	assert_string_equal(LABEL(n, "mine"), "stays");
}

static const struct kn_node *patch(struct kn_arena *a, const K8s__Node *old, const K8s__Node *new)
{
	kn_auto_buf struct kn_buf b = {0};
	struct kn_node *n = NULL;

	kn_node_patch(old, new, &b);
	assert_int_equal(kn_json_parse(b.data, b.len, NULL, a, &n, NULL), 0);
	return n;
}

static void test_patch_has_what_changed_only(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_node_config c = config();
	K8s__Node *old = kn_node_initial(a, &c, &seen), *new;
	struct kn_node_seen later = seen;
	const struct kn_node *p, *status, *e;
	bool changed;

	later.real_ns += 10000000000;
	new = kn_node_update(a, &c, &later, old, &changed);
	assert_false(changed);
	p = patch(a, old, new);
	assert_null(kn_node_get(kn_node_get(p, "metadata"), "labels"));
	status = kn_node_get(p, "status");
	assert_null(kn_node_get(status, "capacity"));
	assert_null(kn_node_get(status, "nodeInfo"));
	assert_null(kn_node_get(status, "addresses"));
	assert_string_equal(kn_node_str(kn_node_get(status, "conditions")->child, "type"), "MemoryPressure");
	assert_non_null(kn_node_str(kn_node_get(status, "conditions")->child, "lastHeartbeatTime"));

	later.address = "10.0.0.6";
	c.max_pods = 5;
	new = kn_node_update(a, &c, &later, old, &changed);
	assert_true(changed);
	status = kn_node_get(patch(a, old, new), "status");
	e = kn_node_get(status, "addresses")->child;
	assert_string_equal(kn_node_str(e, "address"), "10.0.0.6");
	assert_string_equal(kn_node_str(e->next->next, "$patch"), "replace");
	assert_string_equal(kn_node_str(kn_node_get(status, "capacity"), "pods"), "5");
	assert_null(kn_node_get(kn_node_get(status, "capacity"), "cpu"));
}

static void test_patch_removes_annotation(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_node_config c = config();
	static const char *const ips[] = {"10.0.0.7", NULL};
	K8s__Node *old, *new;
	const struct kn_node *annotation;
	bool changed;

	c.node_ips = ips;
	c.cloud_external = true;
	old = kn_node_initial(a, &c, &seen);
	assert_string_equal(ANNOTATION(old, "alpha.kubernetes.io/provided-node-ip"), "10.0.0.7");
	c.cloud_external = false;
	new = kn_node_update(a, &c, &seen, old, &changed);
	assert_true(changed);
	annotation = kn_node_get(kn_node_get(kn_node_get(patch(a, old, new), "metadata"), "annotations"),
				 "alpha.kubernetes.io/provided-node-ip");
	assert_int_equal(annotation->type, KN_NODE_NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_initial),
		cmocka_unit_test(test_bad_labels_and_taints),
		cmocka_unit_test(test_reconcile_mends_stock_labels_only),
		cmocka_unit_test(test_patch_has_what_changed_only),
		cmocka_unit_test(test_patch_removes_annotation),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
