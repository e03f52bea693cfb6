/* SPDX-License-Identifier: Apache-2.0 */
/* /containerLogs with real files and a real client on one loop: what is asked for is what comes, and
 * following loses nothing, whatever happens to the file. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "kubelet/kubelet_private.h"
#include "kubelet/server/server.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"
#include "lib/http/http.h"
#include "selftests/harness/pod_fixture.h"

struct rig {
	struct kn_loop *loop;
	struct kn_http *http;
	struct kn_http_call *call;
	struct kn_kubelet k;
	struct kn_worker w;
	struct kn_waiting waiting[2];
	struct kn_node_ctx node;
	struct kn_server *server;
	char dir[64], *log;
	struct kn_buf got;
	int status;
	bool done;
};

static void put(struct rig *g, const char *text)
{
	FILE *f = fopen(g->log, "a");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

#define LINE(s, tag, text) "2024-01-02T03:04:0" s ".5Z stdout " tag " " text "\n"

static int setup(void **state)
{
	static const char yaml[] =
		"{metadata: {name: p, namespace: ns1, uid: u1}, spec: {containers: [{name: c, "
		"image: i}, {name: w, image: i}]}}";
	struct rig *g = kn_calloc(1, sizeof(*g));
	struct kn_httpd_config listen = {.address = "127.0.0.1"};
	struct kn_server_deps d = {.kubelet = &g->k,
				   .node = &g->node,
				   .cgroup_root = "/",
				   .debugging_handlers = true,
				   .system_log_handler = true};
	struct kn_obs_container *c;

	signal(SIGPIPE, SIG_IGN);
	snprintf(g->dir, sizeof(g->dir), "/tmp/kn-test-logs-XXXXXX");
	assert_non_null(mkdtemp(g->dir));
	g->log = kn_sprintf("%s/0.log", g->dir);
	put(g, LINE("1", "F", "one") LINE("2", "P", "tw") LINE("2", "F", "o"));
	put(g, "2024-01-02T03:04:03.25Z stderr F three\n");
	assert_int_equal(kn_loop_new(&g->loop, NULL), 0);
	assert_int_equal(kn_http_new(&g->http, g->loop, "test", NULL), 0);
	g->node = (struct kn_node_ctx){.node_name = "n", .root_dir = g->dir, .pod_logs_dir = g->dir};
	g->k.workers = kn_map_new();
	g->k.d.node = &g->node;
	g->k.clock = kn_loop_clock(g->loop);
	g->w = (struct kn_worker){.k = &g->k, .waiting = g->waiting, .pod = pod_make(yaml)};
	g->w.seen = kn_obs_pod_new("u1", "ns1", "p");
	g->w.seen->sandboxes = kn_calloc(1, sizeof(*g->w.seen->sandboxes));
	g->w.seen->sandboxes[0] = (struct kn_obs_sandbox){.id = kn_strdup("s"), .ready = true};
	g->w.seen->n_sandboxes = 1;
	c = g->w.seen->containers = kn_calloc(1, sizeof(*c));
	*c = (struct kn_obs_container){.id = kn_strdup("id1"),
				       .name = kn_strdup("c"),
				       .sandbox_id = kn_strdup("s"),
				       .state = KN_OBS_RUNNING,
				       .have_status = true,
				       .log_path = kn_strdup(g->log)};
	g->w.seen->n_containers = 1;
	kn_map_set(g->k.workers, "u1", &g->w);
	d.loop = g->loop;
	assert_int_equal(kn_server_new(&g->server, &d, &listen, NULL), 0);
	*state = g;
	return 0;
}

static int teardown(void **state)
{
	struct rig *g = *state;

	kn_http_free(g->http);
	kn_server_free(g->server);
	kn_pod_unref(g->w.pod);
	kn_obs_pod_free(g->w.seen);
	kn_map_free(g->k.workers, NULL);
	kn_loop_free(g->loop);
	kn_buf_free(&g->got);
	kn_rm_rf(g->dir, NULL);
	free(g->log);
	free(g);
	return 0;
}

static void on_data(void *user, const uint8_t *data, size_t len)
{
	struct rig *g = user;

	kn_buf_add(&g->got, data, len);
}

static void on_done(void *user, const struct kn_http_result *r)
{
	struct rig *g = user;

	g->call = NULL;
	g->done = true;
	g->status = r->status;
	kn_buf_add(&g->got, r->body, r->len);
}

static void begin(struct rig *g, const char *path)
{
	static const struct kn_http_ops ops = {.data = on_data, .done = on_done};
	char *url kn_auto_free = kn_sprintf("http://127.0.0.1:%u%s", kn_server_port(g->server), path);
	struct kn_http_request req = {.method = "GET", .url = url, .timeout_ns = 30 * KN_NSEC_PER_SEC};

	g->done = false;
	g->got.len = 0;
	kn_buf_add(&g->got, "", 0);
	g->call = kn_http_start(g->http, &req, &ops, g);
}

static const char *get(struct rig *g, const char *path)
{
	begin(g, path);
	while (!g->done)
		kn_loop_run_once(g->loop, 10 * KN_NSEC_PER_MSEC);
	return g->got.data;
}

#define LOGS "/containerLogs/ns1/p/c"

static void test_whole(void **state)
{
	struct rig *g = *state;

	assert_string_equal(get(g, LOGS), "one\ntwo\nthree\n");
	assert_int_equal(g->status, 200);
	assert_string_equal(get(g, LOGS "?timestamps=true"),
			    "2024-01-02T03:04:01.500000000Z one\n2024-01-02T03:04:02.500000000Z two\n"
			    "2024-01-02T03:04:03.250000000Z three\n");
	assert_string_equal(get(g, LOGS "?tailLines=1"), "three\n");
	assert_string_equal(get(g, LOGS "?tailLines=0"), "");
	assert_string_equal(get(g, LOGS "?tailLines=99"), "one\ntwo\nthree\n");
	assert_string_equal(get(g, LOGS "?limitBytes=6"), "one\ntw");
	assert_string_equal(get(g, LOGS "?limitBytes=1"), "o");
	assert_string_equal(get(g, LOGS "?stream=Stderr"), "three\n");
	assert_string_equal(get(g, LOGS "?stream=Stdout&limitBytes=100"), "one\ntwo\n");
	assert_string_equal(get(g, LOGS "?sinceTime=2024-01-02T03:04:03Z"), "three\n");
	put(g, "2024-01-02T03:04:04Z stdout F without an end"); /* the runtime was killed in writing */
	assert_string_equal(get(g, LOGS "?sinceTime=2024-01-02T03:04:03Z"), "three\nwithout an end");
	/* Lines are those of the file, and the one without an end is none, as upstream has it. */
	assert_string_equal(get(g, LOGS "?tailLines=2"), "o\nthree\n");
}

