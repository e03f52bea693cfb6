// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <string.h>
#include <yajl/yajl_gen.h>

#include "lib/base/mem.h"
#include "lib/json/write.h"

struct kn_json_writer {
	yajl_gen gen;
	struct kn_buf *out;
};

static void print(void *user, const char *text, size_t len)
{
	kn_buf_add(user, text, len);
}

struct kn_json_writer *kn_json_writer_new(struct kn_buf *out, bool pretty)
{
	struct kn_json_writer *w = kn_calloc(1, sizeof(*w));

	w->gen = yajl_gen_alloc(NULL);
	if (!w->gen)
		abort(); /* as in lib/base/mem.h */
	w->out = out;
	yajl_gen_config(w->gen, yajl_gen_print_callback, print, out);
	if (pretty) {
		yajl_gen_config(w->gen, yajl_gen_beautify, 1);
		yajl_gen_config(w->gen, yajl_gen_indent_string, "  ");
	}
	return w;
}

struct kn_json_writer *kn_json_writer_free(struct kn_json_writer *w)
{
	if (!w)
		return NULL;
	yajl_gen_free(w->gen);
	free(w);
	return NULL;
}

static void must(yajl_gen_status st)
{
	assert(st == yajl_gen_status_ok);
	(void)st;
}

static void put_string(struct kn_json_writer *w, const char *s)
{
	must(yajl_gen_string(w->gen, (const unsigned char *)s, strlen(s)));
}

static void put_key(struct kn_json_writer *w, const char *key)
{
	if (key)
		put_string(w, key);
}

void kn_json_obj(struct kn_json_writer *w, const char *key)
{
	put_key(w, key);
	must(yajl_gen_map_open(w->gen));
}

void kn_json_arr(struct kn_json_writer *w, const char *key)
{
	put_key(w, key);
	must(yajl_gen_array_open(w->gen));
}

void kn_json_end_obj(struct kn_json_writer *w)
{
	must(yajl_gen_map_close(w->gen));
}

void kn_json_end_arr(struct kn_json_writer *w)
{
	must(yajl_gen_array_close(w->gen));
}

void kn_json_str(struct kn_json_writer *w, const char *key, const char *value)
{
	put_key(w, key);
	if (value)
		put_string(w, value);
	else
		must(yajl_gen_null(w->gen));
}

void kn_json_int(struct kn_json_writer *w, const char *key, int64_t value)
{
	put_key(w, key);
	must(yajl_gen_integer(w->gen, value));
}

void kn_json_bool(struct kn_json_writer *w, const char *key, bool value)
{
	put_key(w, key);
	must(yajl_gen_bool(w->gen, value));
}

void kn_json_double(struct kn_json_writer *w, const char *key, double value)
{
	put_key(w, key);
	must(yajl_gen_double(w->gen, value)); /* infinities and NaN have no JSON: a programming error */
}

void kn_json_raw_number(struct kn_json_writer *w, const char *key, const char *text)
{
	put_key(w, key);
	must(yajl_gen_number(w->gen, text, strlen(text)));
}
