/* SPDX-License-Identifier: Apache-2.0 */
/* One look at everything that is running. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

#include "kubelet/worker/peek.h"
#include "kubelet/server/stats_priv.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"

#define LOG_FILES_MAX 64 /* a container's */
/* Between looks at a group's rate: shorter ones would measure noise. */
#define RATE_MIN (2 * KN_NSEC_PER_SEC)

struct collect {
	struct kn_stats *s;
	struct kn_arena *a;
	int64_t now_ns;
	const Cri__ListContainerStatsResponse *containers;
	const Cri__ListPodSandboxStatsResponse *pods;
};

static void use(struct collect *c, const char *group, struct kn_usage *u)
{
	struct kn_rate *r;

	kn_cgroup_usage(&c->s->reader, group, c->now_ns, u);
	if (!u->has_cpu)
		return;
	r = kn_map_get(c->s->rates, group);
	if (!r) {
		r = kn_calloc(1, sizeof(*r));
		kn_map_set(c->s->rates, group, r);
		r->time_ns = c->now_ns;
		r->cpu_ns = u->cpu_ns;
	}
	r->seen = true;
	if (c->now_ns - r->time_ns >= RATE_MIN && u->cpu_ns >= r->cpu_ns) {
		r->nano_cores = (uint64_t)((double)(u->cpu_ns - r->cpu_ns) * KN_NSEC_PER_SEC /
					   (double)(c->now_ns - r->time_ns));
		r->known = true;
	}
	if (c->now_ns - r->time_ns >= RATE_MIN || u->cpu_ns < r->cpu_ns) {
		r->time_ns = c->now_ns;
		r->cpu_ns = u->cpu_ns;
	}
	u->has_nano = r->known;
	u->nano_cores = r->nano_cores;
}

static void forget_rates(struct kn_stats *s)
{
	struct kn_map *next = kn_map_new();
	const char *key;
	void *value;
	size_t it = 0;

	while (kn_map_next(s->rates, &it, &key, &value)) {
		struct kn_rate *r = value;

		if (r->seen)
			kn_map_set(next, key, r);
		else
			free(r);
		r->seen = false;
	}
	kn_map_free(s->rates, NULL);
	s->rates = next;
}

/* ---- file systems ---- */

static void mount_fs(struct collect *c, const char *path, struct kn_stats_fs *fs)
{
	struct statvfs v;

	if (statvfs(path, &v) < 0)
		return;
	fs->time_ns = c->now_ns;
	fs->has_capacity = true;
	fs->capacity = v.f_blocks * v.f_frsize;
	fs->available = v.f_bavail * v.f_frsize;
	fs->used = (v.f_blocks - v.f_bfree) * v.f_frsize;
	fs->inodes = v.f_files;
	fs->inodes_free = v.f_ffree;
	fs->inodes_used = v.f_files - v.f_ffree;
}

/* A container's log files lie in one folder; so few that looking at each is cheap. */
static void log_fs(struct collect *c, const char *dir, struct kn_stats_fs *fs)
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	struct stat st;
	int left = LOG_FILES_MAX;

	if (!d)
		return;
	fs->time_ns = c->now_ns;
	while (left-- && (e = readdir(d))) {
		if (*e->d_name == '.' || fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		fs->used += (uint64_t)st.st_blocks * 512;
		fs->inodes_used++;
	}
	closedir(d);
}

static void add_fs(struct kn_stats_fs *sum, const struct kn_stats_fs *fs)
{
	sum->used += fs->used;
	sum->inodes_used += fs->inodes_used;
}

/* ---- what the runtime said ---- */

static void runtime_rootfs(const struct collect *c, struct kn_stats_container *out)
{
	for (size_t i = 0; c->containers && i < c->containers->n_stats; i++) {
		const Cri__ContainerStats *st = c->containers->stats[i];

		if (!st->attributes || strcmp(st->attributes->id, out->id) != 0 || !st->writable_layer)
			continue;
		out->rootfs.time_ns = st->writable_layer->timestamp;
		if (st->writable_layer->used_bytes)
			out->rootfs.used = st->writable_layer->used_bytes->value;
		if (st->writable_layer->inodes_used)
			out->rootfs.inodes_used = st->writable_layer->inodes_used->value;
		return;
	}
}

