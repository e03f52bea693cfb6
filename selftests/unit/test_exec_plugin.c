/* SPDX-License-Identifier: Apache-2.0 */
/* How a plugin is run is in test_api_client.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include "lib/k8s/exec_plugin.h"

#define API "client.authentication.k8s.io/v1"
#define CRED(status) "{\"apiVersion\":\"" API "\",\"kind\":\"ExecCredential\",\"status\":" status "}"

static int parse(const char *text, struct kn_arena *a, struct kn_exec_credential *c, struct kn_err *err)
{
	return kn_exec_parse(text, strlen(text), API, a, c, err);
}

static void test_good(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_exec_credential c;

	assert_int_equal(parse(CRED("{\"token\":\"t\",\"expirationTimestamp\":\"1970-01-01T00:01:00Z\"}"), a,
			       &c, NULL),
			 0);
	assert_string_equal(c.token, "t");
	assert_null(c.cert_pem);
	assert_int_equal(c.expires, 60 * KN_NSEC_PER_SEC);
	assert_int_equal(
		parse(CRED("{\"clientCertificateData\":\"C\",\"clientKeyData\":\"K\",\"token\":\"\"}"), a, &c,
		      NULL),
		0);
	assert_null(c.token);
	assert_string_equal(c.cert_pem, "C");
	assert_string_equal(c.key_pem, "K");
	assert_int_equal(c.expires, 0);
}

static void test_bad(void **state)
{
	static const struct {
		const char *text, *part;
	} rows[] = {
		{"", ""},
		{"token", ""},
		{"{\"apiVersion\":\"v1\"}", "instead of"},
		{"{}", "missing"},
		{CRED("{}"), "neither"},
		{CRED("null"), "neither"},
		{CRED("{\"clientCertificateData\":\"C\"}"), "needs a key"},
		{CRED("{\"token\":\"a\\nX-Evil: b\"}"), "line break"},
		{CRED("{\"token\":\"t\",\"expirationTimestamp\":\"soon\"}"), "no time"},
	};
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);

	for (size_t i = 0; i < KN_ARRAY_SIZE(rows); i++) {
		struct kn_exec_credential c = {.token = "same"};
		struct kn_err err = KN_ERR_INIT;

		assert_true(parse(rows[i].text, a, &c, &err) < 0);
		assert_non_null(strstr(err.msg, rows[i].part));
		assert_string_equal(c.token, "same");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_good), cmocka_unit_test(test_bad)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
