// SPDX-License-Identifier: Apache-2.0
#include "kubelet/worker/http_action.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define VERSION "1.37"

int kn_action_port(const K8s__IntOrString *port, const K8s__Container *c, int *ret, struct kn_err *err)
{
	bool named = port && port->has_type && port->type == 1;
	int n = port && !named ? port->intval : 0;

	for (size_t i = 0; named && i < c->n_ports && !n; i++)
		if (c->ports[i]->name && port->strval && !strcmp(c->ports[i]->name, port->strval))
			n = c->ports[i]->containerport;
	if (named && !n)
		return kn_err_set(err, EINVAL, "port \"%.70s\" not found", port->strval ? port->strval : "");
	if (n < 1 || n > 65535)
		return kn_err_set(err, EINVAL, "invalid port number: %d", n);
	*ret = n;
	return 0;
}

char *kn_action_address(struct kn_arena *a, const char *host, int port)
{
	bool v6 = strchr(host, ':') && host[0] != '[';

	return kn_arena_printf(a, v6 ? "[%s]:%d" : "%s:%d", host, port);
}

/* What can't stand in a request line is escaped; what is escaped already stays. */
static char *escape(struct kn_arena *a, const char *path)
{
	char *out = kn_arena_alloc(a, strlen(path) * 3 + 2), *p = out;

	if (*path != '/')
		*p++ = '/';
	for (; *path && *path != '#'; path++) {
		if ((unsigned char)*path <= ' ' || (unsigned char)*path >= 0x7f ||
		    strchr("\"<>\\^`{|}", *path))
			p += sprintf(p, "%%%02X", (unsigned char)*path);
		else
			*p++ = *path;
	}
	*p = 0;
	return out;
}

static bool tame(const char *s)
{
	return s && !strpbrk(s, "\r\n");
}

/* The Host header is a header as any other; an empty Accept means that none is sent. */
static const char **headers(struct kn_arena *a, const K8s__HTTPGetAction *h, const char *purpose)
{
	const char **out = kn_arena_alloc(a, (h->n_httpheaders + 3) * sizeof(*out));
	bool agent = false, accept = false;
	size_t n = 0;

	for (size_t i = 0; i < h->n_httpheaders; i++) {
		const char *name = h->httpheaders[i]->name, *value = h->httpheaders[i]->value;

		if (!value)
			value = "";
		if (!tame(name) || !tame(value))
			continue;
		agent = agent || !strcasecmp(name, "User-Agent");
		accept = accept || !strcasecmp(name, "Accept");
		/* libcurl's way of sending a header without a value is ';' behind the name. */
		if (*value || !strcasecmp(name, "Accept"))
			out[n++] = kn_arena_printf(a, *value ? "%s: %s" : "%s:%s", name, value);
		else
			out[n++] = kn_arena_printf(a, "%s;", name);
	}
	if (!agent)
		out[n++] = kn_arena_printf(a, "User-Agent: kube-%s/" VERSION, purpose);
	if (!accept)
		out[n++] = "Accept: */*";
	out[n] = NULL;
	return out;
}

int kn_http_action_make(struct kn_http_action *out, struct kn_arena *a, const K8s__HTTPGetAction *h,
			const K8s__Container *c, const char *host, const char *purpose, bool plain,
			struct kn_err *err)
{
	bool https = !plain && h->scheme && !strcasecmp(h->scheme, "HTTPS");
	int port, r = kn_action_port(h->port, c, &port, err);

	if (r)
		return r;
	if (h->host && *h->host)
		host = h->host;
	out->url = kn_arena_printf(a, "%s://%s%s", https ? "https" : "http", kn_action_address(a, host, port),
				   escape(a, h->path ? h->path : "/"));
	out->headers = headers(a, h, purpose);
	return 0;
}

char *kn_action_seconds(char buf[32], long long s)
{
	if (s >= 3600)
		snprintf(buf, 32, "%lldh%lldm%llds", s / 3600, s / 60 % 60, s % 60);
	else if (s >= 60)
		snprintf(buf, 32, "%lldm%llds", s / 60, s % 60);
	else
		snprintf(buf, 32, "%llds", s);
	return buf;
}
