// SPDX-License-Identifier: Apache-2.0
#include "kubelet/status/termination.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include "kubelet/log/cri_log.h"
#include "lib/base/mem.h"

/* -ENOENT: there is no such file. */
static int read_end(const char *path, struct kn_buf *out)
{
	int fd kn_auto_close = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char data[KN_TERMINATION_MESSAGE_MAX];
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	n = pread(fd, data, sizeof(data),
		  st.st_size > (off_t)sizeof(data) ? st.st_size - (off_t)sizeof(data) : 0);
	if (n < 0)
		return -errno;
	kn_buf_add(out, data, n);
	return 0;
}

char *kn_termination_message(const char *file, const char *log)
{
	struct kn_buf text kn_auto_buf = {0};
	struct kn_err err = KN_ERR_INIT;
	int r = file ? read_end(file, &text) : -ENOENT;

	if (r && r != -ENOENT)
		return kn_sprintf("Error on reading termination log %s: %s", file, strerror(-r));
	if (!text.len && log &&
	    kn_cri_log_last(log, KN_TERMINATION_LOG_LINES, KN_TERMINATION_LOG_MAX, &text, &err))
		return kn_sprintf("Error on reading termination message from logs: %s", err.msg);
	return text.len ? strndup(text.data, text.len) : NULL;
}
