// SPDX-License-Identifier: Apache-2.0
/* Every five minutes: which images are there and in use, how full the disk is, and removing what is too much.
 */
#include "kubelet/kubelet_private.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>
#include "kubelet/worker/image_gc.h"
#include "lib/base/mem.h"

#define PERIOD (300 * KN_NSEC_PER_SEC) /* ImageGCPeriod */

struct round;
struct kn_image_watch {
	struct kn_kubelet *k;
	struct round *round; /* between the two lists */
	struct kn_image_limits limits;
	struct kn_timer *timer;
	struct kn_image_record *images;
	size_t n;
	int64_t begun_ns;
	size_t *order; /* to be removed: order[next] .. order[chosen - 1] */
	size_t chosen, next;
	uint64_t need;
};

static void round_over(struct kn_image_watch *w, const char *what, const struct kn_err *err)
{
	if (err && err->code)
		kn_warn(w->k->d.log, what, "err", err->msg);
	kn_timer_arm(w->timer, PERIOD);
}

/* ---- removing ---- */

static void remove_next(struct kn_image_watch *w);

static void on_removed(void *user, const ProtobufCMessage *rsp, const struct kn_err *err)
{
	struct kn_image_watch *w = user;
	struct kn_image_record *r = &w->images[w->order[w->next++]];

	if (err->code)
		kn_warn(w->k->d.log, "Failed to remove an image", "image", r->id, "err", err->msg);
	else
		kn_info(w->k->d.log, "Removed an image to free bytes", "image", r->id, "size",
			KN_INT(r->size));
	remove_next(w);
}

static void remove_next(struct kn_image_watch *w)
{
	Cri__RemoveImageRequest req = CRI__REMOVE_IMAGE_REQUEST__INIT;
	Cri__ImageSpec spec = CRI__IMAGE_SPEC__INIT;

	if (w->next >= w->chosen) {
		round_over(w, NULL, NULL);
		return;
	}
	spec.image = w->images[w->order[w->next]].id;
	req.image = &spec;
	kn_call_start(w->k, NULL, KN_CRI_REMOVE_IMAGE, &req.base, KN_CRI_TIMEOUT_DEFAULT, on_removed, w);
}

static uint64_t bytes_to_free(struct kn_image_watch *w, const Cri__ImageFsInfoResponse *r)
{
	const char *mount = r->n_image_filesystems && r->image_filesystems[0]->fs_id
				    ? r->image_filesystems[0]->fs_id->mountpoint
				    : NULL;
	struct statvfs fs;
	uint64_t need;

	if (!mount || statvfs(mount, &fs) < 0)
		return 0;
	need = kn_image_gc_need((uint64_t)fs.f_blocks * fs.f_frsize, (uint64_t)fs.f_bavail * fs.f_frsize,
				&w->limits);
	if (need)
		kn_warn(w->k->d.log,
			"Disk usage on image filesystem is over the high threshold, trying to free bytes",
			"mountpoint", mount, "amountToFree", KN_INT(need));
	return need;
}

static void on_fs_info(void *user, const ProtobufCMessage *rsp, const struct kn_err *err)
{
	struct kn_image_watch *w = user;

	if (err->code) {
		round_over(w, "Failed to ask for the image filesystem", err);
		return;
	}
	w->need = bytes_to_free(w, (const void *)rsp);
	free(w->order);
	w->order = kn_calloc(w->n + 1, sizeof(*w->order));
	w->next = 0;
	w->chosen = kn_image_gc_choose(w->images, w->n, w->need, w->begun_ns, &w->limits, w->order);
	remove_next(w);
}

/* ---- looking ---- */

static bool is_named(const Cri__Image *i, const char *name)
{
	if (!name || !*name)
		return false;
	if (!strcmp(i->id, name))
		return true;
	for (size_t t = 0; t < i->n_repo_tags; t++)
		if (!strcmp(i->repo_tags[t], name))
			return true;
	for (size_t t = 0; t < i->n_repo_digests; t++)
		if (!strcmp(i->repo_digests[t], name))
			return true;
	return false;
}

/* What the names of running and ended containers are, until the images are listed. */
struct round {
	struct kn_image_watch *w;
	char **names;
	size_t n;
};

static void round_free(struct round *r)
{
	if (!r)
		return;
	r->w->round = NULL;
	for (size_t i = 0; i < r->n; i++)
		free(r->names[i]);
	free(r->names);
	free(r);
}

