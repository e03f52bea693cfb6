// SPDX-License-Identifier: Apache-2.0
/* Any bytes as a network configuration on stdin; what is accepted keeps the promises that the commands rely
 * on. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/mem.h"
#include "cni/args.h"
#include "cni/cni.h"
#include "cni/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(const struct kn_cni_conf *c)
{
	assert(kn_cni_version_index(c->version) >= 0);
	assert(c->name[0] && c->name[0] != '.' && !strchr(c->name, '/'));
	assert(c->data_dir[0] == '/' && c->mtu <= 65535);
	assert(c->n_cidrs >= 1 && c->n_cidrs <= KN_CNI_MAX_CIDRS);
	for (size_t i = 0; i < c->n_cidrs; i++) {
		struct kn_cni_addr gw = kn_cni_cidr_gateway(&c->cidrs[i]),
				   pod = kn_cni_cidr_next(&c->cidrs[i], &gw);

		assert(kn_cni_cidr_has(&c->cidrs[i], &gw) && kn_cni_cidr_has(&c->cidrs[i], &pod));
		assert(!kn_cni_addr_same(&gw, &pod) && kn_cni_cidr_pods(&c->cidrs[i]));
	}
	for (size_t i = 0; i < c->n_valid; i++)
		assert(!kn_cni_check_id(c->valid[i].container_id) &&
		       !kn_cni_check_ifname(c->valid[i].ifname));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(16 << 20);
	struct kn_cni_conf c = {0};
	struct kn_err err = KN_ERR_INIT;
	int code = kn_cni_conf_parse((const char *)data, size, a, &c, &err);

	assert(code >= 0);
	if (code)
		assert(err.code && err.msg[0]);
	else
		judge(&c);
	return 0;
}
