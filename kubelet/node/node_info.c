/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "kubelet/node/machine.h"
#include "kubelet/node/node_info.h"
#include "lib/base/file.h"

#define ENTRIES_MAX 64

static int push(const char **list, const char *s)
{
	size_t n = 0;

	while (list[n])
		n++;
	if (n >= ENTRIES_MAX || !s)
		return -EINVAL;
	list[n] = s;
	return 0;
}

static int parse_line(char *line, struct kn_arena *a, const char **ns, const char **search, const char **opts)
{
	static const char blank[] = " \t\r";
	char *save = NULL, *word = strtok_r(line, blank, &save), *s;
	const char **list;
	int r = 0;

	if (!word || *word == '#' || *word == ';')
		return 0;
	if (!strcmp(word, "nameserver")) {
		s = strtok_r(NULL, blank, &save);
		return s ? push(ns, kn_arena_strdup(a, s)) : 0;
	}
	if (!strcmp(word, "search") || !strcmp(word, "domain")) {
		list = search;
		/* The last search line wins, resolv.conf(5). */
		memset(list, 0, sizeof(*list) * (ENTRIES_MAX + 1));
	} else if (!strcmp(word, "options")) {
		list = opts;
	} else {
		return 0;
	}
	while (!r && (s = strtok_r(NULL, blank, &save)))
		r = push(list, kn_arena_strdup(a, s));
	return r;
}

int kn_resolv_parse(const char *text, struct kn_arena *a, struct kn_node_ctx *n, struct kn_err *err)
{
	const char **ns = kn_arena_alloc(a, sizeof(*ns) * (ENTRIES_MAX + 1));
	const char **search = kn_arena_alloc(a, sizeof(*search) * (ENTRIES_MAX + 1));
	const char **opts = kn_arena_alloc(a, sizeof(*opts) * (ENTRIES_MAX + 1));
	char *copy = kn_arena_strdup(a, text), *save = NULL;

	if (!ns || !search || !opts || !copy)
		return kn_err_errno(err, ENOMEM, "resolv.conf");
	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (parse_line(line, a, ns, search, opts))
			return kn_err_set(err, EINVAL, "resolv.conf: more than %d entries", ENTRIES_MAX);
	n->host_nameservers = ns;
	n->host_searches = search;
	n->host_options = opts;
	return 0;
}

/* The first of --node-ip's, or what is found when it names none ("0.0.0.0" and "::" are "find out"). */
static const char *host_ip(const char *node_ip, struct kn_arena *a)
{
	char *first = node_ip ? kn_arena_strndup(a, node_ip, strcspn(node_ip, ",")) : NULL;

	if (first && *first && strcmp(first, "0.0.0.0") != 0 && strcmp(first, "::") != 0)
		return first;
	return kn_machine_address("", a);
}

int kn_node_info(struct kn_node_ctx *ret, const struct kn_options *o, struct kn_arena *a, struct kn_err *err)
{
	kn_auto_buf struct kn_buf resolv = {0};
	struct kn_node_ctx n = {
		.node_name = o->node_name,
		.root_dir = o->root_dir,
		.pod_logs_dir = o->pod_logs_dir,
		.cluster_domain = o->cluster_domain,
		.cluster_dns = o->cluster_dns,
		.cpu_milli = sysconf(_SC_NPROCESSORS_ONLN) * 1000,
		.memory_bytes = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE),
		.cpu_quota_period_us = 100000,
		.systemd_driver = !strcmp(o->cgroup_driver, "systemd"),
	};
	int r;

	if (*o->resolv_conf) {
		r = kn_file_read(o->resolv_conf, 64 * 1024, &resolv, err);
		if (r)
			return kn_err_wrap(err, "--resolv-conf");
	}
	r = kn_resolv_parse(resolv.data ? resolv.data : "", a, &n, err);
	if (r)
		return r;
	n.host_ip = host_ip(o->node_ip, a);
	*ret = n;
	return 0;
}
