/* SPDX-License-Identifier: Apache-2.0 */
/* What a container left as its last words (getTerminationMessage in pkg/kubelet/kuberuntime). */
#ifndef KN_KUBELET_TERMINATION_H
#define KN_KUBELET_TERMINATION_H

#include <stdbool.h>

#define KN_TERMINATION_MESSAGE_MAX 4096 /* the end of the file; MaxContainerTerminationMessageLength */
#define KN_TERMINATION_LOG_MAX 2048	/* the end of the log, and of that */
#define KN_TERMINATION_LOG_LINES 80

/* file: the host's side of terminationMessagePath; NULL: none. log: looked into if the file is empty or
 * absent; NULL: not. malloc'd; NULL: nothing was said. */
char *kn_termination_message(const char *file, const char *log);

#endif
