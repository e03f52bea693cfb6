/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "kubelet/node/serving_cert.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"
#include "selftests/harness/test_cert.h"

static gnutls_x509_crt_t read_cert(const char *pem)
{
	gnutls_datum_t d = {(unsigned char *)pem, (unsigned)strlen(pem)};
	gnutls_x509_crt_t crt;

	assert_int_equal(gnutls_x509_crt_init(&crt), 0);
	assert_int_equal(gnutls_x509_crt_import(crt, &d, GNUTLS_X509_FMT_PEM), 0);
	return crt;
}

static void test_names(void **state)
{
	char *cert kn_auto_free = NULL, *key kn_auto_free = NULL;
	gnutls_x509_crt_t crt;

	assert_int_equal(kn_serving_cert_make("node-1", "192.0.2.7", &cert, &key, NULL), 0);
	crt = read_cert(cert);
	assert_true(gnutls_x509_crt_check_hostname(crt, "node-1"));
	assert_true(gnutls_x509_crt_check_hostname(crt, "192.0.2.7"));
	assert_false(gnutls_x509_crt_check_hostname(crt, "node-2"));
	assert_true(gnutls_x509_crt_check_key_purpose(crt, GNUTLS_KP_TLS_WWW_SERVER, 0));
	assert_true(gnutls_x509_crt_get_expiration_time(crt) > time(NULL) + 300 * 86400);
	gnutls_x509_crt_deinit(crt);
	free(cert);
	free(key);
	assert_int_equal(kn_serving_cert_make("node-1", "2001:db8::7", &cert, &key, NULL), 0);
	crt = read_cert(cert);
	assert_true(gnutls_x509_crt_check_hostname(crt, "2001:db8::7"));
	gnutls_x509_crt_deinit(crt);
}

static void test_kept(void **state)
{
	char dir[] = "/tmp/kn-test-serving-XXXXXX";
	char *path kn_auto_free = NULL, *key_path kn_auto_free = NULL, *pki kn_auto_free = NULL;
	char *c1 kn_auto_free = NULL, *k1 kn_auto_free = NULL, *c2 kn_auto_free = NULL,
		 *k2 kn_auto_free = NULL, *c3 kn_auto_free = NULL, *k3 kn_auto_free = NULL;
	struct test_cert old = test_cert_new("n", NULL, NULL, false, 5); /* days left */
	struct stat st;

	assert_non_null(mkdtemp(dir));
	pki = kn_sprintf("%s/pki", dir);
	path = kn_sprintf("%s/kubelet.crt", pki);
	key_path = kn_sprintf("%s/kubelet.key", pki);
	assert_int_equal(kn_serving_cert_self(pki, "n", NULL, &c1, &k1, NULL), 0);
	assert_int_equal(stat(key_path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(kn_serving_cert_self(pki, "n", NULL, &c2, &k2, NULL), 0);
	assert_string_equal(c1, c2);
	assert_string_equal(k1, k2);
	assert_int_equal(kn_file_write_atomic(path, old.cert_pem, strlen(old.cert_pem), 0644, NULL), 0);
	assert_int_equal(kn_serving_cert_self(pki, "n", NULL, &c3, &k3, NULL), 0);
	assert_string_not_equal(c3, old.cert_pem);
	assert_string_not_equal(c3, c1);
	test_cert_free(&old);
	kn_rm_rf(dir, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
