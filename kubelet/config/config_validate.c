/* SPDX-License-Identifier: Apache-2.0 */
/* pkg/kubelet/apis/config/validation/validation.go: the rules and texts of what is used here. */
#include <errno.h>
#include <string.h>

#include "kubelet/config/config_priv.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"

#define INVALID "invalid configuration: "

static int check_gates(const kn_config *c, struct kn_err *err)
{
	for (size_t i = 0; i < c->n_featuregates; i++) {
		const Kc__BoolEntry *e = c->featuregates[i];
		const struct kn_gate *g = NULL;

		for (size_t j = 0; j < kn_n_gates; j++)
			if (!strcmp(kn_gates[j].name, e->key))
				g = &kn_gates[j];
		if (!g)
			return kn_err_set(err, EINVAL, "unrecognized feature gate: %s", e->key);
		if (g->locked && (bool)e->value != g->on)
			return kn_err_set(err, EINVAL,
					  "cannot set feature gate %s to %s, feature is locked to %s", e->key,
					  e->value ? "true" : "false", g->on ? "true" : "false");
	}
	return 0;
}

struct range {
	const char *field, *flag;
	int64_t value, min, max;
};

static int check_ranges(const kn_config *c, struct kn_err *err)
{
	const struct range ranges[] = {
		{"imageGCHighThresholdPercent", "image-gc-high-threshold", c->imagegchighthresholdpercent, 0,
		 100},
		{"imageGCLowThresholdPercent", "image-gc-low-threshold", c->imagegclowthresholdpercent, 0,
		 100},
		{"iptablesDropBit", "iptables-drop-bit", c->iptablesdropbit, 0, 31},
		{"iptablesMasqueradeBit", "iptables-masquerade-bit", c->iptablesmasqueradebit, 0, 31},
		{"oomScoreAdj", "oom-score-adj", c->oomscoreadj, -1000, 1000},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(ranges); i++)
		if (ranges[i].value < ranges[i].min || ranges[i].value > ranges[i].max)
			return kn_err_set(err, EINVAL,
					  INVALID "%s (--%s) %lld must be between %lld and %lld, inclusive",
					  ranges[i].field, ranges[i].flag, (long long)ranges[i].value,
					  (long long)ranges[i].min, (long long)ranges[i].max);
	return 0;
}

static int check_ports(const kn_config *c, struct kn_err *err)
{
	if (c->healthzport && (c->healthzport < 1 || c->healthzport > 65535))
		return kn_err_set(err, EINVAL,
				  INVALID
				  "healthzPort (--healthz-port) %d must be between 1 and 65535, inclusive",
				  c->healthzport);
	if (c->port < 1 || c->port > 65535)
		return kn_err_set(err, EINVAL,
				  INVALID "port (--port) %d must be between 1 and 65535, inclusive", c->port);
	if (c->readonlyport < 0 || c->readonlyport > 65535)
		return kn_err_set(err, EINVAL,
				  INVALID
				  "readOnlyPort (--read-only-port) %d must be between 0 and 65535, inclusive",
				  c->readonlyport);
	return 0;
}

static int check_negative(const kn_config *c, struct kn_err *err)
{
	const struct range fields[] = {
		{"eventBurst", "event-burst", c->eventburst, 0, 0},
		{"eventRecordQPS", "event-qps", c->eventrecordqps, 0, 0},
		{"kubeAPIBurst", "kube-api-burst", c->kubeapiburst, 0, 0},
		{"kubeAPIQPS", "kube-api-qps", c->kubeapiqps, 0, 0},
		{"maxOpenFiles", "max-open-files", c->maxopenfiles, 0, 0},
		{"maxPods", "max-pods", c->maxpods, 0, 0},
		{"podsPerCore", "pods-per-core", c->podspercore, 0, 0},
		{"registryBurst", "registry-burst", c->registryburst, 0, 0},
		{"registryPullQPS", "registry-qps", c->registrypullqps, 0, 0},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(fields); i++)
		if (fields[i].value < 0)
			return kn_err_set(err, EINVAL, INVALID "%s (--%s) %lld must not be a negative number",
					  fields[i].field, fields[i].flag, (long long)fields[i].value);
	if (c->nodestatusmaximages < -1)
		return kn_err_set(err, EINVAL,
				  INVALID "nodeStatusMaxImages (--node-status-max-images) %d must be -1 or "
					  "greater",
				  c->nodestatusmaximages);
	return 0;
}

static bool one_of(const char *value, const char *const *choices)
{
	for (; *choices; choices++)
		if (!strcmp(value, *choices))
			return true;
	return false;
}

