/* SPDX-License-Identifier: Apache-2.0 */
/* /pods: what the kubelet was given; /runningpods/: what the runtime has, in as few fields as upstream. */
#include <string.h>

#include "kubelet/server/server_priv.h"
#include "lib/k8s/codec.h"

static void begin(struct kn_json_writer *w)
{
	kn_json_obj(w, NULL);
	kn_json_str(w, "kind", "PodList");
	kn_json_str(w, "apiVersion", "v1");
	kn_json_obj(w, "metadata");
	kn_json_end_obj(w);
	kn_json_arr(w, "items");
}

static void finish(struct kn_json_writer *w, struct kn_buf *b, struct kn_httpd_request *r)
{
	kn_json_end_arr(w);
	kn_json_end_obj(w);
	kn_json_writer_free(w);
	kn_httpd_answer(r, 200, "application/json", b->data, b->len);
}

static void write_pod(struct kn_server *s, struct kn_json_writer *w, const struct kn_pod_peek *p)
{
	struct kn_arena *a kn_auto_arena = kn_arena_new(0);
	K8s__Pod pod = *p->pod->obj;

	pod.status = (K8s__PodStatus *)kn_peek_status(s->d.kubelet, a, p);
	kn_codec_encode(&pod.base, NULL, w);
}

void kn_server_pods(struct kn_server *s, struct kn_httpd_request *r, const struct kn_route_match *m)
{
	kn_auto_buf struct kn_buf b = {0};
	struct kn_json_writer *w = kn_json_writer_new(&b, false);
	struct kn_pod_peek p;
	size_t it = 0;

	begin(w);
	while (kn_peek_next(s->d.kubelet, &it, &p))
		write_pod(s, w, &p);
	finish(w, &b, r);
}

static void write_running(struct kn_json_writer *w, const struct kn_pod_peek *p)
{
	kn_json_obj(w, NULL);
	kn_json_obj(w, "metadata");
	kn_json_str(w, "name", p->pod->name);
	kn_json_str(w, "namespace", p->pod->ns);
	kn_json_str(w, "uid", p->pod->uid);
	kn_json_end_obj(w);
	kn_json_obj(w, "spec");
	kn_json_arr(w, "containers");
	for (size_t i = 0; i < p->seen->n_containers; i++) {
		const struct kn_obs_container *c = &p->seen->containers[i];

		if (c->state != KN_OBS_RUNNING)
			continue;
		kn_json_obj(w, NULL);
		kn_json_str(w, "name", c->name);
		kn_json_str(w, "image", c->image ? c->image : "");
		kn_json_obj(w, "resources");
		kn_json_end_obj(w);
		kn_json_end_obj(w);
	}
	kn_json_end_arr(w);
	kn_json_end_obj(w);
	kn_json_obj(w, "status");
	kn_json_end_obj(w);
	kn_json_end_obj(w);
}

void kn_server_running_pods(struct kn_server *s, struct kn_httpd_request *r, const struct kn_route_match *m)
{
	kn_auto_buf struct kn_buf b = {0};
	struct kn_json_writer *w = kn_json_writer_new(&b, false);
	struct kn_pod_peek p;
	size_t it = 0;

	begin(w);
	while (kn_peek_next(s->d.kubelet, &it, &p))
		if (p.seen && kn_obs_alive(p.seen))
			write_running(w, &p);
	finish(w, &b, r);
}
