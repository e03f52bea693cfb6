/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KN_HTTPD_TLS_INTERNAL_H
#define KN_HTTPD_TLS_INTERNAL_H

#include "lib/httpd/tls.h"

struct kn_tls_cred {
	unsigned refs;
	gnutls_certificate_credentials_t cred;
	gnutls_priority_t priority;
	bool ask; /* for a client's certificate */
};

#endif
