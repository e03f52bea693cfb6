/* SPDX-License-Identifier: Apache-2.0 */
/* The texts that Prometheus, metrics-server and others read, of a made-up node. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "kubelet/server/stats.h"
#include "lib/base/mem.h"
#include "lib/json/node.h"

#define AT (1700000000123 * KN_NSEC_PER_MSEC)

static struct kn_usage use(uint64_t cpu_ms)
{
	return (struct kn_usage){.time_ns = AT,
				 .has_cpu = true,
				 .has_memory = true,
				 .has_pids = true,
				 .has_nano = true,
				 .cpu_ns = cpu_ms * 1000000,
				 .nano_cores = 5000,
				 .memory = 3000,
				 .working_set = 2000,
				 .rss = 1000,
				 .memory_limit = 10000,
				 .pids = 3};
}

static void with_node(void (*fn)(const struct kn_stats_snapshot *s))
{
	struct kn_stats_container c[] = {{.name = "c",
					  .id = "0123",
					  .image = "img:1",
					  .group = "/kubepods/poduid/0123",
					  .started_ns = AT - 500 * KN_NSEC_PER_MSEC,
					  .use = use(1500),
					  .rootfs = {.time_ns = AT, .used = 77, .inodes_used = 7},
					  .logs = {.time_ns = AT, .used = 11, .inodes_used = 1}}};
	struct kn_stats_interface net[] = {{"eth0", 1, 2, 3, 4}};
	struct kn_stats_pod pods[] = {{.ns = "default",
				       .name = "p",
				       .uid = "uid",
				       .group = "/kubepods/poduid",
				       .started_ns = AT,
				       .use = use(2000),
				       .containers = c,
				       .n = 1,
				       .net = net,
				       .n_net = 1,
				       .net_time_ns = AT,
				       .ephemeral = {.time_ns = AT, .used = 88, .inodes_used = 8}},
				      {.ns = "kube-system", .name = "q", .uid = "uid2", .started_ns = AT}};
	struct kn_stats_snapshot s = {.time_ns = AT,
				      .node = "n1",
				      .boot_ns = AT - 3600 * KN_NSEC_PER_SEC,
				      .machine = use(9000),
				      .all_pods = use(3000),
				      .memory_total = 50000,
				      .cpus = 2,
				      .nodefs = {.time_ns = AT,
						 .has_capacity = true,
						 .capacity = 1000,
						 .available = 400,
						 .used = 600},
				      .pods = pods,
				      .n = 2};

	fn(&s);
}

static void resource(const struct kn_stats_snapshot *s)
{
	kn_auto_buf struct kn_buf b = {0};

	kn_stats_write_resource(s, &b);
	assert_non_null(strstr(
		b.data, "# TYPE container_cpu_usage_seconds_total counter\ncontainer_cpu_usage_seconds_total{"
			"container=\"c\",namespace=\"default\",pod=\"p\"} 1.5 1700000000123\n"));
	assert_non_null(strstr(b.data,
			       "\ncontainer_memory_working_set_bytes{container=\"c\",namespace=\"default\","
			       "pod=\"p\"} 2000 1700000000123\n"));
	assert_non_null(strstr(b.data,
			       "\ncontainer_start_time_seconds{container=\"c\",namespace=\"default\",pod="
			       "\"p\"} 1699999999.623\n") ||
			strstr(b.data, "} 1699999999.6229999\n") || strstr(b.data, "} 1699999999.6230001\n"));
	assert_non_null(strstr(b.data, "\nnode_cpu_usage_seconds_total 9 1700000000123\n"));
	assert_non_null(strstr(b.data, "\npod_memory_working_set_bytes{namespace=\"default\",pod=\"p\"} 2000 "
				       "1700000000123\n"));
	assert_non_null(strstr(b.data, "\nresource_scrape_error 0\n"));
	assert_null(strstr(b.data, "pod=\"q\"")); /* nothing is known of it */
}

