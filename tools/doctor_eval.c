// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <linux/capability.h>
#include "tools/doctor.h"

#define MIN_AVAILABLE_KB (256 * 1024)

struct list {
	struct kc_check *check;
	size_t n;
};

const char *kc_verdict_name(enum kc_verdict v)
{
	static const char *const names[] = {[KC_OK] = "ok", [KC_WARN] = "warn", [KC_FAIL] = "fail"};

	return names[v];
}

bool kc_version(const char *text, int v[3])
{
	for (const char *p = text; *p; p++) {
		int a, b, c = 0;

		if (*p < '0' || *p > '9')
			continue;
		if (sscanf(p, "%6d.%6d.%6d", &a, &b, &c) >= 2) {
			v[0] = a;
			v[1] = b;
			v[2] = c;
			return true;
		}
		p += strspn(p, "0123456789") - 1;
	}
	return false;
}

int kc_version_cmp(const int a[3], const int b[3])
{
	for (int i = 0; i < 3; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return 0;
}

static bool older(const int v[3], int a, int b, int c)
{
	return kc_version_cmp(v, (const int[]){a, b, c}) < 0;
}

__attribute__((format(printf, 6, 7))) static void add(struct list *l, const char *name,
						      enum kc_verdict status, const char *cost,
						      const char *mend, const char *fmt, ...)
{
	struct kc_check *c = &l->check[l->n++];
	va_list ap;

	*c = (struct kc_check){
		.name = name, .status = status, .cost = status ? cost : NULL, .mend = status ? mend : NULL};
	va_start(ap, fmt);
	vsnprintf(c->found, sizeof(c->found), fmt, ap);
	va_end(ap);
}

static void add_answer(struct list *l, const char *name, enum kc_answer a, enum kc_verdict if_no,
		       const char *cost, const char *mend)
{
	static const char *const words[] = {"could not be found out", "no", "yes"};

	add(l, name, a == KC_YES ? KC_OK : a == KC_NO ? if_no : KC_WARN, cost, mend, "%s", words[a + 1]);
}

static void eval_kernel(const struct kc_facts *f, struct list *l)
{
	int v[3] = {0};
	bool good = kc_version(f->kernel, v) && !older(v, 6, 1, 0);

	add(l, "kernel", good ? KC_OK : KC_FAIL, "the Service programs are not made for it",
	    "boot Linux 6.1 or newer", "%s", f->kernel[0] ? f->kernel : "unknown");
	add_answer(l, "btf", f->btf, KC_FAIL, "no BPF program can be loaded: no Services",
		   "a kernel with CONFIG_DEBUG_INFO_BTF");
	add_answer(l, "bpffs", f->bpffs, KC_WARN, "Services stop while the daemon restarts",
		   "mount -t bpf bpf /sys/fs/bpf");
	add_answer(l, "sock-addr", f->sock_addr, KC_FAIL, "ClusterIPs don't answer on this node",
		   "a kernel with CONFIG_CGROUP_BPF, and CAP_BPF with CAP_NET_ADMIN");
	add_answer(l, "ringbuf", f->ringbuf, KC_WARN, "no events from the BPF programs",
		   "a kernel 5.8 or newer");
	add(l, "bpf-jit", f->jit > 0 ? KC_OK : KC_WARN, "BPF programs run interpreted, several times slower",
	    "sysctl -w net.core.bpf_jit_enable=1", "net.core.bpf_jit_enable=%d", f->jit);
}

static void eval_cgroup(const struct kc_facts *f, struct list *l)
{
	if (!f->cgroup_v1 && f->cgroup2)
		add(l, "cgroup-mode", KC_OK, NULL, NULL, "v2");
	else if (f->cgroup_v1)
		add(l, "cgroup-mode", KC_WARN,
		    "the daemon refuses to start while failCgroupV1 is true (the default)",
		    "boot with systemd.unified_cgroup_hierarchy=1, or set failCgroupV1: false", "%s",
		    f->cgroup2 ? "hybrid: v1 controllers, with a cgroup2 beside them" : "v1");
	else
		add(l, "cgroup-mode", KC_FAIL, "no pod can run", "mount cgroup2 on /sys/fs/cgroup", "none");
	add(l, "cgroup2", f->cgroup2 ? KC_OK : KC_FAIL, "no place to attach the Service programs to",
	    "mount -t cgroup2 none /sys/fs/cgroup/unified", "%s%s%s",
	    f->cgroup2 ? f->cgroup2_path : "not mounted", f->cgroup2_controllers[0] ? ": " : "",
	    f->cgroup2_controllers);
}

static void eval_runtime(const struct kc_facts *f, struct list *l)
{
	int v[3] = {0};
	bool known;

	add(l, "runtime-socket", f->runtime_socket == KC_YES ? KC_OK : KC_FAIL, "no pod can be started",
	    "start containerd, or name its socket with --runtime-endpoint", "%s: %s", f->runtime_endpoint,
	    f->runtime_socket == KC_YES ? "answers" : "nobody answers");
	known = kc_version(f->containerd, v);
	add(l, "containerd", known && !older(v, 1, 7, 33) ? KC_OK : KC_WARN,
	    "without the fixes for CRI image labels, which begin with 1.7.33",
	    "containerd 1.7.33 or newer (or a distribution's package that carries the fixes)", "%s",
	    f->containerd[0] ? f->containerd : "containerd --version says nothing");
	known = kc_version(f->runc, v);
	/* Mended in 1.2.8, 1.3.3 and 1.4. */
	known = known && !older(v, 1, 2, 8) && !(v[0] == 1 && v[1] == 3 && v[2] < 3);
	add(l, "runc", known ? KC_OK : KC_WARN,
	    "CVE-2025-31133: a container can reach the host through masked paths",
	    "runc 1.2.8, 1.3.3 or newer (or a distribution's package that carries the fix)", "%s",
	    f->runc[0] ? f->runc : "runc --version says nothing");
}

static void eval_caps(const struct kc_facts *f, struct list *l)
{
	static const struct {
		int cap;
		const char *name, *cost;
		enum kc_verdict without;
	} caps[] = {
		{CAP_SYS_ADMIN, "CAP_SYS_ADMIN", "no mounts: no volumes, no pods", KC_FAIL},
		{CAP_NET_ADMIN, "CAP_NET_ADMIN", "no pod network, no Services", KC_FAIL},
		{CAP_BPF, "CAP_BPF", "BPF only through CAP_SYS_ADMIN", KC_WARN},
		{CAP_SYS_RESOURCE, "CAP_SYS_RESOURCE", "limits can't be raised, no negative oom_score_adj",
		 KC_WARN},
	};

	for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
		bool have = f->caps >> caps[i].cap & 1;

		add(l, caps[i].name, have ? KC_OK : caps[i].without, caps[i].cost,
		    "run as root, with AmbientCapabilities or outside a restricted container",
		    have ? "yes" : "no");
	}
}

