/* SPDX-License-Identifier: Apache-2.0 */
/* JSON text written into a kn_buf by yajl_gen. Errors (wrong nesting) are programming errors and assert. */
#ifndef KN_JSON_WRITE_H
#define KN_JSON_WRITE_H

#include <stdbool.h>
#include <stdint.h>
#include "lib/base/buf.h"

struct kn_json_writer;
struct kn_json_writer *kn_json_writer_new(struct kn_buf *out, bool pretty); /* appends to out */
struct kn_json_writer *kn_json_writer_free(struct kn_json_writer *w);
void kn_json_obj(struct kn_json_writer *w, const char *key); /* key NULL inside arrays and at the top */
void kn_json_arr(struct kn_json_writer *w, const char *key);
void kn_json_end_obj(struct kn_json_writer *w);
void kn_json_end_arr(struct kn_json_writer *w);
void kn_json_str(struct kn_json_writer *w, const char *key, const char *value); /* NULL value: null */
void kn_json_int(struct kn_json_writer *w, const char *key, int64_t value);
void kn_json_bool(struct kn_json_writer *w, const char *key, bool value);
void kn_json_double(struct kn_json_writer *w, const char *key, double value);
void kn_json_raw_number(struct kn_json_writer *w, const char *key, const char *text);

#endif
