/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include "lib/base/file.h"
#include "cni/cni.h"
#include "cni/ipam.h"

#define WORKERS 8
#define EACH 20
#define KILLS 50

struct fixture {
	char dir[64];
	struct kn_cni_conf conf;
	struct kn_cni_ipam ipam;
};

static int setup(void **state)
{
	struct fixture *f = kn_calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/kn-ipam-XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	f->conf = (struct kn_cni_conf){
		.version = "1.1.0", .name = "unit-ipam", .data_dir = f->dir, .n_cidrs = 2};
	if (kn_cni_cidr_parse("10.85.0.0/24", &f->conf.cidrs[0], NULL) ||
	    kn_cni_cidr_parse("fd00:85::/64", &f->conf.cidrs[1], NULL) ||
	    kn_cni_ipam_open(&f->conf, true, &f->ipam, NULL))
		return -1;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	int r;

	kn_cni_ipam_close(&f->ipam);
	r = kn_rm_rf(f->dir, NULL);
	free(f);
	return r;
}

static int count_one(void *user, const struct kn_cni_addr *a, const char *container_id, const char *ifname)
{
	++*(int *)user;
	return 0;
}

static int count(const struct fixture *f)
{
	int n = 0;

	assert_int_equal(kn_cni_ipam_each(&f->ipam, count_one, &n, NULL), 0);
	return n;
}

static void test_same_owner(void **state)
{
	struct kn_cni_addr one[KN_CNI_MAX_CIDRS], again[KN_CNI_MAX_CIDRS];
	struct fixture *f = *state;
	bool fresh = false;

	assert_int_equal(kn_cni_ipam_reserve(&f->ipam, &f->conf, "a", "eth0", one, &fresh, NULL), 0);
	assert_true(fresh);
	assert_int_equal(kn_cni_ipam_reserve(&f->ipam, &f->conf, "a", "eth0", again, &fresh, NULL), 0);
	assert_false(fresh);
	assert_memory_equal(one, again, sizeof(one));
	assert_int_equal(count(f), 2);
	/* Another interface is another owner; releasing it leaves the first alone. */
	assert_int_equal(kn_cni_ipam_reserve(&f->ipam, &f->conf, "a", "eth1", again, &fresh, NULL), 0);
	assert_false(kn_cni_addr_same(&one[0], &again[0]));
	assert_int_equal(kn_cni_ipam_release(&f->ipam, "a", "eth1", NULL), 0);
	assert_int_equal(kn_cni_ipam_release(&f->ipam, "a", "eth1", NULL), 0);
	assert_int_equal(count(f), 2);
}

static void test_released_rests(void **state)
{
	struct kn_cni_addr one[KN_CNI_MAX_CIDRS], next[KN_CNI_MAX_CIDRS];
	struct fixture *f = *state;
	bool fresh;

	assert_int_equal(kn_cni_ipam_reserve(&f->ipam, &f->conf, "a", "eth0", one, &fresh, NULL), 0);
	assert_int_equal(kn_cni_ipam_release(&f->ipam, "a", "eth0", NULL), 0);
	assert_int_equal(kn_cni_ipam_reserve(&f->ipam, &f->conf, "b", "eth0", next, &fresh, NULL), 0);
	assert_false(kn_cni_addr_same(&one[0], &next[0]));
	assert_false(kn_cni_addr_same(&one[1], &next[1]));
}

/* The second range is used up: nothing of the first may stay reserved either. */
static void test_exhaustion(void **state)
{
	struct kn_cni_addr got[KN_CNI_MAX_CIDRS];
	struct kn_err err = KN_ERR_INIT;
	struct fixture *f = *state;
	char id[16];
	bool fresh;

	assert_int_equal(kn_cni_cidr_parse("fd00:85::/126", &f->conf.cidrs[1], NULL), 0);
	for (int i = 0; i < 2; i++) {
		snprintf(id, sizeof(id), "c%d", i);
		assert_int_equal(kn_cni_ipam_reserve(&f->ipam, &f->conf, id, "eth0", got, &fresh, NULL), 0);
	}
	assert_int_equal(kn_cni_ipam_reserve(&f->ipam, &f->conf, "more", "eth0", got, &fresh, &err), -ENOSPC);
	assert_non_null(strstr(err.msg, "no free address in fd00:85::/126"));
	assert_int_equal(count(f), 4);
	assert_int_equal(kn_cni_ipam_release(&f->ipam, "c0", "eth0", NULL), 0);
	assert_int_equal(kn_cni_ipam_reserve(&f->ipam, &f->conf, "more", "eth0", got, &fresh, NULL), 0);
}

/* A network namespace of one's own, and the path of a second one as a pod's; skips without the right to it.
 */
static void own_netns(char path[32], int *ret_fd)
{
	if (unshare(CLONE_NEWNET))
		skip();
	*ret_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	assert_true(*ret_fd >= 0);
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	snprintf(path, 32, "/proc/self/fd/%d", *ret_fd);
}

