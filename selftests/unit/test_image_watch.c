/* SPDX-License-Identifier: Apache-2.0 */
/* The runtime's calls and the timer are fakes, defined here: a round is played answer by answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "kubelet/kubelet_private.h"
#include "kubelet/worker/image_gc.h"
#include "lib/base/mem.h"

struct kn_timer {
	void (*fn)(void *user);
	void *user;
	int64_t armed_ns; /* -1: it isn't */
};
struct kn_call {
	enum kn_cri_method method;
	kn_cri_done done;
	void *user;
	char image[64];
};

static struct kn_timer timer;
static struct kn_call call;
static bool calling;

struct kn_timer *kn_timer_new(struct kn_loop *l, void (*fn)(void *user), void *user)
{
	timer = (struct kn_timer){fn, user, -1};
	return &timer;
}

void kn_timer_arm(struct kn_timer *t, int64_t after_ns)
{
	t->armed_ns = after_ns;
}

struct kn_timer *kn_timer_free(struct kn_timer *t)
{
	return NULL;
}

struct kn_call *kn_call_start(struct kn_kubelet *k, struct kn_worker *w, enum kn_cri_method m,
			      const ProtobufCMessage *req, int64_t timeout_ns, kn_cri_done done, void *user)
{
	assert_false(calling); /* one after the other */
	calling = true;
	call = (struct kn_call){.method = m, .done = done, .user = user};
	if (m == KN_CRI_REMOVE_IMAGE)
		snprintf(call.image, sizeof(call.image), "%s",
			 ((const Cri__RemoveImageRequest *)req)->image->image);
	return &call;
}

/* A disk that is 95 % full. */
int statvfs(const char *restrict path, struct statvfs *restrict fs)
{
	if (strcmp(path, "/") != 0) {
		errno = ENOENT;
		return -1;
	}
	*fs = (struct statvfs){.f_frsize = 4096, .f_blocks = 100, .f_bavail = 5};
	return 0;
}

struct fixture {
	struct kn_clock_fake clock;
	struct kn_kubelet k;
	struct kn_image_watch *w;
};

static int setup(void **state)
{
	static const struct kn_image_limits limits = {.min_age_ns = 60 * KN_NSEC_PER_SEC};
	struct fixture *f = kn_calloc(1, sizeof(*f));

	kn_clock_fake_init(&f->clock);
	f->k.clock = &f->clock.clock;
	f->w = kn_image_watch_new(&f->k, &limits);
	calling = false;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	kn_image_watch_free(f->w);
	free(f);
	return 0;
}

static void answer(enum kn_cri_method m, const void *rsp, int code)
{
	const struct kn_err err = {.code = code, .msg = "it failed"};
	struct kn_call c = call;

	assert_true(calling);
	assert_int_equal(c.method, m);
	calling = false;
	c.done(c.user, code ? NULL : rsp, &err);
}

static void begin(struct fixture *f, int64_t passed_s)
{
	f->clock.real_ns += passed_s * KN_NSEC_PER_SEC;
	timer.armed_ns = -1;
	timer.fn(timer.user);
}

/* One container that runs image_ref; images named "a", "b" and "c", c pinned. */
static void list(const char *image_ref)
{
	Cri__ListContainersResponse containers = CRI__LIST_CONTAINERS_RESPONSE__INIT;
	Cri__Container c = CRI__CONTAINER__INIT, *cs[] = {&c};
	Cri__ListImagesResponse images = CRI__LIST_IMAGES_RESPONSE__INIT;
	char *tags[] = {(char *)"docker.io/a:1"};
	Cri__Image i[3], *is[] = {&i[0], &i[1], &i[2]};

	c.image_ref = (char *)image_ref;
	containers.containers = cs;
	containers.n_containers = 1;
	for (size_t n = 0; n < 3; n++) {
		cri__image__init(&i[n]);
		i[n].id = (char *)(n == 0 ? "a" : n == 1 ? "b" : "c");
		i[n].size = 1;
	}
	i[0].repo_tags = tags;
	i[0].n_repo_tags = 1;
	i[2].pinned = true;
	images.images = is;
	images.n_images = 3;
	answer(KN_CRI_LIST_CONTAINERS, &containers, 0);
	answer(KN_CRI_LIST_IMAGES, &images, 0);
}

