// SPDX-License-Identifier: Apache-2.0
#include "proxy/proxy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "proxy/address.h"
#include "proxy/loader.h"
#include "proxy/local_addrs.h"
#include "proxy/slices.h"

struct kn_proxy {
	struct kn_proxy_config cfg; /* strings owned */
	const struct kn_log *log;
	struct kn_loader loader;
	bool loaded;
	struct kn_local_addrs *local; /* NULL without a loop */
	struct kn_table *table;	      /* what the maps hold */
	struct kn_map *warned,
		*warning; /* "OBJECT VALUE WHY", of the last kn_proxy_set and of the running one */
	bool synced;	  /* kn_proxy_set succeeded at least once */
	struct kn_proxy_stats stats;
};

/* Before the programs ask for them, and again whenever one comes or goes. */
static void on_local_addrs(void *user, const struct kn_addr *addrs, size_t n)
{
	struct kn_proxy *p = user;
	struct kn_err err = KN_ERR_INIT;

	if (kn_maps_set_local(&p->loader.maps, addrs, n, &err))
		kn_error(p->log, "Failed to tell the kernel part the node's addresses", "err", err.msg);
}

int kn_proxy_new(struct kn_proxy **ret, struct kn_loop *loop, const struct kn_proxy_config *cfg,
		 const struct kn_log *log, struct kn_err *err)
{
	struct kn_proxy *p = kn_calloc(1, sizeof(*p));
	int r;

	p->cfg = *cfg;
	p->cfg.cgroup_path = kn_strdup(cfg->cgroup_path);
	p->cfg.pin_dir = kn_strdup(cfg->pin_dir);
	p->cfg.node_name = kn_strdup(cfg->node_name);
	p->log = log;
	r = p->cfg.node_netns ? 0 : kn_netns_cookie(&p->cfg.node_netns, err);
	if (!r)
		r = kn_loader_open(&p->loader, &p->cfg, err);
	p->loaded = !r;
	if (!r)
		r = kn_local_addrs_new(&p->local, loop, p->cfg.node_port_cidrs, on_local_addrs, p, err);
	if (!r)
		r = kn_maps_read(&p->loader.maps, &p->table, err);
	if (r) {
		kn_proxy_free(p);
		return r;
	}
	kn_info(log, "Services are programmed into the kernel", "cgroup", p->cfg.cgroup_path, "pins",
		p->cfg.pin_dir, "adopted", p->loader.adopted ? "true" : "false", "services",
		KN_INT(p->table->n_entries));
	*ret = p;
	return 0;
}

struct kn_proxy *kn_proxy_free(struct kn_proxy *p)
{
	if (!p)
		return NULL;
	kn_local_addrs_free(p->local);
	if (p->loaded)
		kn_loader_close(&p->loader);
	kn_table_free(p->table);
	kn_map_free(p->warned, NULL);
	free((char *)p->cfg.cgroup_path);
	free((char *)p->cfg.pin_dir);
	free((char *)p->cfg.node_name);
	free(p);
	return NULL;
}

int kn_proxy_cleanup(const struct kn_proxy_config *cfg, struct kn_err *err)
{
	return kn_loader_cleanup(cfg, err);
}

/* Each thing left out is logged when it first is, not with every change of something else. */
static void on_skipped(void *user, const char *object, const char *value, const char *why)
{
	struct kn_proxy *p = user;
	kn_auto_free char *key = kn_sprintf("%s %s %s", object, value, why);

	if (!kn_map_set(p->warning, key, p) && !(p->warned && kn_map_get(p->warned, key)))
		kn_warn(p->log, "Left out of a Service", "object", object, "value", value, "reason", why);
}

static struct kn_table *desired(struct kn_proxy *p, const struct kn_proxy_want *want)
{
	const struct kn_slices_in in = {
		.want = want,
		.node_name = p->cfg.node_name,
		.skipped = on_skipped,
		.user = p,
	};
	struct kn_table *t;

	p->warning = kn_map_new();
	t = kn_slices_table(&in);
	kn_map_free(p->warned, NULL);
	p->warned = kn_steal(p->warning);
	kn_table_assign_ids(t, p->table);
	return t;
}

