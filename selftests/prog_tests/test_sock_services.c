// SPDX-License-Identifier: Apache-2.0
/* What Services say beyond their cluster IP: node ports, host ports, external addresses, affinity, several
 * ports; real sockets through the real programs. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "selftests/prog_tests/sock_tests.h"

#define NODE_IP "10.9.0.1" /* on lo, but not a loopback address */

/* Whether a connection to ip:port arrives at listener; -errno: connect failed; 0: it went elsewhere. */
static int reaches(const char *ip, int port, int listener)
{
	int fd = rig_connect(ip, port, SOCK_STREAM), s;

	if (fd < 0)
		return fd;
	fcntl(listener, F_SETFL, O_NONBLOCK);
	s = accept(listener, NULL, NULL);
	close(fd);
	if (s >= 0)
		close(s);
	return s >= 0;
}

static void test_node_port(void **state)
{
	const char *ips[] = {"10.9.1.1", NULL}, *v6[] = {"fd09::1", NULL};
	int l, l6;

	NEED();
	l = rig_listen("10.9.1.1", 8090, SOCK_STREAM);
	l6 = rig_listen("fd09::1", 8090, SOCK_STREAM);
	rig_service(&svc[0], "np", "10.96.1.1", "TCP", 80, 8090, ips);
	rig_service(&svc[1], "np6", "fd96::1:1", "TCP", 80, 8090, v6);
	svc[0].spec.type = svc[1].spec.type = "NodePort";
	svc[0].port.has_nodeport = svc[1].port.has_nodeport = 1;
	svc[0].port.nodeport = 30080;
	svc[1].port.nodeport = 30086;
	set(2);
	assert_int_equal(reaches("10.96.1.1", 80, l), 1);
	assert_int_equal(reaches(NODE_IP, 30080, l), 1);
	assert_int_equal(reaches("127.0.0.1", 30080, l), 1);
	assert_int_equal(reaches("::ffff:127.0.0.1", 30080, l), 1);
	assert_int_equal(reaches("fd09::2", 30086, l6), 1);
	assert_int_equal(reaches("::1", 30086, l6), 1);
	/* A Service has the families of its addresses. */
	assert_int_equal(reaches("fd09::2", 30080, l), -ECONNREFUSED);
	svc[0].port.nodeport = 30081;
	set(2);
	assert_int_equal(reaches(NODE_IP, 30080, l), -ECONNREFUSED);
	assert_int_equal(reaches(NODE_IP, 30081, l), 1);
	close(l);
	close(l6);
}

