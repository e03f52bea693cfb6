// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>
#include "kubelet/pod/service_env.h"
#include "lib/base/buf.h"
#include "lib/base/mem.h"

static K8s__Service service(K8s__ObjectMeta *m, K8s__ServiceSpec *s, const char *name, const char *ip)
{
	K8s__Service svc = K8S__SERVICE__INIT;

	k8s__object_meta__init(m);
	k8s__service_spec__init(s);
	m->name = (char *)name;
	m->namespace_ = (char *)"ns";
	s->clusterip = (char *)ip;
	svc.metadata = m;
	svc.spec = s;
	return svc;
}

static void variables(void **state)
{
	static const char want[] = "MY_DB_SERVICE_HOST=10.96.0.7\n"
				   "MY_DB_SERVICE_PORT=5432\n"
				   "MY_DB_SERVICE_PORT_MAIN_PORT=5432\n"
				   "MY_DB_PORT=tcp://10.96.0.7:5432\n"
				   "MY_DB_PORT_5432_TCP=tcp://10.96.0.7:5432\n"
				   "MY_DB_PORT_5432_TCP_PROTO=tcp\n"
				   "MY_DB_PORT_5432_TCP_PORT=5432\n"
				   "MY_DB_PORT_5432_TCP_ADDR=10.96.0.7\n"
				   "MY_DB_PORT_53_UDP=udp://10.96.0.7:53\n"
				   "MY_DB_PORT_53_UDP_PROTO=udp\n"
				   "MY_DB_PORT_53_UDP_PORT=53\n"
				   "MY_DB_PORT_53_UDP_ADDR=10.96.0.7\n";
	struct kn_arena *a kn_auto_arena = kn_arena_new(0);
	struct kn_buf b kn_auto_buf = {0};
	K8s__ServicePort one = K8S__SERVICE_PORT__INIT, two = K8S__SERVICE_PORT__INIT;
	K8s__ServicePort *ports[] = {&one, &two};
	K8s__ObjectMeta m;
	K8s__ServiceSpec s;
	K8s__Service svc = service(&m, &s, "my-db", "10.96.0.7");
	Cri__KeyValue **list = NULL;
	size_t n = 0;

	one.name = (char *)"main-port";
	one.port = 5432;
	two.port = 53;
	two.protocol = (char *)"UDP";
	s.ports = ports;
	s.n_ports = 2;
	kn_service_env_add(a, &svc, &list, &n);
	for (size_t i = 0; i < n; i++)
		kn_buf_addf(&b, "%s=%s\n", list[i]->key, list[i]->value);
	assert_string_equal(b.data, want);
}

static void six_has_brackets(void **state)
{
	struct kn_arena *a kn_auto_arena = kn_arena_new(0);
	K8s__ServicePort one = K8S__SERVICE_PORT__INIT, *ports[] = {&one};
	K8s__ObjectMeta m;
	K8s__ServiceSpec s;
	K8s__Service svc = service(&m, &s, "x", "fd00::7");
	Cri__KeyValue **list = NULL;
	size_t n = 0;

	one.port = 80;
	s.ports = ports;
	s.n_ports = 1;
	kn_service_env_add(a, &svc, &list, &n);
	assert_string_equal(list[2]->value, "tcp://[fd00::7]:80");
	assert_string_equal(list[0]->value, "fd00::7");
}

static void headless_has_none(void **state)
{
	struct kn_arena *a kn_auto_arena = kn_arena_new(0);
	K8s__ServicePort one = K8S__SERVICE_PORT__INIT, *ports[] = {&one};
	static const char *const ips[] = {"None", "", NULL};

	for (size_t i = 0; i < KN_ARRAY_SIZE(ips); i++) {
		K8s__ObjectMeta m;
		K8s__ServiceSpec s;
		K8s__Service svc = service(&m, &s, "x", ips[i]);
		Cri__KeyValue **list = NULL;
		size_t n = 0;

		s.ports = ports;
		s.n_ports = 1;
		kn_service_env_add(a, &svc, &list, &n);
		assert_int_equal(n, 0);
	}
}

static void whom_it_concerns(void **state)
{
	K8s__ObjectMeta m;
	K8s__ServiceSpec s;

	service(&m, &s, "x", "1.2.3.4");
	assert_true(kn_service_env_wants(&m, "ns", true));
	assert_false(kn_service_env_wants(&m, "ns", false));
	assert_false(kn_service_env_wants(&m, "other", true));
	m.name = (char *)"kubernetes";
	assert_false(kn_service_env_wants(&m, "other", true));
	m.namespace_ = (char *)"default";
	assert_true(kn_service_env_wants(&m, "other", false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(variables),
		cmocka_unit_test(six_has_brackets),
		cmocka_unit_test(headless_has_none),
		cmocka_unit_test(whom_it_concerns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
