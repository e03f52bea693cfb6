// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "kubelet/status/termination.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"

static char dir[] = "/tmp/test-termination-XXXXXX";
static char file[64], log_file[64];

static void put(const char *path, const char *text)
{
	assert_int_equal(kn_file_write_atomic(path, text, strlen(text), 0644, NULL), 0);
}

static int setup(void **state)
{
	unlink(file);
	put(log_file, "2026-01-01T00:00:00Z stdout F from the\n2026-01-01T00:00:00Z stderr F log\n");
	return 0;
}

static void says(const char *f, const char *l, const char *want)
{
	char *got kn_auto_free = kn_termination_message(f, l);

	if (want)
		assert_string_equal(got, want);
	else
		assert_null(got);
}

static void test_file_wins(void **state)
{
	put(file, "words");
	says(file, NULL, "words");
	says(file, log_file, "words");
}

static void test_log_when_empty_or_absent(void **state)
{
	says(file, log_file, "from the\nlog\n");
	says(NULL, log_file, "from the\nlog\n");
	put(file, "");
	says(file, log_file, "from the\nlog\n");
	says(file, NULL, NULL);
	says(NULL, NULL, NULL);
}

static void test_only_the_end(void **state)
{
	char *text kn_auto_free = kn_calloc(1, 10001);

	memset(text, 'a', 10000);
	memcpy(text + 9997, "end", 3);
	put(file, text);
	char *got kn_auto_free = kn_termination_message(file, NULL);
	assert_int_equal(strlen(got), KN_TERMINATION_MESSAGE_MAX);
	assert_string_equal(got + KN_TERMINATION_MESSAGE_MAX - 3, "end");
}

static void test_a_link_is_not_followed(void **state)
{
	assert_int_equal(symlink("/etc/passwd", file), 0);
	char *got kn_auto_free = kn_termination_message(file, NULL);
	assert_non_null(strstr(got, "Error on reading termination log"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_file_wins, setup),
		cmocka_unit_test_setup(test_log_when_empty_or_absent, setup),
		cmocka_unit_test_setup(test_only_the_end, setup),
		cmocka_unit_test_setup(test_a_link_is_not_followed, setup),
	};
	int r;

	if (!mkdtemp(dir))
		return 1;
	snprintf(file, sizeof(file), "%s/message", dir);
	snprintf(log_file, sizeof(log_file), "%s/log", dir);
	r = cmocka_run_group_tests(tests, NULL, NULL);
	kn_rm_rf(dir, NULL);
	return r;
}
