/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <gnutls/gnutls.h>
#include <string.h>

#include "kubelet/node/bootstrap.h"
#include "kubelet/node/cert_request.h"
#include "kubelet/node/cert_store.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"
#include "lib/json/write.h"

#define STORE "kubelet-client"
#define RETRY_FIRST (2 * KN_NSEC_PER_SEC)
#define RETRY_MAX (32 * KN_NSEC_PER_SEC)
#define PEM_MAX (256 * 1024)

struct kn_bootstrap {
	struct kn_bootstrap_config c;
	struct kn_arena *arena; /* of kubeconfig */
	struct kn_kubeconfig kubeconfig;
	struct kn_client *client;
	struct kn_cert_request *request;
	struct kn_timer *timer;
	int64_t retry_ns;
};

bool kn_bootstrap_done(const char *kubeconfig, int64_t real_ns, struct kn_err *why)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(1 << 20);
	kn_auto_buf struct kn_buf pem = {0};
	struct kn_kubeconfig k;
	struct kn_cert_info info;
	char date[32];

	if (kn_kubeconfig_load(&k, kubeconfig, a, why))
		return false;
	if (!k.cert_file && !k.cert_data)
		return true; /* a token, or a plugin */
	if (k.cert_data)
		kn_buf_adds(&pem, k.cert_data);
	else if (kn_file_read(k.cert_file, PEM_MAX, &pem, why))
		return false;
	if (kn_cert_info(pem.data ? pem.data : "", &info, why))
		return false;
	if (info.not_after > real_ns / KN_NSEC_PER_SEC)
		return true;
	kn_err_set(why, EKEYEXPIRED, "the client certificate in %s expired at %s", kubeconfig,
		   kn_time_rfc3339(info.not_after * KN_NSEC_PER_SEC, date));
	return false;
}

/* ---- the kubeconfig ---- */

static void write_ca(struct kn_json_writer *w, const struct kn_kubeconfig *from)
{
	gnutls_datum_t text = {0}, in;

	if (from->ca_data) {
		in.data = (unsigned char *)from->ca_data;
		in.size = (unsigned)strlen(from->ca_data);
		if (gnutls_base64_encode2(&in, &text) >= 0) {
			kn_auto_free char *z = kn_sprintf("%.*s", (int)text.size, (char *)text.data);

			kn_json_str(w, "certificate-authority-data", z);
			gnutls_free(text.data);
		}
	} else if (from->ca_file) {
		kn_json_str(w, "certificate-authority", from->ca_file);
	}
}

/* The only element of a list of named things; the caller fills it and calls end_named. */
static void begin_named(struct kn_json_writer *w, const char *list, const char *name, const char *kind)
{
	kn_json_arr(w, list);
	kn_json_obj(w, NULL);
	kn_json_str(w, "name", name);
	kn_json_obj(w, kind);
}

static void end_named(struct kn_json_writer *w)
{
	kn_json_end_obj(w);
	kn_json_end_obj(w);
	kn_json_end_arr(w);
}

/* JSON, which every reader of YAML takes. */
void kn_bootstrap_kubeconfig(const struct kn_kubeconfig *from, const char *pem_path, struct kn_buf *out)
{
	struct kn_json_writer *w = kn_json_writer_new(out, true);

	kn_json_obj(w, NULL);
	kn_json_str(w, "apiVersion", "v1");
	kn_json_str(w, "kind", "Config");
	begin_named(w, "clusters", "default-cluster", "cluster");
	kn_json_str(w, "server", from->server);
	write_ca(w, from);
	if (from->server_name)
		kn_json_str(w, "tls-server-name", from->server_name);
	if (from->insecure)
		kn_json_bool(w, "insecure-skip-tls-verify", true);
	end_named(w);
	begin_named(w, "users", "default-auth", "user");
	kn_json_str(w, "client-certificate", pem_path);
	kn_json_str(w, "client-key", pem_path);
	end_named(w);
	begin_named(w, "contexts", "default-context", "context");
	kn_json_str(w, "cluster", "default-cluster");
	kn_json_str(w, "user", "default-auth");
	kn_json_str(w, "namespace", "default");
	end_named(w);
	kn_json_str(w, "current-context", "default-context");
	kn_json_end_obj(w);
	kn_json_writer_free(w);
}

