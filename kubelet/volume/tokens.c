/* SPDX-License-Identifier: Apache-2.0 */
#include "kubelet/volume/tokens.h"

#include <errno.h>
#include <string.h>

#include "kubelet/pod/pod_priv.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/json/write.h"
#include "lib/k8s/authentication.pb-c.h"

#define DAY (24 * 3600 * KN_NSEC_PER_SEC)
#define JITTER (10 * KN_NSEC_PER_SEC)
/* Right after a pod was bound the API server's authorizer may not have heard of it. */
#define FORBIDDEN_RETRY (50 * KN_NSEC_PER_MSEC)
#define FORBIDDEN_TRIES 6
#define DEFAULT_LIFE 3600 /* seconds; the API server's default of expirationSeconds */

struct entry {
	struct kn_tokens *t;
	struct kn_pod *pod;
	char *audience; /* NULL or "": the API server's own */
	char *token;	/* NULL: none yet */
	int64_t expires_ns, renew_ns, life_ns;
	struct kn_api_call *call; /* under way, or NULL */
	struct kn_err err;	  /* of the last request, until told */
	struct kn_timer *timer;	  /* for asking again soon */
	unsigned forbidden;	  /* answers in a row */
};

struct kn_tokens {
	struct kn_tokens_config c;
	const struct kn_clock *clock;
	struct kn_map *entries; /* "uid/seconds/audience" */
};

int64_t kn_token_renew_at(int64_t expires_ns, int64_t life_ns, int64_t jitter_ns)
{
	int64_t by_age = expires_ns - life_ns + DAY, by_life = expires_ns - life_ns / 5;

	return (by_age < by_life ? by_age : by_life) - jitter_ns;
}

struct kn_tokens *kn_tokens_new(const struct kn_tokens_config *c)
{
	struct kn_tokens *t = kn_calloc(1, sizeof(*t));

	t->c = *c;
	t->clock = kn_loop_clock(c->loop);
	t->entries = kn_map_new();
	return t;
}

static void forget(struct entry *e)
{
	if (e->token)
		explicit_bzero(e->token, strlen(e->token));
	free(e->token);
	e->token = NULL;
}

static void entry_free(void *p)
{
	struct entry *e = p;

	if (e->call)
		kn_api_cancel(e->call);
	forget(e);
	kn_timer_free(e->timer);
	kn_pod_unref(e->pod);
	free(e->audience);
	free(e);
}

struct kn_tokens *kn_tokens_free(struct kn_tokens *t)
{
	if (!t)
		return NULL;
	kn_map_free(t->entries, entry_free);
	free(t);
	return NULL;
}

static void on_token(void *user, const struct kn_api_result *r)
{
	const K8s__TokenRequest *answer = (const void *)r->obj;
	const K8s__TokenRequestStatus *s = answer ? answer->status : NULL;
	struct entry *e = user;
	struct kn_tokens *t = e->t;
	int64_t jitter = JITTER * (random() % 1000) / 1000;

	e->call = NULL;
	if (r->status == 403 && e->forbidden < FORBIDDEN_TRIES) {
		kn_timer_arm(e->timer, FORBIDDEN_RETRY << e->forbidden++);
		return;
	}
	if (r->err.code) {
		e->err = r->err;
	} else if (!s || !kn_str_set(s->token) || !s->expirationtimestamp) {
		kn_err_set(&e->err, EPROTO, "the API server's answer has no token");
	} else {
		forget(e);
		e->token = kn_strdup(s->token);
		e->expires_ns = s->expirationtimestamp->seconds * KN_NSEC_PER_SEC;
		/* The API server may have given it another life than was asked for. */
		if (answer->spec && answer->spec->expirationseconds > 0)
			e->life_ns = answer->spec->expirationseconds * KN_NSEC_PER_SEC;
		e->renew_ns = kn_token_renew_at(e->expires_ns, e->life_ns, jitter);
		e->err.code = 0;
		e->forbidden = 0;
	}
	if (e->err.code && e->token) {
		kn_warn(t->c.log, "Couldn't update token", "uid", e->pod->uid, "err", e->err.msg);
		e->renew_ns = kn_real(t->clock) + JITTER + jitter;
		if (e->expires_ns > kn_real(t->clock))
			return;
	}
	t->c.changed(t->c.user, e->pod->uid);
}

