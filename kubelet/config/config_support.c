/* SPDX-License-Identifier: Apache-2.0 */
/* Fields that are known and not done here: refused when set to something that matters, never ignored. Whoever
 * makes one work takes its line out. */
#include <errno.h>
#include <string.h>

#include "kubelet/config/config_priv.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"

struct refused {
	bool set;
	const char *name;
};

static int refuse(const struct refused *list, size_t n, struct kn_err *err)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].set)
			return kn_err_set(err, EOPNOTSUPP,
					  "KubeletConfiguration: %s is set, which is not supported yet",
					  list[i].name);
	return 0;
}

static bool given(const char *text)
{
	return text && *text;
}

static bool other(const char *text, const char *usual) /* case as either generation writes it */
{
	return given(text) && strcasecmp(text, usual) != 0;
}

static int check_resources(const kn_config *c, struct kn_err *err)
{
	const char *allocatable = c->n_enforcenodeallocatable ? c->enforcenodeallocatable[0] : "pods";
	const struct refused list[] = {
		{other(c->cpumanagerpolicy, "none"), "cpuManagerPolicy"},
		{c->n_cpumanagerpolicyoptions, "cpuManagerPolicyOptions"},
		{other(c->memorymanagerpolicy, "None"), "memoryManagerPolicy"},
		{c->n_reservedmemory, "reservedMemory"},
		{other(c->topologymanagerpolicy, "none"), "topologyManagerPolicy"},
		{c->n_topologymanagerpolicyoptions, "topologyManagerPolicyOptions"},
		{given(c->reservedsystemcpus), "reservedSystemCPUs"},
		{c->n_qosreserved, "qosReserved"},
		{given(c->kubeletcgroups), "kubeletCgroups"},
		{given(c->systemcgroups), "systemCgroups"},
		{given(c->systemreservedcgroup), "systemReservedCgroup"},
		{given(c->kubereservedcgroup), "kubeReservedCgroup"},
		{c->n_enforcenodeallocatable > 1 ||
			 (other(allocatable, "pods") && other(allocatable, "none")),
		 "enforceNodeAllocatable"},
		{other(c->memoryswap->swapbehavior, "NoSwap"), "memorySwap.swapBehavior"},
		{c->memorythrottlingfactor, "memoryThrottlingFactor"},
		{other(c->memoryreservationpolicy, "None"), "memoryReservationPolicy"},
		{c->has_singleprocessoomkill && c->singleprocessoomkill, "singleProcessOOMKill"},
		{c->podpidslimit > 0, "podPidsLimit"},
		{!c->cpucfsquota, "cpuCFSQuota"},
		{kn_config_ns(c->cpucfsquotaperiod) != 100 * KN_NSEC_PER_MSEC, "cpuCFSQuotaPeriod"},
		{c->usernamespaces && c->usernamespaces->has_idsperpod, "userNamespaces.idsPerPod"},
		{c->kernelmemcgnotification, "kernelMemcgNotification"},
	};

	return refuse(list, KN_ARRAY_SIZE(list), err);
}

static int check_eviction(const kn_config *c, struct kn_err *err)
{
	const struct refused list[] = {
		{c->n_evictionsoft, "evictionSoft"},
		{c->n_evictionsoftgraceperiod, "evictionSoftGracePeriod"},
		{c->n_evictionminimumreclaim, "evictionMinimumReclaim"},
		{c->evictionmaxpodgraceperiod > 0, "evictionMaxPodGracePeriod"},
		{kn_config_ns(c->shutdowngraceperiod), "shutdownGracePeriod"},
		{kn_config_ns(c->shutdowngraceperiodcriticalpods), "shutdownGracePeriodCriticalPods"},
		{c->n_shutdowngraceperiodbypodpriority, "shutdownGracePeriodByPodPriority"},
		{kn_config_ns(c->crashloopbackoff->maxcontainerrestartperiod) != 300 * KN_NSEC_PER_SEC,
		 "crashLoopBackOff.maxContainerRestartPeriod"},
	};

	return refuse(list, KN_ARRAY_SIZE(list), err);
}

