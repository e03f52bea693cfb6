// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stdio.h>
#include "lib/ctl/ctl.h"
#include "tools/kernctl.h"

#define ASK_TIMEOUT_MS 10000
#define ASK_ARENA_LIMIT ((size_t)1 << 30)

void kc_doc_free(struct kc_doc *d)
{
	kn_buf_free(&d->text);
	d->arena = kn_arena_free(d->arena);
	d->root = NULL;
}

int kc_usage(const char *fmt, ...)
{
	va_list ap;

	fputs("kernctl: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputs("\nTry 'kernctl -h'.\n", stderr);
	return KC_USAGE;
}

int kc_ask(struct kc *c, const char *command, const char *arg, struct kc_doc *doc)
{
	static const struct kn_node_limits limits = {.nodes = 8000000}; /* 64 MiB of answer, and from root */
	struct kn_err err = KN_ERR_INIT;
	const char *error;

	if (kn_ctl_request(c->socket, command, arg, ASK_TIMEOUT_MS, &doc->text, &err) < 0) {
		fprintf(stderr, "kernctl: %s\nIs kernlet running? 'kernctl doctor' checks the machine.\n",
			err.msg);
		return KC_UNREACHABLE;
	}
	doc->arena = kn_arena_new(ASK_ARENA_LIMIT);
	if (kn_json_parse(doc->text.data, doc->text.len, &limits, doc->arena, &doc->root, &err) < 0) {
		fprintf(stderr, "kernctl: %s: answer is not JSON: %s\n", c->socket, err.msg);
		return KC_UNREACHABLE;
	}
	error = kn_node_str(doc->root, "error");
	if (error) {
		fprintf(stderr, "kernctl: %s\n", error);
		return KC_PROBLEM;
	}
	if (c->output != KC_JSON)
		return KC_GOOD;
	kn_buf_add(&c->out, doc->text.data, doc->text.len);
	if (doc->text.data[doc->text.len - 1] != '\n')
		kn_buf_adds(&c->out, "\n");
	return KC_GOOD;
}
