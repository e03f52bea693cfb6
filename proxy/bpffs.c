/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/vfs.h>

#include "lib/base/file.h"
#include "lib/base/mem.h"
#include "proxy/bpffs.h"

static const char default_mount[] = "/sys/fs/bpf";

static int is_bpffs(const char *path)
{
	struct statfs st;

	if (statfs(path, &st) < 0)
		return 0;
	return st.f_type == BPF_FS_MAGIC;
}

int kn_bpffs_ensure(const char *pin_dir, struct kn_err *err)
{
	size_t n = sizeof(default_mount) - 1;
	int below = !strncmp(pin_dir, default_mount, n) && (pin_dir[n] == '/' || !pin_dir[n]);
	const char *at = below ? default_mount : pin_dir;
	int r;

	if (below && !is_bpffs(at)) {
		if (mount("bpf", at, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700") < 0)
			return kn_err_errno(err, errno, "mount a BPF file system at %s", at);
	}
	r = kn_mkdir_p(pin_dir, 0700, err);
	if (r)
		return r;
	if (is_bpffs(pin_dir))
		return 0;
	if (mount("bpf", pin_dir, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700") < 0)
		return kn_err_errno(err, errno, "mount a BPF file system at %s", pin_dir);
	return 0;
}
