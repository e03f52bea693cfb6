// SPDX-License-Identifier: Apache-2.0
/* The one user of yajl's parser. Only its SAX interface: yajl_tree recurses. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "lib/json/build.h"

struct json {
	struct kn_build build;
	yajl_handle yajl;
	const char *data;
	size_t counted; /* lines are counted up to this offset */
	int line;
	struct kn_err *err;
	int ret;
};

/* Tokens hold no line breaks, so the end of the one just read is on its line. */
static int line_at(struct json *j, size_t offset)
{
	for (; j->counted < offset; j->counted++)
		if (j->data[j->counted] == '\n')
			j->line++;
	return j->line;
}

static int line_now(struct json *j)
{
	return line_at(j, yajl_get_bytes_consumed(j->yajl));
}

/* yajl's callbacks return 0 to stop; what went wrong is kept for the end. */
static int go_on(struct json *j, int r)
{
	j->ret = r;
	return r == 0;
}

static int on_null(void *user)
{
	struct json *j = user;

	return go_on(j, kn_build_add(&j->build, KN_NODE_NULL, line_now(j), NULL, j->err));
}

static int on_boolean(void *user, int value)
{
	struct json *j = user;
	struct kn_node *n;
	int r = kn_build_add(&j->build, KN_NODE_BOOL, line_now(j), &n, j->err);

	if (!r)
		n->boolean = value;
	return go_on(j, r);
}

static int on_number(void *user, const char *text, size_t len)
{
	struct json *j = user;

	return go_on(j, kn_build_text(&j->build, KN_NODE_NUMBER, text, len, line_now(j), j->err));
}

static int on_string(void *user, const unsigned char *text, size_t len)
{
	struct json *j = user;

	return go_on(j,
		     kn_build_text(&j->build, KN_NODE_STRING, (const char *)text, len, line_now(j), j->err));
}

static int on_key(void *user, const unsigned char *key, size_t len)
{
	struct json *j = user;

	return go_on(j, kn_build_key(&j->build, (const char *)key, len, line_now(j), j->err));
}

static int on_start_map(void *user)
{
	struct json *j = user;

	return go_on(j, kn_build_add(&j->build, KN_NODE_OBJECT, line_now(j), NULL, j->err));
}

static int on_start_array(void *user)
{
	struct json *j = user;

	return go_on(j, kn_build_add(&j->build, KN_NODE_ARRAY, line_now(j), NULL, j->err));
}

static int on_end(void *user)
{
	struct json *j = user;

	kn_build_close(&j->build);
	return 1;
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_start_map,
	.yajl_map_key = on_key,
	.yajl_end_map = on_end,
	.yajl_start_array = on_start_array,
	.yajl_end_array = on_end,
};

static int syntax_error(struct json *j)
{
	char *msg = (char *)yajl_get_error(j->yajl, 0, NULL, 0);
	int r = kn_err_set(j->err, EINVAL, "line %d: %.*s", line_now(j), msg ? (int)strcspn(msg, "\n") : 0,
			   msg ? msg : "");

	yajl_free_error(j->yajl, (unsigned char *)msg);
	return r;
}

int kn_json_parse(const char *data, size_t len, const struct kn_node_limits *lim, struct kn_arena *a,
		  struct kn_node **ret, struct kn_err *err)
{
	struct json j = {.data = data, .line = 1, .err = err};
	yajl_status st;

	j.yajl = yajl_alloc(&callbacks, NULL, &j);
	if (!j.yajl)
		abort(); /* out of memory ends the process, as in lib/base/mem.h */
	kn_build_init(&j.build, lim, a);
	st = yajl_parse(j.yajl, (const unsigned char *)data, len);
	if (st == yajl_status_ok) {
		line_at(&j, len);
		st = yajl_complete_parse(j.yajl);
	}
	if (st == yajl_status_error)
		j.ret = syntax_error(&j);
	kn_build_free(&j.build);
	yajl_free(j.yajl);
	if (!j.ret)
		*ret = j.build.root;
	return j.ret;
}
