/* SPDX-License-Identifier: Apache-2.0 */
#include "kubelet/server/auth.h"

#include <string.h>
#include <strings.h>
#include "kubelet/server/auth_cache.h"
#include "kubelet/server/server_route.h"
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/k8s/authentication.pb-c.h"
#include "lib/k8s/authorization.pb-c.h"
#include "lib/k8s/message.h"

#define TOKEN_TTL (2 * 60 * KN_NSEC_PER_SEC)
#define ALLOW_TTL (5 * 60 * KN_NSEC_PER_SEC)
#define DENY_TTL (30 * KN_NSEC_PER_SEC)
#define TIMEOUT (10 * KN_NSEC_PER_SEC)

struct user { /* cached, or of one check */
	struct kn_arena *arena;
	K8s__UserInfo *info; /* NULL: the token is nobody's */
};

struct kn_auth {
	struct kn_loop *loop;
	struct kn_client *client;
	struct kn_auth_config cfg;
	const struct kn_log *log;
	struct kn_auth_cache *tokens;	 /* token -> struct user */
	struct kn_auth_cache *decisions; /* user and attributes -> bool */
};

struct kn_auth_check {
	struct kn_auth *a;
	struct kn_arena *arena;
	kn_auth_done done;
	void *user;
	struct kn_api_call *call;
	const char *token;
	K8s__UserInfo *who;
	struct kn_auth_attrs attrs;
	size_t tried;
	struct kn_buf key; /* of the decision that is asked for */
	bool *over;	   /* set at the end, while kn_auth_start waits to return */
};

static void free_user(void *value)
{
	struct user *u = value;

	kn_arena_free(u->arena);
	free(u);
}

struct kn_auth *kn_auth_new(struct kn_loop *loop, struct kn_client *client, const struct kn_auth_config *cfg,
			    const struct kn_log *log)
{
	struct kn_auth *a = kn_calloc(1, sizeof(*a));

	*a = (struct kn_auth){.loop = loop, .client = client, .cfg = *cfg, .log = log};
	a->cfg.token_ttl_ns = cfg->token_ttl_ns ? cfg->token_ttl_ns : TOKEN_TTL;
	a->cfg.allow_ttl_ns = cfg->allow_ttl_ns ? cfg->allow_ttl_ns : ALLOW_TTL;
	a->cfg.deny_ttl_ns = cfg->deny_ttl_ns ? cfg->deny_ttl_ns : DENY_TTL;
	a->tokens = kn_auth_cache_new(free_user);
	a->decisions = kn_auth_cache_new(free);
	return a;
}

void kn_auth_client(struct kn_auth *a, struct kn_client *client)
{
	a->client = client;
}

struct kn_auth *kn_auth_free(struct kn_auth *a)
{
	if (!a)
		return NULL;
	kn_auth_cache_free(a->tokens);
	kn_auth_cache_free(a->decisions);
	free(a);
	return NULL;
}

static int64_t now(const struct kn_auth *a)
{
	return kn_mono(kn_loop_clock(a->loop));
}

static void check_free(struct kn_auth_check *c)
{
	kn_buf_free(&c->key);
	kn_arena_free(c->arena);
	free(c);
}

static void finish(struct kn_auth_check *c, int status, const char *text)
{
	c->call = NULL;
	if (c->over)
		*c->over = true;
	c->done(c->user, status, text);
	check_free(c);
}

static void unauthorized(struct kn_auth_check *c)
{
	finish(c, 401, "Unauthorized");
}

/* ---- may they? ---- */

static void authorize(struct kn_auth_check *c);

static void forbidden(struct kn_auth_check *c)
{
	char *text = kn_arena_printf(
		c->arena, "Forbidden (user=%s, verb=%s, resource=nodes, subresource(s)=[%s%s%s])\n",
		c->who->username, c->attrs.verb, c->attrs.subresource[0], c->attrs.subresource[1] ? " " : "",
		c->attrs.subresource[1] ? c->attrs.subresource[1] : "");

	finish(c, 403, text);
}

static void decided(struct kn_auth_check *c, bool allowed)
{
	if (allowed) {
		finish(c, 200, "");
		return;
	}
	c->tried++;
	authorize(c);
}

