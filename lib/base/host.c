// SPDX-License-Identifier: Apache-2.0
#include "lib/base/host.h"

#include <errno.h>
#include <unistd.h>

int kn_host_name(const char **ret, struct kn_arena *a, struct kn_err *err)
{
	char host[256] = "";
	const char *copy;

	if (gethostname(host, sizeof(host) - 1) < 0)
		return kn_err_errno(err, errno, "host name");
	for (char *p = host; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	copy = kn_arena_strdup(a, host);
	if (!copy)
		return kn_err_errno(err, ENOMEM, "host name");
	*ret = copy;
	return 0;
}
