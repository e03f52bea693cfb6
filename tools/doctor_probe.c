// SPDX-License-Identifier: Apache-2.0
/* Reads the machine for doctor. Changes nothing: BPF programs are only shown to the verifier. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/utsname.h>
#include <linux/magic.h>
#include "lib/base/file.h"
#include "lib/base/mem.h"
#include "tools/doctor.h"
#include "tools/doctor_io.h"

#define READ_MAX (1 << 20)

static int read_int(const char *path)
{
	kn_auto_buf struct kn_buf b = {0};

	return kn_file_read(path, READ_MAX, &b, NULL) < 0 || !b.len ? -1 : atoi(b.data);
}

static void probe_kernel(struct kc_facts *f)
{
	libbpf_print_fn_t old = libbpf_set_print(NULL);
	struct utsname u;
	struct statfs fs;
	int r;

	if (uname(&u) == 0)
		snprintf(f->kernel, sizeof(f->kernel), "%s", u.release);
	f->btf = access("/sys/kernel/btf/vmlinux", R_OK) == 0;
	f->bpffs = statfs("/sys/fs/bpf", &fs) == 0 && (uint32_t)fs.f_type == BPF_FS_MAGIC;
	f->jit = read_int("/proc/sys/net/core/bpf_jit_enable");
	r = libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, NULL);
	f->sock_addr = r < 0 ? KC_UNKNOWN : r > 0;
	r = libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, NULL);
	f->ringbuf = r < 0 ? KC_UNKNOWN : r > 0;
	libbpf_set_print(old);
}

static void probe_cgroup(struct kc_facts *f)
{
	FILE *m = setmntent("/proc/self/mounts", "r");
	struct mntent *e;

	while (m && (e = getmntent(m))) {
		/* v1's "name=systemd" hierarchy has no controllers and may stand beside v2 */
		if (!strcmp(e->mnt_type, "cgroup") && !hasmntopt(e, "name"))
			f->cgroup_v1 = true;
		if (strcmp(e->mnt_type, "cgroup2") || f->cgroup2)
			continue;
		f->cgroup2 = true;
		snprintf(f->cgroup2_path, sizeof(f->cgroup2_path), "%s", e->mnt_dir);
	}
	if (m)
		endmntent(m);
	if (f->cgroup2) {
		kn_auto_free char *path = kn_sprintf("%s/cgroup.controllers", f->cgroup2_path);
		kn_auto_buf struct kn_buf b = {0};

		if (kn_file_read(path, READ_MAX, &b, NULL) == 0 && b.len)
			snprintf(f->cgroup2_controllers, sizeof(f->cgroup2_controllers), "%.*s",
				 (int)strcspn(b.data, "\n"), b.data);
	}
}

static void probe_host(struct kc_facts *f)
{
	kn_auto_buf struct kn_buf swaps = {0}, mem = {0}, status = {0};
	const char *p;

	f->ip_forward = read_int("/proc/sys/net/ipv4/ip_forward");
	if (kn_file_read("/proc/swaps", READ_MAX, &swaps, NULL) == 0 && swaps.len) {
		p = strchr(swaps.data, '\n'); /* a heading comes first */
		f->swap = p && p[1];
	}
	if (kn_file_read("/proc/meminfo", READ_MAX, &mem, NULL) == 0 && mem.len) {
		p = strstr(mem.data, "MemTotal:");
		f->mem_total_kb = p ? atoll(p + strlen("MemTotal:")) : -1;
		p = strstr(mem.data, "MemAvailable:");
		f->mem_available_kb = p ? atoll(p + strlen("MemAvailable:")) : -1;
	}
	if (kn_file_read("/proc/self/status", READ_MAX, &status, NULL) == 0 && status.len) {
		p = strstr(status.data, "CapEff:");
		f->caps = p ? strtoull(p + strlen("CapEff:"), NULL, 16) : 0;
	}
	/* It is made by the daemon: the nearest folder that is there decides. */
	p = access("/var/lib/kubelet", F_OK) == 0 ? "/var/lib/kubelet" : "/var/lib";
	f->kubelet_writable = faccessat(AT_FDCWD, p, W_OK, AT_EACCESS) == 0;
}

void kc_probe(struct kc_facts *f, const char *runtime_endpoint)
{
	static const char prefix[] = "unix://";
	const char *path = runtime_endpoint;

	*f = (struct kc_facts){
		.swap = KC_UNKNOWN, .jit = -1, .ip_forward = -1, .mem_total_kb = -1, .mem_available_kb = -1};
	if (!strncmp(path, prefix, strlen(prefix)))
		path += strlen(prefix);
	snprintf(f->runtime_endpoint, sizeof(f->runtime_endpoint), "%s", runtime_endpoint);
	probe_kernel(f);
	probe_cgroup(f);
	probe_host(f);
	f->runtime_socket = kc_socket_answers(path);
	kc_first_line((char *const[]){"containerd", "--version", NULL}, f->containerd, sizeof(f->containerd));
	kc_first_line((char *const[]){"runc", "--version", NULL}, f->runc, sizeof(f->runc));
}
