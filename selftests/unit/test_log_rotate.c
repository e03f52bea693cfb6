// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <cmocka.h>
#include "kubelet/log/log_rotate.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"

/* names: separated by spaces; want: a letter each: k, r, c */
static void fates(const char *names, unsigned max_files, const char *want)
{
	char *copy kn_auto_free = kn_strdup(names), *list[16], *save = NULL;
	enum kn_log_fate f[16];
	size_t n = 0;

	for (char *p = strtok_r(copy, " ", &save); p; p = strtok_r(NULL, " ", &save))
		list[n++] = p;
	kn_log_fates(list, n, max_files, f);
	for (size_t i = 0; i < n; i++)
		if ("krc"[f[i]] != want[i])
			fail_msg("%s: %s becomes %c", names, list[i], "krc"[f[i]]);
}

static void test_fates(void **state)
{
	fates("l.1 l.2", 5, "cc");
	fates("l.1.gz l.2.gz l.3", 5, "kkc");
	fates("l.1.gz l.2.gz l.3.gz l.4", 5, "rkkc");
	fates("l.1.gz l.2.gz l.3", 3, "rrc");
	fates("l.1.gz l.2.gz l.3", 2, "rrr");
	fates("l.1 l.1.gz l.2 l.2.tmp", 5, "rkcr");
}

static char dir[] = "/tmp/test-log-rotate-XXXXXX";

static char *at(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void put(const char *name, const char *text)
{
	assert_int_equal(kn_file_write_atomic(at(name), text, strlen(text), 0640, NULL), 0);
}

static bool there(const char *name)
{
	return access(at(name), F_OK) == 0;
}

static void test_compress(void **state)
{
	char *text kn_auto_free = kn_calloc(1, 300001), *back kn_auto_free = kn_calloc(1, 300001);
	struct stat st;
	gzFile f;

	for (int i = 0; i < 300000; i++)
		text[i] = 'a' + i % 7 + i / 70000;
	put("big", text);
	assert_int_equal(kn_log_compress(at("big"), NULL), 0);
	assert_false(there("big") || there("big.tmp"));
	assert_int_equal(stat(at("big.gz"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_true(st.st_size < 100000);
	f = gzopen(at("big.gz"), "rb");
	assert_int_equal(gzread(f, back, 300001), 300000);
	gzclose(f);
	assert_string_equal(back, text);
	assert_int_equal(kn_log_compress(at("absent"), NULL), -ENOENT);
}

static void test_tidy(void **state)
{
	put("0.log", "now");
	put("0.log.20260101-000000.gz", "1");
	put("0.log.20260102-000000.gz", "2");
	put("0.log.20260103-000000", "3");
	put("0.log.20260104-000000", "4");
	put("0.log.20260104-000000.tmp", "half");
	put("10.log.20260101-000000", "another's");
	assert_int_equal(kn_log_tidy(at("0.log"), 5, NULL), 0);
	assert_true(there("0.log") && there("10.log.20260101-000000"));
	assert_true(there("0.log.20260102-000000.gz") && there("0.log.20260103-000000.gz") &&
		    there("0.log.20260104-000000.gz"));
	assert_false(there("0.log.20260101-000000.gz") || there("0.log.20260103-000000") ||
		     there("0.log.20260104-000000.tmp"));
	kn_log_remove_all(at("0.log"));
	assert_false(there("0.log") || there("0.log.20260102-000000.gz") ||
		     there("0.log.20260104-000000.gz"));
	assert_true(there("10.log.20260101-000000"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fates),
		cmocka_unit_test(test_compress),
		cmocka_unit_test(test_tidy),
	};
	int r;

	if (!mkdtemp(dir))
		return 1;
	r = cmocka_run_group_tests(tests, NULL, NULL);
	kn_rm_rf(dir, NULL);
	return r;
}
