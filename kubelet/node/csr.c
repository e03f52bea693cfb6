/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>

#include "kubelet/node/csr.h"
#include "lib/base/mem.h"

struct pair {
	gnutls_x509_crq_t crq;
	gnutls_x509_privkey_t key;
};

static void pair_free(struct pair *p)
{
	if (p->crq)
		gnutls_x509_crq_deinit(p->crq);
	if (p->key)
		gnutls_x509_privkey_deinit(p->key);
}

static int set_alt_names(gnutls_x509_crq_t crq, const struct kn_csr_subject *s)
{
	unsigned flags = GNUTLS_FSAN_SET;
	unsigned char addr[16];
	int r = 0;

	for (const char *const *d = s->dns; r >= 0 && d && *d; d++) {
		r = gnutls_x509_crq_set_subject_alt_name(crq, GNUTLS_SAN_DNSNAME, *d, (unsigned)strlen(*d),
							 flags);
		flags = GNUTLS_FSAN_APPEND;
	}
	for (const char *const *i = s->ips; r >= 0 && i && *i; i++) {
		bool six = strchr(*i, ':');

		if (inet_pton(six ? AF_INET6 : AF_INET, *i, addr) != 1)
			return GNUTLS_E_INVALID_REQUEST;
		r = gnutls_x509_crq_set_subject_alt_name(crq, GNUTLS_SAN_IPADDRESS, addr, six ? 16 : 4,
							 flags);
		flags = GNUTLS_FSAN_APPEND;
	}
	return r;
}

static int fill(struct pair *p, const struct kn_csr_subject *s)
{
	int r = gnutls_x509_privkey_generate(p->key, GNUTLS_PK_ECDSA,
					     GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);

	if (r >= 0)
		r = gnutls_x509_crq_set_version(p->crq, 1);
	if (r >= 0)
		r = gnutls_x509_crq_set_dn_by_oid(p->crq, GNUTLS_OID_X520_ORGANIZATION_NAME, 0, s->org,
						  (unsigned)strlen(s->org));
	if (r >= 0)
		r = gnutls_x509_crq_set_dn_by_oid(p->crq, GNUTLS_OID_X520_COMMON_NAME, 0, s->common_name,
						  (unsigned)strlen(s->common_name));
	if (r >= 0)
		r = set_alt_names(p->crq, s);
	if (r >= 0)
		r = gnutls_x509_crq_set_key(p->crq, p->key);
	if (r >= 0)
		r = gnutls_x509_crq_sign2(p->crq, p->key, GNUTLS_DIG_SHA256, 0);
	return r;
}

static char *take(gnutls_datum_t *d)
{
	char *s = kn_sprintf("%.*s", (int)d->size, (char *)d->data);

	gnutls_free(d->data);
	return s;
}

/* GnuTLS heads a request as Netscape did ("NEW CERTIFICATE REQUEST"), which the API server refuses; RFC 7468,
 * section 7, has no NEW. */
static char *take_request(gnutls_datum_t *d)
{
	char *s = take(d);

	for (char *p = s; (p = strstr(p, " NEW "));)
		memmove(p, p + 4, strlen(p + 4) + 1);
	return s;
}

int kn_csr_make(const struct kn_csr_subject *s, char **key_pem, char **csr_pem, struct kn_err *err)
{
	KN_CLEANUP(pair_free) struct pair p = {0};
	gnutls_datum_t csr = {0}, key = {0};
	int r = gnutls_x509_crq_init(&p.crq);

	if (r >= 0)
		r = gnutls_x509_privkey_init(&p.key);
	if (r >= 0)
		r = fill(&p, s);
	if (r >= 0)
		r = gnutls_x509_crq_export2(p.crq, GNUTLS_X509_FMT_PEM, &csr);
	if (r >= 0)
		r = gnutls_x509_privkey_export2(p.key, GNUTLS_X509_FMT_PEM, &key);
	if (r < 0) {
		gnutls_free(csr.data);
		return kn_err_set(err, EIO, "certificate request: %s", gnutls_strerror(r));
	}
	*csr_pem = take_request(&csr);
	*key_pem = take(&key);
	return 0;
}

int kn_cert_info(const char *pem, struct kn_cert_info *ret, struct kn_err *err)
{
	gnutls_datum_t d = {(unsigned char *)pem, (unsigned)strlen(pem)};
	struct kn_cert_info info = {0};
	size_t len = sizeof(info.common_name);
	gnutls_x509_crt_t crt;
	int r = gnutls_x509_crt_init(&crt);

	if (r < 0)
		return kn_err_set(err, ENOMEM, "certificate: %s", gnutls_strerror(r));
	r = gnutls_x509_crt_import(crt, &d, GNUTLS_X509_FMT_PEM);
	if (r >= 0) {
		info.not_before = gnutls_x509_crt_get_activation_time(crt);
		info.not_after = gnutls_x509_crt_get_expiration_time(crt);
		if (gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, info.common_name,
						  &len) < 0)
			info.common_name[0] = '\0';
	}
	gnutls_x509_crt_deinit(crt);
	if (r < 0 || info.not_before < 0 || info.not_after < 0)
		return kn_err_set(err, EINVAL, "certificate: %s",
				  r < 0 ? gnutls_strerror(r) : "no time of validity");
	*ret = info;
	return 0;
}

bool kn_cert_covers(const char *pem, const char *const *dns, const char *const *ips)
{
	gnutls_datum_t d = {(unsigned char *)pem, (unsigned)strlen(pem)};
	gnutls_x509_crt_t crt;
	bool yes;

	if (gnutls_x509_crt_init(&crt) < 0)
		return false;
	yes = gnutls_x509_crt_import(crt, &d, GNUTLS_X509_FMT_PEM) >= 0;
	for (; yes && dns && *dns; dns++)
		yes = gnutls_x509_crt_check_hostname(crt, *dns);
	for (; yes && ips && *ips; ips++) /* told from names by their form */
		yes = gnutls_x509_crt_check_hostname(crt, *ips);
	gnutls_x509_crt_deinit(crt);
	return yes;
}

int64_t kn_cert_rotate_at(const struct kn_cert_info *c, double random)
{
	double life = (double)(c->not_after - c->not_before);

	return c->not_before + (int64_t)(life * (0.7 + 0.2 * random) + 0.5);
}
