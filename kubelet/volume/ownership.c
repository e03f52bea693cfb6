/* SPDX-License-Identifier: Apache-2.0 */
#include "kubelet/volume/ownership.h"

#include <errno.h>
#include <fts.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/mem.h"

#define READ_WRITE 0660
#define READ 0440
#define FOLDER (S_ISGID | 0110)

static bool root_fits(const char *dir, gid_t gid, mode_t mask)
{
	struct stat st;

	mask |= FOLDER;
	return !stat(dir, &st) && S_ISDIR(st.st_mode) && st.st_gid == gid && (st.st_mode & mask) == mask;
}

static void fts_closep(FTS **f)
{
	if (*f)
		fts_close(*f);
}

/* One entry: what can't be changed is no reason not to start the pod, as upstream has it. */
static void own(const FTSENT *e, gid_t gid, mode_t mask)
{
	const struct stat *st = e->fts_statp;
	mode_t mode = (st->st_mode & 07777) | mask | (S_ISDIR(st->st_mode) ? FOLDER : 0);

	if (st->st_gid != gid && lchown(e->fts_accpath, (uid_t)-1, gid) < 0)
		return;
	/* chown takes set-id bits away: the mode comes after it. */
	if (!S_ISLNK(st->st_mode))
		chmod(e->fts_accpath, mode);
}

int kn_volume_own(const char *dir, int64_t fs_group, bool readonly, bool unless_root_fits, struct kn_err *err)
{
	char *paths[] = {(char *)dir, NULL};
	mode_t mask = readonly ? READ : READ_WRITE;
	KN_CLEANUP(fts_closep) FTS *f = NULL;
	FTSENT *e;

	if (unless_root_fits && root_fits(dir, (gid_t)fs_group, mask))
		return 0;
	f = fts_open(paths, FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR, NULL);
	if (!f)
		return kn_err_errno(err, errno, "read %s", dir);
	/* Folders after what is in them, the top one last: it says that all is done. */
	while ((e = fts_read(f))) {
		if (e->fts_info == FTS_D)
			continue;
		if (e->fts_info == FTS_DNR || e->fts_info == FTS_ERR || e->fts_info == FTS_NS) {
			if (e->fts_level == FTS_ROOTLEVEL)
				return kn_err_errno(err, e->fts_errno, "read %s", dir);
			continue;
		}
		own(e, (gid_t)fs_group, mask);
	}
	return 0;
}