static void cadvisor(const struct kn_stats_snapshot *s)
{
	kn_auto_buf struct kn_buf b = {0};

	kn_stats_write_cadvisor(s, &b);
	assert_non_null(strstr(b.data,
			       "\ncontainer_cpu_usage_seconds_total{container=\"c\",id=\"/kubepods/poduid/"
			       "0123\",image=\"img:1\",name=\"0123\",namespace=\"default\",pod=\"p\",cpu="
			       "\"total\"} 1.5 1700000000123\n"));
	assert_non_null(strstr(b.data,
			       "\ncontainer_memory_working_set_bytes{container=\"\",id=\"/kubepods/poduid\","
			       "image=\"\",name=\"\",namespace=\"default\",pod=\"p\"} 2000 "));
	assert_non_null(strstr(b.data, "\ncontainer_memory_usage_bytes{container=\"\",id=\"/\","));
	assert_non_null(strstr(b.data,
			       "\ncontainer_network_transmit_bytes_total{container=\"\",id=\"/kubepods/"
			       "poduid\",image=\"\",interface=\"eth0\",name=\"\",namespace=\"default\",pod="
			       "\"p\"} 3 "));
	assert_non_null(strstr(b.data, "\ncontainer_fs_usage_bytes{container=\"c\","));
	assert_non_null(strstr(b.data, "\nmachine_cpu_cores 2\n"));
}

/* a.b.0: members, and numbers for elements */
static const char *text(const struct kn_node *n, const char *path)
{
	char *copy kn_auto_free = kn_strdup(path), *save = NULL, *p;

	for (p = strtok_r(copy, ".", &save); n && p; p = strtok_r(NULL, ".", &save)) {
		if (n->type == KN_NODE_ARRAY) {
			n = n->child;
			for (int i = atoi(p); n && i; i--)
				n = n->next;
		} else {
			n = kn_node_get(n, p);
		}
	}
	return n ? n->text : NULL;
}

static void summary(const struct kn_stats_snapshot *s)
{
	struct kn_arena *a kn_auto_arena = kn_arena_new(0);
	kn_auto_buf struct kn_buf b = {0};
	struct kn_node *n;

	kn_stats_write_summary(s, false, &b);
	assert_int_equal(kn_json_parse(b.data, b.len, NULL, a, &n, NULL), 0);
	assert_string_equal(text(n, "node.nodeName"), "n1");
	assert_string_equal(text(n, "node.memory.availableBytes"), "8000");
	assert_string_equal(text(n, "node.fs.availableBytes"), "400");
	assert_string_equal(text(n, "pods.0.podRef.namespace"), "default");
	assert_string_equal(text(n, "pods.0.containers.0.cpu.usageNanoCores"), "5000");
	assert_string_equal(text(n, "pods.0.containers.0.cpu.time"), "2023-11-14T22:13:20Z");
	assert_string_equal(text(n, "pods.0.containers.0.rootfs.usedBytes"), "77");
	assert_string_equal(text(n, "pods.0.containers.0.logs.capacityBytes"), "1000");
	assert_string_equal(text(n, "pods.0.network.interfaces.0.txErrors"), "4");
	assert_string_equal(text(n, "pods.0.ephemeral-storage.usedBytes"), "88");
	assert_string_equal(text(n, "pods.0.process_stats.process_count"), "3");
	assert_string_equal(text(n, "pods.1.podRef.name"), "q");
	assert_null(text(n, "pods.1.cpu"));
	b.len = 0;
	kn_stats_write_summary(s, true, &b);
	assert_int_equal(kn_json_parse(b.data, b.len, NULL, a, &n, NULL), 0);
	assert_string_equal(text(n, "pods.0.containers.0.memory.workingSetBytes"), "2000");
	assert_null(kn_node_get(kn_node_get(n, "node"), "fs"));
}

static void test_resource(void **state)
{
	with_node(resource);
}

static void test_cadvisor(void **state)
{
	with_node(cadvisor);
}

static void test_summary(void **state)
{
	with_node(summary);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resource),
		cmocka_unit_test(test_cadvisor),
		cmocka_unit_test(test_summary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
