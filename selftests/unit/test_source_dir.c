// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include "lib/base/file.h"
#include "lib/base/mem.h"
#include "lib/k8s/core.pb-c.h"
#include "lib/k8s/source_dir.h"

#define POD(name, image)                                                                                     \
	"apiVersion: v1\nkind: Pod\nmetadata: {name: " name                                                  \
	"}\nspec:\n  containers:\n  - {name: c, image: '" image "'}\n"
#define BROKEN(name) "apiVersion: v1\nkind: Pod\nmetadata: {name: " name "}\nspec: {containerz: []}\n"

struct fixture {
	char dir[32], folder[64];
	struct kn_loop *loop;
	struct kn_source_dir *source;
	int64_t rescan;
	char set[512], error[512]; /* the last told: "name=image " in order */
	int changes, errors;
};

static void on_change(void *user, struct kn_manifest *const *set, size_t n)
{
	struct fixture *f = user;
	kn_auto_buf struct kn_buf b = {0};

	for (size_t i = 0; i < n; i++) {
		const K8s__Pod *p = (const K8s__Pod *)set[i]->obj;

		if (set[i]->kind == KN_KIND_POD && p->spec && p->spec->n_containers)
			kn_buf_addf(&b, "%s=%s ", p->metadata->name, p->spec->containers[0]->image);
		else
			kn_buf_addf(&b, "kind%d ", set[i]->kind);
	}
	snprintf(f->set, sizeof(f->set), "%s", b.data ? b.data : "");
	f->changes++;
}

static void on_error(void *user, const char *file, const struct kn_err *err)
{
	struct fixture *f = user;

	snprintf(f->error, sizeof(f->error), "%s", err->msg);
	f->errors++;
}

static void run_for(struct fixture *f, int ms)
{
	int64_t until = kn_mono(&kn_clock_system) + ms * KN_NSEC_PER_MSEC;

	while (kn_mono(&kn_clock_system) < until)
		kn_loop_run_once(f->loop, 5 * KN_NSEC_PER_MSEC);
}

static void run_until_change(struct fixture *f, int changes)
{
	for (int i = 0; i < 400 && f->changes < changes; i++)
		kn_loop_run_once(f->loop, 5 * KN_NSEC_PER_MSEC);
	assert_int_equal(f->changes, changes);
}

static char *in_folder(struct fixture *f, const char *name)
{
	return kn_sprintf("%s/%s", f->folder, name);
}

/* In place, as an editor or cp does; the atomic way is tested by its own name. */
static void put(struct fixture *f, const char *name, const char *text)
{
	kn_auto_free char *path = in_folder(f, name);
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
}

static int setup(void **state)
{
	struct fixture *f = kn_calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/kn-sd-XXXXXX");
	f->rescan = 3600 * KN_NSEC_PER_SEC; /* what is seen, inotify saw */
	*state = f;
	if (!mkdtemp(f->dir) || kn_loop_new(&f->loop, NULL) < 0)
		return -1;
	snprintf(f->folder, sizeof(f->folder), "%s/a/manifests", f->dir);
	return kn_mkdir_p(f->folder, 0755, NULL);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	kn_source_dir_free(f->source);
	kn_loop_free(f->loop);
	kn_rm_rf(f->dir, NULL);
	free(f);
	return 0;
}

static void start_at(struct fixture *f, const char *path)
{
	assert_int_equal(
		kn_source_dir_new(&f->source, f->loop, path, f->rescan, on_change, on_error, f, NULL), 0);
	assert_int_equal(f->changes, 0);
	run_until_change(f, 1);
}

static void start(struct fixture *f)
{
	start_at(f, f->folder);
}

static void test_first_scan_tells_even_an_empty_set(void **state)
{
	struct fixture *f = *state;

	kn_rm_rf(f->folder, NULL);
	start(f); /* makes the folder */
	assert_string_equal(f->set, "");
	put(f, "x.yaml", POD("x", "1"));
	run_until_change(f, 2);
	assert_string_equal(f->set, "x=1 ");
}

