/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib/base/file.h"
#include "lib/k8s/client.h"

static char path[64];

static int setup(void **state)
{
	char dir[] = "/tmp/kn-kubeconfig-XXXXXX";

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/config", dir);
	return 0;
}

static int teardown(void **state)
{
	unlink(path);
	*strrchr(path, '/') = 0;
	return rmdir(path);
}

#define CLUSTER                                                                                              \
	"apiVersion: v1\nkind: Config\ncurrent-context: c\n"                                                 \
	"contexts:\n- name: other\n  context: {cluster: x, user: y}\n"                                       \
	"- name: c\n  context: {cluster: k, user: u, namespace: here}\n"                                     \
	"clusters:\n- name: k\n  cluster:\n    server: https://1.2.3.4:6443\n"

static int load(const char *text, struct kn_kubeconfig *k, struct kn_arena *a, struct kn_err *err)
{
	assert_int_equal(kn_file_write_atomic(path, text, strlen(text), 0600, NULL), 0);
	return kn_kubeconfig_load(k, path, a, err);
}

static void test_whole(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_kubeconfig k;
	char want[128];

	assert_int_equal(load(CLUSTER "    certificate-authority: pki/ca.crt\n    tls-server-name: api\n"
				      "users:\n- name: u\n  user:\n    client-certificate: /abs/cert\n"
				      "    client-key-data: S0VZCg==\n    client-key: unused\n"
				      "    tokenFile: token\n    token: t\n",
			      &k, a, NULL),
			 0);
	assert_string_equal(k.server, "https://1.2.3.4:6443");
	assert_string_equal(k.ns, "here");
	assert_string_equal(k.server_name, "api");
	snprintf(want, sizeof(want), "%.*s/pki/ca.crt", (int)(strrchr(path, '/') - path), path);
	assert_string_equal(k.ca_file, want);
	assert_string_equal(k.cert_file, "/abs/cert");
	assert_string_equal(k.key_data, "KEY\n");
	assert_null(k.key_file);
	assert_string_equal(k.token, "t");
	assert_non_null(strstr(k.token_file, "/token"));
	assert_false(k.insecure);
	assert_null(k.exec_command);
}

static void test_exec(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_kubeconfig k;

	assert_int_equal(load(CLUSTER
			      "    insecure-skip-tls-verify: true\n"
			      "users:\n- name: u\n  user:\n    exec:\n"
			      "      apiVersion: client.authentication.k8s.io/v1\n      command: bin/get\n"
			      "      args: [a, b]\n      env: [{name: X, value: \"1\"}, {name: ZED}]\n"
			      "      provideClusterInfo: true\n",
			      &k, a, NULL),
			 0);
	assert_true(k.insecure);
	assert_int_equal(k.exec_command[0], '/');
	assert_non_null(strstr(k.exec_command, "/bin/get"));
	assert_string_equal(k.exec_args[1], "b");
	assert_null(k.exec_args[2]);
	assert_string_equal(k.exec_env[0], "X=1");
	assert_string_equal(k.exec_env[1], "ZED=");
	assert_true(k.exec_cluster_info);
}

static void refused(const char *text, int code, const char *part)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_kubeconfig k = {.server = "same"};
	struct kn_err err = KN_ERR_INIT;

	assert_int_equal(load(text, &k, a, &err), -code);
	assert_non_null(strstr(err.msg, part));
	assert_string_equal(k.server, "same");
}

static void test_refusals(void **state)
{
	refused("", EINVAL, "is empty");
	refused("a: [", EINVAL, "line");
	refused("kind: Config\n", EINVAL, "current-context");
	refused("current-context: c\n", EINVAL, "context c is not there");
	refused(CLUSTER, EINVAL, "user u is not there");
	refused(CLUSTER "users:\n- name: u\n  user: {client-key-data: S0VZ}\n", EINVAL, "certificate");
	refused(CLUSTER "users:\n- name: u\n  user: {client-key-data: '**'}\n", EINVAL, "base64");
	refused(CLUSTER "users:\n- name: u\n  user: {as: root}\n", ENOTSUP, "as is not supported");
	refused(CLUSTER "users:\n- name: u\n  user: {exec: {command: x, apiVersion: v1}}\n", EINVAL,
		"apiVersion");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_exec),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