static int check_server(const kn_config *c, struct kn_err *err)
{
	const struct refused list[] = {
		{given(c->staticpodurl), "staticPodURL"},
		{c->n_staticpodurlheader, "staticPodURLHeader"},
		{c->n_tlsciphersuites, "tlsCipherSuites"},
		{c->n_tlscurvepreferences, "tlsCurvePreferences"},
		{other(c->tlsminversion, "VersionTLS12"), "tlsMinVersion"},
		{kn_config_ns(c->streamingconnectionidletimeout) != 4 * 3600 * KN_NSEC_PER_SEC,
		 "streamingConnectionIdleTimeout"},
		{c->runonce, "runOnce"},
		{c->enablecontentionprofiling, "enableContentionProfiling"},
		{c->enablesystemlogquery, "enableSystemLogQuery"},
		{c->tracing, "tracing"},
		{other(c->contenttype, "application/vnd.kubernetes.protobuf"), "contentType"},
		{given(c->showhiddenmetricsforversion), "showHiddenMetricsForVersion"},
		{other(c->logging->format, "text") && other(c->logging->format, "json"), "logging.format"},
		{c->logging->n_vmodule, "logging.vmodule"},
	};

	return refuse(list, KN_ARRAY_SIZE(list), err);
}

static int check_pods(const kn_config *c, struct kn_err *err)
{
	const struct refused list[] = {
		{c->n_allowedunsafesysctls, "allowedUnsafeSysctls"},
		{c->n_defaultpodsysctls, "defaultPodSysctls"},
		{c->protectkerneldefaults, "protectKernelDefaults"},
		{c->seccompdefault, "seccompDefault"},
		{c->has_maxparallelimagepulls, "maxParallelImagePulls"},
		{other(c->imageserviceendpoint, c->containerruntimeendpoint), "imageServiceEndpoint"},
		{other(c->imagepullcredentialsverificationpolicy, "NeverVerifyPreloadedImages") &&
			 other(c->imagepullcredentialsverificationpolicy, "NeverVerify"),
		 "imagePullCredentialsVerificationPolicy"},
		{c->n_preloadedimagesverificationallowlist, "preloadedImagesVerificationAllowlist"},
		{!c->localstoragecapacityisolation, "localStorageCapacityIsolation"},
		{!c->serializeimagepulls, "serializeImagePulls"},
		{c->registrypullqps != 5, "registryPullQPS"},
		{c->registryburst != 10, "registryBurst"},
		{kn_config_ns(c->runtimerequesttimeout) != 120 * KN_NSEC_PER_SEC, "runtimeRequestTimeout"},
		{kn_config_ns(c->syncfrequency) != 60 * KN_NSEC_PER_SEC, "syncFrequency"},
		{kn_config_ns(c->volumestatsaggperiod) != 60 * KN_NSEC_PER_SEC, "volumeStatsAggPeriod"},
		{other(c->configmapandsecretchangedetectionstrategy, "Watch"),
		 "configMapAndSecretChangeDetectionStrategy"},
	};

	return refuse(list, KN_ARRAY_SIZE(list), err);
}

/* A gate with its default value says nothing new. */
static int check_gates(const kn_config *c, struct kn_err *err)
{
	for (size_t i = 0; i < c->n_featuregates; i++)
		for (size_t j = 0; j < kn_n_gates; j++)
			if (!strcmp(kn_gates[j].name, c->featuregates[i]->key) &&
			    kn_gates[j].on != (bool)c->featuregates[i]->value)
				return kn_err_set(
					err, EOPNOTSUPP,
					"KubeletConfiguration: featureGates.%s is set to other than its "
					"default, which is not supported yet",
					kn_gates[j].name);
	return 0;
}

int kn_config_supported(const kn_config *c, struct kn_err *err)
{
	static int (*const checks[])(const kn_config *, struct kn_err *) = {
		check_resources, check_eviction, check_server, check_pods, check_gates};

	for (size_t i = 0; i < KN_ARRAY_SIZE(checks); i++) {
		int r = checks[i](c, err);

		if (r)
			return r;
	}
	return 0;
}