static const struct kn_image_record *known(const struct kn_image_watch *w, const char *id)
{
	for (size_t i = 0; i < w->n; i++)
		if (!strcmp(w->images[i].id, id))
			return &w->images[i];
	return NULL;
}

static void take_images(struct round *r, const Cri__ListImagesResponse *list)
{
	struct kn_image_record *images = kn_calloc(list->n_images + 1, sizeof(*images));
	struct kn_image_watch *w = r->w;

	for (size_t i = 0; i < list->n_images; i++) {
		const Cri__Image *image = list->images[i];
		const struct kn_image_record *old = known(w, image->id);
		struct kn_image_record *n = &images[i];

		*n = (struct kn_image_record){.size = image->size, .pinned = image->pinned};
		n->id = kn_strdup(image->id);
		n->detected_ns = old ? old->detected_ns : w->begun_ns;
		n->used_ns = old ? old->used_ns : 0;
		for (size_t c = 0; c < r->n && !n->in_use; c++)
			n->in_use = is_named(image, r->names[c]);
		if (n->in_use)
			n->used_ns = w->begun_ns;
	}
	for (size_t i = 0; i < w->n; i++)
		free(w->images[i].id);
	free(w->images);
	w->images = images;
	w->n = list->n_images;
}

static void on_images(void *user, const ProtobufCMessage *rsp, const struct kn_err *err)
{
	Cri__ImageFsInfoRequest req = CRI__IMAGE_FS_INFO_REQUEST__INIT;
	struct round *r = user;
	struct kn_image_watch *w = r->w;

	if (!err->code)
		take_images(r, (const void *)rsp);
	round_free(r);
	if (err->code)
		round_over(w, "Failed to list images", err);
	else
		kn_call_start(w->k, NULL, KN_CRI_IMAGE_FS_INFO, &req.base, KN_CRI_TIMEOUT_DEFAULT, on_fs_info,
			      w);
}

static void on_containers(void *user, const ProtobufCMessage *rsp, const struct kn_err *err)
{
	Cri__ListImagesRequest req = CRI__LIST_IMAGES_REQUEST__INIT;
	const Cri__ListContainersResponse *list = (const void *)rsp;
	struct kn_image_watch *w = user;
	struct round *r;

	if (err->code) {
		round_over(w, "Failed to list containers", err);
		return;
	}
	r = kn_calloc(1, sizeof(*r));
	r->w = w;
	w->round = r;
	r->names = kn_calloc(list->n_containers * 3 + 1, sizeof(*r->names));
	for (size_t i = 0; i < list->n_containers; i++) {
		const Cri__Container *c = list->containers[i];

		r->names[r->n++] = kn_strdup(c->image ? c->image->image : "");
		r->names[r->n++] = kn_strdup(c->image_ref);
		r->names[r->n++] = kn_strdup(c->image_id);
	}
	kn_call_start(w->k, NULL, KN_CRI_LIST_IMAGES, &req.base, KN_CRI_TIMEOUT_DEFAULT, on_images, r);
}

static void on_timer(void *user)
{
	Cri__ListContainersRequest req = CRI__LIST_CONTAINERS_REQUEST__INIT;
	struct kn_image_watch *w = user;

	w->begun_ns = kn_real(w->k->clock);
	kn_call_start(w->k, NULL, KN_CRI_LIST_CONTAINERS, &req.base, KN_CRI_TIMEOUT_DEFAULT, on_containers,
		      w);
}

struct kn_image_watch *kn_image_watch_new(struct kn_kubelet *k, const struct kn_image_limits *limits)
{
	struct kn_image_watch *w = kn_calloc(1, sizeof(*w));

	w->k = k;
	w->limits = *limits;
	kn_image_limits_default(&w->limits);
	w->timer = kn_timer_new(k->d.loop, on_timer, w);
	kn_timer_arm(w->timer, PERIOD);
	return w;
}

struct kn_image_watch *kn_image_watch_free(struct kn_image_watch *w)
{
	if (!w)
		return NULL;
	kn_timer_free(w->timer);
	round_free(w->round);
	for (size_t i = 0; i < w->n; i++)
		free(w->images[i].id);
	free(w->images);
	free(w->order);
	free(w);
	return NULL;
}
