/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "kubelet/cgroup/cgroup_priv.h"
#include "lib/base/file.h"

#define FILE_MAX (1024 * 1024)
#define DEPTH_MAX 16

static void kill_procs(const char *dir)
{
	KN_CLEANUP(kn_buf_free) struct kn_buf b = {0};
	char path[4200], *save = NULL;

	snprintf(path, sizeof(path), "%s/cgroup.procs", dir);
	if (kn_file_read(path, FILE_MAX, &b, NULL) || !b.len)
		return;
	for (char *s = strtok_r(b.data, "\n", &save); s; s = strtok_r(NULL, "\n", &save)) {
		long pid = strtol(s, NULL, 10);

		/* 0 stands for a process of another pid namespace; kill(0) would hit ourselves. */
		if (pid > 1 && pid != getpid())
			kill((pid_t)pid, SIGKILL);
	}
}

static void remove_tree(const char *dir, unsigned depth)
{
	DIR *d = depth < DEPTH_MAX ? opendir(dir) : NULL;
	char path[4096];
	struct dirent *e;

	while (d && (e = readdir(d))) {
		if (e->d_type != DT_DIR || e->d_name[0] == '.')
			continue;
		if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, e->d_name) < sizeof(path))
			remove_tree(path, depth + 1);
	}
	if (d)
		closedir(d);
	if (rmdir(dir) < 0 && errno == EBUSY)
		kill_procs(dir);
}

int kn_cgroup_remove_group(const char *mount, const char *group, struct kn_err *err)
{
	char dir[4096];

	if ((size_t)snprintf(dir, sizeof(dir), "%s%s", mount, group) >= sizeof(dir))
		return kn_err_set(err, ENAMETOOLONG, "cgroup %.100s", group);
	if (access(dir, F_OK) < 0)
		return 0;
	remove_tree(dir, 0);
	/* Most often what was killed just now is gone when it is tried once more. */
	if (access(dir, F_OK) == 0)
		remove_tree(dir, 0);
	return access(dir, F_OK) < 0 ? 0 : kn_err_set(err, EBUSY, "cgroup %s is still busy", dir);
}
