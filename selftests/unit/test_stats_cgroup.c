/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "kubelet/server/stats_cgroup.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"

static void test_values(void **state)
{
	uint64_t v = 5;

	assert_true(kn_stat_value("a 1\nab 2\n", "ab", &v));
	assert_int_equal(v, 2);
	assert_true(kn_stat_value("a 1\nab 2\n", "a", &v));
	assert_int_equal(v, 1);
	assert_false(kn_stat_value("total_a 1\n", "a", &v));
	assert_false(kn_stat_value("", "a", &v));
	assert_int_equal(v, 1);
	assert_int_equal(kn_working_set(10, 3), 7);
	assert_int_equal(kn_working_set(3, 10), 0);
}

static void test_slices(void **state)
{
	struct kn_arena *a kn_auto_arena = kn_arena_new(0);

	assert_string_equal(kn_slice_path(a, "kubepods.slice"), "/kubepods.slice");
	assert_string_equal(kn_slice_path(a, "kubepods-burstable-poda_b.slice"),
			    "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-poda_b.slice");
}

static void put(const char *dir, const char *file, const char *text)
{
	char *path kn_auto_free = kn_sprintf("%s/%s", dir, file);

	assert_int_equal(kn_file_write_atomic(path, text, strlen(text), 0644, NULL), 0);
}

static void test_groups(void **state)
{
	char root[] = "/tmp/kn-test-stats-XXXXXX";
	char *dir kn_auto_free = NULL;
	struct kn_cgroup_reader r = {.tick_ns = 10000000};
	struct kn_usage u;

	assert_non_null(mkdtemp(root));
	dir = kn_sprintf("%s/g", root);
	assert_int_equal(mkdir(dir, 0755), 0);
	r.cpu = r.memory = r.pids = root;
	kn_cgroup_usage(&r, "/g", 99, &u);
	assert_false(u.has_cpu || u.has_memory || u.has_pids);
	assert_int_equal(u.time_ns, 0);
	put(dir, "cpuacct.usage", "123456789\n");
	put(dir, "cpuacct.stat", "user 7\nsystem 5\n");
	put(dir, "memory.usage_in_bytes", "4096\n");
	put(dir, "memory.limit_in_bytes", "9223372036854771712\n");
	put(dir, "memory.stat", "cache 1\ntotal_cache 2\ntotal_inactive_file 96\ntotal_rss 3\n");
	put(dir, "pids.current", "4\n");
	kn_cgroup_usage(&r, "/g", 99, &u);
	assert_true(u.has_cpu && u.has_memory && u.has_pids);
	assert_int_equal(u.time_ns, 99);
	assert_int_equal(u.cpu_ns, 123456789);
	assert_int_equal(u.cpu_user_ns, 70000000);
	assert_int_equal(u.working_set, 4000);
	assert_int_equal(u.cache, 2);
	assert_int_equal(u.rss, 3);
	assert_int_equal(u.memory_limit, 0);
	assert_int_equal(u.pids, 4);
	r.cpu_v2 = r.memory_v2 = true;
	put(dir, "cpu.stat", "usage_usec 8\nuser_usec 5\nsystem_usec 3\n");
	put(dir, "memory.current", "1000\n");
	put(dir, "memory.max", "2000\n");
	put(dir, "memory.stat", "anon 10\nfile 20\ninactive_file 100\n");
	kn_cgroup_usage(&r, "/g", 99, &u);
	assert_int_equal(u.cpu_ns, 8000);
	assert_int_equal(u.working_set, 900);
	assert_int_equal(u.memory_limit, 2000);
	put(dir, "memory.max", "max\n");
	kn_cgroup_usage(&r, "/g", 99, &u);
	assert_int_equal(u.memory_limit, 0);
	assert_int_equal(kn_rm_rf(root, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_slices),
		cmocka_unit_test(test_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
