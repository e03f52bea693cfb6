// SPDX-License-Identifier: Apache-2.0
#include "proxy/pins.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "bpf/include/kn_maps.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"

static int closedirp(DIR **d)
{
	return *d ? closedir(*d) : 0;
}

static char *own_dir(const char *pin_dir)
{
	return kn_sprintf("%s/v%d", pin_dir, KN_MAPS_LAYOUT);
}

/* Looks at the nearest folder that exists: making folders elsewhere than on a bpffs would leave litter. */
static int check_bpffs(const char *pin_dir, struct kn_err *err)
{
	kn_auto_free char *path = kn_strdup(pin_dir);
	struct statfs fs;
	char *slash;

	if (path[0] != '/')
		return kn_err_set(err, EINVAL, "the pin folder %s isn't an absolute path", pin_dir);
	while (statfs(path, &fs)) {
		if (errno != ENOENT)
			return kn_err_errno(err, errno, "look at %s", path);
		slash = strrchr(path, '/');
		slash[slash == path] = '\0';
	}
	if (fs.f_type != BPF_FS_MAGIC)
		return kn_err_set(err, EINVAL,
				  "%s isn't on a bpf file system: mount one (mount -t bpf bpf /sys/fs/bpf)",
				  pin_dir);
	return 0;
}

int kn_pins_make(const char *pin_dir, struct kn_err *err)
{
	kn_auto_free char *dir = own_dir(pin_dir);
	int r = check_bpffs(pin_dir, err);

	return r ? r : kn_mkdir_p(dir, 0700, err);
}

char *kn_pins_path(const char *pin_dir, const char *kind, const char *name)
{
	return kn_sprintf("%s/v%d/%s_%s", pin_dir, KN_MAPS_LAYOUT, kind, name);
}

int kn_pins_put(int fd, const char *path, struct kn_err *err)
{
	kn_auto_free char *tmp = kn_sprintf("%s_new", path);
	int r;

	unlink(tmp); /* left by one that was killed here */
	if (bpf_obj_pin(fd, tmp))
		return kn_err_errno(err, errno, "pin %s", path);
	if (rename(tmp, path)) {
		r = kn_err_errno(err, errno, "pin %s", path);
		unlink(tmp);
		return r;
	}
	return 0;
}

static int remove_layout(const char *dir, bool detach, struct kn_err *err)
{
	DIR *d KN_CLEANUP(closedirp) = opendir(dir);
	struct dirent *e;

	if (!d)
		return errno == ENOENT ? 0 : kn_err_errno(err, errno, "open %s", dir);
	while ((e = readdir(d))) {
		kn_auto_free char *path = kn_sprintf("%s/%s", dir, e->d_name);

		if (e->d_name[0] == '.')
			continue;
		if (detach && !strncmp(e->d_name, "link_", 5)) {
			kn_auto_close int fd = bpf_obj_get(path);

			if (fd >= 0)
				bpf_link_detach(fd);
		}
		if (unlink(path) && errno != ENOENT)
			return kn_err_errno(err, errno, "remove %s", path);
	}
	return rmdir(dir) && errno != ENOENT ? kn_err_errno(err, errno, "remove %s", dir) : 0;
}

int kn_pins_remove(const char *pin_dir, bool keep_own, bool detach, struct kn_err *err)
{
	DIR *d KN_CLEANUP(closedirp) = opendir(pin_dir);
	kn_auto_free char *own = own_dir(pin_dir);
	struct dirent *e;
	int r = 0;

	if (!d)
		return errno == ENOENT ? 0 : kn_err_errno(err, errno, "open %s", pin_dir);
	while (!r && (e = readdir(d))) {
		kn_auto_free char *dir = kn_sprintf("%s/%s", pin_dir, e->d_name);

		/* Others may pin beside us: only folders vNUMBER are ours. */
		if (e->d_name[0] != 'v' || !e->d_name[1] ||
		    e->d_name[1 + strspn(e->d_name + 1, "0123456789")])
			continue;
		if (!keep_own || strcmp(dir, own) != 0)
			r = remove_layout(dir, detach, err);
	}
	return r;
}
