/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "kubelet/gen/gen_priv.h"
#include "kubelet/volume/pod_dirs.h"
#include "kubelet/volume/pod_volumes.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"

#define HOSTS_MAX (1024 * 1024)
#define UIDS_MAX 65536

struct job {
	const struct kn_node_ctx *n;
	struct kn_pod *p;		     /* referenced and let go on the loop, only read by the work */
	struct kn_volume_contents *contents; /* or NULL */
	char *uid, *log_dir;
	kn_dirs_done done;
	void *user;
	struct kn_err err;
};

/* What runs has all its volumes: only what has new content is looked at. */
static void volumes(struct job *j, struct kn_arena *a, bool refresh)
{
	const K8s__PodSpec *s = j->p->obj->spec;

	for (size_t k = 0; !j->err.code && k < s->n_volumes; k++) {
		const struct kn_volume_content *c = j->contents ? &j->contents->list[k] : NULL;
		const struct kn_payload *files = c && c->have ? &c->payload : NULL;

		if (refresh && !files)
			continue;
		if (kn_volume_setup(a, j->n, j->p, s->volumes[k], files, &j->err))
			kn_err_wrap(&j->err, "MountVolume.SetUp failed for volume \"%s\" ",
				    s->volumes[k]->name);
	}
}

static void setup_work(void *user)
{
	struct job *j = user;
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	const K8s__PodSpec *s = j->p->obj->spec;
	const char *dir = kn_path_pod(a, j->n, j->p->uid), *logs = kn_path_pod_logs(a, j->n, j->p);
	int r = kn_mkdir_p(kn_arena_printf(a, "%s/volumes", dir), 0750, &j->err);

	if (!r)
		r = kn_mkdir_p(logs, 0755, &j->err);
	for (size_t k = 0; !r && k < s->n_initcontainers + s->n_containers; k++) {
		const char *name = k < s->n_initcontainers ? s->initcontainers[k]->name
							   : s->containers[k - s->n_initcontainers]->name;

		r = kn_mkdir_p(kn_arena_printf(a, "%s/containers/%s", dir, name), 0750, &j->err);
		if (!r)
			r = kn_mkdir_p(kn_arena_printf(a, "%s/%s", logs, name), 0755, &j->err);
	}
	if (!r)
		volumes(j, a, false);
}

static void refresh_work(void *user)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);

	volumes(user, a, true);
}

static void remove_work(void *user)
{
	struct job *j = user;
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	const char *dir = kn_path_pod(a, j->n, j->uid);

	if (kn_volumes_unmount(a, dir, &j->err) || kn_rm_rf(dir, &j->err))
		return;
	if (j->log_dir)
		kn_rm_rf(j->log_dir, &j->err);
}

static void job_done(void *user)
{
	struct job *j = user;

	j->done(j->user, &j->err);
	kn_pod_unref(j->p);
	kn_volume_contents_free(j->contents);
	free(j->uid);
	free(j->log_dir);
	free(j);
}

static void submit(struct kn_pool *pool, void (*work)(void *), const struct kn_node_ctx *n, struct kn_pod *p,
		   struct kn_volume_contents *contents, kn_dirs_done done, void *user)
{
	struct job *j = kn_calloc(1, sizeof(*j));

	j->n = n;
	j->p = kn_pod_ref(p);
	j->contents = contents;
	j->done = done;
	j->user = user;
	kn_pool_submit(pool, work, job_done, j);
}

void kn_pod_dirs_setup(struct kn_pool *pool, const struct kn_node_ctx *n, struct kn_pod *p,
		       struct kn_volume_contents *contents, kn_dirs_done done, void *user)
{
	submit(pool, setup_work, n, p, contents, done, user);
}

void kn_pod_dirs_refresh(struct kn_pool *pool, const struct kn_node_ctx *n, struct kn_pod *p,
			 struct kn_volume_contents *contents, kn_dirs_done done, void *user)
{
	submit(pool, refresh_work, n, p, contents, done, user);
}

void kn_pod_dirs_remove(struct kn_pool *pool, const struct kn_node_ctx *n, const char *uid,
			const char *log_dir, kn_dirs_done done, void *user)
{
	struct job *j = kn_calloc(1, sizeof(*j));

	j->n = n;
	j->uid = kn_strdup(uid);
	j->log_dir = kn_strdup(log_dir);
	j->done = done;
	j->user = user;
	kn_pool_submit(pool, remove_work, job_done, j);
}

int kn_pod_dirs_hosts(const struct kn_node_ctx *n, const struct kn_pod *p, const char *const *pod_ips,
		      struct kn_err *err)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	KN_CLEANUP(kn_buf_free) struct kn_buf old = {0};
	KN_CLEANUP(kn_buf_free) struct kn_buf host = {0};
	const char *path = kn_path_etc_hosts(a, n, p->uid), *text;

	/* A node without /etc/hosts is one with an empty one. */
	if (kn_pod_is_host_network(p))
		kn_file_read("/etc/hosts", HOSTS_MAX, &host, NULL);
	text = kn_gen_etc_hosts(a, p, pod_ips, n->cluster_domain, host.data);
	if (!kn_file_read(path, HOSTS_MAX, &old, NULL) && old.len == strlen(text) &&
	    !memcmp(old.data, text, old.len))
		return 0;
	return kn_file_write_atomic(path, text, strlen(text), 0644, err);
}

static void closedirp(DIR **d)
{
	if (*d)
		closedir(*d);
}

int kn_pod_dirs_list(const struct kn_node_ctx *n, struct kn_arena *a, char ***ret, struct kn_err *err)
{
	const char *path = kn_arena_printf(a, "%s/pods", n->root_dir);
	KN_CLEANUP(closedirp) DIR *d = opendir(path);
	char **list = kn_arena_alloc(a, sizeof(*list));
	size_t count = 0, cap = 1;
	struct dirent *e;

	if (!d && errno != ENOENT)
		return kn_err_errno(err, errno, "open %s", path);
	while (d && (e = readdir(d)) && count < UIDS_MAX) {
		if (e->d_name[0] == '.')
			continue;
		if (count + 1 == cap) {
			char **more = kn_arena_alloc(a, 2 * cap * sizeof(*more));

			memcpy(more, list, cap * sizeof(*more));
			list = more;
			cap *= 2;
		}
		list[count++] = kn_arena_strdup(a, e->d_name);
	}
	list[count] = NULL;
	*ret = list;
	return 0;
}