static void eval_host(const struct kc_facts *f, struct list *l)
{
	enum kc_verdict swap = f->swap == KC_NO ? KC_OK : KC_WARN;

	add(l, "swap", swap, "memory limits of pods mean less", "swapoff -a, or failSwapOn: false", "%s",
	    f->swap == KC_NO	? "off"
	    : f->swap == KC_YES ? "on"
				: "could not be found out");
	add(l, "ip-forward", f->ip_forward == 1 ? KC_OK : KC_WARN, "pods reach nothing outside the node",
	    "sysctl -w net.ipv4.ip_forward=1", "net.ipv4.ip_forward=%d", f->ip_forward);
	add_answer(l, "kubelet-folder", f->kubelet_writable, KC_FAIL, "no volumes, no pods",
		   "make /var/lib/kubelet writable");
	add(l, "memory", f->mem_available_kb >= MIN_AVAILABLE_KB ? KC_OK : KC_WARN,
	    "pods may be killed for memory", "free some memory", "%lld MiB of %lld MiB available",
	    (long long)f->mem_available_kb / 1024, (long long)f->mem_total_kb / 1024);
}

size_t kc_evaluate(const struct kc_facts *f, struct kc_check *checks)
{
	struct list l = {checks, 0};

	eval_kernel(f, &l);
	eval_cgroup(f, &l);
	eval_runtime(f, &l);
	eval_caps(f, &l);
	eval_host(f, &l);
	return l.n;
}
