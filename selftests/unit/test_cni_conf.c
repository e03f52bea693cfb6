/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "kubelet/node/cni_conf.h"
#include "lib/base/file.h"
#include "lib/json/node.h"

static char dir[64];

static int setup(void **state)
{
	strcpy(dir, "/tmp/kn-cniconf-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	return kn_rm_rf(dir, NULL);
}

static void test_written_once(void **state)
{
	kn_auto_free char *path = kn_sprintf("%s/net.d/10-kernlet.conflist", dir),
			  *d = kn_sprintf("%s/net.d", dir);
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	kn_auto_buf struct kn_buf b = {0};
	struct kn_node *doc = NULL;
	const struct kn_node *n;
	struct stat one, two;

	assert_int_equal(kn_cni_conf_write(d, "10.85.0.0/24,fd00:85::/64", "/x", NULL), 0);
	assert_int_equal(kn_file_read(path, 4096, &b, NULL), 0);
	assert_int_equal(kn_json_parse(b.data, b.len, NULL, a, &doc, NULL), 0);
	n = doc;
	assert_string_equal(kn_node_str(n, "name"), "kernlet");
	n = kn_node_get(n, "plugins")->child;
	assert_string_equal(kn_node_str(n, "type"), "kernlet-cni");
	assert_string_equal(kn_node_get(n, "podCIDRs")->child->next->text, "fd00:85::/64");
	stat(path, &one);
	assert_int_equal(kn_cni_conf_write(d, "10.85.0.0/24,fd00:85::/64", "/x", NULL), 0);
	stat(path, &two);
	assert_int_equal(one.st_ino, two.st_ino);
}

static void test_wrong_cidrs(void **state)
{
	static const char *const bad[] = {
		"10.85.0.0",   "10.85.0.0/33", "10.85.0.1/24", "x/24", "10.85.0.0/24,fd00::1/64",
		"10.0.0.0/-1", "10.0.0.0/8x"};
	struct kn_err err = KN_ERR_INIT;

	for (size_t i = 0; i < KN_ARRAY_SIZE(bad); i++) {
		assert_int_equal(kn_cni_conf_write(dir, bad[i], NULL, &err), -EINVAL);
		assert_non_null(strstr(err.msg, "--pod-cidr"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_written_once, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wrong_cidrs, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
