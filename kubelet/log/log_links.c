// SPDX-License-Identifier: Apache-2.0
#include "kubelet/log/log_links.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lib/base/file.h"
#include "lib/base/mem.h"

#define NAME_MAX_LEN 255
#define SUFFIX ".log"

static char *folder(const char *pod_logs_dir)
{
	const char *slash = strrchr(pod_logs_dir, '/');

	return kn_sprintf("%.*s/containers", (int)(slash ? slash - pod_logs_dir : 0), pod_logs_dir);
}

char *kn_log_link_path(const char *pod_logs_dir, const char *pod, const char *ns, const char *container,
		       const char *id)
{
	char *name kn_auto_free = kn_sprintf("%s_%s_%s-%s", pod, ns, container, id);
	char *dir kn_auto_free = folder(pod_logs_dir);

	return kn_sprintf("%s/%.*s" SUFFIX, dir, (int)(NAME_MAX_LEN - strlen(SUFFIX)), name);
}

int kn_log_link_make(const char *link, const char *log, struct kn_err *err)
{
	char *dir kn_auto_free = kn_strdup(link);
	int r;

	if (access(log, F_OK) < 0)
		return 0;
	*strrchr(dir, '/') = 0;
	r = kn_mkdir_p(dir, 0755, err);
	if (r < 0)
		return r;
	kn_log_link_remove(link);
	return symlink(log, link) < 0 ? kn_err_errno(err, errno, "link %s", link) : 0;
}

void kn_log_link_remove(const char *link)
{
	struct stat st;

	if (!lstat(link, &st) && S_ISLNK(st.st_mode))
		unlink(link);
}

void kn_log_links_sweep(const char *pod_logs_dir)
{
	char *dir kn_auto_free = folder(pod_logs_dir);
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		char *link kn_auto_free = kn_sprintf("%s/%s", dir, e->d_name);
		char target[4096];
		struct stat st;
		ssize_t n = readlink(link, target, sizeof(target) - 1);

		/* Other programs may have theirs here. */
		if (n <= 0 || strncmp(target, pod_logs_dir, strlen(pod_logs_dir)) != 0)
			continue;
		if (stat(link, &st) < 0 && errno == ENOENT)
			unlink(link);
	}
	if (d)
		closedir(d);
}
