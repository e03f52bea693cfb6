// SPDX-License-Identifier: Apache-2.0
/* Images by imagePullPolicy (pkg/kubelet/images/image_manager.go EnsureImageExists). */
#include "kubelet/kubelet_private.h"

#include <errno.h>
#include <string.h>
#include "kubelet/worker/keyring.h"
#include "lib/base/buf.h"
#include "lib/base/mem.h"

/* After a failed pull the reason is shown for a moment, then the back-off takes over. */
#define SHOW_ERROR (2 * KN_NSEC_PER_SEC)

struct kn_ensure {
	struct kn_worker *w;
	kn_image_done done;
	char *image, *name;		/* name: the container's */
	Cri__PodSandboxConfig *sandbox; /* of the start's arena */
	bool always, never;
	char *ref;		 /* once pulled */
	struct kn_arena *arena;	 /* of the credentials, or NULL */
	Cri__AuthConfig **creds; /* those not tried yet, NULL-terminated; NULL: none */
};

static void ensure_free(struct kn_ensure *e)
{
	free(e->image);
	free(e->name);
	free(e->ref);
	kn_arena_free(e->arena);
	free(e);
}

static void ensure_end(struct kn_ensure *e, const char *ref, const char *reason, const char *message,
		       int64_t hold_ns)
{
	e->done(e->w, ref, reason, message, hold_ns);
	ensure_free(e);
}

static char *backoff_key(struct kn_ensure *e)
{
	return kn_sprintf("%s/%s", e->w->uid, e->image);
}

static void pull_failed(struct kn_ensure *e, const struct kn_err *err)
{
	struct kn_kubelet *k = e->w->k;
	char *key kn_auto_free = backoff_key(e);
	char *m kn_auto_free = kn_sprintf("Failed to pull image \"%s\": %s", e->image, err->msg);
	int64_t now = kn_real(k->clock);

	kn_backoff_next(k->pulls, key, now, now);
	kn_worker_log(e->w, true, "Failed", e->name, m);
	ensure_end(e, NULL, "ErrImagePull", err->msg, now + SHOW_ERROR);
}

/* Whom the image runs as: one that says nothing runs as root (getImageUser). */
static void take_user(struct kn_worker *w, const Cri__Image *image)
{
	free((char *)w->image_user.name);
	w->image_user = (struct kn_image_user){0};
	if (!image)
		return;
	w->image_user.has_uid = image->uid || !*image->username;
	w->image_user.uid = image->uid ? image->uid->value : 0;
	if (!w->image_user.has_uid)
		w->image_user.name = kn_strdup(image->username);
}

static void on_pulled_status(void *user, const ProtobufCMessage *rsp, const struct kn_err *err)
{
	const Cri__ImageStatusResponse *r = (const void *)rsp;
	struct kn_ensure *e = user;

	e->w->start_pull = NULL;
	if (err->code || !r->image) {
		char *m kn_auto_free = kn_sprintf("Failed to inspect image \"%s\": %s", e->image,
						  err->code ? err->msg : "not found");

		ensure_end(e, NULL, "ImageInspectError", m, kn_worker_retry_at(e->w));
		return;
	}
	take_user(e->w, r->image);
	ensure_end(e, e->ref, NULL, NULL, 0);
}

static void ask_status(struct kn_ensure *e, kn_cri_done done)
{
	Cri__ImageSpec spec = CRI__IMAGE_SPEC__INIT;
	Cri__ImageStatusRequest req = CRI__IMAGE_STATUS_REQUEST__INIT;

	e->w->start_pull = e;
	spec.image = e->ref ? e->ref : e->image;
	spec.user_specified_image = e->image;
	req.image = &spec;
	kn_call_start(e->w->k, e->w, KN_CRI_IMAGE_STATUS, &req.base, KN_CRI_TIMEOUT_DEFAULT, done, e);
}

static void send_pull(struct kn_ensure *e);

static void on_pulled(void *user, const ProtobufCMessage *rsp, const struct kn_err *err)
{
	const Cri__PullImageResponse *r = (const void *)rsp;
	struct kn_ensure *e = user;

	e->w->pull = NULL;
	if (err->code && e->creds && *e->creds) {
		send_pull(e); /* with the next credentials */
		return;
	}
	e->w->start_pull = NULL;
	if (err->code) {
		pull_failed(e, err);
		return;
	}
	char *key kn_auto_free = backoff_key(e);
	char *m kn_auto_free = kn_sprintf("Successfully pulled image \"%s\"", e->image);
	kn_backoff_reset(e->w->k->pulls, key);
	kn_worker_log(e->w, false, "Pulled", e->name, m);
	e->ref = kn_strdup(r->image_ref);
	ask_status(e, on_pulled_status);
}

static void send_pull(struct kn_ensure *e)
{
	Cri__ImageSpec spec = CRI__IMAGE_SPEC__INIT;
	Cri__PullImageRequest req = CRI__PULL_IMAGE_REQUEST__INIT;
	struct kn_worker *w = e->w;

	spec.image = spec.user_specified_image = e->image;
	req.image = &spec;
	req.sandbox_config = e->sandbox;
	if (e->creds && *e->creds)
		req.auth = *e->creds++;
	w->start_pull = e;
	w->pull = kn_call_start(w->k, w, KN_CRI_PULL_IMAGE, &req.base, KN_CRI_TIMEOUT_NONE, on_pulled, e);
}

