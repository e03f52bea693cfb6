/* SPDX-License-Identifier: Apache-2.0 */
/* /metrics/resource (pkg/kubelet/metrics/collectors/resource_metrics.go) and the part of /metrics/cadvisor
 * that a node's files tell (cadvisor/metrics/prometheus.go). */
#include "kubelet/server/metrics.h"
#include "kubelet/server/stats.h"

#include "lib/base/mem.h"

#define SECONDS(ns) ((double)(ns) / 1e9)
#define MS(ns) ((ns) / KN_NSEC_PER_MSEC)

/* ---- /metrics/resource ---- */

struct family {
	const char *name, *help, *type;
};

enum { CPU, MEMORY, SWAP };

/* false: not known. */
static bool pick(const struct kn_usage *u, int what, double *v)
{
	if (!(what == CPU ? u->has_cpu : u->has_memory))
		return false;
	*v = what == CPU ? SECONDS(u->cpu_ns) : what == MEMORY ? (double)u->working_set : (double)u->swap;
	return true;
}

static void of_containers(struct kn_buf *out, const struct kn_stats_snapshot *s, const struct family *f,
			  int what)
{
	double v;

	kn_prom_head(out, f->name, f->help, f->type);
	for (size_t i = 0; i < s->n; i++)
		for (size_t j = 0; j < s->pods[i].n; j++) {
			const struct kn_stats_container *c = &s->pods[i].containers[j];
			const char *labels[] = {"container", c->name,	      "namespace", s->pods[i].ns,
						"pod",	     s->pods[i].name, NULL};

			if (pick(&c->use, what, &v))
				kn_prom_sample(out, f->name, labels, v, MS(c->use.time_ns));
		}
}

static void of_pods(struct kn_buf *out, const struct kn_stats_snapshot *s, const struct family *f, int what)
{
	double v;

	kn_prom_head(out, f->name, f->help, f->type);
	for (size_t i = 0; i < s->n; i++) {
		const char *labels[] = {"namespace", s->pods[i].ns, "pod", s->pods[i].name, NULL};

		if (pick(&s->pods[i].use, what, &v))
			kn_prom_sample(out, f->name, labels, v, MS(s->pods[i].use.time_ns));
	}
}

static void of_node(struct kn_buf *out, const struct kn_stats_snapshot *s, const struct family *f, int what)
{
	double v;

	kn_prom_head(out, f->name, f->help, f->type);
	if (pick(&s->machine, what, &v))
		kn_prom_sample(out, f->name, NULL, v, MS(s->machine.time_ns));
}

static void start_times(struct kn_buf *out, const struct kn_stats_snapshot *s)
{
	static const char name[] = "container_start_time_seconds";

	kn_prom_head(out, name, "[STABLE] Start time of the container since unix epoch in seconds", "gauge");
	for (size_t i = 0; i < s->n; i++)
		for (size_t j = 0; j < s->pods[i].n; j++) {
			const struct kn_stats_container *c = &s->pods[i].containers[j];
			const char *labels[] = {"container", c->name,	      "namespace", s->pods[i].ns,
						"pod",	     s->pods[i].name, NULL};

			if (c->started_ns > 0)
				kn_prom_sample(out, name, labels, SECONDS(c->started_ns), 0);
		}
}