static void test_add_change_rename_remove(void **state)
{
	struct fixture *f = *state;
	kn_auto_free char *a = in_folder(f, "a.yaml"), *c = in_folder(f, "c.yaml");

	put(f, "b.yaml", POD("b", "1"));
	put(f, ".hidden.yaml", POD("h", "1"));
	start(f);
	assert_string_equal(f->set, "b=1 ");
	put(f, "a.yaml", POD("a", "1") "---\n" POD("a2", "1"));
	run_until_change(f, 2);
	assert_string_equal(f->set, "a=1 a2=1 b=1 ");
	put(f, "a.yaml", POD("a", "2") "---\n" POD("a2", "1"));
	run_until_change(f, 3);
	assert_string_equal(f->set, "a=2 a2=1 b=1 ");
	assert_int_equal(rename(a, c), 0);
	run_until_change(f, 4);
	assert_string_equal(f->set, "b=1 a=2 a2=1 ");
	assert_int_equal(unlink(c), 0);
	run_until_change(f, 5);
	assert_string_equal(f->set, "b=1 ");
	assert_int_equal(f->errors, 0);
}

static void test_same_bytes_are_no_change(void **state)
{
	struct fixture *f = *state;

	put(f, "b.yaml", POD("b", "1"));
	start(f);
	put(f, "b.yaml", POD("b", "1"));
	run_for(f, 100);
	assert_int_equal(f->changes, 1);
}

static void test_atomic_replacement_and_same_size(void **state)
{
	struct fixture *f = *state;
	kn_auto_free char *b = in_folder(f, "b.yaml");

	put(f, "b.yaml", POD("b", "1"));
	start(f);
	assert_int_equal(kn_file_write_atomic(b, POD("b", "2"), strlen(POD("b", "2")), 0644, NULL), 0);
	run_until_change(f, 2);
	assert_string_equal(f->set, "b=2 ");
	put(f, "b.yaml", POD("b", "3"));
	run_until_change(f, 3);
	assert_string_equal(f->set, "b=3 ");
}

static void test_a_file_being_written_waits_for_its_close(void **state)
{
	struct fixture *f = *state;
	kn_auto_free char *path = in_folder(f, "w.yaml");
	FILE *out;

	start(f);
	out = fopen(path, "w");
	fputs(POD("half", "1"), out);
	fflush(out);
	run_for(f, 100);
	assert_int_equal(f->changes, 1);
	fputs("---\n" POD("whole", "1"), out);
	fclose(out);
	run_until_change(f, 2);
	assert_string_equal(f->set, "half=1 whole=1 ");
}

static void test_a_broken_document_keeps_its_old_object(void **state)
{
	struct fixture *f = *state;

	put(f, "a.yaml", POD("a", "1") "---\n" POD("b", "1"));
	start(f);
	put(f, "a.yaml", POD("a", "2") "---\n" BROKEN("b"));
	run_until_change(f, 2);
	assert_string_equal(f->set, "a=2 b=1 ");
	assert_int_equal(f->errors, 1);
	assert_non_null(strstr(f->error, "/a.yaml: line "));
	assert_non_null(strstr(f->error, "containerz"));
	put(f, "other.yaml", POD("o", "1")); /* another file's change does not repeat it */
	run_until_change(f, 3);
	assert_int_equal(f->errors, 1);
	put(f, "a.yaml", "x: [\n"); /* from here on b's place is not in the file */
	run_until_change(f, 4);
	assert_string_equal(f->set, "a=2 o=1 ");
	assert_int_equal(f->errors, 2);
	put(f, "a.yaml", POD("a", "3"));
	run_until_change(f, 5);
	assert_string_equal(f->set, "a=3 o=1 ");
}

static void test_lists_and_other_kinds(void **state)
{
	struct fixture *f = *state;

	put(f, "l.json",
	    "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{\"apiVersion\":\"v1\",\"kind\":\"Service\","
	    "\"metadata\":{\"name\":\"s\"}},{\"apiVersion\":\"discovery.k8s.io/v1\",\"kind\":"
	    "\"EndpointSlice\",\"addressType\":\"IPv4\",\"endpoints\":[],\"metadata\":{\"name\":\"e\"}}]}");
	start(f);
	assert_string_equal(f->set, "kind1 kind2 ");
	assert_int_equal(f->errors, 0);
}

static void test_the_first_file_wins_a_name(void **state)
{
	struct fixture *f = *state;
	kn_auto_free char *a = in_folder(f, "a.yaml");

	put(f, "a.yaml", POD("x", "1"));
	put(f, "b.yaml", POD("x", "2"));
	start(f);
	assert_string_equal(f->set, "x=1 ");
	assert_int_equal(f->errors, 1);
	unlink(a);
	run_until_change(f, 2);
	assert_string_equal(f->set, "x=2 ");
	assert_int_equal(f->errors, 1);
}

