// SPDX-License-Identifier: Apache-2.0
#include <string.h>
#include "tools/table.h"

#define GAP 3

struct kc_table {
	size_t columns, rows, cap;
	char **cell; /* rows * columns */
	size_t *width;
};

struct kc_table *kc_table_new(size_t columns)
{
	struct kc_table *t = kn_calloc(1, sizeof(*t));

	t->columns = columns;
	t->width = kn_calloc(columns, sizeof(*t->width));
	return t;
}

struct kc_table *kc_table_free(struct kc_table *t)
{
	if (!t)
		return NULL;
	for (size_t i = 0; i < t->rows * t->columns; i++)
		free(t->cell[i]);
	free(t->cell);
	free(t->width);
	free(t);
	return NULL;
}

void kc_table_freep(struct kc_table **t)
{
	kc_table_free(*t);
}

/* Code points, near enough to cells of a terminal for names and addresses. */
static size_t text_width(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static char *clean_copy(const char *s)
{
	char *copy = kn_strdup(s && *s ? s : "<none>");

	for (char *p = copy; *p; p++) {
		unsigned char c = (unsigned char)*p;

		/* C0, DEL, and C1 as UTF-8 writes it (C2 80..9F). */
		if (c < 0x20 || c == 0x7f)
			*p = '?';
		else if (c == 0xc2 && ((unsigned char)p[1] & 0xe0) == 0x80)
			p[0] = p[1] = '?';
	}
	return copy;
}

void kc_table_row(struct kc_table *t, const char *const cells[])
{
	if (t->rows == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 16;
		t->cell = kn_realloc(t->cell, t->cap * t->columns, sizeof(*t->cell));
	}
	for (size_t i = 0; i < t->columns; i++) {
		char *copy = clean_copy(cells[i]);
		size_t width = text_width(copy);

		t->cell[t->rows * t->columns + i] = copy;
		if (width > t->width[i])
			t->width[i] = width;
	}
	t->rows++;
}

size_t kc_table_rows(const struct kc_table *t)
{
	return t->rows;
}

static int compare_rows(const void *a, const void *b, void *user)
{
	const struct kc_table *t = user;
	char *const *x = a, *const *y = b;

	for (size_t i = 0; i < t->columns; i++) {
		int c = strcmp(x[i], y[i]);

		if (c)
			return c;
	}
	return 0;
}

void kc_table_sort(struct kc_table *t)
{
	if (t->rows > 2)
		qsort_r(t->cell + t->columns, t->rows - 1, t->columns * sizeof(*t->cell), compare_rows, t);
}

void kc_table_write(const struct kc_table *t, struct kn_buf *out)
{
	for (size_t r = 0; r < t->rows; r++) {
		for (size_t i = 0; i < t->columns; i++) {
			const char *s = t->cell[r * t->columns + i];

			kn_buf_adds(out, s);
			if (i + 1 < t->columns)
				kn_buf_addf(out, "%*s", (int)(t->width[i] - text_width(s) + GAP), "");
		}
		kn_buf_adds(out, "\n");
	}
}
