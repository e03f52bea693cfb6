// SPDX-License-Identifier: Apache-2.0
/* Sysctls that a pod may set (pkg/kubelet/sysctl/allowlist.go, safe_sysctls.go). Pure. */
#include <string.h>
#include "kubelet/pod/admission.h"
#include "kubelet/gen/gen_priv.h"

static bool is_safe(const char *name)
{
	/* All are namespaced since Linux 4.15. */
	static const char *const safe[] = {"kernel.shm_rmid_forced",
					   "net.ipv4.ip_local_port_range",
					   "net.ipv4.tcp_syncookies",
					   "net.ipv4.ping_group_range",
					   "net.ipv4.ip_unprivileged_port_start",
					   "net.ipv4.ip_local_reserved_ports",
					   "net.ipv4.tcp_keepalive_time",
					   "net.ipv4.tcp_fin_timeout",
					   "net.ipv4.tcp_keepalive_intvl",
					   "net.ipv4.tcp_keepalive_probes",
					   "net.ipv4.tcp_slow_start_after_idle",
					   "net.ipv4.tcp_notsent_lowat",
					   "net.ipv4.tcp_rmem",
					   "net.ipv4.tcp_wmem",
					   NULL};

	return kn_one_of(name, safe);
}

bool kn_sysctls_allowed(const struct kn_pod *p, char reason[64], char message[256])
{
	const K8s__PodSpec *spec = p->obj->spec;
	const K8s__PodSecurityContext *sc = spec->securitycontext;

	for (size_t i = 0; sc && i < sc->n_sysctls; i++) {
		char name[128];
		bool ipc, host;

		snprintf(name, sizeof(name), "%s", kn_gen_str(sc->sysctls[i]->name));
		for (char *c = name; *c; c++)
			*c = *c == '/' ? '.' : *c;
		ipc = !strncmp(name, "kernel.", 7);
		host = ipc ? spec->hostipc : spec->hostnetwork;
		if (is_safe(name) && !host)
			continue;
		snprintf(reason, 64, "SysctlForbidden");
		if (is_safe(name))
			snprintf(message, 256, "forbidden sysctl: \"%s\" not allowed with host %s enabled",
				 name, ipc ? "ipc" : "net");
		else
			snprintf(message, 256, "forbidden sysctl: \"%s\" not allowlisted", name);
		return false;
	}
	return true;
}
