/* SPDX-License-Identifier: Apache-2.0 */
/* /logs/: the files below the node's log folder, as net/http's FileServer shows them. A path never leaves the
 * folder: openat2 with RESOLVE_BENEATH, so neither ".." nor a symbolic link does. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "kubelet/server/server_priv.h"
#include "lib/base/mem.h"

#define ENTRIES_MAX 10000
#define BLOCK (16u * 1024)

struct file {
	struct kn_httpd_request *r;
	int fd;
	off_t at, end;
};

static int open_below(const char *folder, const char *path)
{
	struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK, .resolve = RESOLVE_BENEATH};
	kn_auto_close int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return -1;
	return (int)syscall(SYS_openat2, dir, *path ? path : ".", &how, sizeof(how));
}

static void file_free(void *user)
{
	struct file *f = user;

	close(f->fd);
	free(f);
}

static void more(void *user)
{
	struct file *f = user;
	char buf[BLOCK];

	while (kn_httpd_stream_room(f->r) >= BLOCK) {
		size_t want = f->end - f->at < (off_t)BLOCK ? (size_t)(f->end - f->at) : BLOCK;
		ssize_t n = want ? pread(f->fd, buf, want, f->at) : 0;

		if (n < 0)
			kn_httpd_stream_abort(f->r);
		else if (n == 0)
			kn_httpd_stream_end(f->r);
		if (n <= 0)
			return;
		kn_httpd_stream_write(f->r, buf, (size_t)n);
		f->at += n;
	}
}

static void escape(struct kn_buf *b, const char *s)
{
	for (; *s; s++) {
		if (strchr("&<>\"'", *s))
			kn_buf_addf(b, "&#%d;", *s);
		else
			kn_buf_add(b, s, 1);
	}
}

static void quote(struct kn_buf *b, const char *s)
{
	for (; *s; s++) {
		if (strchr("-_.~", *s) || (*s >= '0' && *s <= '9') || ((*s | 32) >= 'a' && (*s | 32) <= 'z'))
			kn_buf_add(b, s, 1);
		else
			kn_buf_addf(b, "%%%02X", (unsigned char)*s);
	}
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void list(struct kn_httpd_request *r, int fd)
{
	kn_auto_buf struct kn_buf b = {0};
	struct dirent **names;
	int n = scandirat(fd, ".", &names, NULL, by_name);

	kn_buf_adds(&b, "<!doctype html>\n<meta name=\"viewport\" content=\"width=device-width\">\n<pre>\n");
	for (int i = 0; i < n; i++) {
		const char *s = names[i]->d_name, *slash = names[i]->d_type == DT_DIR ? "/" : "";

		if (i < ENTRIES_MAX && strcmp(s, ".") != 0 && strcmp(s, "..") != 0) {
			kn_buf_adds(&b, "<a href=\"");
			quote(&b, s);
			kn_buf_addf(&b, "%s\">", slash);
			escape(&b, s);
			kn_buf_addf(&b, "%s</a>\n", slash);
		}
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	kn_buf_adds(&b, "</pre>\n");
	kn_httpd_answer(r, 200, "text/html; charset=utf-8", b.data, b.len);
}

void kn_server_node_logs(struct kn_server *s, struct kn_httpd_request *r, const struct kn_route_match *m)
{
	const char *folder = s->d.log_dir ? s->d.log_dir : "/var/log";
	kn_auto_close int fd = -1;
	struct stat st;
	struct file *f;

	if (!s->d.system_log_handler) {
		kn_httpd_answer_text(r, 405, "logs endpoint is disabled.\n");
		return;
	}
	fd = open_below(folder, m->rest);
	if (fd < 0 || fstat(fd, &st) < 0 || (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))) {
		kn_httpd_answer_text(r, 404, "404 page not found\n");
		return;
	}
	if (S_ISDIR(st.st_mode)) {
		list(r, fd);
		return;
	}
	f = kn_calloc(1, sizeof(*f));
	*f = (struct file){.r = r, .fd = kn_steal_fd(&fd), .end = st.st_size};
	kn_httpd_on_closed(r, file_free, f);
	kn_httpd_stream(r, 200, "text/plain; charset=utf-8", more, f);
}