static int write_kubeconfig(const struct kn_bootstrap *b, struct kn_err *err)
{
	kn_auto_free char *pem = kn_cert_store_path(b->c.cert_dir, STORE);
	kn_auto_free char *dir = kn_strdup(b->c.kubeconfig);
	kn_auto_buf struct kn_buf text = {0};
	char *slash = strrchr(dir, '/');
	int r = 0;

	kn_bootstrap_kubeconfig(&b->kubeconfig, pem, &text);
	if (slash && slash != dir) {
		*slash = '\0';
		r = kn_mkdir_p(dir, 0755, err);
	}
	return r ? r : kn_file_write_atomic(b->c.kubeconfig, text.data, text.len, 0600, err);
}

/* ---- the steps ---- */

static void drop(struct kn_bootstrap *b)
{
	b->request = kn_cert_request_free(b->request);
	if (b->client)
		b->client = kn_client_free(b->client);
	b->arena = kn_arena_free(b->arena);
}

static void failed(struct kn_bootstrap *b, const struct kn_err *err)
{
	kn_error(b->c.log, "Failed to get the first client certificate, will retry", "err", err->msg);
	/* What failed is dropped with the next attempt: we may be inside one of its callbacks. */
	kn_timer_arm(b->timer, b->retry_ns);
	b->retry_ns = b->retry_ns * 2 > RETRY_MAX ? RETRY_MAX : b->retry_ns * 2;
}

static void on_certificate(void *user, const char *cert, const char *key, const struct kn_err *err)
{
	struct kn_bootstrap *b = user;
	struct kn_err e = *err;

	if (!e.code)
		kn_cert_store_write(b->c.cert_dir, STORE, cert, key, kn_real(kn_loop_clock(b->c.loop)), &e);
	if (!e.code)
		write_kubeconfig(b, &e);
	if (e.code) {
		failed(b, &e);
		return;
	}
	kn_info(b->c.log, "The first client certificate is there", "kubeconfig", b->c.kubeconfig);
	b->c.done(b->c.user);
}

static void attempt(void *user)
{
	struct kn_bootstrap *b = user;
	kn_auto_free char *name = kn_sprintf("system:node:%s", b->c.node_name);
	struct kn_csr_subject subject = {.common_name = name, .org = "system:nodes"};
	struct kn_client_config cfg = {.kubeconfig = &b->kubeconfig};
	struct kn_err err = KN_ERR_INIT;
	int r;

	drop(b);
	b->arena = kn_arena_new(0);
	r = kn_kubeconfig_load(&b->kubeconfig, b->c.bootstrap_kubeconfig, b->arena, &err);
	if (!r)
		r = kn_client_new(&b->client, b->c.loop, b->c.http, &cfg, b->c.log, &err);
	if (!r)
		r = kn_cert_request_new(&b->request, b->c.loop, b->client, KN_SIGNER_CLIENT, &subject,
					on_certificate, b, b->c.log, &err);
	if (r)
		failed(b, &err);
}

struct kn_bootstrap *kn_bootstrap_new(const struct kn_bootstrap_config *cfg)
{
	struct kn_bootstrap *b = kn_calloc(1, sizeof(*b));

	b->c = *cfg;
	b->retry_ns = RETRY_FIRST;
	b->timer = kn_timer_new(cfg->loop, attempt, b);
	kn_timer_arm(b->timer, 0);
	kn_info(cfg->log, "Using bootstrap kubeconfig to generate TLS client cert, key and kubeconfig file",
		"bootstrapKubeconfig", cfg->bootstrap_kubeconfig);
	return b;
}

struct kn_bootstrap *kn_bootstrap_free(struct kn_bootstrap *b)
{
	if (!b)
		return NULL;
	drop(b);
	kn_timer_free(b->timer);
	free(b);
	return NULL;
}