static int check_choices(const kn_config *c, struct kn_err *err)
{
	static const char *const hairpin[] = {"none", "hairpin-veth", "promiscuous-bridge", NULL};
	static const char *const driver[] = {"cgroupfs", "systemd", NULL};
	static const char *const strategy[] = {"Get", "Cache", "Watch", NULL};
	static const char *const mode[] = {"AlwaysAllow", "Webhook", NULL};
	static const char *const swap[] = {"", "NoSwap", "LimitedSwap", NULL};

	if (!one_of(c->hairpinmode, hairpin))
		return kn_err_set(err, EINVAL,
				  INVALID "option \"%s\" specified for hairpinMode (--hairpin-mode). Valid "
					  "options are \"none\", \"hairpin-veth\" or \"promiscuous-bridge\"",
				  c->hairpinmode);
	if (!one_of(c->cgroupdriver, driver))
		return kn_err_set(err, EINVAL,
				  INVALID
				  "cgroupDriver (--cgroup-driver) must be \"cgroupfs\" or \"systemd\"");
	if (!one_of(c->configmapandsecretchangedetectionstrategy, strategy))
		return kn_err_set(err, EINVAL,
				  INVALID "configMapAndSecretChangeDetectionStrategy \"%s\" is none of Get, "
					  "Cache, Watch",
				  c->configmapandsecretchangedetectionstrategy);
	if (!one_of(c->authorization->mode, mode))
		return kn_err_set(err, EINVAL, "unknown authorization mode %s", c->authorization->mode);
	if (c->memoryswap->swapbehavior && !one_of(c->memoryswap->swapbehavior, swap))
		return kn_err_set(err, EINVAL,
				  INVALID "memorySwap.swapBehavior \"%s\" must be one of: \"\", "
					  "\"LimitedSwap\" or \"NoSwap\"",
				  c->memoryswap->swapbehavior);
	return 0;
}

static int check_durations(const kn_config *c, struct kn_err *err)
{
	int64_t period = kn_config_ns(c->cpucfsquotaperiod), max = kn_config_ns(c->imagemaximumgcage);
	int64_t restart = kn_config_ns(c->crashloopbackoff->maxcontainerrestartperiod);

	if (period < KN_NSEC_PER_MSEC || period > KN_NSEC_PER_SEC)
		return kn_err_set(err, EINVAL,
				  INVALID "cpuCFSQuotaPeriod (--cpu-cfs-quota-period) {%lldms} must be "
					  "between 1ms and 1sec, inclusive",
				  (long long)(period / KN_NSEC_PER_MSEC));
	if (max && max <= kn_config_ns(c->imageminimumgcage))
		return kn_err_set(err, EINVAL,
				  INVALID "imageMaximumGCAge must be greater than imageMinimumGCAge");
	if (kn_config_ns(c->containerlogmonitorinterval) < 3 * KN_NSEC_PER_SEC)
		return kn_err_set(err, EINVAL,
				  INVALID "containerLogMonitorInterval must be a positive time duration "
					  "greater than or equal to 3s");
	if (restart < KN_NSEC_PER_SEC || restart > 300 * KN_NSEC_PER_SEC)
		return kn_err_set(err, EINVAL,
				  INVALID "CrashLoopBackOff.MaxContainerRestartPeriod (got: %lld seconds) "
					  "must be set between 1s and 300s",
				  (long long)(restart / KN_NSEC_PER_SEC));
	return 0;
}

static int check_rest(const kn_config *c, struct kn_err *err)
{
	if (c->nodeleasedurationseconds <= 0)
		return kn_err_set(err, EINVAL, INVALID "nodeLeaseDurationSeconds must be greater than 0");
	if (c->imagegclowthresholdpercent >= c->imagegchighthresholdpercent)
		return kn_err_set(
			err, EINVAL,
			INVALID "imageGCLowThresholdPercent (--image-gc-low-threshold) %d must be less than "
				"imageGCHighThresholdPercent (--image-gc-high-threshold) %d",
			c->imagegclowthresholdpercent, c->imagegchighthresholdpercent);
	if (c->containerlogmaxworkers < 1)
		return kn_err_set(err, EINVAL,
				  INVALID "containerLogMaxWorkers must be greater than or equal to 1");
	if (c->containerlogmaxfiles <= 1)
		return kn_err_set(err, EINVAL, INVALID "containerLogMaxFiles must be greater than 1");
	if (*c->podlogsdir != '/')
		return kn_err_set(err, EINVAL, INVALID "pod logs path \"%s\" must be absolute path",
				  c->podlogsdir);
	if (c->runonce && c->enableserver && c->staticpodpath)
		return kn_err_set(err, EINVAL, INVALID "runOnce is not supported");
	if (!c->tlscertfile != !c->tlsprivatekeyfile && !(c->tlscertfile && !*c->tlscertfile))
		return kn_err_set(err, EINVAL,
				  INVALID "tlsCertFile and tlsPrivateKeyFile must be specified together");
	if (c->servertlsbootstrap && !kn_config_gate(c, "RotateKubeletServerCertificate"))
		return kn_err_set(err, EINVAL,
				  INVALID "serverTLSBootstrap requires feature gate "
					  "RotateKubeletServerCertificate");
	return 0;
}

int kn_config_validate(const kn_config *c, struct kn_err *err)
{
	static int (*const checks[])(const kn_config *, struct kn_err *) = {
		check_gates,   check_ranges,	check_ports, check_negative,
		check_choices, check_durations, check_rest};

	for (size_t i = 0; i < KN_ARRAY_SIZE(checks); i++) {
		int r = checks[i](c, err);

		if (r)
			return r;
	}
	return 0;
}