static int write_maps(struct kn_proxy *p, const struct kn_proxy_want *objects, struct kn_err *err)
{
	struct kn_table *want = desired(p, objects);
	kn_auto_plan struct kn_plan plan = {0};
	int r;

	kn_plan_make(&plan, p->table, want);
	r = kn_maps_apply(&p->loader.maps, &plan, err);
	if (r) {
		struct kn_table *now = NULL;

		kn_table_free(want);
		/* What was written before the failure stands: the next difference is taken from there. */
		if (!kn_maps_read(&p->loader.maps, &now, NULL)) {
			kn_table_free(p->table);
			p->table = now;
		}
		return r;
	}
	p->stats.operations += plan.n;
	kn_table_free(p->table);
	p->table = want;
	if (!p->synced) {
		p->synced = true;
		r = kn_loader_drop_others(&p->cfg, err);
	}
	return r;
}

static void count_sync(struct kn_proxy *p, int64_t took_ns, bool good)
{
	int64_t now = kn_real(&kn_clock_system), bound = KN_NSEC_PER_MSEC;
	int i = 0;

	for (; i < KN_SYNC_BUCKETS && took_ns > bound; i++)
		bound *= 2;
	p->stats.buckets[i]++;
	p->stats.syncs++;
	p->stats.sync_ns += took_ns;
	p->stats.failures += !good;
	if (good) {
		p->stats.last_ns = now;
		p->stats.failing_since_ns = 0;
	} else if (!p->stats.failing_since_ns) {
		p->stats.failing_since_ns = now;
	}
}

int kn_proxy_set(struct kn_proxy *p, const struct kn_proxy_want *objects, struct kn_err *err)
{
	int64_t began = kn_mono(&kn_clock_system);
	int r = write_maps(p, objects, err);

	count_sync(p, kn_mono(&kn_clock_system) - began, !r);
	return r;
}

void kn_proxy_get_stats(const struct kn_proxy *p, struct kn_proxy_stats *ret)
{
	*ret = p->stats;
	ret->services = p->table->n_entries;
	ret->backends = 0;
	for (size_t i = 0; i < p->table->n_entries; i++)
		ret->backends += p->table->entries[i].n;
}

static void write_service(struct kn_json_writer *w, const struct kn_table *t, const struct kn_entry *e)
{
	char ip[KN_ADDR_STRLEN];

	kn_json_obj(w, NULL);
	kn_json_str(w, "namespace", e->ns);
	kn_json_str(w, "name", e->name);
	kn_json_str(w, "portName", e->port_name);
	kn_json_int(w, "port", ntohs(e->key.port));
	kn_json_str(w, "protocol", e->key.proto == IPPROTO_TCP ? "TCP" : "UDP");
	kn_json_str(w, "clusterIP", kn_addr_text(&e->key.addr, ip));
	if (e->affinity_s)
		kn_json_int(w, "affinitySeconds", e->affinity_s);
	kn_json_int(w, "id", e->id);
	kn_json_int(w, "generation", e->gen);
	kn_json_arr(w, "backends");
	for (size_t i = 0; i < e->n; i++) {
		const struct kn_backend *b = &t->backends[e->first + i];

		kn_json_obj(w, NULL);
		kn_json_str(w, "ip", kn_addr_text(&b->addr, ip));
		kn_json_int(w, "port", ntohs(b->port));
		kn_json_str(w, "node", b->node);
		kn_json_bool(w, "ready", b->ready);
		kn_json_end_obj(w);
	}
	kn_json_end_arr(w);
	kn_json_end_obj(w);
}

void kn_proxy_write_services(struct kn_proxy *p, const char *key, struct kn_json_writer *w)
{
	kn_json_arr(w, key);
	for (size_t i = 0; i < p->table->n_entries; i++)
		write_service(w, p->table, &p->table->entries[i]);
	kn_json_end_arr(w);
}

void kn_proxy_write_status(struct kn_proxy *p, const char *key, struct kn_json_writer *w)
{
	struct kn_proxy_stats s;

	kn_proxy_get_stats(p, &s);
	kn_json_obj(w, key);
	kn_json_str(w, "cgroupPath", p->cfg.cgroup_path);
	kn_json_str(w, "pinDir", p->cfg.pin_dir);
	kn_json_int(w, "layout", KN_MAPS_LAYOUT);
	kn_json_bool(w, "synced", p->synced);
	kn_json_int(w, "services", s.services);
	kn_json_int(w, "backends", s.backends);
	kn_json_int(w, "syncs", s.syncs);
	kn_json_int(w, "failures", s.failures);
	kn_json_int(w, "mapOperations", s.operations);
	kn_json_end_obj(w);
}
