// SPDX-License-Identifier: Apache-2.0
#include "proxy/loader.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "bpf/sock.skel.h"
#include "lib/base/mem.h"
#include "proxy/pins.h"

struct open_map {
	struct bpf_map *map;
	unsigned max;	  /* 0: as in the object */
	const char *name; /* the pin's */
	int old_fd;	  /* a pinned map of another size: copied, then replaced; -1: none */
	bool adopted;
};

struct opening {
	const struct kn_proxy_config *cfg;
	struct sock *skel;
	struct open_map maps[KN_MAP_COUNT];
	int cgroup_fd;
	__u64 cgroup_id;
};

static void opening_done(struct opening *o)
{
	sock__destroy(o->skel);
	for (int i = 0; i < KN_MAP_COUNT; i++)
		if (o->maps[i].old_fd >= 0)
			close(o->maps[i].old_fd);
	if (o->cgroup_fd >= 0)
		close(o->cgroup_fd);
}

static int cgroup_open(struct opening *o, struct kn_err *err)
{
	struct stat st;

	o->cgroup_fd = open(o->cfg->cgroup_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (o->cgroup_fd < 0 || fstat(o->cgroup_fd, &st))
		return kn_err_errno(err, errno, "open the cgroup %s", o->cfg->cgroup_path);
	o->cgroup_id = st.st_ino; /* cgroup2's inode numbers are the ids that links report */
	return 0;
}

/* Takes over the pinned map if it is what we would make ourselves. */
static int map_adopt(struct opening *o, struct open_map *m, struct kn_err *err)
{
	kn_auto_free char *path = kn_pins_path(o->cfg->pin_dir, "map", m->name);
	kn_auto_close int fd = -1;
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);

	if (m->max && bpf_map__set_max_entries(m->map, m->max))
		return kn_err_errno(err, errno, "set the size of map %s", m->name);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return errno == ENOENT ? 0 : kn_err_errno(err, errno, "open %s", path);
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return kn_err_errno(err, errno, "ask for the sizes of %s", path);
	/* Same layout, yet another shape: not ours to read. Made anew. */
	if (info.type != bpf_map__type(m->map) || info.key_size != bpf_map__key_size(m->map) ||
	    info.value_size != bpf_map__value_size(m->map) || info.map_flags != bpf_map__map_flags(m->map))
		return 0;
	if (info.max_entries != bpf_map__max_entries(m->map)) {
		m->old_fd = kn_steal_fd(&fd);
		return 0;
	}
	if (bpf_map__reuse_fd(m->map, fd))
		return kn_err_errno(err, errno, "take over %s", path);
	m->adopted = true;
	return 0;
}

/* Whether the pinned link still hangs on our cgroup: a removed cgroup takes its links' effect with it. */
static bool link_fits(const struct opening *o, int fd, enum bpf_attach_type type)
{
	struct bpf_link_info info = {0};
	__u32 len = sizeof(info);

	return !bpf_obj_get_info_by_fd(fd, &info, &len) && info.type == BPF_LINK_TYPE_CGROUP &&
	       info.cgroup.cgroup_id == o->cgroup_id && info.cgroup.attach_type == type;
}

static int prog_attach(struct opening *o, struct bpf_program *prog, struct kn_err *err)
{
	const char *name = bpf_program__name(prog) + strlen("kn_");
	enum bpf_attach_type type = bpf_program__expected_attach_type(prog);
	kn_auto_free char *link_path = kn_pins_path(o->cfg->pin_dir, "link", name);
	kn_auto_free char *prog_path = kn_pins_path(o->cfg->pin_dir, "prog", name);
	kn_auto_close int fd = bpf_obj_get(link_path);
	int r;

	if (fd >= 0 && link_fits(o, fd, type) && !bpf_link_update(fd, bpf_program__fd(prog), NULL)) {
		r = kn_pins_put(bpf_program__fd(prog), prog_path, err);
	} else {
		kn_auto_close int link = bpf_link_create(bpf_program__fd(prog), o->cgroup_fd, type, NULL);

		if (link < 0)
			return kn_err_errno(err, errno, "attach %s to %s", name, o->cfg->cgroup_path);
		r = kn_pins_put(link, link_path, err);
		if (!r)
			r = kn_pins_put(bpf_program__fd(prog), prog_path, err);
	}
	return r;
}

static int progs_attach(struct opening *o, struct kn_err *err)
{
	/* What shows addresses back comes first, so that no connection is made whose peer can't be shown. */
	struct bpf_program *const progs[KN_PROG_COUNT] = {
		o->skel->progs.kn_getpeername4, o->skel->progs.kn_getpeername6, o->skel->progs.kn_recvmsg4,
		o->skel->progs.kn_recvmsg6,	o->skel->progs.kn_connect4,	o->skel->progs.kn_connect6,
		o->skel->progs.kn_sendmsg4,	o->skel->progs.kn_sendmsg6,
	};
	int r = 0;

	for (int i = 0; !r && i < KN_PROG_COUNT; i++)
		r = prog_attach(o, progs[i], err);
	return r;
}