static void test_links(void **state)
{
	struct fixture *f = *state;
	kn_auto_free char *link_dir = kn_sprintf("%s/link", f->dir),
			  *outside = kn_sprintf("%s/out.yaml", f->dir);
	kn_auto_free char *link_file = in_folder(f, "l.yaml"), *sub = in_folder(f, "sub"),
			  *back = in_folder(f, "back");

	assert_int_equal(symlink(f->folder, link_dir), 0);
	assert_int_equal(symlink(f->dir, back), 0); /* a link to a folder is left out, as a folder is */
	assert_int_equal(mkdir(sub, 0755), 0);
	put(f, "sub/x.yaml", POD("sub", "1"));
	start_at(f, link_dir);
	assert_string_equal(f->set, "");
	assert_int_equal(f->errors, 0);
	assert_int_equal(kn_file_write_atomic(outside, POD("o", "1"), strlen(POD("o", "1")), 0644, NULL), 0);
	assert_int_equal(symlink(outside, link_file), 0);
	run_until_change(f, 2);
	assert_string_equal(f->set, "o=1 ");
	unlink(outside); /* the rescan sees what happens behind a link: here, a hidden name starts it */
	put(f, "..data", "");
	run_until_change(f, 3);
	assert_string_equal(f->set, "");
}

static long max_rss_kb(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

static void test_a_huge_file_is_refused_unread(void **state)
{
	struct fixture *f = *state;
	kn_auto_free char *path = in_folder(f, "huge.yaml");
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	long before = max_rss_kb();

	assert_int_equal(ftruncate(fd, (off_t)1 << 30), 0);
	close(fd);
	put(f, "a.yaml", POD("a", "1"));
	start(f);
	assert_string_equal(f->set, "a=1 ");
	assert_int_equal(f->errors, 1);
	assert_non_null(strstr(f->error, "huge.yaml: "));
	assert_true(max_rss_kb() - before < 16 * 1024);
}

static void test_a_fifo_is_refused_without_blocking(void **state)
{
	struct fixture *f = *state;
	kn_auto_free char *path = in_folder(f, "fifo");

	assert_int_equal(mkfifo(path, 0644), 0);
	put(f, "a.yaml", POD("a", "1"));
	start(f);
	assert_string_equal(f->set, "a=1 ");
	assert_int_equal(f->errors, 1);
	assert_non_null(strstr(f->error, "fifo: not a regular file"));
	put(f, ".x", ""); /* another scan */
	run_for(f, 50);
	assert_int_equal(f->errors, 1);
}

static void test_deep_json_is_an_error(void **state)
{
	struct fixture *f = *state;
	kn_auto_free char *deep = kn_calloc(1, 1000001);

	memset(deep, '[', 1000000);
	put(f, "deep.json", deep);
	put(f, "a.yaml", POD("a", "1"));
	start(f);
	assert_string_equal(f->set, "a=1 ");
	assert_int_equal(f->errors, 1);
}

static void test_one_file_as_path(void **state)
{
	struct fixture *f = *state;
	kn_auto_free char *path = in_folder(f, "only.yaml");

	put(f, "other.yaml", POD("other", "1"));
	start_at(f, path); /* not there yet */
	assert_string_equal(f->set, "");
	put(f, "only.yaml", POD("only", "1"));
	run_until_change(f, 2);
	assert_string_equal(f->set, "only=1 ");
	put(f, "other.yaml", POD("other", "2"));
	run_for(f, 50);
	assert_int_equal(f->changes, 2);
}

static void test_the_folder_goes_and_comes_back(void **state)
{
	struct fixture *f = *state;

	f->rescan = 20 * KN_NSEC_PER_MSEC;
	put(f, "a.yaml", POD("a", "1"));
	start(f);
	kn_rm_rf(f->folder, NULL);
	run_until_change(f, 2);
	assert_string_equal(f->set, "");
	assert_int_equal(kn_mkdir_p(f->folder, 0755, NULL), 0);
	put(f, "b.yaml", POD("b", "1"));
	run_until_change(f, 3);
	assert_string_equal(f->set, "b=1 ");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_first_scan_tells_even_an_empty_set),
		T(test_add_change_rename_remove),
		T(test_same_bytes_are_no_change),
		T(test_atomic_replacement_and_same_size),
		T(test_a_file_being_written_waits_for_its_close),
		T(test_a_broken_document_keeps_its_old_object),
		T(test_lists_and_other_kinds),
		T(test_the_first_file_wins_a_name),
		T(test_links),
		T(test_a_huge_file_is_refused_unread),
		T(test_a_fifo_is_refused_without_blocking),
		T(test_deep_json_is_an_error),
		T(test_one_file_as_path),
		T(test_the_folder_goes_and_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
