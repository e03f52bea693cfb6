/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <unistd.h>
#include "lib/base/log.h"
#include "lib/json/node.h"

static void read_line(int fd, char *buf, size_t size)
{
	ssize_t n = read(fd, buf, size - 1);

	assert_true(n > 0);
	buf[n] = '\0';
}

static void test_text(void **state)
{
	struct kn_log log;
	char line[512];
	int p[2];

	assert_int_equal(pipe(p), 0);
	kn_log_init(&log, p[1], KN_LOG_TEXT, 0);
	kn_error(&log, "Bad \"thing\"", "pod", "a\nb", "n", KN_INT(-3));
	read_line(p[0], line, sizeof(line));
	assert_int_equal(line[0], 'E');
	assert_non_null(strstr(line, "test_log.c:"));
	assert_non_null(strstr(line, "] \"Bad \\\"thing\\\"\" pod=\"a\\nb\" n=\"-3\"\n"));
	close(p[0]);
	close(p[1]);
}

static void test_json_parses(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_node *n = NULL;
	struct kn_log log;
	char line[512];
	int p[2];

	assert_int_equal(pipe(p), 0);
	kn_log_init(&log, p[1], KN_LOG_JSON, 2);
	kn_debug(&log, 2, "quote \" and \x01", "k", "v\\w", "none", NULL);
	read_line(p[0], line, sizeof(line));
	assert_int_equal(kn_json_parse(line, strlen(line), NULL, a, &n, NULL), 0);
	assert_string_equal(kn_node_str(n, "msg"), "quote \" and \x01");
	assert_string_equal(kn_node_str(n, "k"), "v\\w");
	assert_string_equal(kn_node_str(n, "none"), "");
	close(p[0]);
	close(p[1]);
}

static void test_verbosity_and_null(void **state)
{
	struct kn_log log;
	char c;
	int p[2];

	assert_int_equal(pipe(p), 0);
	kn_log_init(&log, p[1], KN_LOG_TEXT, 1);
	kn_debug(&log, 2, "too much");
	kn_error(NULL, "nowhere");
	close(p[1]);
	assert_int_equal(read(p[0], &c, 1), 0);
	close(p[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_json_parses),
		cmocka_unit_test(test_verbosity_and_null),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