static void on_access(void *user, const struct kn_api_result *r)
{
	struct kn_auth_check *c = user;
	const K8s__SubjectAccessReview *sar = (const K8s__SubjectAccessReview *)r->obj;
	const char *subresource = c->attrs.subresource[c->tried];
	bool *allowed;

	c->call = NULL;
	if (r->err.code || !sar || !sar->status) {
		kn_error(c->a->log, "Failed to ask the API server for a permission", "user", c->who->username,
			 "verb", c->attrs.verb, "resource", "nodes", "subresource", subresource, "err",
			 r->err.msg);
		finish(c, 500,
		       kn_arena_printf(
			       c->arena,
			       "Authorization error (user=%s, verb=%s, resource=nodes, subresource=%s)",
			       c->who->username, c->attrs.verb, subresource));
		return;
	}
	allowed = kn_calloc(1, sizeof(*allowed));
	*allowed = sar->status->allowed;
	kn_auth_cache_put(c->a->decisions, c->key.data, c->key.len, allowed,
			  now(c->a) + (*allowed ? c->a->cfg.allow_ttl_ns : c->a->cfg.deny_ttl_ns), now(c->a));
	decided(c, *allowed);
}

/* Everything that the decision hangs on, with NULs between. */
static void decision_key(struct kn_auth_check *c)
{
	K8s__UserInfo *u = c->who;
	const char *subresource = c->attrs.subresource[c->tried];

	c->key.len = 0;
	kn_buf_add(&c->key, subresource, strlen(subresource) + 1);
	kn_buf_add(&c->key, c->attrs.verb, strlen(c->attrs.verb) + 1);
	kn_buf_add(&c->key, u->username, strlen(u->username) + 1);
	if (u->uid)
		kn_buf_adds(&c->key, u->uid);
	kn_buf_add(&c->key, "", 1);
	for (size_t i = 0; i < u->n_groups; i++)
		kn_buf_add(&c->key, u->groups[i], strlen(u->groups[i]) + 1);
	for (size_t i = 0; i < u->n_extra; i++) {
		const K8s__ExtraValueEntry *e = u->extra[i];

		kn_buf_add(&c->key, "", 1);
		kn_buf_add(&c->key, e->key, strlen(e->key) + 1);
		for (size_t j = 0; e->value && j < e->value->n_items; j++)
			kn_buf_add(&c->key, e->value->items[j], strlen(e->value->items[j]) + 1);
	}
}

static void ask_access(struct kn_auth_check *c)
{
	K8s__ResourceAttributes attrs = K8S__RESOURCE_ATTRIBUTES__INIT;
	K8s__SubjectAccessReviewSpec spec = K8S__SUBJECT_ACCESS_REVIEW_SPEC__INIT;
	K8s__SubjectAccessReview sar = K8S__SUBJECT_ACCESS_REVIEW__INIT;
	K8s__ObjectMeta meta = K8S__OBJECT_META__INIT;
	struct kn_api_request req = {
		.method = "POST",
		.path = "/apis/authorization.k8s.io/v1/subjectaccessreviews",
		.body = &sar.base,
		.answer = &k8s__subject_access_review__descriptor,
		.timeout_ns = TIMEOUT,
		.no_limit = true,
	};

	attrs.verb = (char *)c->attrs.verb;
	attrs.version = (char *)"v1";
	attrs.resource = (char *)"nodes";
	attrs.subresource = (char *)c->attrs.subresource[c->tried];
	attrs.name = (char *)c->a->cfg.node_name;
	spec.resourceattributes = &attrs;
	spec.user = c->who->username;
	spec.uid = c->who->uid;
	spec.groups = c->who->groups;
	spec.n_groups = c->who->n_groups;
	spec.extra = c->who->extra;
	spec.n_extra = c->who->n_extra;
	sar.metadata = &meta;
	sar.spec = &spec;
	c->call = kn_api_start(c->a->client, &req, on_access, c);
}

static void authorize(struct kn_auth_check *c)
{
	const bool *known;

	if (c->a->cfg.always_allow) {
		finish(c, 200, "");
		return;
	}
	if (!c->attrs.subresource[c->tried] || !c->a->client) {
		forbidden(c);
		return;
	}
	decision_key(c);
	known = kn_auth_cache_get(c->a->decisions, c->key.data, c->key.len, now(c->a));
	if (known)
		decided(c, *known);
	else
		ask_access(c);
}

/* ---- who? ---- */

static K8s__UserInfo *user_new(struct kn_arena *a, const char *name, const char *const *groups,
			       const char *last_group)
{
	K8s__UserInfo *u = kn_arena_alloc(a, sizeof(*u));
	size_t n = 0;

	k8s__user_info__init(u);
	u->username = kn_arena_strdup(a, name);
	while (groups && groups[n])
		n++;
	u->groups = kn_arena_alloc(a, (n + 1) * sizeof(*u->groups));
	for (size_t i = 0; i < n; i++)
		u->groups[i] = kn_arena_strdup(a, groups[i]);
	u->groups[n] = kn_arena_strdup(a, last_group);
	u->n_groups = n + 1;
	return u;
}