void kn_stats_write_resource(const struct kn_stats_snapshot *s, struct kn_buf *out)
{
#define CPU_HELP(of) "[STABLE] Cumulative cpu time consumed by the " of " in core-seconds"
#define MEMORY_HELP(of) "[STABLE] Current working set of the " of " in bytes"
#define SWAP_HELP(of)                                                                                        \
	"[ALPHA] Current swap usage of the " of " in bytes. Reported only on non-windows systems"
	static const struct family container[] = {
		{"container_cpu_usage_seconds_total", CPU_HELP("container"), "counter"},
		{"container_memory_working_set_bytes", MEMORY_HELP("container"), "gauge"},
		{"container_swap_usage_bytes", SWAP_HELP("container"), "gauge"},
	};
	static const struct family node[] = {
		{"node_cpu_usage_seconds_total", CPU_HELP("node"), "counter"},
		{"node_memory_working_set_bytes", MEMORY_HELP("node"), "gauge"},
		{"node_swap_usage_bytes", SWAP_HELP("node"), "gauge"},
	};
	static const struct family pod[] = {
		{"pod_cpu_usage_seconds_total", CPU_HELP("pod"), "counter"},
		{"pod_memory_working_set_bytes", MEMORY_HELP("pod"), "gauge"},
		{"pod_swap_usage_bytes", SWAP_HELP("pod"), "gauge"},
	};
	static const char error[] = "resource_scrape_error";

	of_containers(out, s, &container[CPU], CPU);
	of_containers(out, s, &container[MEMORY], MEMORY);
	start_times(out, s);
	of_containers(out, s, &container[SWAP], SWAP);
	for (int i = CPU; i <= SWAP; i++)
		of_node(out, s, &node[i], i);
	for (int i = CPU; i <= SWAP; i++)
		of_pods(out, s, &pod[i], i);
	kn_prom_head(out, error,
		     "[STABLE] 1 if there was an error while getting container metrics, 0 otherwise",
		     "gauge");
	kn_prom_sample(out, error, NULL, 0, 0);
}

/* ---- /metrics/cadvisor ---- */

struct group { /* one cgroup with cAdvisor's labels */
	const char *container, *id, *image, *name, *ns, *pod;
	const struct kn_usage *use;
	int64_t started_ns;
	const struct kn_stats_fs *fs;
};

typedef bool (*value_of)(const struct group *g, double *v);

static void each(struct kn_buf *out, const struct kn_stats_snapshot *s, const struct family *f, value_of fn)
{
	struct group g;
	double v;

#define SAMPLE(last)                                                                                         \
	do {                                                                                                 \
		const char *labels[] = {"container", g.container, "id",	  g.id,	       "image",              \
					g.image,     "name",	  g.name, "namespace", g.ns,                 \
					"pod",	     g.pod,	  last,	  "total",     NULL};                \
		if (g.id && fn(&g, &v))                                                                      \
			kn_prom_sample(out, f->name, labels, v, MS(g.use->time_ns));                         \
	} while (0)
	kn_prom_head(out, f->name, f->help, f->type);
	g = (struct group){"", "/", "", "", "", "", &s->machine, s->boot_ns, &s->nodefs};
	for (size_t i = 0; i <= s->n; i++) {
		const struct kn_stats_pod *p = i ? &s->pods[i - 1] : NULL;
		const char *last = f->name[10] == 'c' ? "cpu" : NULL; /* container_cpu_...{cpu="total"} */

		if (p)
			g = (struct group){"",	    p->group,	   "",	"", p->ns, p->name,
					   &p->use, p->started_ns, NULL};
		SAMPLE(last);
		for (size_t j = 0; p && j < p->n; j++) {
			const struct kn_stats_container *c = &p->containers[j];

			g = (struct group){c->name, c->group, c->image,	     c->id,	p->ns,
					   p->name, &c->use,  c->started_ns, &c->rootfs};
			SAMPLE(last);
		}
	}
}

#define USE(name, has, expr)                                                                                 \
	static bool name(const struct group *g, double *v)                                                   \
	{                                                                                                    \
		const struct kn_usage *u = g->use;                                                           \
                                                                                                             \
		*v = (expr);                                                                                 \
		return u->has;                                                                               \
	}
USE(cpu_total, has_cpu, SECONDS(u->cpu_ns))
USE(cpu_user, has_cpu, SECONDS(u->cpu_user_ns))
USE(cpu_system, has_cpu, SECONDS(u->cpu_system_ns))
USE(memory_usage, has_memory, (double)u->memory)
USE(memory_working_set, has_memory, (double)u->working_set)
USE(memory_rss, has_memory, (double)u->rss)
USE(memory_cache, has_memory, (double)u->cache)
USE(memory_swap, has_memory, (double)u->swap)
USE(memory_limit, has_memory, (double)u->memory_limit)
USE(processes, has_pids, (double)u->pids)

static bool start_time(const struct group *g, double *v)
{
	*v = SECONDS(g->started_ns);
	return g->started_ns > 0 && g->use->time_ns;
}

static bool last_seen(const struct group *g, double *v)
{
	*v = (double)(g->use->time_ns / KN_NSEC_PER_SEC);
	return g->use->time_ns > 0;
}