static uint64_t value(const Cri__UInt64Value *v)
{
	return v ? v->value : 0;
}

static void add_interface(struct collect *c, struct kn_stats_pod *p, const Cri__NetworkInterfaceUsage *i)
{
	p->net[p->n_net++] =
		(struct kn_stats_interface){kn_arena_strdup(c->a, i->name), value(i->rx_bytes),
					    value(i->rx_errors), value(i->tx_bytes), value(i->tx_errors)};
}

static void runtime_network(struct collect *c, struct kn_stats_pod *p)
{
	const Cri__NetworkUsage *n = NULL;

	for (size_t i = 0; !n && c->pods && i < c->pods->n_stats; i++) {
		const Cri__PodSandboxStats *st = c->pods->stats[i];

		if (st->attributes && !strcmp(st->attributes->id, p->sandbox_id) && st->linux)
			n = st->linux->network;
	}
	if (!n)
		return;
	p->net_time_ns = n->timestamp;
	p->net = kn_arena_alloc(c->a, (n->n_interfaces + 1) * sizeof(*p->net));
	if (n->default_interface)
		add_interface(c, p, n->default_interface);
	for (size_t i = 0; i < n->n_interfaces; i++)
		if (!n->default_interface || strcmp(n->interfaces[i]->name, n->default_interface->name) != 0)
			add_interface(c, p, n->interfaces[i]);
}

static const void *runtime_answer(struct collect *c, int which)
{
	const struct kn_stats_ask *a = &c->s->ask[which];

	return a->data ? protobuf_c_message_unpack(a->type, kn_arena_pb(c->a), a->len, a->data) : NULL;
}

/* ---- pods ---- */

static void add_container(struct collect *c, struct kn_stats_pod *p, const struct kn_pod_peek *peek,
			  const struct kn_obs_container *o, bool systemd)
{
	struct kn_stats_container *out = &p->containers[p->n++];
	const char *dir;

	out->name = kn_arena_strdup(c->a, o->name);
	out->id = kn_arena_strdup(c->a, o->id);
	out->image = kn_arena_strdup(c->a, o->image ? o->image : "");
	out->started_ns = o->started_ns;
	if (p->group) {
		out->group = kn_arena_printf(c->a, systemd ? "%s/cri-containerd-%s.scope" : "%s/%s", p->group,
					     o->id);
		use(c, out->group, &out->use);
	}
	runtime_rootfs(c, out);
	dir = kn_arena_printf(c->a, "%s/%s", kn_path_pod_logs(c->a, c->s->d.node, peek->pod), o->name);
	log_fs(c, dir, &out->logs);
	add_fs(&p->ephemeral, &out->rootfs);
	add_fs(&p->ephemeral, &out->logs);
}

static void add_pod(struct collect *c, struct kn_stats_pod *p, const struct kn_pod_peek *peek)
{
	const struct kn_obs_sandbox *sb = kn_obs_newest(peek->seen);
	bool systemd = c->s->d.node->systemd_driver;

	p->ns = kn_arena_strdup(c->a, peek->pod->ns);
	p->name = kn_arena_strdup(c->a, peek->pod->name);
	p->uid = kn_arena_strdup(c->a, peek->pod->uid);
	p->sandbox_id = kn_arena_strdup(c->a, sb->id);
	p->started_ns = sb->created_ns;
	if (c->s->d.cgroup) {
		p->group = kn_cgroup_pod_parent(c->s->d.cgroup, c->a, peek->pod);
		if (systemd)
			p->group = kn_slice_path(c->a, p->group);
		use(c, p->group, &p->use);
	}
	p->containers = kn_arena_alloc(c->a, (peek->seen->n_containers + 1) * sizeof(*p->containers));
	p->ephemeral.time_ns = c->now_ns;
	for (size_t i = 0; i < peek->seen->n_containers; i++)
		if (peek->seen->containers[i].state == KN_OBS_RUNNING)
			add_container(c, p, peek, &peek->seen->containers[i], systemd);
	runtime_network(c, p);
}