/* As group.AuthenticatedGroupAdder: whoever is known is also in this group. */
static void add_authenticated(struct kn_arena *a, K8s__UserInfo *u)
{
	static const char all[] = "system:authenticated";
	char **groups = kn_arena_alloc(a, (u->n_groups + 1) * sizeof(*groups));

	for (size_t i = 0; i < u->n_groups; i++) {
		if (!strcmp(u->groups[i], all))
			return;
		groups[i] = u->groups[i];
	}
	groups[u->n_groups++] = kn_arena_strdup(a, all);
	u->groups = groups;
}

static void token_known(struct kn_auth_check *c, const struct user *u)
{
	if (!u->info) {
		unauthorized(c);
		return;
	}
	c->who = kn_msg_copy(c->arena, u->info);
	authorize(c);
}

static void on_token(void *user, const struct kn_api_result *r)
{
	struct kn_auth_check *c = user;
	const K8s__TokenReview *t = (const K8s__TokenReview *)r->obj;
	struct user *u;

	c->call = NULL;
	if (r->err.code || !t || !t->status) {
		kn_error(c->a->log, "Unable to authenticate the request due to an error", "err", r->err.msg);
		unauthorized(c);
		return;
	}
	u = kn_calloc(1, sizeof(*u));
	u->arena = kn_arena_new(0);
	if (t->status->authenticated && t->status->user && t->status->user->username) {
		u->info = kn_msg_copy(u->arena, t->status->user);
		add_authenticated(u->arena, u->info);
	}
	kn_auth_cache_put(c->a->tokens, c->token, strlen(c->token), u, now(c->a) + c->a->cfg.token_ttl_ns,
			  now(c->a));
	token_known(c, u);
}

static void ask_token(struct kn_auth_check *c)
{
	K8s__TokenReviewSpec spec = K8S__TOKEN_REVIEW_SPEC__INIT;
	K8s__TokenReview t = K8S__TOKEN_REVIEW__INIT;
	K8s__ObjectMeta meta = K8S__OBJECT_META__INIT;
	struct kn_api_request req = {
		.method = "POST",
		.path = "/apis/authentication.k8s.io/v1/tokenreviews",
		.body = &t.base,
		.answer = &k8s__token_review__descriptor,
		.timeout_ns = TIMEOUT,
		.no_limit = true,
	};
	const struct user *u = kn_auth_cache_get(c->a->tokens, c->token, strlen(c->token), now(c->a));

	if (u) {
		token_known(c, u);
		return;
	}
	spec.token = (char *)c->token;
	t.metadata = &meta;
	t.spec = &spec;
	c->call = kn_api_start(c->a->client, &req, on_token, c);
}

/* The token of "Authorization: Bearer TOKEN" (apiserver/pkg/authentication/request/bearertoken). */
static const char *bearer(struct kn_arena *a, const char *header)
{
	const char *p;
	size_t len;

	if (!header)
		return NULL;
	header += strspn(header, " ");
	if (strncasecmp(header, "bearer ", 7) != 0)
		return NULL;
	p = header + 7;
	len = strcspn(p, " ");
	return len ? kn_arena_strndup(a, p, len) : NULL;
}

static void authenticate(struct kn_auth_check *c, struct kn_httpd_request *r)
{
	const struct kn_auth_config *cfg = &c->a->cfg;
	const struct kn_httpd_peer *p = kn_httpd_peer(r);
	bool bad_cert = cfg->x509 && p->has_cert && !p->verified;

	c->token = bearer(c->arena, kn_httpd_header(r, "Authorization"));
	if (cfg->x509 && p->verified && *p->common_name) {
		c->who = user_new(c->arena, p->common_name, p->orgs, "system:authenticated");
		authorize(c);
	} else if (c->token && cfg->token_webhook && c->a->client) {
		ask_token(c);
	} else if (cfg->anonymous && !bad_cert) {
		c->who = user_new(c->arena, "system:anonymous", NULL, "system:unauthenticated");
		authorize(c);
	} else {
		unauthorized(c);
	}
}

struct kn_auth_check *kn_auth_start(struct kn_auth *a, struct kn_httpd_request *r, kn_auth_done done,
				    void *user)
{
	struct kn_auth_check *c = kn_calloc(1, sizeof(*c));
	bool over = false;

	*c = (struct kn_auth_check){.a = a, .done = done, .user = user, .over = &over};
	c->arena = kn_arena_new(0);
	kn_auth_attrs(kn_httpd_method(r), kn_httpd_path(r), &c->attrs);
	authenticate(c, r);
	if (over)
		return NULL;
	c->over = NULL;
	return c;
}

void kn_auth_cancel(struct kn_auth_check *c)
{
	if (!c)
		return;
	if (c->call)
		kn_api_cancel(c->call);
	check_free(c);
}
