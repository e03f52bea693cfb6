// SPDX-License-Identifier: Apache-2.0
/* Real sockets through the real programs, in a cgroup, namespace and bpffs of their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "selftests/prog_tests/sock_tests.h"

static void reload(void)
{
	struct kn_err err = KN_ERR_INIT;

	rig.p = kn_proxy_free(rig.p);
	if (kn_proxy_new(&rig.p, NULL, &rig.cfg, NULL, &err))
		fail_msg("%s", err.msg);
}

static void check_peer(int fd, const char *ip, int port)
{
	struct sockaddr_storage want, got = {0};
	socklen_t len = sizeof(got), n = rig_sa(&want, ip, port);

	assert_int_equal(getpeername(fd, (void *)&got, &len), 0);
	assert_int_equal(len, n);
	assert_memory_equal(&got, &want, n);
}

static void tcp_spread(const char *ip, const char *a, const char *b)
{
	const char *ips[] = {a, b, NULL};
	int la = rig_listen(a, 8080, SOCK_STREAM), lb = rig_listen(b, 8080, SOCK_STREAM), na = 0, nb = 0;
	char mapped[64];

	rig_service(&svc[0], "web", ip, "TCP", 80, 8080, ips);
	set(1);
	fcntl(la, F_SETFL, O_NONBLOCK);
	fcntl(lb, F_SETFL, O_NONBLOCK);
	for (int i = 0; i < 60; i++) {
		int fd, s;

		snprintf(mapped, sizeof(mapped), "::ffff:%s", ip);
		fd = rig_connect(i % 2 && !strchr(ip, ':') ? mapped : ip, 80, SOCK_STREAM);
		assert_true(fd >= 0);
		check_peer(fd, i % 2 && !strchr(ip, ':') ? mapped : ip, 80);
		s = accept(la, NULL, NULL);
		if (s >= 0)
			na++;
		else if ((s = accept(lb, NULL, NULL)) >= 0)
			nb++;
		assert_true(s >= 0);
		close(s);
		close(fd);
	}
	assert_int_equal(na + nb, 60);
	assert_true(na > 5 && nb > 5);
	close(la);
	close(lb);
}

static void test_tcp4_and_mapped(void **state)
{
	NEED();
	tcp_spread("10.96.0.10", "10.9.0.2", "10.9.0.3");
}

static void test_tcp6(void **state)
{
	NEED();
	tcp_spread("fd96::10", "fd09::1", "fd09::2");
}

static void udp_echo(int listener, int client, const char *shown_ip, int port, const char *to)
{
	struct sockaddr_storage ss, from = {0}, want;
	socklen_t len = rig_sa(&ss, shown_ip, port), n = sizeof(from);
	char c;

	if (to)
		assert_int_equal(sendto(client, "q", 1, 0, (void *)&ss, len), 1);
	else
		assert_int_equal(send(client, "q", 1, 0), 1);
	assert_int_equal(recvfrom(listener, &c, 1, 0, (void *)&from, &n), 1);
	assert_int_equal(sendto(listener, "a", 1, 0, (void *)&from, n), 1);
	n = sizeof(from);
	memset(&from, 0, sizeof(from));
	assert_int_equal(recvfrom(client, &c, 1, 0, (void *)&from, &n), 1);
	len = rig_sa(&want, shown_ip, port);
	assert_int_equal(n, len);
	assert_memory_equal(&from, &want, len);
}

static void udp(const char *ip, const char *backend, const char *as)
{
	const char *ips[] = {backend, NULL};
	int l = rig_listen(backend, 5353, SOCK_DGRAM), c = rig_socket(as, SOCK_DGRAM);

	rig_service(&svc[0], "dns", ip, "UDP", 53, 5353, ips);
	set(1);
	udp_echo(l, c, as, 53, as);
	close(c);
	c = rig_connect(as, 53, SOCK_DGRAM);
	assert_true(c >= 0);
	check_peer(c, as, 53);
	udp_echo(l, c, as, 53, NULL);
	close(c);
	close(l);
}

static void test_udp(void **state)
{
	NEED();
	udp("10.96.0.53", "10.9.0.4", "10.96.0.53");
	udp("10.96.0.53", "10.9.0.4", "::ffff:10.96.0.53");
	udp("fd96::53", "fd09::1", "fd96::53");
}

static void test_no_endpoints_refuse(void **state)
{
	const char *none[] = {NULL};
	struct sockaddr_storage ss;
	socklen_t len = rig_sa(&ss, "10.96.0.12", 53);
	int fd;

	NEED();
	rig_service(&svc[0], "a", "10.96.0.11", "TCP", 80, 80, none);
	rig_service(&svc[1], "b", "10.96.0.12", "UDP", 53, 53, none);
	rig_service(&svc[2], "c", "fd96::11", "TCP", 80, 80, none);
	set(3);
	assert_int_equal(rig_connect("10.96.0.11", 80, SOCK_STREAM), -ECONNREFUSED);
	assert_int_equal(rig_connect("::ffff:10.96.0.11", 80, SOCK_STREAM), -ECONNREFUSED);
	assert_int_equal(rig_connect("fd96::11", 80, SOCK_STREAM), -ECONNREFUSED);
	fd = rig_socket("10.96.0.12", SOCK_DGRAM);
	assert_int_equal(sendto(fd, "x", 1, 0, (void *)&ss, len), -1);
	assert_int_equal(errno, ECONNREFUSED);
	close(fd);
}

static void test_removed_endpoint_gets_nothing(void **state)
{
	const char *two[] = {"10.9.0.5", "10.9.0.6", NULL}, *one[] = {"10.9.0.5", NULL};
	int l, fd;

	NEED();
	l = rig_listen("10.9.0.5", 8081, SOCK_STREAM);
	rig_service(&svc[0], "r", "10.96.0.20", "TCP", 80, 8081, two);
	set(1);
	rig_service(&svc[0], "r", "10.96.0.20", "TCP", 80, 8081, one);
	set(1);
	for (int i = 0; i < 50; i++) { /* nobody listens on the other one */
		fd = rig_connect("10.96.0.20", 80, SOCK_STREAM);
		assert_true(fd >= 0);
		close(fd);
	}
	close(l);
}

