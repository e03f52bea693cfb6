/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "kubelet/node/cni_conf.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"
#include "lib/json/write.h"

/* "ADDRESS/LEN" with no host bits set. */
static int check_cidr(const char *text, struct kn_err *err)
{
	kn_auto_free char *copy = kn_strdup(text);
	char *slash = strchr(copy, '/'), *end;
	unsigned char addr[16];
	int family = strchr(text, ':') ? AF_INET6 : AF_INET, bits = family == AF_INET6 ? 128 : 32;
	long len;

	if (!slash)
		return kn_err_set(err, EINVAL, "--pod-cidr: invalid CIDR address: %s", text);
	*slash = '\0';
	len = strtol(slash + 1, &end, 10);
	if (!slash[1] || *end || len < 0 || len > bits - 2 || inet_pton(family, copy, addr) != 1)
		return kn_err_set(err, EINVAL, "--pod-cidr: invalid CIDR address: %s", text);
	for (long i = len; i < bits; i++)
		if (addr[i / 8] & (0x80 >> (i % 8)))
			return kn_err_set(err, EINVAL, "--pod-cidr: %s has host bits set", text);
	return 0;
}

static int render(const char *pod_cidrs, const char *data_dir, struct kn_buf *out, struct kn_err *err)
{
	kn_auto_free char *copy = kn_strdup(pod_cidrs);
	struct kn_json_writer *w = kn_json_writer_new(out, true);
	char *save = NULL;
	int r = 0;

	kn_json_obj(w, NULL);
	kn_json_str(w, "cniVersion", "1.0.0");
	kn_json_str(w, "name", "kernlet");
	kn_json_arr(w, "plugins");
	kn_json_obj(w, NULL);
	kn_json_str(w, "type", "kernlet-cni");
	kn_json_arr(w, "podCIDRs");
	for (char *s = strtok_r(copy, ",", &save); s && !r; s = strtok_r(NULL, ",", &save)) {
		r = check_cidr(s, err);
		kn_json_str(w, NULL, s);
	}
	kn_json_end_arr(w);
	if (data_dir)
		kn_json_str(w, "dataDir", data_dir);
	kn_json_end_obj(w);
	kn_json_end_arr(w);
	kn_json_end_obj(w);
	kn_json_writer_free(w);
	return r;
}

int kn_cni_conf_write(const char *dir, const char *pod_cidrs, const char *data_dir, struct kn_err *err)
{
	kn_auto_free char *path = kn_sprintf("%s/10-kernlet.conflist", dir);
	kn_auto_buf struct kn_buf want = {0}, have = {0};
	int r = render(pod_cidrs, data_dir, &want, err);

	if (r)
		return r;
	if (!kn_file_read(path, 1 << 20, &have, NULL) && have.len == want.len &&
	    !memcmp(have.data, want.data, want.len))
		return 0;
	r = kn_mkdir_p(dir, 0755, err);
	return r ? r : kn_file_write_atomic(path, want.data, want.len, 0644, err);
}