/* Of the pod's imagePullSecrets. What can't be had is told, and does without. */
static void find_credentials(struct kn_ensure *e)
{
	const K8s__PodSpec *s = e->w->pod->obj->spec;
	const struct kn_lookup *l = &e->w->k->lookup;
	struct kn_buf missing kn_auto_buf = {0};
	struct kn_keyring ring = {0};

	if (!s->n_imagepullsecrets)
		return;
	e->arena = kn_arena_new(0);
	for (size_t i = 0; i < s->n_imagepullsecrets; i++) {
		const char *name = s->imagepullsecrets[i]->name;
		const ProtobufCMessage *secret = NULL;

		if (!name || !*name)
			continue;
		if (!l->object ||
		    l->object(l->user, KN_REF_SECRET, e->w->ns, name, &secret, NULL) != KN_REF_READY ||
		    kn_keyring_add(e->arena, &ring, (const K8s__Secret *)secret, NULL))
			kn_buf_addf(&missing, "%s%s", missing.len ? ", " : "", name);
	}
	e->creds = kn_keyring_find(e->arena, &ring, e->image);
	if (!missing.len)
		return;
	char *m kn_auto_free =
		kn_sprintf("Unable to retrieve some image pull secrets (%s); attempting to pull "
			   "the image may not succeed.",
			   missing.data);
	kn_worker_log(e->w, true, "FailedToRetrieveImagePullSecret", NULL, m);
}

static void pull(struct kn_ensure *e)
{
	char *key kn_auto_free = backoff_key(e);
	struct kn_worker *w = e->w;
	int64_t now = kn_real(w->k->clock), wait = kn_backoff_wait_update(w->k->pulls, key, now);

	if (wait > 0) {
		char *m kn_auto_free = kn_sprintf("Back-off pulling image \"%s\"", e->image);

		kn_worker_log(w, false, "BackOff", e->name, m);
		ensure_end(e, NULL, "ImagePullBackOff", m, now + wait);
		return;
	}
	char *m kn_auto_free = kn_sprintf("Pulling image \"%s\"", e->image);
	kn_worker_log(w, false, "Pulling", e->name, m);
	find_credentials(e);
	send_pull(e);
}

void kn_image_abandon(struct kn_worker *w)
{
	struct kn_ensure *e = kn_steal(w->start_pull);

	if (!e)
		return;
	ensure_free(e);
}

static void on_status(void *user, const ProtobufCMessage *rsp, const struct kn_err *err)
{
	const Cri__ImageStatusResponse *r = (const void *)rsp;
	struct kn_ensure *e = user;
	struct kn_worker *w = e->w;
	const char *ref = r && r->image && *r->image->id ? r->image->id : NULL;

	w->start_pull = NULL;
	take_user(w, ref ? r->image : NULL);
	if (err->code == EINVAL || strstr(err->msg, "invalid reference format")) {
		char *m kn_auto_free =
			kn_sprintf("Failed to apply default image tag \"%s\": couldn't parse image name "
				   "\"%s\": invalid reference format",
				   e->image, e->image);

		kn_worker_log(w, true, "InspectFailed", e->name, m);
		ensure_end(e, NULL, "InvalidImageName", m, kn_worker_retry_at(w));
	} else if (err->code) {
		char *m kn_auto_free = kn_sprintf("Failed to inspect image \"%s\": %s", e->image, err->msg);

		kn_worker_log(w, true, "InspectFailed", e->name, m);
		ensure_end(e, NULL, "ImageInspectError", m, kn_worker_retry_at(w));
	} else if (ref && !e->always) {
		char *m kn_auto_free = kn_sprintf(
			"Container image \"%s\" already present on machine and can be accessed by the pod",
			e->image);

		kn_worker_log(w, false, "Pulled", e->name, m);
		ensure_end(e, ref, NULL, NULL, 0);
	} else if (e->never) {
		char *m kn_auto_free = kn_sprintf(
			"Container image \"%s\" is not present with pull policy of Never", e->image);

		kn_worker_log(w, true, "ErrImageNeverPull", e->name, m);
		ensure_end(e, NULL, "ErrImageNeverPull", m, kn_worker_retry_at(w));
	} else {
		pull(e);
	}
}

void kn_image_ensure(struct kn_worker *w, const K8s__Container *c, Cri__PodSandboxConfig *sandbox,
		     kn_image_done done)
{
	struct kn_ensure *e = kn_calloc(1, sizeof(*e));

	*e = (struct kn_ensure){.w = w,
				.done = done,
				.image = kn_strdup(c->image),
				.name = kn_strdup(c->name),
				.sandbox = sandbox};
	e->always = c->imagepullpolicy && !strcmp(c->imagepullpolicy, "Always");
	e->never = c->imagepullpolicy && !strcmp(c->imagepullpolicy, "Never");
	ask_status(e, on_status);
}
