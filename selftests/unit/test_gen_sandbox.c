/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "kubelet/gen/gen_priv.h"
#include "selftests/harness/pod_fixture.h"

static const struct kn_node_ctx node = {
	.node_name = "n1", .root_dir = "/r", .pod_logs_dir = "/l", .cluster_domain = "cluster.local"};

struct fixture {
	struct kn_arena *a;
	struct kn_pod *p;
	Cri__PodSandboxConfig *c;
	struct kn_err err;
};

static int gen(struct fixture *f, const char *yaml)
{
	*f = (struct fixture){.a = kn_arena_new(0), .p = pod_make(yaml)};
	return kn_gen_sandbox(f->a, &node, f->p, 3, "/kubepods/podu1", &f->c, &f->err);
}

static void end(struct fixture *f)
{
	kn_pod_unref(f->p);
	kn_arena_free(f->a);
}

static void test_names(void **state)
{
	struct fixture f;

	assert_int_equal(gen(&f,
			     "{metadata: {name: p, namespace: ns1, uid: u1, labels: {app: x, "
			     "io.kubernetes.pod.uid: forged}, annotations: {n: o}}, spec: {" CTR("") "}}"),
			 0);
	assert_string_equal(f.c->metadata->uid, "u1");
	assert_int_equal(f.c->metadata->attempt, 3);
	assert_string_equal(f.c->log_directory, "/l/ns1_p_u1");
	assert_string_equal(f.c->hostname, "p");
	assert_string_equal(f.c->linux->cgroup_parent, "/kubepods/podu1");
	assert_int_equal(f.c->n_labels, 4);
	assert_string_equal(f.c->labels[0]->value, "x");
	for (size_t i = 0; i < f.c->n_labels; i++) /* whose pod it is, nobody else says */
		assert_string_not_equal(f.c->labels[i]->value, "forged");
	assert_string_equal(f.c->labels[3]->key, KN_LABEL_POD_UID);
	assert_string_equal(f.c->labels[3]->value, "u1");
	assert_int_equal(f.c->n_annotations, 1);
	end(&f);
}

static void test_ports(void **state)
{
	struct fixture f;

	assert_int_equal(
		gen(&f, POD("initContainers: [{name: i1, image: i, ports: [{containerPort: 1}]}, {name: s, "
			    "image: "
			    "i, restartPolicy: Always, ports: [{containerPort: 2, protocol: UDP}]}], " CTR(
				    ", ports: [{containerPort: 80, hostPort: 8080, hostIP: 127.0.0.1}, "
				    "{containerPort: 81, protocol: SCTP}]"))),
		0);
	assert_int_equal(f.c->n_port_mappings, 3);
	assert_int_equal(f.c->port_mappings[0]->host_port, 8080);
	assert_string_equal(f.c->port_mappings[0]->host_ip, "127.0.0.1");
	assert_int_equal(f.c->port_mappings[1]->protocol, CRI__PROTOCOL__SCTP);
	assert_int_equal(f.c->port_mappings[2]->container_port, 2);
	assert_int_equal(f.c->port_mappings[2]->protocol, CRI__PROTOCOL__UDP);
	end(&f);
	assert_int_equal(gen(&f, POD("hostNetwork: true, " CTR(", ports: [{containerPort: 80}]"))), 0);
	assert_int_equal(f.c->n_port_mappings, 0);
	assert_string_equal(f.c->hostname, "");
	assert_int_equal(f.c->linux->security_context->namespace_options->network, CRI__NAMESPACE_MODE__NODE);
	end(&f);
}

#define LONG32 "a1234567890123456789012345678901"

static void test_host_names(void **state)
{
	struct fixture f;

	assert_int_equal(gen(&f, POD("hostname: h, subdomain: s, " CTR(""))), 0);
	assert_string_equal(f.c->hostname, "h");
	end(&f);
	assert_int_equal(gen(&f, POD("hostname: h, subdomain: s, setHostnameAsFQDN: true, " CTR(""))), 0);
	assert_string_equal(f.c->hostname, "h.s.ns1.svc.cluster.local");
	end(&f);
	assert_int_equal(gen(&f, POD("hostname: h, setHostnameAsFQDN: true, " CTR(""))), 0);
	assert_string_equal(f.c->hostname, "h"); /* there is no domain */
	end(&f);
	assert_int_equal(gen(&f, POD("hostname: " LONG32 ", subdomain: " LONG32
				     ", setHostnameAsFQDN: true, " CTR(""))),
			 -EINVAL);
	assert_non_null(strstr(f.err.msg, "too long (64 characters is the max)"));
	assert_null(f.c);
	end(&f);
}

static void test_security(void **state)
{
	struct fixture f;

	assert_int_equal(gen(&f, POD("securityContext: {runAsUser: 5, fsGroup: 6, sysctls: [{name: "
				     "net.ipv4.tcp_syncookies, value: '0'}]}, " CTR(
					     ", securityContext: {privileged: true}"))),
			 0);
	assert_int_equal(f.c->linux->security_context->run_as_user->value, 5);
	assert_int_equal(f.c->linux->security_context->supplemental_groups[0], 6);
	assert_true(f.c->linux->security_context->privileged);
	assert_int_equal(f.c->linux->security_context->seccomp->profile_type,
			 CRI__SECURITY_PROFILE__PROFILE_TYPE__RuntimeDefault);
	assert_string_equal(f.c->linux->sysctls[0]->key, "net.ipv4.tcp_syncookies");
	end(&f);
	assert_int_equal(gen(&f, POD("initContainers: [{name: i1, image: i, securityContext: {privileged: "
				     "true}}], " CTR(""))),
			 0);
	assert_true(f.c->linux->security_context->privileged);
	assert_null(f.c->linux->security_context->run_as_user);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_host_names),
		cmocka_unit_test(test_security),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