static void test_big(void **state)
{
	struct rig *g = *state;
	kn_auto_buf struct kn_buf b = {0}, want = {0};

	for (int i = 0; i < 40000; i++) {
		kn_buf_addf(&b, "2024-01-02T03:04:05Z stdout F line %d of many\n", i);
		kn_buf_addf(&want, "line %d of many\n", i);
	}
	assert_int_equal(kn_file_write_atomic(g->log, b.data, b.len, 0644, NULL), 0);
	get(g, LOGS);
	assert_int_equal(g->got.len, want.len);
	assert_memory_equal(g->got.data, want.data, want.len);
}

static void test_refusals(void **state)
{
	struct rig *g = *state;

	assert_string_equal(get(g, "/containerLogs/ns1/x/c"), "pod \"x\" does not exist");
	assert_int_equal(g->status, 404);
	assert_string_equal(get(g, "/containerLogs/ns1/p/x"), "container \"x\" not found in pod \"p\"");
	assert_int_equal(g->status, 404);
	assert_string_equal(get(g, "/containerLogs/ns1/p/w"),
			    "container \"w\" in pod \"p\" is waiting to start: ContainerCreating");
	assert_int_equal(g->status, 400);
	g->waiting[1].reason = (char *)"ImagePullBackOff";
	assert_string_equal(
		get(g, "/containerLogs/ns1/p/w"),
		"container \"w\" in pod \"p\" is waiting to start: trying and failing to pull image");
	g->waiting[1].reason = (char *)"ErrImagePull";
	assert_string_equal(get(g, "/containerLogs/ns1/p/w"),
			    "container \"w\" in pod \"p\" is waiting to start: image can't be pulled");
	assert_string_equal(get(g, LOGS "?previous=true"),
			    "previous terminated container \"c\" in pod \"p\" not found");
	assert_string_equal(get(g, LOGS "?tailLines=-1"), "{\"message\": \"Invalid request.\"}");
	assert_int_equal(g->status, 422);
}