static void test_restarts_lose_nothing(void **state)
{
	const char *ips[] = {"10.9.0.7", NULL};
	int l, pipes[2], failed = -1;
	pid_t pid;

	NEED();
	l = rig_listen("10.9.0.7", 8082, SOCK_STREAM);
	rig_service(&svc[0], "s", "10.96.0.30", "TCP", 80, 8082, ips);
	set(1);
	rig.p = kn_proxy_free(rig.p); /* no daemon: the pins do it */
	assert_true(rig_connect("10.96.0.30", 80, SOCK_STREAM) >= 0);
	assert_int_equal(pipe(pipes), 0);
	pid = fork();
	if (!pid) { /* connects until its input ends */
		int bad = 0, n = 0, s;

		fcntl(pipes[0], F_SETFL, O_NONBLOCK);
		close(pipes[1]);
		for (char c; read(pipes[0], &c, 1) != 0; n++) {
			int fd = rig_connect("10.96.0.30", 80, SOCK_STREAM);

			bad += fd < 0;
			s = accept(l, NULL, NULL);
			close(s);
			close(fd);
		}
		_exit(n < 50 ? 255 : bad > 254 ? 254 : bad);
	}
	close(pipes[0]);
	for (int i = 0; i < 50; i++) {
		reload();
		set(1);
	}
	close(pipes[1]);
	assert_int_equal(waitpid(pid, &failed, 0), pid);
	assert_int_equal(failed, 0);
	close(l);
}

static void test_size_change_keeps_services(void **state)
{
	const char *ips[] = {"10.9.0.8", NULL};
	int l, fd;

	NEED();
	l = rig_listen("10.9.0.8", 8083, SOCK_STREAM);
	rig_service(&svc[0], "z", "10.96.0.40", "TCP", 80, 8083, ips);
	set(1);
	rig.cfg.max_services = 1000;
	reload();
	fd = rig_connect("10.96.0.40", 80, SOCK_STREAM); /* before any kn_proxy_set */
	assert_true(fd >= 0);
	close(fd);
	close(l);
}

static void test_other_layout_goes_when_filled(void **state)
{
	const char *ips[] = {"10.9.0.8", NULL};
	char old[128], other[128];

	NEED();
	snprintf(old, sizeof(old), "%s/v99", rig.pins);
	snprintf(other, sizeof(other), "%s/vendor", rig.pins);
	assert_int_equal(mkdir(old, 0700), 0);
	assert_int_equal(mkdir(other, 0700), 0);
	reload();
	assert_int_equal(access(old, F_OK), 0); /* until this layout's maps are filled */
	rig_service(&svc[0], "z", "10.96.0.40", "TCP", 80, 8083, ips);
	set(1);
	assert_int_equal(access(old, F_OK), -1);
	assert_int_equal(rmdir(other), 0); /* not ours */
}

static void test_pin_dir_must_be_bpffs(void **state)
{
	struct kn_proxy_config cfg;
	struct kn_err err = KN_ERR_INIT;
	struct kn_proxy *p = NULL;

	NEED();
	cfg = rig.cfg;
	cfg.pin_dir = "/tmp/kn-not-a-bpffs";
	assert_int_equal(kn_proxy_new(&p, NULL, &cfg, NULL, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "mount -t bpf"));
	assert_null(p);
}

static int up(void **state)
{
	lacks = rig_up(&rig);
	if (!lacks)
		reload();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tcp4_and_mapped),
		cmocka_unit_test(test_tcp6),
		cmocka_unit_test(test_udp),
		cmocka_unit_test(test_no_endpoints_refuse),
		cmocka_unit_test(test_removed_endpoint_gets_nothing),
		cmocka_unit_test(test_restarts_lose_nothing),
		cmocka_unit_test(test_size_change_keeps_services),
		cmocka_unit_test(test_other_layout_goes_when_filled),
		cmocka_unit_test(test_pin_dir_must_be_bpffs),
	};

	return cmocka_run_group_tests(tests, up, down);
}
