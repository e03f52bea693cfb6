// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "kubelet/log/cri_log.h"
#include "lib/base/clock.h"

static void test_parse(void **state)
{
	static const char line[] = "2016-10-06T00:17:09.669794202Z stdout F log content 1";
	struct kn_cri_log_line l;
	char buf[64];

	assert_int_equal(kn_cri_log_parse(line, strlen(line), &l), 0);
	assert_int_equal(l.time_ns, 1475713029LL * KN_NSEC_PER_SEC + 669794202);
	assert_false(l.is_stderr);
	assert_false(l.partial);
	assert_int_equal(l.len, 13);
	assert_memory_equal(l.text, "log content 1", 13);
	assert_string_equal(kn_cri_log_stamp(&l, buf), "2016-10-06T00:17:09.669794202Z");
}

static void test_parse_variants(void **state)
{
	static const char zone[] = "2026-01-01T02:00:00.5+02:00 stderr P:x ";
	struct kn_cri_log_line l;
	char buf[64];

	assert_int_equal(kn_cri_log_parse(zone, strlen(zone), &l), 0);
	assert_int_equal(l.time_ns, 1767225600LL * KN_NSEC_PER_SEC + 500000000);
	assert_true(l.is_stderr);
	assert_true(l.partial);
	assert_int_equal(l.len, 0);
	assert_string_equal(kn_cri_log_stamp(&l, buf), "2026-01-01T02:00:00.500000000+02:00");
	assert_int_equal(kn_cri_log_parse("2026-01-01T00:00:00Z stdout F x", 31, &l), 0);
	assert_string_equal(kn_cri_log_stamp(&l, buf), "2026-01-01T00:00:00.000000000Z");
}

static void test_parse_refuses(void **state)
{
	static const char *const bad[] = {
		"",
		"2026-01-01T00:00:00Z",
		"2026-01-01T00:00:00Z stdout",
		"2026-01-01T00:00:00Z stdout F",
		"2026-01-01T00:00:00Z stdin F x",
		"2026-13-01T00:00:00Z stdout F x",
		"2026-01-01 00:00:00Z stdout F x",
		"2026-01-01T00:00:00 stdout F x",
		"2026-01-01T00:00:00.Z stdout F x",
		"2026-01-01T00:00:00Zz stdout F x",
		"3026-01-01T00:00:00Z stdout F x",
		"{\"log\":\"x\"}",
	};
	struct kn_cri_log_line l = {.time_ns = 42};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (kn_cri_log_parse(bad[i], strlen(bad[i]), &l) != -EINVAL)
			fail_msg("taken: %s", bad[i]);
		assert_int_equal(l.time_ns, 42);
	}
}

static bool add(void *user, const struct kn_cri_log_line *l)
{
	kn_buf_add(user, l->text, l->len);
	kn_buf_add(user, l->partial ? "+" : ";", 1);
	return true;
}

static bool stop_at_once(void *user, const struct kn_cri_log_line *l)
{
	(*(int *)user)++;
	return false;
}

#define T "2026-01-01T00:00:00Z stdout "
static const char log_text[] = T "F one\n" T "P tw\nrubbish\n" T "F o\n" T "F \n" T "F unfinished";

static void test_feed_in_any_pieces(void **state)
{
	for (size_t piece = 1; piece < sizeof(log_text); piece++) {
		struct kn_cri_log_reader r = {0};
		struct kn_buf out kn_auto_buf = {0};

		for (size_t at = 0; at < strlen(log_text); at += piece) {
			size_t n = strlen(log_text) - at;

			assert_true(kn_cri_log_feed(&r, log_text + at, n < piece ? n : piece, add, &out));
		}
		assert_string_equal(out.data, "one;tw+o;;");
		assert_int_equal(r.bad, 1);
		kn_cri_log_reader_free(&r);
	}
}

static void test_feed_stops(void **state)
{
	struct kn_cri_log_reader r = {0};
	int calls = 0;

	assert_false(kn_cri_log_feed(&r, log_text, strlen(log_text), stop_at_once, &calls));
	assert_int_equal(calls, 1);
	kn_cri_log_reader_free(&r);
}

static bool length(void *user, const struct kn_cri_log_line *l)
{
	*(size_t *)user += l->len;
	return true;
}

static void test_feed_is_bounded(void **state)
{
	char *block kn_auto_free = malloc(1 << 16);
	struct kn_cri_log_reader r = {0};
	size_t len = 0;

	memset(block, 'x', 1 << 16);
	kn_cri_log_feed(&r, T "F ", strlen(T) + 2, length, &len);
	for (int i = 0; i < 64; i++)
		kn_cri_log_feed(&r, block, 1 << 16, length, &len);
	assert_true(r.held.len <= KN_CRI_LOG_LINE_MAX);
	kn_cri_log_feed(&r, "\n", 1, length, &len);
	assert_int_equal(len, KN_CRI_LOG_LINE_MAX - strlen(T) - 2);
	len = 0;
	kn_cri_log_feed(&r, T "F abc\n", strlen(T) + 6, length, &len);
	assert_int_equal(len, 3);
	kn_cri_log_reader_free(&r);
}

static int file_of(const char *text, size_t len, char path[64])
{
	int fd;

	strcpy(path, "/tmp/test-cri-log-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	return fd;
}

static void test_tail(void **state)
{
	static const char text[] = "aa\nbbb\n\nc\nrest";
	static const int want[] = {10, 8, 7, 3, 0, 0};
	char path[64];
	int fd kn_auto_close = file_of(text, strlen(text), path);
	int64_t at;

	for (size_t i = 0; i < KN_ARRAY_SIZE(want); i++) {
		assert_int_equal(kn_cri_log_tail(fd, i, &at, NULL), 0);
		assert_int_equal(at, want[i]);
	}
	unlink(path);
}

static void test_tail_over_blocks(void **state)
{
	struct kn_buf b kn_auto_buf = {0};
	char path[64];
	int64_t at;

	for (int i = 0; i < 5000; i++)
		kn_buf_addf(&b, "line %05d\n", i);
	int fd kn_auto_close = file_of(b.data, b.len, path);
	for (int n = 0; n <= 5000; n += 77) {
		assert_int_equal(kn_cri_log_tail(fd, n, &at, NULL), 0);
		assert_int_equal(at, (int64_t)b.len - n * 11);
	}
	unlink(path);
}

static void test_last(void **state)
{
	struct kn_buf b kn_auto_buf = {0}, out kn_auto_buf = {0};
	char path[64];

	for (int i = 0; i < 100; i++)
		kn_buf_addf(&b, T "F %02d\n", i);
	close(file_of(b.data, b.len, path));
	assert_int_equal(kn_cri_log_last(path, 3, 2048, &out, NULL), 0);
	assert_string_equal(out.data, "97\n98\n99\n");
	kn_buf_free(&out);
	assert_int_equal(kn_cri_log_last(path, 80, 5, &out, NULL), 0);
	assert_string_equal(out.data, "8\n99\n");
	unlink(path);
	assert_int_equal(kn_cri_log_last(path, 80, 5, &out, NULL), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),	      cmocka_unit_test(test_parse_variants),
		cmocka_unit_test(test_parse_refuses), cmocka_unit_test(test_feed_in_any_pieces),
		cmocka_unit_test(test_feed_stops),    cmocka_unit_test(test_feed_is_bounded),
		cmocka_unit_test(test_tail),	      cmocka_unit_test(test_tail_over_blocks),
		cmocka_unit_test(test_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
