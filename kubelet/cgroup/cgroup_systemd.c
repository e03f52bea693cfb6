/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#include "kubelet/cgroup/cgroup_priv.h"

#define SERVICE "org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager"

/* systemd counts the quota in us a second, and ours is us a period (systemd.resource-control(5)). */
static uint64_t quota_per_sec(const struct kn_pod_limits *l, int64_t period_us)
{
	return l->quota_us < 0 ? UINT64_MAX : (uint64_t)(l->quota_us * 1000000 / period_us);
}

static int add_properties(sd_bus_message *m, const struct kn_pod_limits *l, int64_t period_us)
{
	uint64_t quota = quota_per_sec(l, period_us);
	uint64_t memory = l->memory_bytes < 0 ? UINT64_MAX : (uint64_t)l->memory_bytes;
	int r = sd_bus_message_open_container(m, 'a', "(sv)");

	if (r >= 0)
		r = sd_bus_message_append(m, "(sv)(sv)(sv)", "CPUWeight", "t",
					  (uint64_t)kn_shares_to_weight(l->shares), "CPUQuotaPerSecUSec", "t",
					  quota, "MemoryMax", "t", memory);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int call(sd_bus *bus, const char *method, const char *name, const struct kn_pod_limits *l,
		int64_t period_us, sd_bus_error *e)
{
	__attribute__((cleanup(sd_bus_message_unrefp))) sd_bus_message *m = NULL;
	bool start = method[0] == 'S' && method[1] == 't';
	int r = sd_bus_message_new_method_call(bus, &m, SERVICE, method);

	if (r >= 0)
		r = start ? sd_bus_message_append(m, "ss", name, "replace")
			  : sd_bus_message_append(m, "sb", name, 1);
	if (r >= 0)
		r = add_properties(m, l, period_us);
	if (r >= 0 && start)
		r = sd_bus_message_append(m, "a(sa(sv))", 0);
	return r < 0 ? r : sd_bus_call(bus, m, 0, e, NULL);
}

int kn_systemd_slice(const char *name, const struct kn_pod_limits *l, int64_t period_us, struct kn_err *err)
{
	__attribute__((cleanup(sd_bus_flush_close_unrefp))) sd_bus *bus = NULL;
	__attribute__((cleanup(sd_bus_error_free))) sd_bus_error e = SD_BUS_ERROR_NULL;
	int r = sd_bus_open_system(&bus);

	if (r < 0)
		return kn_err_errno(err, r, "connect to the system bus");
	r = call(bus, "StartTransientUnit", name, l, period_us, &e);
	if (r < 0 && sd_bus_error_has_name(&e, "org.freedesktop.systemd1.UnitExists")) {
		sd_bus_error_free(&e);
		r = call(bus, "SetUnitProperties", name, l, period_us, &e);
	}
	return r < 0 ? kn_err_set(err, r, "start %s: %s", name, e.message ? e.message : "bus error") : 0;
}

int kn_systemd_slice_stop(const char *name, struct kn_err *err)
{
	__attribute__((cleanup(sd_bus_flush_close_unrefp))) sd_bus *bus = NULL;
	__attribute__((cleanup(sd_bus_error_free))) sd_bus_error e = SD_BUS_ERROR_NULL;
	int r = sd_bus_open_system(&bus);

	if (r < 0)
		return kn_err_errno(err, r, "connect to the system bus");
	r = sd_bus_call_method(bus, SERVICE, "StopUnit", &e, NULL, "ss", name, "replace");
	if (r < 0 && !sd_bus_error_has_name(&e, "org.freedesktop.systemd1.NoSuchUnit"))
		return kn_err_set(err, r, "stop %s: %s", name, e.message ? e.message : "bus error");
	return 0;
}
