/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "kubelet/node/healthz.h"
#include "lib/base/mem.h"

#define RETRY (5 * KN_NSEC_PER_SEC)

struct kn_healthz {
	struct kn_loop *loop;
	const struct kn_log *log;
	char *address;
	uint16_t port;
	int (*healthy)(void *user, struct kn_err *err);
	void *user;
	struct kn_httpd *httpd; /* NULL: not yet */
	struct kn_timer *timer;
	bool told;
};

static void on_request(void *user, struct kn_httpd_request *r)
{
	struct kn_healthz *h = user;
	const char *path = kn_httpd_path(r), *method = kn_httpd_method(r);
	struct kn_err err = KN_ERR_INIT;

	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		kn_httpd_answer_text(r, 405, "Method Not Allowed\n");
	else if (strcmp(path, "/healthz") != 0 && strncmp(path, "/healthz/", 9) != 0)
		kn_httpd_answer_text(r, 404, "404 page not found\n");
	else if (h->healthy && h->healthy(h->user, &err))
		kn_httpd_answer_text(r, 500, "[-]syncloop failed: %s\nhealthz check failed\n", err.msg);
	else
		kn_httpd_answer_text(r, 200, "ok");
}

static void listen_now(void *user)
{
	struct kn_healthz *h = user;
	const struct kn_httpd_config cfg = {
		.address = h->address, .port = h->port, .max_connections = 32, .max_body = 1024};
	struct kn_err err = KN_ERR_INIT;

	if (!kn_httpd_new(&h->httpd, h->loop, &cfg, on_request, h, h->log, &err))
		return;
	if (!h->told)
		kn_error(h->log, "Failed to start healthz server", "address", h->address, "port",
			 KN_INT(h->port), "err", err.msg);
	h->told = true;
	kn_timer_arm(h->timer, RETRY);
}

struct kn_healthz *kn_healthz_new(struct kn_loop *loop, const char *address, uint16_t port,
				  int (*healthy)(void *user, struct kn_err *err), void *user,
				  const struct kn_log *log)
{
	struct kn_healthz *h = kn_calloc(1, sizeof(*h));

	h->loop = loop;
	h->log = log;
	h->address = kn_strdup(address);
	h->port = port;
	h->healthy = healthy;
	h->user = user;
	h->timer = kn_timer_new(loop, listen_now, h);
	listen_now(h);
	return h;
}

struct kn_healthz *kn_healthz_free(struct kn_healthz *h)
{
	if (!h)
		return NULL;
	if (h->httpd)
		kn_httpd_free(h->httpd);
	kn_timer_free(h->timer);
	free(h->address);
	free(h);
	return NULL;
}
