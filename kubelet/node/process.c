/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "kubelet/node/process.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"

void kn_process_setup(const kn_config *c, const struct kn_log *log)
{
	kn_auto_free char *score = kn_sprintf("%d", c->oomscoreadj);
	struct kn_err err = KN_ERR_INIT;
	struct rlimit now, want;

	if (kn_file_write_kernel("/proc/self/oom_score_adj", score, &err))
		kn_warn(log, "Failed to lower the daemon's OOM score", "err", err.msg);
	if (getrlimit(RLIMIT_NOFILE, &now) < 0)
		return;
	want.rlim_cur = (rlim_t)c->maxopenfiles;
	want.rlim_max = now.rlim_max > want.rlim_cur ? now.rlim_max : want.rlim_cur;
	if (!setrlimit(RLIMIT_NOFILE, &want))
		return;
	want.rlim_cur = want.rlim_max = now.rlim_max; /* as many as there may be */
	if (setrlimit(RLIMIT_NOFILE, &want) < 0)
		kn_warn(log, "Failed to set the limit of open files", "err", strerror(errno));
}

int kn_process_check_swap(const kn_config *c, const char *path, struct kn_err *err)
{
	kn_auto_buf struct kn_buf text = {0};
	const char *line;

	if (!c->failswapon || kn_file_read(path, 1 << 20, &text, NULL) || !text.data)
		return 0;
	line = strchr(text.data, '\n'); /* behind the heading */
	if (!line || !line[1])
		return 0;
	return kn_err_set(err, EOPNOTSUPP,
			  "running with swap on is not supported, please disable swap or set --fail-swap-on "
			  "flag to false");
}
