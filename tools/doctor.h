/* SPDX-License-Identifier: Apache-2.0 */
/* What doctor reads off the machine (doctor_probe.c), and what it makes of it (doctor_eval*.c, pure). */
#ifndef KN_TOOLS_DOCTOR_H
#define KN_TOOLS_DOCTOR_H

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>

enum kc_verdict { KC_OK, KC_WARN, KC_FAIL };
const char *kc_verdict_name(enum kc_verdict v); /* "ok", "warn", "fail" */

struct kc_check {
	const char *name;
	enum kc_verdict status;
	char found[160];  /* what is there */
	const char *cost; /* what doesn't work without; NULL when ok */
	const char *mend; /* what to do about it; NULL when ok */
};

enum kc_answer { KC_UNKNOWN = -1, KC_NO = 0, KC_YES = 1 };

struct kc_facts { /* what could not be found out: "", -1 or KC_UNKNOWN */
	char kernel[80];
	enum kc_answer btf, bpffs, sock_addr, ringbuf, swap, runtime_socket, kubelet_writable;
	int jit, ip_forward;	 /* the sysctl's value */
	bool cgroup_v1, cgroup2; /* mounts of either kind are there; both: hybrid */
	char cgroup2_path[160], cgroup2_controllers[160];
	uint64_t caps; /* effective, a bit each */
	char containerd[160], runc[160], runtime_endpoint[160];
	int64_t mem_total_kb, mem_available_kb;
};

#define KC_MAX_CHECKS 24

void kc_probe(struct kc_facts *f, const char *runtime_endpoint);
/* Fills checks (KC_MAX_CHECKS long); returns how many. Pure. */
size_t kc_evaluate(const struct kc_facts *f, struct kc_check *checks);

/* Pure: the first "N.N[.N]" in text as three numbers; false when there is none. */
bool kc_version(const char *text, int v[3]);
int kc_version_cmp(const int a[3], const int b[3]);

#endif
