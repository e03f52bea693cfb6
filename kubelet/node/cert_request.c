/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "kubelet/node/cert_request.h"
#include "lib/base/mem.h"
#include "lib/k8s/certificates.pb-c.h"
#include "lib/k8s/reflector.h"

#define CSRS "/apis/certificates.k8s.io/v1/certificatesigningrequests"
#define TIMEOUT (15 * 60 * KN_NSEC_PER_SEC)

struct kn_cert_request {
	struct kn_loop *loop;
	struct kn_client *client;
	const struct kn_log *log;
	kn_cert_request_done done;
	void *user;
	char *key_pem, *csr_pem, *signer, *selector;
	struct kn_api_call *call;
	struct kn_reflector *watch;
	struct kn_timer *timer;
	bool over;
};

/* Nothing of r is touched behind it: the caller may have freed it. */
static void finish(struct kn_cert_request *r, const char *cert, const struct kn_err *err)
{
	if (r->over)
		return;
	r->over = true;
	kn_timer_disarm(r->timer);
	r->done(r->user, err->code ? NULL : cert, err->code ? NULL : r->key_pem, err);
}

static void on_timeout(void *user)
{
	struct kn_cert_request *r = user;
	struct kn_err err = KN_ERR_INIT;

	kn_err_set(&err, ETIMEDOUT, "certificate signing request was not decided in time");
	finish(r, NULL, &err);
}

/* NULL: the condition isn't there. */
static const K8s__CertificateSigningRequestCondition *condition(const K8s__CertificateSigningRequestStatus *s,
								const char *type)
{
	for (size_t i = 0; i < s->n_conditions; i++)
		if (s->conditions[i]->type && !strcmp(s->conditions[i]->type, type))
			return s->conditions[i];
	return NULL;
}

static void on_changed(void *user, struct kn_object *old, struct kn_object *new)
{
	const K8s__CertificateSigningRequest *csr = new ? (const void *)new->msg : NULL;
	const K8s__CertificateSigningRequestStatus *s = csr ? csr->status : NULL;
	const K8s__CertificateSigningRequestCondition *bad;
	kn_auto_free char *cert = NULL;
	struct kn_cert_request *r = user;
	struct kn_err err = KN_ERR_INIT;
	struct kn_cert_info info;

	if (!new) {
		kn_err_set(&err, ENOENT, "certificate signing request %s was deleted", old->name);
		finish(r, NULL, &err);
		return;
	}
	if (!s)
		return;
	bad = condition(s, "Denied");
	if (!bad)
		bad = condition(s, "Failed");
	if (bad) {
		kn_err_set(&err, EACCES, "certificate signing request %s is not issued: %s, reason: %s, %s",
			   new->name, bad->type, bad->reason ? bad->reason : "",
			   bad->message ? bad->message : "");
		finish(r, NULL, &err);
		return;
	}
	if (!s->has_certificate || !s->certificate.len)
		return;
	cert = kn_sprintf("%.*s", (int)s->certificate.len, (char *)s->certificate.data);
	if (!kn_cert_info(cert, &info, &err))
		kn_info(r->log, "Certificate signing request is issued", "csr", new->name);
	finish(r, cert, &err);
}

static void on_created(void *user, const struct kn_api_result *res)
{
	static const struct kn_reflector_ops ops = {.changed = on_changed};
	struct kn_resource resource = {
		.path = CSRS,
		.item = &k8s__certificate_signing_request__descriptor,
		.list = &k8s__certificate_signing_request_list__descriptor,
	};
	const K8s__CertificateSigningRequest *csr = (const void *)res->obj;
	struct kn_cert_request *r = user;

	r->call = NULL;
	if (res->err.code) {
		finish(r, NULL, &res->err);
		return;
	}
	kn_info(r->log, "Waiting for certificate signing request to be issued", "csr", csr->metadata->name,
		"signer", r->signer);
	r->selector = kn_sprintf("metadata.name=%s", csr->metadata->name);
	resource.field_selector = r->selector;
	r->watch = kn_reflector_new(r->loop, r->client, &resource, &ops, r);
}

static void post(struct kn_cert_request *r)
{
	K8s__CertificateSigningRequest csr = K8S__CERTIFICATE_SIGNING_REQUEST__INIT;
	K8s__CertificateSigningRequestSpec spec = K8S__CERTIFICATE_SIGNING_REQUEST_SPEC__INIT;
	K8s__ObjectMeta meta = K8S__OBJECT_META__INIT;
	char *usages[] = {(char *)"digital signature",
			  (char *)(strcmp(r->signer, KN_SIGNER_SERVING) ? "client auth" : "server auth")};
	struct kn_api_request req = {.method = "POST",
				     .path = CSRS,
				     .body = &csr.base,
				     .answer = &k8s__certificate_signing_request__descriptor,
				     .no_limit = true};

	meta.generatename = (char *)"csr-";
	spec.has_request = true;
	spec.request.data = (uint8_t *)r->csr_pem;
	spec.request.len = strlen(r->csr_pem);
	spec.signername = r->signer;
	spec.usages = usages;
	spec.n_usages = KN_ARRAY_SIZE(usages);
	csr.metadata = &meta;
	csr.spec = &spec;
	r->call = kn_api_start(r->client, &req, on_created, r);
}

int kn_cert_request_new(struct kn_cert_request **ret, struct kn_loop *loop, struct kn_client *client,
			const char *signer, const struct kn_csr_subject *subject, kn_cert_request_done done,
			void *user, const struct kn_log *log, struct kn_err *err)
{
	char *key, *csr;
	int e = kn_csr_make(subject, &key, &csr, err);
	struct kn_cert_request *r;

	if (e)
		return e;
	r = kn_calloc(1, sizeof(*r));
	r->loop = loop;
	r->client = client;
	r->log = log;
	r->done = done;
	r->user = user;
	r->key_pem = key;
	r->csr_pem = csr;
	r->signer = kn_strdup(signer);
	r->timer = kn_timer_new(loop, on_timeout, r);
	kn_timer_arm(r->timer, TIMEOUT);
	post(r);
	*ret = r;
	return 0;
}

struct kn_cert_request *kn_cert_request_free(struct kn_cert_request *r)
{
	if (!r)
		return NULL;
	if (r->call)
		kn_api_cancel(r->call);
	if (r->watch)
		kn_reflector_free(r->watch);
	kn_timer_free(r->timer);
	explicit_bzero(r->key_pem, strlen(r->key_pem));
	free(r->key_pem);
	free(r->csr_pem);
	free(r->signer);
	free(r->selector);
	free(r);
	return NULL;
}