static void ask(void *user)
{
	struct entry *e = user;
	const char *account = e->pod->obj->spec->serviceaccountname;
	char *path kn_auto_free = kn_sprintf("/api/v1/namespaces/%s/serviceaccounts/%s/token", e->pod->ns,
					     kn_str_set(account) ? account : "default");
	K8s__BoundObjectReference ref = K8S__BOUND_OBJECT_REFERENCE__INIT;
	K8s__TokenRequestSpec spec = K8S__TOKEN_REQUEST_SPEC__INIT;
	K8s__TokenRequest body = K8S__TOKEN_REQUEST__INIT;
	const struct kn_api_request req = {.method = "POST",
					   .path = path,
					   .body = &body.base,
					   .answer = &k8s__token_request__descriptor};

	ref.apiversion = (char *)"v1";
	ref.kind = (char *)"Pod";
	ref.name = (char *)e->pod->name;
	ref.uid = (char *)e->pod->uid;
	spec.boundobjectref = &ref;
	spec.audiences = &e->audience;
	spec.n_audiences = kn_str_set(e->audience) ? 1 : 0;
	spec.has_expirationseconds = 1;
	spec.expirationseconds = e->life_ns / KN_NSEC_PER_SEC;
	body.spec = &spec;
	e->call = kn_api_start(e->t->c.client, &req, on_token, e);
}

static struct entry *entry_of(struct kn_tokens *t, struct kn_pod *p,
			      const K8s__ServiceAccountTokenProjection *want)
{
	int64_t life = want->has_expirationseconds ? want->expirationseconds : DEFAULT_LIFE;
	char *key kn_auto_free =
		kn_sprintf("%s/%lld/%s", p->uid, (long long)life, want->audience ? want->audience : "");
	struct entry *e = kn_map_get(t->entries, key);

	if (e)
		return e;
	e = kn_calloc(1, sizeof(*e));
	e->t = t;
	e->pod = kn_pod_ref(p);
	e->audience = kn_strdup(want->audience);
	e->timer = kn_timer_new(t->c.loop, ask, e);
	e->life_ns = life * KN_NSEC_PER_SEC;
	kn_map_set(t->entries, key, e);
	return e;
}

enum kn_ref_state kn_tokens_get(struct kn_tokens *t, struct kn_pod *p,
				const K8s__ServiceAccountTokenProjection *want, const char **ret,
				struct kn_err *err)
{
	int64_t now = kn_real(t->clock);
	struct entry *e;

	if (!t->c.client) {
		kn_err_set(err, ENOTCONN, "cannot use TokenManager when kubelet is in standalone mode");
		return KN_REF_ERROR;
	}
	e = entry_of(t, p, want);
	if (e->err.code && !(e->token && now < e->expires_ns)) {
		kn_err_set(err, e->err.code,
			   e->token ? "token expired and refresh failed: %s" : "failed to fetch token: %s",
			   e->err.msg);
		e->err.code = 0;
		return KN_REF_ERROR;
	}
	if (!e->call && !kn_timer_armed(e->timer) && (!e->token || now >= e->renew_ns))
		ask(e);
	if (e->token && now < e->expires_ns) {
		*ret = e->token;
		return KN_REF_READY;
	}
	kn_err_set(err, EAGAIN, "failed to fetch token: no answer yet");
	return KN_REF_WAITING;
}

void kn_tokens_drop(struct kn_tokens *t, const char *pod_uid)
{
	size_t len = strlen(pod_uid);
	const char *key;
	size_t it = 0;

	while (kn_map_next(t->entries, &it, &key, NULL)) {
		struct entry *e;
		char *copy kn_auto_free = NULL;

		if (strncmp(key, pod_uid, len) || key[len] != '/')
			continue;
		copy = kn_strdup(key);
		e = kn_map_del(t->entries, copy);
		entry_free(e);
		it = 0; /* deleting moves what is behind */
	}
}