static void collect_pods(struct collect *c, struct kn_stats_snapshot *ret)
{
	struct kn_pod_peek p;
	size_t it = 0, n = 0;

	while (kn_peek_next(c->s->d.kubelet, &it, &p))
		n++;
	ret->pods = kn_arena_alloc(c->a, (n + 1) * sizeof(*ret->pods));
	for (it = 0; kn_peek_next(c->s->d.kubelet, &it, &p);) {
		const struct kn_obs_sandbox *sb = p.seen ? kn_obs_newest(p.seen) : NULL;

		if (sb && sb->ready)
			add_pod(c, &ret->pods[ret->n++], &p);
	}
}

/* ---- the machine ---- */

static void machine_numbers(struct kn_stats_snapshot *ret)
{
	kn_auto_buf struct kn_buf b = {0};
	struct timespec up;
	const char *slash;

	ret->cpus = sysconf(_SC_NPROCESSORS_ONLN);
	ret->memory_total = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
	if (clock_gettime(CLOCK_BOOTTIME, &up) == 0)
		ret->boot_ns = ret->time_ns - (up.tv_sec * KN_NSEC_PER_SEC + up.tv_nsec);
	if (!kn_file_read("/proc/sys/kernel/pid_max", 64, &b, NULL) && b.data)
		ret->max_pids = strtoll(b.data, NULL, 10);
	b.len = 0;
	/* "0.10 0.20 0.30 RUNNING/ALL LAST" */
	if (!kn_file_read("/proc/loadavg", 256, &b, NULL) && b.data && (slash = strchr(b.data, '/')))
		ret->processes = strtoll(slash + 1, NULL, 10);
}

/* The interface of the default route. */
static void machine_network(struct collect *c, struct kn_stats_snapshot *ret)
{
	kn_auto_buf struct kn_buf b = {0};
	char name[64] = "", *line, *save = NULL;
	unsigned long long rx, rx_err, tx, tx_err;

	if (kn_file_read("/proc/net/route", 64 * 1024, &b, NULL) || !b.data)
		return;
	for (line = strtok_r(b.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char dev[64], dest[32];

		if (sscanf(line, "%63s %31s", dev, dest) == 2 && !strcmp(dest, "00000000")) {
			memcpy(name, dev, sizeof(name));
			break;
		}
	}
	b.len = 0;
	if (!*name || kn_file_read("/proc/net/dev", 256 * 1024, &b, NULL) || !b.data)
		return;
	for (line = strtok_r(b.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		line += strspn(line, " ");
		if (strncmp(line, name, strlen(name)) != 0 || line[strlen(name)] != ':')
			continue;
		if (sscanf(line + strlen(name) + 1, "%llu %*u %llu %*u %*u %*u %*u %*u %llu %*u %llu", &rx,
			   &rx_err, &tx, &tx_err) != 4)
			return;
		ret->net = (struct kn_stats_interface){kn_arena_strdup(c->a, name), rx, rx_err, tx, tx_err};
		ret->has_net = true;
	}
}

void kn_stats_collect(struct kn_stats *s, struct kn_stats_snapshot *ret)
{
	struct collect c = {.s = s, .a = kn_arena_new(0), .now_ns = kn_real(kn_loop_clock(s->d.loop))};
	const Cri__ImageFsInfoResponse *images;
	const char *root = strcmp(s->d.cgroup_root, "/") ? s->d.cgroup_root : "";

	*ret = (struct kn_stats_snapshot){.arena = c.a, .time_ns = c.now_ns, .node = s->d.node->node_name};
	c.containers = runtime_answer(&c, 0);
	c.pods = runtime_answer(&c, 1);
	images = runtime_answer(&c, 2);
	use(&c, "/", &ret->machine);
	use(&c,
	    kn_arena_printf(c.a, "%s/%s", root, s->d.node->systemd_driver ? "kubepods.slice" : "kubepods"),
	    &ret->all_pods);
	mount_fs(&c, s->d.node->root_dir, &ret->nodefs);
	if (images && images->n_image_filesystems && images->image_filesystems[0]->fs_id) {
		mount_fs(&c, images->image_filesystems[0]->fs_id->mountpoint, &ret->imagefs);
		ret->imagefs.used = value(images->image_filesystems[0]->used_bytes);
		ret->imagefs.inodes_used = value(images->image_filesystems[0]->inodes_used);
	}
	collect_pods(&c, ret);
	machine_numbers(ret);
	machine_network(&c, ret);
	forget_rates(s);
}