static void test_exhaustion_code(void **state)
{
	struct kn_cni_addr got[KN_CNI_MAX_CIDRS];
	kn_auto_buf struct kn_buf out = {0};
	struct kn_err err = KN_ERR_INIT;
	struct fixture *f = *state;
	char path[32], id[16];
	kn_auto_close int fd = -1;
	bool fresh;

	own_netns(path, &fd);
	assert_int_equal(kn_cni_cidr_parse("10.85.0.0/30", &f->conf.cidrs[0], NULL), 0);
	f->conf.n_cidrs = 1;
	snprintf(id, sizeof(id), "c");
	assert_int_equal(kn_cni_ipam_reserve(&f->ipam, &f->conf, id, "eth0", got, &fresh, NULL), 0);
	assert_int_equal(kn_cni_cmd_add(&(struct kn_cni_args){.command = KN_CNI_CMD_ADD,
							      .container_id = "more",
							      .ifname = "eth0",
							      .netns = path},
					&f->conf, &out, &err),
			 KN_CNI_AGAIN);
	assert_non_null(strstr(err.msg, "10.85.0.0/30"));
	assert_int_equal(out.len, 0);
	assert_int_equal(count(f), 1);
}

static _Noreturn void allocate(const struct fixture *f, int worker, int times)
{
	kn_auto_ipam struct kn_cni_ipam own = KN_CNI_IPAM_INIT; /* a lock of its own */
	struct kn_cni_addr got[KN_CNI_MAX_CIDRS];
	char id[32];
	bool fresh;

	if (kn_cni_ipam_open(&f->conf, false, &own, NULL))
		_exit(2);
	for (int i = 0; i < times; i++) {
		snprintf(id, sizeof(id), "w%d-%d", worker, i);
		if (kn_cni_ipam_reserve(&own, &f->conf, id, "eth0", got, &fresh, NULL) || !fresh)
			_exit(1);
	}
	_exit(0);
}

/* Each owner has one address of each range: with the total right, no two owners can share any. */
static void test_concurrent(void **state)
{
	struct fixture *f = *state;
	pid_t pid[WORKERS];
	int status;

	for (int i = 0; i < WORKERS; i++) {
		pid[i] = fork();
		if (!pid[i])
			allocate(f, i, EACH);
		assert_true(pid[i] > 0);
	}
	for (int i = 0; i < WORKERS; i++) {
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(count(f), WORKERS * EACH * 2);
}

static void test_killed(void **state)
{
	struct fixture *f = *state;
	unsigned seed = 1;
	int interrupted = 0, status;
	char id[32];

	for (int round = 0; round < KILLS; round++) {
		struct timespec pause = {.tv_nsec = rand_r(&seed) % 3000000};
		pid_t pid = fork();

		if (!pid)
			allocate(f, round, 200);
		assert_true(pid > 0);
		nanosleep(&pause, NULL);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		interrupted += WIFSIGNALED(status);
		/* The lock went with the process, and the owner finds all that is left. */
		for (int i = 0; count(f) && i < 200; i++) {
			snprintf(id, sizeof(id), "w%d-%d", round, i);
			assert_int_equal(kn_cni_ipam_release(&f->ipam, id, "eth0", NULL), 0);
		}
		assert_int_equal(count(f), 0);
	}
	assert_true(interrupted > 0);
}

static void test_gc(void **state)
{
	const struct kn_cni_attachment keep = {"w0-3", "eth0"};
	struct kn_cni_addr before[KN_CNI_MAX_CIDRS], after[KN_CNI_MAX_CIDRS];
	struct fixture *f = *state;
	kn_auto_close int fd = -1;
	char path[32];
	int status;
	bool fresh;
	pid_t pid;

	own_netns(path, &fd);
	pid = fork();
	if (!pid)
		allocate(f, 0, EACH);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(kn_cni_ipam_reserve(&f->ipam, &f->conf, "w0-3", "eth0", before, &fresh, NULL), 0);
	assert_int_equal(kn_cni_cmd_gc(&f->conf, NULL), KN_CNI_CONFIG); /* without a list nothing goes */
	assert_int_equal(count(f), EACH * 2);
	f->conf.has_valid = true;
	f->conf.valid = &keep;
	f->conf.n_valid = 1;
	assert_int_equal(kn_cni_cmd_gc(&f->conf, NULL), 0);
	assert_int_equal(count(f), 2);
	assert_int_equal(kn_cni_ipam_reserve(&f->ipam, &f->conf, "w0-3", "eth0", after, &fresh, NULL), 0);
	assert_false(fresh);
	assert_memory_equal(before, after, sizeof(before));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_same_owner, setup, teardown),
		cmocka_unit_test_setup_teardown(test_released_rests, setup, teardown),
		cmocka_unit_test_setup_teardown(test_exhaustion, setup, teardown),
		cmocka_unit_test_setup_teardown(test_concurrent, setup, teardown),
		cmocka_unit_test_setup_teardown(test_killed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_exhaustion_code, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gc, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