static bool fs_usage(const struct group *g, double *v)
{
	if (!g->fs || !g->fs->time_ns || !g->use->time_ns)
		return false;
	*v = (double)g->fs->used;
	return true;
}

static void networks(struct kn_buf *out, const struct kn_stats_snapshot *s, const struct family *f,
		     size_t offset)
{
	kn_prom_head(out, f->name, f->help, f->type);
	for (size_t i = 0; i < s->n; i++)
		for (size_t j = 0; j < s->pods[i].n_net; j++) {
			const struct kn_stats_pod *p = &s->pods[i];
			const char *labels[] = {"container", "",      "id",	   p->group ? p->group : "",
						"image",     "",      "interface", p->net[j].name,
						"name",	     "",      "namespace", p->ns,
						"pod",	     p->name, NULL};

			kn_prom_sample(out, f->name, labels,
				       (double)*(const uint64_t *)((const char *)&p->net[j] + offset),
				       MS(p->net_time_ns));
		}
}

void kn_stats_write_cadvisor(const struct kn_stats_snapshot *s, struct kn_buf *out)
{
	static const struct {
		struct family f;
		value_of fn;
	} families[] = {
		{{"container_cpu_system_seconds_total", "Cumulative system cpu time consumed in seconds.",
		  "counter"},
		 cpu_system},
		{{"container_cpu_usage_seconds_total", "Cumulative cpu time consumed in seconds.", "counter"},
		 cpu_total},
		{{"container_cpu_user_seconds_total", "Cumulative user cpu time consumed in seconds.",
		  "counter"},
		 cpu_user},
		{{"container_fs_usage_bytes",
		  "Number of bytes that are consumed by the container on this filesystem.", "gauge"},
		 fs_usage},
		{{"container_last_seen", "Last time a container was seen by the exporter", "gauge"},
		 last_seen},
		{{"container_memory_cache", "Number of bytes of page cache memory.", "gauge"}, memory_cache},
		{{"container_memory_rss", "Size of RSS in bytes.", "gauge"}, memory_rss},
		{{"container_memory_swap", "Container swap usage in bytes.", "gauge"}, memory_swap},
		{{"container_memory_usage_bytes",
		  "Current memory usage in bytes, including all memory regardless of when it was accessed",
		  "gauge"},
		 memory_usage},
		{{"container_memory_working_set_bytes", "Current working set in bytes.", "gauge"},
		 memory_working_set},
		{{"container_processes", "Number of processes running inside the container.", "gauge"},
		 processes},
		{{"container_spec_memory_limit_bytes", "Memory limit for the container.", "gauge"},
		 memory_limit},
		{{"container_start_time_seconds", "Start time of the container since unix epoch in seconds.",
		  "gauge"},
		 start_time},
	};
	static const struct {
		struct family f;
		size_t offset;
	} nets[] = {
		{{"container_network_receive_bytes_total", "Cumulative count of bytes received", "counter"},
		 offsetof(struct kn_stats_interface, rx_bytes)},
		{{"container_network_receive_errors_total",
		  "Cumulative count of errors encountered while receiving", "counter"},
		 offsetof(struct kn_stats_interface, rx_errors)},
		{{"container_network_transmit_bytes_total", "Cumulative count of bytes transmitted",
		  "counter"},
		 offsetof(struct kn_stats_interface, tx_bytes)},
		{{"container_network_transmit_errors_total",
		  "Cumulative count of errors encountered while transmitting", "counter"},
		 offsetof(struct kn_stats_interface, tx_errors)},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(families); i++)
		each(out, s, &families[i].f, families[i].fn);
	for (size_t i = 0; i < KN_ARRAY_SIZE(nets); i++)
		networks(out, s, &nets[i].f, nets[i].offset);
	kn_prom_head(out, "machine_cpu_cores", "Number of logical CPU cores.", "gauge");
	kn_prom_sample(out, "machine_cpu_cores", NULL, (double)s->cpus, 0);
	kn_prom_head(out, "machine_memory_bytes", "Amount of memory installed on the machine.", "gauge");
	kn_prom_sample(out, "machine_memory_bytes", NULL, (double)s->memory_total, 0);
}
