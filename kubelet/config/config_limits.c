// SPDX-License-Identifier: Apache-2.0
#include "kubelet/config/config_limits.h"

#include "lib/k8s/codec.h"

void kn_config_limits(const kn_config *c, struct kn_log_limits *logs, struct kn_image_limits *images)
{
	*logs = (struct kn_log_limits){
		.max_files = c->containerlogmaxfiles > 1 ? (unsigned)c->containerlogmaxfiles : 0,
		.interval_ns = kn_config_ns(c->containerlogmonitorinterval),
	};
	if (c->containerlogmaxsize)
		kn_quantity_value(c->containerlogmaxsize, &logs->max_bytes);
	*images = (struct kn_image_limits){
		.high_percent = c->imagegchighthresholdpercent,
		.low_percent = c->imagegclowthresholdpercent,
		.min_age_ns = kn_config_ns(c->imageminimumgcage),
		.max_age_ns = kn_config_ns(c->imagemaximumgcage),
	};
}
