/* SPDX-License-Identifier: Apache-2.0 */
/* kernlet-cni: reads stdin, runs the command, writes stdout. */
#include <errno.h>
#include <stdlib.h>
#include "cni/cni.h"

/* One byte more than allowed is kept, so that the excess shows. */
static void read_stdin(struct kn_buf *in)
{
	char chunk[16384];
	ssize_t n;

	while (in->len <= KN_CNI_STDIN_MAX) {
		n = read(0, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		kn_buf_add(in, chunk, (size_t)n);
	}
}

static int write_stdout(const struct kn_buf *out)
{
	for (size_t done = 0; done < out->len;) {
		ssize_t n = write(1, out->data + done, out->len - done);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			done += (size_t)n;
	}
	return 0;
}

static const char *get_env(const char *name)
{
	return getenv(name);
}

int main(void)
{
	kn_auto_buf struct kn_buf in = {0}, out = {0};
	int status;

	read_stdin(&in);
	status = kn_cni_run(get_env, in.data ? in.data : "", in.len, &out);
	return write_stdout(&out) ? 1 : status;
}