/* 127.0.0.1 inside another network namespace is not the node. */
static void test_loopback_is_each_namespaces_own(void **state)
{
	const char *ips[] = {"10.9.1.1", NULL};
	int status = -1;
	pid_t pid;

	NEED();
	rig_service(&svc[0], "np", "10.96.1.1", "TCP", 80, 8090, ips);
	svc[0].spec.type = "NodePort";
	svc[0].port.has_nodeport = 1;
	svc[0].port.nodeport = 30080;
	set(1);
	pid = fork();
	if (!pid) {
		int l;

		if (unshare(CLONE_NEWNET) || system("ip link set lo up"))
			_exit(2);
		l = rig_listen("127.0.0.1", 30080, SOCK_STREAM);
		_exit(reaches("127.0.0.1", 30080, l) == 1 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_external_addresses(void **state)
{
	K8s__ServiceStatus status = K8S__SERVICE_STATUS__INIT;
	K8s__LoadBalancerStatus lb = K8S__LOAD_BALANCER_STATUS__INIT;
	K8s__LoadBalancerIngress vip = K8S__LOAD_BALANCER_INGRESS__INIT, *ingress[] = {&vip};
	const char *ips[] = {"10.9.1.2", NULL};
	char *external[] = {"192.0.2.10"};
	int l;

	NEED();
	l = rig_listen("10.9.1.2", 8091, SOCK_STREAM);
	rig_service(&svc[0], "ex", "10.96.1.2", "TCP", 80, 8091, ips);
	svc[0].spec.type = "LoadBalancer";
	svc[0].spec.externalips = external;
	svc[0].spec.n_externalips = 1;
	svc[0].spec.externaltrafficpolicy = "Local"; /* clients here are inside the cluster */
	vip.ip = "192.0.2.20";
	lb.ingress = ingress;
	lb.n_ingress = 1;
	status.loadbalancer = &lb;
	svc[0].svc.status = &status;
	set(1);
	assert_int_equal(reaches("192.0.2.10", 80, l), 1);
	assert_int_equal(reaches("192.0.2.20", 80, l), 1);
	close(l);
}

static void test_host_ports(void **state)
{
	const char *a[] = {"10.9.1.3", NULL}, *b[] = {"10.9.1.4", "fd09::1", NULL};
	const struct kn_host_port ports[] = {
		{.ns = "d",
		 .pod = "a",
		 .host_ip = "127.0.0.1",
		 .host_port = 5432,
		 .container_port = 80,
		 .pod_ips = a},
		{.ns = "d", .pod = "b", .host_port = 5433, .container_port = 81, .pod_ips = b},
		{.ns = "d",
		 .pod = "b",
		 .host_ip = NODE_IP,
		 .host_port = 5432,
		 .container_port = 81,
		 .pod_ips = b},
	};
	const struct kn_proxy_want want = {.host_ports = ports, .n_host_ports = KN_ARRAY_SIZE(ports)};
	struct kn_err err = KN_ERR_INIT;
	int la, lb, l6;

	NEED();
	la = rig_listen("10.9.1.3", 80, SOCK_STREAM);
	lb = rig_listen("10.9.1.4", 81, SOCK_STREAM);
	l6 = rig_listen("fd09::1", 81, SOCK_STREAM);
	assert_int_equal(kn_proxy_set(rig.p, &want, &err), 0);
	assert_int_equal(reaches("127.0.0.1", 5432, la), 1);
	assert_int_equal(reaches(NODE_IP, 5432, lb), 1);
	assert_int_equal(reaches(NODE_IP, 5433, lb), 1);
	assert_int_equal(reaches("127.0.0.1", 5433, lb), 1);
	assert_int_equal(reaches("fd09::2", 5433, l6), 1);
	close(la);
	close(lb);
	close(l6);
}

static void test_several_ports(void **state)
{
	const char *ips[] = {"10.9.1.5", NULL};
	K8s__ServicePort second = K8S__SERVICE_PORT__INIT, *ports[2];
	K8s__EndpointPort esecond = K8S__ENDPOINT_PORT__INIT, *eports[2];
	int l1, l2;

	NEED();
	l1 = rig_listen("10.9.1.5", 8001, SOCK_STREAM);
	l2 = rig_listen("10.9.1.5", 8002, SOCK_STREAM);
	rig_service(&svc[0], "two", "10.96.1.5", "TCP", 80, 8001, ips);
	svc[0].port.name = svc[0].eport.name = "http";
	second.name = esecond.name = "admin";
	second.has_port = esecond.has_port = 1;
	second.port = 81;
	esecond.port = 8002;
	ports[0] = &svc[0].port;
	ports[1] = &second;
	eports[0] = &esecond; /* the order of the slice is not that of the Service */
	eports[1] = &svc[0].eport;
	svc[0].spec.ports = ports;
	svc[0].spec.n_ports = 2;
	svc[0].slice.ports = eports;
	svc[0].slice.n_ports = 2;
	set(1);
	assert_int_equal(reaches("10.96.1.5", 80, l1), 1);
	assert_int_equal(reaches("10.96.1.5", 81, l2), 1);
	close(l1);
	close(l2);
}

/* A backend that asks for its own Service and is sent to itself. */
static void test_hairpin(void **state)
{
	const char *ips[] = {"10.9.1.6", NULL};
	struct sockaddr_storage own, svc_sa, peer;
	socklen_t n = sizeof(peer), len = rig_sa(&own, "10.9.1.6", 0);
	int l, fd, s;

	NEED();
	l = rig_listen("10.9.1.6", 8003, SOCK_STREAM);
	rig_service(&svc[0], "self", "10.96.1.6", "TCP", 80, 8003, ips);
	set(1);
	fd = rig_socket("10.9.1.6", SOCK_STREAM);
	assert_int_equal(bind(fd, (void *)&own, len), 0);
	rig_sa(&svc_sa, "10.96.1.6", 80);
	assert_int_equal(connect(fd, (void *)&svc_sa, len), 0);
	s = accept(l, (void *)&peer, &n);
	assert_true(s >= 0);
	assert_int_equal(((struct sockaddr_in *)&peer)->sin_addr.s_addr,
			 ((struct sockaddr_in *)&own)->sin_addr.s_addr);
	n = sizeof(own);
	assert_int_equal(getsockname(fd, (void *)&own, &n), 0); /* the client's own end is not touched */
	assert_memory_equal(&own, &peer, n);
	close(s);
	close(fd);
	close(l);
}

static int which(const int *l, int n)
{
	int fd = rig_connect("10.96.1.7", 80, SOCK_STREAM), s = -1, i;

	assert_true(fd >= 0);
	for (i = 0; i < n && s < 0; i++)
		s = accept(l[i], NULL, NULL);
	assert_true(s >= 0);
	close(s);
	close(fd);
	return i - 1;
}

static void test_affinity(void **state)
{
	const char *ips[] = {"10.9.2.1", "10.9.2.2", "10.9.2.3", "10.9.2.4", NULL}, *fewer[5];
	K8s__SessionAffinityConfig conf = K8S__SESSION_AFFINITY_CONFIG__INIT;
	K8s__ClientIPConfig client = K8S__CLIENT_IPCONFIG__INIT;
	int l[4], first, changed = 0, k = 0;

	NEED();
	for (int i = 0; i < 4; i++) {
		l[i] = rig_listen(ips[i], 8004, SOCK_STREAM);
		fcntl(l[i], F_SETFL, O_NONBLOCK);
	}
	rig_service(&svc[0], "aff", "10.96.1.7", "TCP", 80, 8004, ips);
	svc[0].spec.sessionaffinity = "ClientIP";
	set(1);
	first = which(l, 4);
	for (int i = 0; i < 30; i++)
		assert_int_equal(which(l, 4), first);
	/* Another backend goes: the client stays, though its slot has another number now. */
	for (int i = 0; i < 4; i++)
		if (i != (first + 1) % 4)
			fewer[k++] = ips[i];
	fewer[k] = NULL;
	rig_service(&svc[0], "aff", "10.96.1.7", "TCP", 80, 8004, fewer);
	svc[0].spec.sessionaffinity = "ClientIP";
	set(1);
	for (int i = 0; i < 10; i++)
		assert_int_equal(which(l, 4), first);
	/* Its own goes: any other one, and that from now on. */
	for (int i = k = 0; i < 4; i++)
		if (i != first)
			fewer[k++] = ips[i];
	fewer[k] = NULL;
	rig_service(&svc[0], "aff", "10.96.1.7", "TCP", 80, 8004, fewer);
	svc[0].spec.sessionaffinity = "ClientIP";
	conf.clientip = &client;
	client.has_timeoutseconds = client.timeoutseconds = 1;
	svc[0].spec.sessionaffinityconfig = &conf;
	set(1);
	k = which(l, 4);
	assert_int_not_equal(k, first);
	assert_int_equal(which(l, 4), k);
	/* Past its timeout it is chosen anew: by chance the same one, but not each time. */
	for (int i = 0; i < 8 && !changed; i++) {
		usleep(1100000);
		changed = which(l, 4) != k;
	}
	assert_true(changed);
	svc[0].spec.sessionaffinity = "None";
	set(1);
	for (int i = changed = 0; i < 60; i++)
		changed += which(l, 4) != k;
	assert_true(changed);
	for (int i = 0; i < 4; i++)
		close(l[i]);
}

static void write_eight(const char *const *backends, size_t n)
{
	static const char *const ips[] = {"10.96.2.0", "10.96.2.1", "10.96.2.2", "10.96.2.3",
					  "10.96.2.4", "10.96.2.5", "10.96.2.6", "10.96.2.7"};

	for (int s = 0; s < 8; s++)
		rig_service(&svc[s], ips[s], ips[s], "TCP", 80, 8005, backends);
	set(n);
}

/* A daemon that is killed while it writes leaves nothing half-written that a client can see. */
static void test_killed_while_writing(void **state)
{
	const char *both[] = {"10.9.3.1", "10.9.3.2", NULL}, *one[] = {"10.9.3.1", NULL};
	int l1, l2;

	NEED();
	l1 = rig_listen("10.9.3.1", 8005, SOCK_STREAM);
	l2 = rig_listen("10.9.3.2", 8005, SOCK_STREAM);
	/* The last one comes and goes, the others are always there. */
	write_eight(one, 8);
	for (int round = 0; round < 15; round++) {
		struct kn_err err = KN_ERR_INIT;
		pid_t pid = fork();

		if (!pid) {
			rig.p = kn_proxy_free(rig.p);
			if (kn_proxy_new(&rig.p, NULL, &rig.cfg, NULL, NULL))
				_exit(1);
			for (int i = 0;; i++)
				write_eight(i % 2 ? both : one, i % 3 ? 8 : 7);
		}
		usleep(20000 + round * 3000);
		for (int i = 0; i < 20; i++) {
			int fd = rig_connect("10.96.2.3", 80, SOCK_STREAM);

			assert_true(fd >= 0);
			close(fd);
		}
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		for (int s = 0; s < 7; s++) {
			char ip[32];
			int fd;

			snprintf(ip, sizeof(ip), "10.96.2.%d", s);
			fd = rig_connect(ip, 80, SOCK_STREAM);
			assert_true(fd >= 0);
			close(fd);
		}
		/* The next daemon mends what is left and goes on. */
		rig.p = kn_proxy_free(rig.p);
		if (kn_proxy_new(&rig.p, NULL, &rig.cfg, NULL, &err))
			fail_msg("%s", err.msg);
	}
	close(l1);
	close(l2);
}

static int up(void **state)
{
	struct kn_err err = KN_ERR_INIT;

	lacks = rig_up(&rig);
	if (!lacks && kn_proxy_new(&rig.p, NULL, &rig.cfg, NULL, &err)) {
		print_message("%s\n", err.msg);
		return -1;
	}
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_node_port),
		cmocka_unit_test(test_loopback_is_each_namespaces_own),
		cmocka_unit_test(test_external_addresses),
		cmocka_unit_test(test_host_ports),
		cmocka_unit_test(test_several_ports),
		cmocka_unit_test(test_hairpin),
		cmocka_unit_test(test_affinity),
		cmocka_unit_test(test_killed_while_writing),
	};

	return cmocka_run_group_tests(tests, up, down);
}
