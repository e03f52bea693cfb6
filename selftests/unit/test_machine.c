/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include "kubelet/node/machine.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"

struct rig {
	char dir[64];
	struct kn_arena *a;
};

static int setup(void **state)
{
	struct rig *r = kn_calloc(1, sizeof(*r));

	strcpy(r->dir, "/tmp/kn-test-machine-XXXXXX");
	r->a = kn_arena_new(0);
	*state = r;
	return mkdtemp(r->dir) ? 0 : -1;
}

static int teardown(void **state)
{
	struct rig *r = *state;

	kn_rm_rf(r->dir, NULL);
	kn_arena_free(r->a);
	free(r);
	return 0;
}

static void put(struct rig *r, const char *path, const char *text)
{
	char *full = kn_arena_printf(r->a, "%s%s", r->dir, path), *folder = kn_arena_strdup(r->a, full);

	*strrchr(folder, '/') = '\0';
	assert_int_equal(kn_mkdir_p(folder, 0755, NULL), 0);
	assert_int_equal(kn_file_write_atomic(full, text, strlen(text), 0644, NULL), 0);
}

static void test_facts(void **state)
{
	struct rig *r = *state;
	struct kn_machine m;

	put(r, "/proc/meminfo", "MemTotal:       24684092 kB\nMemFree: 1 kB\nSwapTotal:       1024 kB\n");
	put(r, "/etc/machine-id", "0123\n");
	put(r, "/proc/sys/kernel/random/boot_id", "b-1\n");
	put(r, "/etc/os-release", "NAME=\"X\"\nPRETTY_NAME=\"Some Linux 1 (one)\"\nID=x\n");
	put(r, "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "3\n");
	put(r, "/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "0\n");
	assert_int_equal(kn_machine_read(&m, r->dir, "/", r->a, NULL), 0);
	assert_true(m.memory_bytes == 24684092LL * 1024);
	assert_int_equal(m.swap_bytes, 1024 * 1024);
	assert_string_equal(m.machine_id, "0123");
	assert_string_equal(m.system_uuid, "0123"); /* there is no DMI */
	assert_string_equal(m.boot_id, "b-1");
	assert_string_equal(m.os_image, "Some Linux 1 (one)");
	assert_true(m.cores > 0 && m.root_fs_bytes > 0);
	assert_int_equal(m.n_hugepages, 2);
	for (size_t i = 0; i < 2; i++)
		if (!strcmp(m.hugepages[i].resource, "hugepages-2Mi"))
			assert_int_equal(m.hugepages[i].bytes, 3 * 2048 * 1024);
		else
			assert_string_equal(m.hugepages[i].resource, "hugepages-1Gi");
	put(r, "/sys/class/dmi/id/product_uuid", "UUID\n");
	assert_int_equal(kn_machine_read(&m, r->dir, "/", r->a, NULL), 0);
	assert_string_equal(m.system_uuid, "UUID");
}

static void test_without_memory(void **state)
{
	struct rig *r = *state;
	struct kn_machine m = {.cores = 77};

	assert_int_equal(kn_machine_read(&m, r->dir, "/", r->a, NULL), -EIO);
	put(r, "/proc/meminfo", "MemFree: 1 kB\n");
	assert_int_equal(kn_machine_read(&m, r->dir, "/", r->a, NULL), -EIO);
	assert_int_equal(m.cores, 77);
}

static void test_address(void **state)
{
	struct rig *r = *state;
	const char *a = kn_machine_address("", r->a);
	unsigned char bytes[16];

	if (!a)
		skip(); /* a machine without a network */
	assert_int_equal(inet_pton(strchr(a, ':') ? AF_INET6 : AF_INET, a, bytes), 1);
	assert_string_not_equal(a, "127.0.0.1");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_facts),
		TEST(test_without_memory),
		TEST(test_address),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
