// SPDX-License-Identifier: Apache-2.0
#include "kubelet/pod/service_env.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include "kubelet/pod/pod_priv.h"
#include "lib/base/mem.h"

struct kn_service_env {
	struct kn_reflector *reflector;
	const struct kn_log *log;
};

/* As a name of a variable: upper case, '_' for '-'. */
static char *variable(struct kn_arena *a, const char *name)
{
	char *s = kn_arena_strdup(a, name);

	for (char *c = s; *c; c++)
		*c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
	return s;
}

static void add(struct kn_arena *a, Cri__KeyValue ***list, size_t *n, char *name, char *value)
{
	Cri__KeyValue *kv = KN_MSG(a, Cri__KeyValue, cri__key_value__init);

	kv->key = name;
	kv->value = value;
	*list = kn_list_with(a, *list, *n, kv);
	(*n)++;
}

static void add_link(struct kn_arena *a, const char *prefix, const char *ip, const K8s__ServicePort *p,
		     bool first, Cri__KeyValue ***list, size_t *n)
{
	char *upper = kn_arena_strdup(a, kn_str_set(p->protocol) ? p->protocol : "TCP"), *lower, *url;
	char *port;

	lower = kn_arena_strdup(a, upper);
	for (char *c = upper; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	for (char *c = lower; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	url = kn_arena_printf(a, strchr(ip, ':') ? "%s://[%s]:%d" : "%s://%s:%d", lower, ip, p->port);
	port = kn_arena_printf(a, "%s_PORT_%d_%s", prefix, p->port, upper);
	if (first)
		add(a, list, n, kn_arena_printf(a, "%s_PORT", prefix), url);
	add(a, list, n, port, url);
	add(a, list, n, kn_arena_printf(a, "%s_PROTO", port), lower);
	add(a, list, n, kn_arena_printf(a, "%s_PORT", port), kn_arena_printf(a, "%d", p->port));
	add(a, list, n, kn_arena_printf(a, "%s_ADDR", port), kn_arena_strdup(a, ip));
}

static bool has_address(const K8s__Service *s)
{
	return s->spec && kn_str_set(s->spec->clusterip) && strcmp(s->spec->clusterip, "None") != 0;
}

void kn_service_env_add(struct kn_arena *a, const K8s__Service *s, Cri__KeyValue ***list, size_t *n)
{
	const char *name, *ip;

	if (!has_address(s) || !s->spec->n_ports || !s->metadata || !s->metadata->name)
		return;
	name = variable(a, s->metadata->name);
	ip = s->spec->clusterip;
	add(a, list, n, kn_arena_printf(a, "%s_SERVICE_HOST", name), kn_arena_strdup(a, ip));
	add(a, list, n, kn_arena_printf(a, "%s_SERVICE_PORT", name),
	    kn_arena_printf(a, "%d", s->spec->ports[0]->port));
	for (size_t i = 0; i < s->spec->n_ports; i++)
		if (kn_str_set(s->spec->ports[i]->name))
			add(a, list, n,
			    kn_arena_printf(a, "%s_SERVICE_PORT_%s", name,
					    variable(a, s->spec->ports[i]->name)),
			    kn_arena_printf(a, "%d", s->spec->ports[i]->port));
	for (size_t i = 0; i < s->spec->n_ports; i++)
		add_link(a, name, ip, s->spec->ports[i], i == 0, list, n);
}

bool kn_service_env_wants(const K8s__ObjectMeta *m, const char *ns, bool links)
{
	if (!strcmp(m->namespace_ ? m->namespace_ : "", "default") && m->name &&
	    !strcmp(m->name, "kubernetes"))
		return true;
	return links && m->namespace_ && !strcmp(m->namespace_, ns);
}

static void on_failed(void *user, const struct kn_api_result *r)
{
	struct kn_service_env *s = user;

	kn_warn(s->log, "Failed to watch Services for the pods' variables, trying again", "reason", r->reason,
		"err", r->err.msg);
}

struct kn_service_env *kn_service_env_new(struct kn_loop *loop, struct kn_client *client,
					  const struct kn_log *log)
{
	static const struct kn_reflector_ops ops = {.failed = on_failed};
	static const struct kn_resource services = {.path = "/api/v1/services",
						    .item = &k8s__service__descriptor,
						    .list = &k8s__service_list__descriptor,
						    .field_selector = "spec.clusterIP!=None"};
	struct kn_service_env *s = kn_calloc(1, sizeof(*s));

	s->log = log;
	s->reflector = kn_reflector_new(loop, client, &services, &ops, s);
	return s;
}

struct kn_service_env *kn_service_env_free(struct kn_service_env *s)
{
	if (!s)
		return NULL;
	kn_reflector_free(s->reflector);
	free(s);
	return NULL;
}

/* One of the own namespace goes before the same name of "default". */
static bool is_hidden(const struct kn_service_env *s, const struct kn_object *o, const char *ns, bool links)
{
	return links && strcmp(o->ns, ns) != 0 && kn_reflector_get(s->reflector, ns, o->name) &&
	       has_address((const K8s__Service *)kn_reflector_get(s->reflector, ns, o->name)->msg);
}

int kn_service_env_make(const struct kn_service_env *s, const char *ns, bool links, struct kn_arena *a,
			Cri__KeyValue ***list, size_t *n, struct kn_err *err)
{
	Cri__KeyValue **l = NULL;
	struct kn_object *o;
	size_t count = 0, it = 0;

	if (s && !kn_reflector_synced(s->reflector))
		return kn_err_set(err, EAGAIN,
				  "services have not yet been read at least once, cannot "
				  "construct envvars");
	while (s && (o = kn_reflector_next(s->reflector, &it)))
		if (kn_service_env_wants(o->meta, ns, links) && !is_hidden(s, o, ns, links))
			kn_service_env_add(a, (const K8s__Service *)o->msg, &l, &count);
	*list = l;
	*n = count;
	return 0;
}
