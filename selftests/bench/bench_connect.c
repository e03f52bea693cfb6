// SPDX-License-Identifier: Apache-2.0
/* connect() to a Service against its backend directly and against a DNAT rule, connect by connect in one loop
 * (runs after each other differ more than the variants do). Medians over rounds. Own cgroup and network
 * namespace. */
#include <time.h>

#include "selftests/prog_tests/proxy_rig.h"

#define ROUNDS 40
#define PER_ROUND 250
#define VARIANTS 3

static double now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e6 + ts.tv_nsec / 1e3;
}

static int by_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double quantile(double *v, size_t n, double q)
{
	qsort(v, n, sizeof(*v), by_double);
	return v[(size_t)(q * (n - 1))];
}

static double timed_connect(int listener, const char *ip, int port)
{
	struct linger now = {.l_onoff = 1}; /* a reset instead of TIME_WAIT: ports don't run out */
	struct sockaddr_storage ss;
	socklen_t len = rig_sa(&ss, ip, port);
	int fd = rig_socket(ip, SOCK_STREAM), s;
	double t = now_us();

	if (connect(fd, (void *)&ss, len)) {
		perror(ip);
		exit(1);
	}
	t = now_us() - t;
	s = accept(listener, NULL, NULL);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
	close(s);
	return t;
}

/* Microseconds of one round trip on an established connection. */
static double round_trip(int client, int server)
{
	char c = 0;
	double t = now_us();

	for (int i = 0; i < 200; i++)
		if (write(client, &c, 1) != 1 || read(server, &c, 1) != 1 || write(server, &c, 1) != 1 ||
		    read(client, &c, 1) != 1)
			exit(1);
	return (now_us() - t) / 200;
}

static void report(FILE *f, const char *what, const char *unit, const double *v, size_t n, bool last)
{
	printf("%-24s %10.2f %10.2f", what, v[0], v[1]);
	fprintf(f, "  {\"what\":\"%s\",\"unit\":\"%s\",\"kernlet\":%.3f,\"peers\":{\"direct\":%.3f", what,
		unit, v[0], v[1]);
	if (n > 2) {
		printf(" %10.2f", v[2]);
		fprintf(f, ",\"iptables\":%.3f", v[2]);
	}
	printf("  %s\n", unit);
	fprintf(f, "}}%s\n", last ? "" : ",");
}

static int bench(struct rig *rig)
{
	static const char *const ips[] = {"10.9.0.2", NULL};
	static const char *const to[VARIANTS] = {"10.96.0.1", "10.9.0.2", "10.97.0.1"};
	static double p50[VARIANTS][ROUNDS], p99[VARIANTS][ROUNDS], rt[VARIANTS][ROUNDS],
		one[VARIANTS][PER_ROUND];
	const int port[VARIANTS] = {80, 8080, 80};
	size_t n =
		system("iptables -t nat -A OUTPUT -d 10.97.0.1 -p tcp --dport 80 -j DNAT --to 10.9.0.2:8080 "
		       "2>/dev/null && ip route add 10.97.0.0/16 dev lo")
			? 2
			: 3;
	int l = rig_listen("10.9.0.2", 8080, SOCK_STREAM), c[VARIANTS], s[VARIANTS];
	struct rig_service svc;
	struct kn_err err = KN_ERR_INIT;
	double v[3][VARIANTS];
	FILE *f;

	rig_service(&svc, "b", to[0], "TCP", 80, 8080, ips);
	if (l < 0 || kn_proxy_new(&rig->p, NULL, &rig->cfg, NULL, &err) || rig_set(rig, &svc, 1, &err)) {
		fprintf(stderr, "bench_connect: %s\n", err.msg);
		return 1;
	}
	for (size_t k = 0; k < n; k++) {
		c[k] = rig_connect(to[k], port[k], SOCK_STREAM);
		s[k] = accept(l, NULL, NULL);
	}
	for (int r = 0; r < ROUNDS; r++) {
		for (int i = 0; i < PER_ROUND; i++)
			for (size_t k = 0; k < n; k++)
				one[(k + i) % n][i] = timed_connect(l, to[(k + i) % n], port[(k + i) % n]);
		for (size_t k = 0; k < n; k++) {
			p50[k][r] = quantile(one[k], PER_ROUND, 0.5);
			p99[k][r] = quantile(one[k], PER_ROUND, 0.99);
			rt[k][r] = round_trip(c[k], s[k]);
		}
	}
	for (size_t k = 0; k < n; k++) {
		v[0][k] = quantile(p50[k], ROUNDS, 0.5);
		v[1][k] = quantile(p99[k], ROUNDS, 0.5);
		v[2][k] = 1e6 / quantile(rt[k], ROUNDS, 0.5);
	}
	if (mkdir("build", 0755) && errno != EEXIST)
		return 1;
	if (mkdir("build/bench", 0755) && errno != EEXIST)
		return 1;
	f = fopen("build/bench/connect.json", "we");
	if (!f)
		return 1;
	printf("%-24s %10s %10s %10s\n", "", "kernlet", "direct", n > 2 ? "iptables" : "");
	fprintf(f, "[\n");
	report(f, "connect p50", "us", v[0], n, false);
	report(f, "connect p99", "us", v[1], n, false);
	report(f, "round trips", "1/s", v[2], n, true);
	fprintf(f, "]\n");
	return fclose(f) ? 1 : 0;
}

int main(void)
{
	struct rig rig;
	const char *lacks = rig_up(&rig);
	int r = 0;

	if (lacks)
		printf("SKIP: %s\n", lacks);
	else
		r = bench(&rig);
	rig_down(&rig);
	return r;
}