static void until(struct rig *g, const char *text)
{
	for (int i = 0; i < 1000 && strcmp(g->got.data, text) != 0; i++)
		kn_loop_run_once(g->loop, 10 * KN_NSEC_PER_MSEC);
	assert_string_equal(g->got.data, text);
}

static void test_follow(void **state)
{
	struct rig *g = *state;
	char *old kn_auto_free = kn_sprintf("%s.20240102-030405", g->log);

	begin(g, LOGS "?follow=true&tailLines=1");
	until(g, "three\n");
	put(g, LINE("4", "F", "four"));
	until(g, "three\nfour\n");
	put(g, "2024-01-02T03:04:05Z stdout F fi"); /* half a line waits for its end */
	put(g, "ve\n");
	until(g, "three\nfour\nfive\n");
	/* Rotation: the old file gets a last line after its renaming, as the runtime may do it. */
	assert_int_equal(rename(g->log, old), 0);
	{
		FILE *f = fopen(old, "a");

		fputs(LINE("6", "F", "six"), f);
		fclose(f);
	}
	put(g, LINE("7", "F", "seven"));
	until(g, "three\nfour\nfive\nsix\nseven\n");
	assert_false(g->done);
	/* The container ends: what it said last still comes, then the stream ends. */
	put(g, LINE("8", "F", "eight"));
	g->w.seen->containers[0].state = KN_OBS_EXITED;
	until(g, "three\nfour\nfive\nsix\nseven\neight\n");
	for (int i = 0; i < 500 && !g->done; i++)
		kn_loop_run_once(g->loop, 10 * KN_NSEC_PER_MSEC);
	assert_true(g->done);
}

static void test_follow_left(void **state)
{
	struct rig *g = *state;

	begin(g, LOGS "?follow=true");
	until(g, "one\ntwo\nthree\n");
	kn_http_cancel(g->call);
	for (int i = 0; i < 10; i++)
		kn_loop_run_once(g->loop, 10 * KN_NSEC_PER_MSEC);
	put(g, LINE("4", "F", "nobody reads this"));
	for (int i = 0; i < 10; i++)
		kn_loop_run_once(g->loop, 10 * KN_NSEC_PER_MSEC);
}

static void test_others(void **state)
{
	struct rig *g = *state;

	assert_string_equal(get(g, "/healthz"), "ok");
	assert_string_equal(get(g, "/healthz/ping"), "ok");
	get(g, "/healthz/nope");
	assert_int_equal(g->status, 404);
	assert_non_null(strstr(get(g, "/pods"), "\"kind\":\"PodList\""));
	assert_non_null(strstr(g->got.data, "\"name\":\"p\""));
	assert_non_null(strstr(get(g, "/runningpods/"), "\"containers\":[{\"name\":\"c\""));
	get(g, "/configz");
	assert_int_equal(g->status, 404);
	get(g, "/exec/ns1/p/w?command=x&output=1");
	assert_string_equal(g->got.data, "container not found (\"w\")\n");
	get(g, "/exec/ns1/p/c?command=x");
	assert_string_equal(g->got.data, "you must specify at least 1 of stdin, stdout, stderr");
	get(g, "/portForward/ns1/x");
	assert_string_equal(g->got.data, "pod does not exist");
	get(g, "/logs/../../etc/passwd");
	assert_int_equal(g->status, 404);
	get(g, "/logs/%2e%2e/%2e%2e/etc/passwd");
	assert_int_equal(g->status, 404);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_whole),	T(test_big),	     T(test_refusals),
		T(test_follow), T(test_follow_left), T(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