static int maps_prepare(struct opening *o, struct kn_err *err)
{
	int r = 0;

	for (int i = 0; !r && i < KN_MAP_COUNT; i++)
		r = map_adopt(o, &o->maps[i], err);
	if (r)
		return r;
	r = sock__load(o->skel);
	if (r)
		return kn_err_errno(err, r, "load the BPF programs");
	for (int i = 0; !r && i < KN_MAP_COUNT; i++)
		if (o->maps[i].old_fd >= 0)
			r = kn_maps_copy(o->maps[i].old_fd, bpf_map__fd(o->maps[i].map), err);
	return r;
}

static int maps_pin(struct opening *o, struct kn_err *err)
{
	int r = 0;

	for (int i = 0; !r && i < KN_MAP_COUNT; i++) {
		kn_auto_free char *path = kn_pins_path(o->cfg->pin_dir, "map", o->maps[i].name);

		if (!o->maps[i].adopted)
			r = kn_pins_put(bpf_map__fd(o->maps[i].map), path, err);
	}
	return r;
}

static int loader_take(struct opening *o, struct kn_loader *l, struct kn_err *err)
{
	struct kn_loader got = {.adopted = true};
	int r = 0;

	for (int i = 0; i < KN_MAP_COUNT; i++) {
		got.maps.fd[i] = fcntl(bpf_map__fd(o->maps[i].map), F_DUPFD_CLOEXEC, 3);
		if (got.maps.fd[i] < 0 && !r)
			r = kn_err_errno(err, errno, "keep a BPF map open");
		got.adopted = got.adopted && (o->maps[i].adopted || o->maps[i].old_fd >= 0);
	}
	if (r)
		kn_loader_close(&got);
	else
		*l = got;
	return r;
}

static int silent(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	return 0;
}

int kn_loader_open(struct kn_loader *l, const struct kn_proxy_config *cfg, struct kn_err *err)
{
	struct opening o = {.cfg = cfg, .cgroup_fd = -1};
	int r;

	for (int i = 0; i < KN_MAP_COUNT; i++)
		o.maps[i].old_fd = -1;
	libbpf_set_print(silent); /* errors come up in err instead */
	r = kn_pins_make(cfg->pin_dir, err);
	if (!r)
		r = cgroup_open(&o, err);
	if (!r) {
		o.skel = sock__open();
		if (!o.skel)
			r = kn_err_errno(err, errno, "open the BPF programs");
	}
	if (!r) {
		o.maps[KN_MAP_SERVICES].map = o.skel->maps.kn_services;
		o.maps[KN_MAP_SERVICES].max = cfg->max_services;
		o.maps[KN_MAP_SERVICES].name = "services";
		o.maps[KN_MAP_SLOTS].map = o.skel->maps.kn_slots;
		o.maps[KN_MAP_SLOTS].max = cfg->max_slots;
		o.maps[KN_MAP_SLOTS].name = "slots";
		o.maps[KN_MAP_FLOWS].map = o.skel->maps.kn_flows;
		o.maps[KN_MAP_FLOWS].max = cfg->max_flows;
		o.maps[KN_MAP_FLOWS].name = "flows";
		o.maps[KN_MAP_AFFINITIES].map = o.skel->maps.kn_affinities;
		o.maps[KN_MAP_AFFINITIES].name = "affinities";
		o.maps[KN_MAP_LOCAL].map = o.skel->maps.kn_local;
		o.maps[KN_MAP_LOCAL].name = "local";
		o.skel->rodata->kn_node_netns = cfg->node_netns;
		r = maps_prepare(&o, err);
	}
	/* Pinned before the programs use them: one killed in between leaves maps that the next start finds.
	 */
	if (!r)
		r = maps_pin(&o, err);
	if (!r)
		r = progs_attach(&o, err);
	if (!r)
		r = loader_take(&o, l, err);
	opening_done(&o);
	return r;
}

void kn_loader_close(struct kn_loader *l)
{
	for (int i = 0; i < KN_MAP_COUNT; i++)
		if (l->maps.fd[i] >= 0)
			close(l->maps.fd[i]);
}

int kn_loader_drop_others(const struct kn_proxy_config *cfg, struct kn_err *err)
{
	return kn_pins_remove(cfg->pin_dir, true, true, err);
}

int kn_loader_cleanup(const struct kn_proxy_config *cfg, struct kn_err *err)
{
	int r = kn_pins_remove(cfg->pin_dir, false, true, err);

	/* The folder itself may hold others' pins, or be the mount point. */
	if (!r && rmdir(cfg->pin_dir) && errno != ENOENT && errno != ENOTEMPTY && errno != EBUSY)
		r = kn_err_errno(err, errno, "remove %s", cfg->pin_dir);
	return r;
}
