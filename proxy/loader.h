/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs, maps and links, and their pins: PIN_DIR/vLAYOUT/{map,prog,link}_NAME. The pins keep everything
 * working while no daemon runs. A start takes over maps that fit, loads its own programs onto them, and
 * exchanges the programs of the pinned links one by one, atomically: at no time is a hook empty.
 */
#ifndef KN_PROXY_LOADER_H
#define KN_PROXY_LOADER_H

#include <stdbool.h>
#include "proxy/maps.h"
#include "proxy/proxy.h"

#define KN_PROG_COUNT 8

struct kn_loader {
	struct kn_maps maps; /* owned */
	bool adopted;	     /* the maps were there already */
};

/* pin_dir must lie on a bpffs (-EINVAL otherwise, with how to mount one); it is made when missing. */
int kn_loader_open(struct kn_loader *l, const struct kn_proxy_config *cfg, struct kn_err *err);
void kn_loader_close(struct kn_loader *l); /* closes descriptors; pins stay */
/* Removes the pins of other layouts, once this one's maps are filled. Links go with their pins. */
int kn_loader_drop_others(const struct kn_proxy_config *cfg, struct kn_err *err);
/* Detaches and unpins everything of every layout, then removes pin_dir. Nothing there is no error. */
int kn_loader_cleanup(const struct kn_proxy_config *cfg, struct kn_err *err);

#endif
