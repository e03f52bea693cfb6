/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include "cni/cni.h"

int kn_cni_cmd_check(const struct kn_cni_args *args, const struct kn_cni_conf *conf, struct kn_err *err)
{
	kn_err_set(err, ENOSYS, "CHECK is not implemented");
	return KN_CNI_MISMATCH;
}
