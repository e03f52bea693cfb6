/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "kubelet/gen/gen_priv.h"
#include "lib/base/buf.h"

/* One "$..." at s. Appends what it stands for and returns how many characters were read. */
static size_t one(struct kn_arena *a, const char *s, struct kn_buf *b,
		  const char *(*lookup)(void *, const char *), void *user)
{
	const char *end, *value;
	size_t len;

	if (s[1] == '$') {
		kn_buf_adds(b, "$");
		return 2;
	}
	end = s[1] == '(' ? strchr(s, ')') : NULL;
	if (!end) {
		kn_buf_adds(b, "$");
		return 1;
	}
	len = (size_t)(end - s) + 1;
	value = lookup(user, kn_arena_strndup(a, s + 2, len - 3));
	if (value)
		kn_buf_adds(b, value);
	else
		kn_buf_add(b, s, len);
	return len;
}

char *kn_expand(struct kn_arena *a, const char *text, const char *(*lookup)(void *user, const char *name),
		void *user)
{
	KN_CLEANUP(kn_buf_free) struct kn_buf b = {0};

	/* Each step adds at most one value that is itself within the bound. */
	while (*text && b.len <= KN_EXPAND_MAX) {
		size_t len = strcspn(text, "$");

		kn_buf_add(&b, text, len);
		text += len;
		if (*text)
			text += one(a, text, &b, lookup, user);
	}
	if (b.len > KN_EXPAND_MAX)
		return NULL;
	return b.len ? kn_arena_strndup(a, b.data, b.len) : kn_arena_strdup(a, "");
}