static void disk(const char *mountpoint)
{
	Cri__ImageFsInfoResponse r = CRI__IMAGE_FS_INFO_RESPONSE__INIT;
	Cri__FilesystemUsage u = CRI__FILESYSTEM_USAGE__INIT, *us[] = {&u};
	Cri__FilesystemIdentifier id = CRI__FILESYSTEM_IDENTIFIER__INIT;

	id.mountpoint = (char *)mountpoint;
	u.fs_id = &id;
	r.image_filesystems = us;
	r.n_image_filesystems = 1;
	answer(KN_CRI_IMAGE_FS_INFO, &r, 0);
}

static void test_what_goes_is_old_unused_and_unpinned(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(timer.armed_ns, 300 * KN_NSEC_PER_SEC);
	begin(f, 300);
	list("docker.io/a:1"); /* found by its name */
	disk("/");
	assert_false(calling); /* all are new to us */
	assert_int_equal(timer.armed_ns, 300 * KN_NSEC_PER_SEC);
	begin(f, 300);
	list("docker.io/a:1");
	disk("/");
	assert_string_equal(call.image, "b");
	answer(KN_CRI_REMOVE_IMAGE, NULL, EIO); /* goes on, whatever comes of it */
	assert_false(calling);
	assert_int_equal(timer.armed_ns, 300 * KN_NSEC_PER_SEC);
}

static void test_the_least_recently_used_goes_first(void **state)
{
	struct fixture *f = *state;

	begin(f, 300);
	list("none");
	disk("/nonexistent");
	begin(f, 300);
	list("a");
	disk("/nonexistent");
	begin(f, 300);
	list("none");
	disk("/");
	assert_string_equal(call.image, "b"); /* a was in use five minutes ago */
	answer(KN_CRI_REMOVE_IMAGE, NULL, 0);
	assert_string_equal(call.image, "a");
	answer(KN_CRI_REMOVE_IMAGE, NULL, 0);
	assert_false(calling);
}

static void test_what_is_not_known_removes_nothing(void **state)
{
	struct fixture *f = *state;

	begin(f, 300);
	list("none");
	disk("/");
	begin(f, 300);
	list("none");
	disk("/nonexistent");
	assert_false(calling);
	assert_int_equal(timer.armed_ns, 300 * KN_NSEC_PER_SEC);
	begin(f, 300);
	list("none");
	answer(KN_CRI_IMAGE_FS_INFO, NULL, EIO);
	assert_int_equal(timer.armed_ns, 300 * KN_NSEC_PER_SEC);
	begin(f, 300);
	answer(KN_CRI_LIST_CONTAINERS, NULL, EIO); /* who knows what is in use */
	assert_false(calling);
	assert_int_equal(timer.armed_ns, 300 * KN_NSEC_PER_SEC);
}

static void test_an_end_between_the_lists(void **state)
{
	Cri__ListContainersResponse containers = CRI__LIST_CONTAINERS_RESPONSE__INIT;
	struct fixture *f = *state;

	begin(f, 300);
	answer(KN_CRI_LIST_CONTAINERS, &containers, 0);
	answer(KN_CRI_LIST_IMAGES, NULL, EIO);
	assert_false(calling);
	assert_int_equal(timer.armed_ns, 300 * KN_NSEC_PER_SEC);
	begin(f, 300);
	answer(KN_CRI_LIST_CONTAINERS, &containers, 0); /* and is freed now, without a leak */
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_what_goes_is_old_unused_and_unpinned),
		T(test_the_least_recently_used_goes_first),
		T(test_what_is_not_known_removes_nothing),
		T(test_an_end_between_the_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
