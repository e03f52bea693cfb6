/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/x509.h>
#include <string.h>
#include "kubelet/node/csr.h"
#include "kubelet/node/serving_cert.h"
#include "lib/base/mem.h"

static void assert_dn(gnutls_x509_crq_t crq, const char *oid, const char *want)
{
	char text[256];
	size_t n = sizeof(text);

	assert_int_equal(gnutls_x509_crq_get_dn_by_oid(crq, oid, 0, 0, text, &n), 0);
	assert_string_equal(text, want);
}

static void test_request(void **state)
{
	static const char *const dns[] = {"node-1", NULL}, *const ips[] = {"10.0.0.1", "fd00::1", NULL};
	const struct kn_csr_subject subject = {"system:node:node-1", "system:nodes", dns, ips};
	kn_auto_free char *key = NULL, *csr = NULL;
	unsigned char san[64], want[16];
	gnutls_x509_privkey_t k;
	gnutls_x509_crq_t crq;
	gnutls_datum_t d;
	unsigned type, bits;
	size_t n;

	assert_int_equal(kn_csr_make(&subject, &key, &csr, NULL), 0);
	assert_memory_equal(csr, "-----BEGIN CERTIFICATE REQUEST-----\n", 36);
	assert_non_null(strstr(csr, "\n-----END CERTIFICATE REQUEST-----"));
	assert_memory_equal(key, "-----BEGIN EC PRIVATE KEY-----\n", 31);
	gnutls_x509_crq_init(&crq);
	d = (gnutls_datum_t){(unsigned char *)csr, (unsigned)strlen(csr)};
	assert_int_equal(gnutls_x509_crq_import(crq, &d, GNUTLS_X509_FMT_PEM), 0);
	assert_int_equal(gnutls_x509_crq_verify(crq, 0), 0);
	assert_dn(crq, GNUTLS_OID_X520_COMMON_NAME, "system:node:node-1");
	assert_dn(crq, GNUTLS_OID_X520_ORGANIZATION_NAME, "system:nodes");
	assert_int_equal(gnutls_x509_crq_get_pk_algorithm(crq, &bits), GNUTLS_PK_ECDSA);
	assert_int_equal(bits, 256);
	n = sizeof(san);
	assert_int_equal(gnutls_x509_crq_get_subject_alt_name(crq, 0, san, &n, &type, NULL),
			 GNUTLS_SAN_DNSNAME);
	assert_memory_equal(san, "node-1", 6);
	n = sizeof(san);
	assert_int_equal(gnutls_x509_crq_get_subject_alt_name(crq, 2, san, &n, &type, NULL),
			 GNUTLS_SAN_IPADDRESS);
	inet_pton(AF_INET6, "fd00::1", want);
	assert_int_equal(n, 16);
	assert_memory_equal(san, want, 16);
	gnutls_x509_crq_deinit(crq);
	gnutls_x509_privkey_init(&k);
	d = (gnutls_datum_t){(unsigned char *)key, (unsigned)strlen(key)};
	assert_int_equal(gnutls_x509_privkey_import(k, &d, GNUTLS_X509_FMT_PEM), 0);
	gnutls_x509_privkey_deinit(k);
}

static void test_bad_address(void **state)
{
	static const char *const ips[] = {"10.0.0.300", NULL};
	const struct kn_csr_subject subject = {"a", "b", NULL, ips};
	char *key = NULL, *csr = NULL;

	assert_int_equal(kn_csr_make(&subject, &key, &csr, NULL), -EIO);
	assert_null(key);
	assert_null(csr);
}

static void test_info(void **state)
{
	kn_auto_free char *cert = NULL, *key = NULL, *both = NULL;
	struct kn_cert_info info = {0};

	assert_int_equal(kn_serving_cert_make("host-1", NULL, &cert, &key, NULL), 0);
	both = kn_sprintf("%s%s", key, cert);
	assert_int_equal(kn_cert_info(both, &info, NULL), 0);
	assert_string_equal(info.common_name, "host-1");
	assert_true(info.not_after - info.not_before > 364 * 86400);
	assert_int_equal(kn_cert_info(key, &info, NULL), -EINVAL);
	assert_int_equal(kn_cert_info("", &info, NULL), -EINVAL);
	assert_int_equal(
		kn_cert_info("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", &info, NULL),
		-EINVAL);
	assert_string_equal(info.common_name, "host-1");
}

static void test_names(void **state)
{
	static const char *const dns[] = {"host-1", NULL}, *const other[] = {"host-1", "host-2", NULL};
	static const char *const ips[] = {"10.1.2.3", NULL}, *const wrong[] = {"10.1.2.4", NULL};
	kn_auto_free char *cert = NULL, *key = NULL;

	assert_int_equal(kn_serving_cert_make("host-1", "10.1.2.3", &cert, &key, NULL), 0);
	assert_true(kn_cert_covers(cert, dns, ips));
	assert_true(kn_cert_covers(cert, NULL, NULL));
	assert_false(kn_cert_covers(cert, other, ips));
	assert_false(kn_cert_covers(cert, dns, wrong));
	assert_false(kn_cert_covers(key, NULL, NULL));
}

static void test_rotation_time(void **state)
{
	const struct kn_cert_info c = {.not_before = 1000, .not_after = 2000};

	assert_int_equal(kn_cert_rotate_at(&c, 0), 1700);
	assert_int_equal(kn_cert_rotate_at(&c, 0.5), 1800);
	assert_true(kn_cert_rotate_at(&c, 0.99) < 1900);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),	      cmocka_unit_test(test_bad_address),
		cmocka_unit_test(test_info),	      cmocka_unit_test(test_names),
		cmocka_unit_test(test_rotation_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
