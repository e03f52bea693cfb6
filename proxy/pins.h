/* SPDX-License-Identifier: Apache-2.0 */
/* The folder of pins on a bpffs. */
#ifndef KN_PROXY_PINS_H
#define KN_PROXY_PINS_H

#include <stdbool.h>
#include "lib/base/err.h"

/* Makes pin_dir and pin_dir/vLAYOUT; -EINVAL when pin_dir isn't on a bpffs. */
int kn_pins_make(const char *pin_dir, struct kn_err *err);
/* PIN_DIR/vLAYOUT/KIND_NAME, malloc'd. */
char *kn_pins_path(const char *pin_dir, const char *kind, const char *name);
/* Pins fd at path, in place of what was there in one step. */
int kn_pins_put(int fd, const char *path, struct kn_err *err);
/* Removes PIN_DIR/v* with their pins, all of them or all but this layout's. Links first detached when detach
 * is set, so that the hooks are empty even if somebody else still holds them. */
int kn_pins_remove(const char *pin_dir, bool keep_own, bool detach, struct kn_err *err);

#endif
