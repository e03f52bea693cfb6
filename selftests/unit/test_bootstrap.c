/* SPDX-License-Identifier: Apache-2.0 */
/* The bootstrap's files; its way through the API server is tested with a cluster. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include "kubelet/node/bootstrap.h"
#include "kubelet/node/cert_store.h"
#include "kubelet/node/csr.h"
#include "kubelet/node/serving_cert.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"

struct rig {
	char dir[64];
	char *cert, *key;
	struct kn_cert_info info;
};

static int setup(void **state)
{
	struct rig *r = kn_calloc(1, sizeof(*r));

	strcpy(r->dir, "/tmp/kn-test-boot-XXXXXX");
	*state = r;
	if (!mkdtemp(r->dir) || kn_serving_cert_make("x", NULL, &r->cert, &r->key, NULL))
		return -1;
	return kn_cert_info(r->cert, &r->info, NULL);
}

static int teardown(void **state)
{
	struct rig *r = *state;

	kn_rm_rf(r->dir, NULL);
	free(r->cert);
	free(r->key);
	free(r);
	return 0;
}

static void test_store(void **state)
{
	struct rig *r = *state;
	kn_auto_free char *dir = kn_sprintf("%s/a/b", r->dir),
			  *path = kn_cert_store_path(dir, "kubelet-client");
	kn_auto_buf struct kn_buf b = {0}, again = {0};
	char target[256];
	struct stat st;
	ssize_t n;

	assert_int_equal(kn_cert_store_read(dir, "kubelet-client", &b, NULL), -ENOENT);
	assert_int_equal(kn_cert_store_write(dir, "kubelet-client", r->cert, r->key, 0, NULL), 0);
	assert_int_equal(kn_cert_store_read(dir, "kubelet-client", &b, NULL), 0);
	assert_non_null(strstr(b.data, "BEGIN CERTIFICATE"));
	assert_non_null(strstr(b.data, "PRIVATE KEY"));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(kn_cert_store_write(dir, "kubelet-client", r->cert, "new key\n",
					     86400 * KN_NSEC_PER_SEC, NULL),
			 0);
	assert_int_equal(kn_cert_store_read(dir, "kubelet-client", &again, NULL), 0);
	assert_non_null(strstr(again.data, "new key"));
	n = readlink(path, target, sizeof(target) - 1);
	assert_true(n > 0);
	target[n] = '\0';
	assert_non_null(strstr(target, "/kubelet-client-1970-01-0"));
}

static void write_kubeconfig(const struct rig *r, const char *path, const char *pem_path)
{
	const struct kn_kubeconfig from = {.server = "https://10.0.0.1:6443", .ca_data = "CA \"text\"\n"};
	kn_auto_buf struct kn_buf text = {0};

	kn_bootstrap_kubeconfig(&from, pem_path, &text);
	assert_int_equal(kn_file_write_atomic(path, text.data, text.len, 0600, NULL), 0);
}

static void test_kubeconfig_is_read_back(void **state)
{
	struct rig *r = *state;
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	kn_auto_free char *path = kn_sprintf("%s/k", r->dir);
	struct kn_kubeconfig k;

	write_kubeconfig(r, path, "/pki/kubelet-client-current.pem");
	assert_int_equal(kn_kubeconfig_load(&k, path, a, NULL), 0);
	assert_string_equal(k.server, "https://10.0.0.1:6443");
	assert_string_equal(k.ca_data, "CA \"text\"\n");
	assert_string_equal(k.cert_file, "/pki/kubelet-client-current.pem");
	assert_string_equal(k.key_file, "/pki/kubelet-client-current.pem");
	assert_null(k.token);
}

static void test_done_or_not(void **state)
{
	struct rig *r = *state;
	kn_auto_free char *path = kn_sprintf("%s/k", r->dir),
			  *pem = kn_cert_store_path(r->dir, "kubelet-client");
	int64_t now = (r->info.not_before + 10) * KN_NSEC_PER_SEC;
	struct kn_err err = KN_ERR_INIT;

	assert_false(kn_bootstrap_done(path, now, &err)); /* no kubeconfig */
	write_kubeconfig(r, path, pem);
	assert_false(kn_bootstrap_done(path, now, &err)); /* no certificate */
	assert_int_equal(kn_cert_store_write(r->dir, "kubelet-client", r->cert, r->key, now, NULL), 0);
	assert_true(kn_bootstrap_done(path, now, &err));
	assert_false(kn_bootstrap_done(path, (r->info.not_after + 1) * KN_NSEC_PER_SEC, &err));
	assert_non_null(strstr(err.msg, "expired"));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_store),
		TEST(test_kubeconfig_is_read_back),
		TEST(test_done_or_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
