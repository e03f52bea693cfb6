/* SPDX-License-Identifier: Apache-2.0 */
/* Who is at the other end: its address, and its certificate if the trust we were given vouches for it. */
#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/httpd/httpd_internal.h"

static void print_address(const struct sockaddr *sa, char *out, size_t size)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (sa->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)sa;

		inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text));
		snprintf(out, size, "%s:%u", text, ntohs(in->sin_port));
	} else if (sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)sa;

		inet_ntop(AF_INET6, &in->sin6_addr, text, sizeof(text));
		snprintf(out, size, "[%s]:%u", text, ntohs(in->sin6_port));
	}
}

/* The i-th value of a part of the subject's name; NULL: none, or not a string we take. */
static char *subject_part(struct kn_arena *a, gnutls_x509_crt_t crt, const char *oid, unsigned i)
{
	char value[512];
	size_t size = sizeof(value);

	if (gnutls_x509_crt_get_dn_by_oid(crt, oid, i, 0, value, &size) < 0 || memchr(value, '\0', size))
		return NULL;
	return kn_arena_strndup(a, value, size);
}

static void read_subject(struct kn_httpd_request *r, const gnutls_datum_t *der)
{
	struct kn_httpd_peer *p = r->peer;
	gnutls_x509_crt_t crt;
	unsigned n = 0;
	char *s;

	p->common_name = "";
	if (gnutls_x509_crt_init(&crt) < 0)
		return;
	if (gnutls_x509_crt_import(crt, der, GNUTLS_X509_FMT_DER) < 0) {
		p->verified = false;
		p->error = "the certificate can't be read";
	} else {
		s = subject_part(r->arena, crt, GNUTLS_OID_X520_COMMON_NAME, 0);
		p->common_name = s ? s : "";
		while (n < KN_HTTPD_ORGS_MAX &&
		       (s = subject_part(r->arena, crt, GNUTLS_OID_X520_ORGANIZATION_NAME, n)))
			p->orgs[n++] = s;
	}
	gnutls_x509_crt_deinit(crt);
}

static const char *verify_error(struct kn_arena *a, unsigned status)
{
	gnutls_datum_t text = {0};
	const char *s = "the certificate is not trusted";

	if (gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0) >= 0) {
		s = kn_arena_strndup(a, (const char *)text.data, text.size);
		gnutls_free(text.data);
	}
	return s;
}

static void read_cert(struct kn_httpd_request *r, gnutls_session_t session)
{
	gnutls_typed_vdata_st purpose = {
		.type = GNUTLS_DT_KEY_PURPOSE_OID,
		.data = (unsigned char *)GNUTLS_KP_TLS_WWW_CLIENT,
	};
	const gnutls_datum_t *chain;
	unsigned n = 0, status = 0;
	int e;

	chain = gnutls_certificate_get_peers(session, &n);
	if (!chain || !n)
		return;
	r->peer->has_cert = true;
	e = gnutls_certificate_verify_peers(session, &purpose, 1, &status);
	r->peer->verified = e >= 0 && status == 0;
	if (r->peer->verified)
		read_subject(r, &chain[0]);
	else
		r->peer->error = e < 0 ? gnutls_strerror(e) : verify_error(r->arena, status);
}

const struct kn_httpd_peer *kn_httpd_peer(struct kn_httpd_request *r)
{
	const union MHD_ConnectionInfo *i;
	const struct kn_httpd_conn *c;

	if (r->peer)
		return r->peer;
	r->arena = kn_arena_new(0);
	r->peer = kn_arena_alloc(r->arena, sizeof(*r->peer));
	r->peer->common_name = "";
	i = MHD_get_connection_info(r->conn, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	c = i ? i->socket_context : NULL;
	if (c)
		print_address((const struct sockaddr *)&c->addr, r->peer->address, sizeof(r->peer->address));
	if (c && c->tls)
		read_cert(r, kn_tls_session(c->tls));
	return r->peer;
}
