/* SPDX-License-Identifier: Apache-2.0 */
#include "kubelet/server_main.h"

#include <errno.h>
#include <string.h>
#include "kubelet/node/serving_cert.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"
#include "lib/k8s/codec.h"

#define PEM_MAX (1u << 20)
#define LOOK_AGAIN (60 * KN_NSEC_PER_SEC)

struct kn_server_main {
	struct kn_server_main_deps d;
	struct kn_auth *auth;
	struct kn_server *server;
	struct kn_server *read_only; /* readOnlyPort; NULL: none */
	struct kn_timer *timer;
	char *cert, *key, *ca; /* in use; PEM */
	bool given;	       /* cert and key came by kn_server_main_cert */
};

static const char *set(const char *s)
{
	return s && *s ? s : NULL;
}

static const char *ca_file(const kn_config *c)
{
	return c->authentication && c->authentication->x509 ? set(c->authentication->x509->clientcafile)
							    : NULL;
}

static void auth_config(const kn_config *c, const char *node, struct kn_auth_config *ret)
{
	const Kc__KubeletAuthentication *n = c->authentication;
	const Kc__KubeletAuthorization *z = c->authorization;
	const Kc__KubeletWebhookAuthorization *hook = z ? z->webhook : NULL;

	*ret = (struct kn_auth_config){.node_name = node, .x509 = ca_file(c)};
	ret->anonymous = n && n->anonymous && n->anonymous->enabled;
	ret->token_webhook = n && n->webhook && n->webhook->enabled;
	ret->token_ttl_ns = n && n->webhook ? kn_config_ns(n->webhook->cachettl) : 0;
	ret->always_allow = z && z->mode && !strcmp(z->mode, "AlwaysAllow");
	ret->allow_ttl_ns = hook ? kn_config_ns(hook->cacheauthorizedttl) : 0;
	ret->deny_ttl_ns = hook ? kn_config_ns(hook->cacheunauthorizedttl) : 0;
}

static bool wanted(const struct kn_options *o, const struct kn_auth_config *a)
{
	if (!o->config->enableserver)
		return false;
	return o->kubeconfig || (a->always_allow && (a->anonymous || a->x509));
}

/* ---- certificates ---- */

static int read_pem(const char *path, char **ret, struct kn_err *err)
{
	kn_auto_buf struct kn_buf b = {0};
	int r = kn_file_read(path, PEM_MAX, &b, err);

	if (!r)
		*ret = kn_strdup(b.data ? b.data : "");
	return r;
}

/* What the files hold now. Strings are malloc'd; ca NULL: none. */
static int read_all(const struct kn_server_main *m, char **cert, char **key, char **ca, struct kn_err *err)
{
	const kn_config *c = m->d.options->config;
	const char *cert_file = set(c->tlscertfile), *key_file = set(c->tlsprivatekeyfile);
	int r = 0;

	if (ca_file(c))
		r = read_pem(ca_file(c), ca, err);
	if (!r && m->given) {
		*cert = kn_strdup(m->cert);
		*key = kn_strdup(m->key);
	} else if (!r && cert_file && key_file) {
		r = read_pem(cert_file, cert, err);
		if (!r)
			r = read_pem(key_file, key, err);
	} else if (!r) {
		char *dir kn_auto_free = set(m->d.options->cert_dir)
						 ? kn_strdup(m->d.options->cert_dir)
						 : kn_sprintf("%s/pki", m->d.node->root_dir);

		r = kn_serving_cert_self(dir, m->d.node->node_name, m->d.node->host_ip, cert, key, err);
	}
	return r;
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static void adopt(struct kn_server_main *m, char *cert, char *key, char *ca)
{
	free(m->cert);
	free(m->key);
	free(m->ca);
	m->cert = cert;
	m->key = key;
	m->ca = ca;
}

static void look_again(void *user)
{
	struct kn_server_main *m = user;
	char *cert kn_auto_free = NULL, *key kn_auto_free = NULL, *ca kn_auto_free = NULL;
	struct kn_err err = KN_ERR_INIT;
	struct kn_httpd_tls tls;

	kn_timer_arm(m->timer, LOOK_AGAIN);
	if (read_all(m, &cert, &key, &ca, &err)) {
		kn_error(m->d.log, "Failed to read the server's certificates; the old ones stay", "err",
			 err.msg);
		return;
	}
	if (same(cert, m->cert) && same(key, m->key) && same(ca, m->ca))
		return;
	tls = (struct kn_httpd_tls){cert, key, ca};
	if (kn_server_set_tls(m->server, &tls, &err)) {
		kn_error(m->d.log, "Failed to use the server's new certificates; the old ones stay", "err",
			 err.msg);
		return;
	}
	adopt(m, kn_steal(cert), kn_steal(key), kn_steal(ca));
	kn_info(m->d.log, "The server's certificates were renewed");
}

int kn_server_main_cert(struct kn_server_main *m, const char *cert_pem, const char *key_pem,
			struct kn_err *err)
{
	struct kn_httpd_tls tls = {cert_pem, key_pem, NULL};
	int r;

	if (!m || !m->server)
		return 0;
	tls.client_ca_pem = m->ca;
	r = kn_server_set_tls(m->server, &tls, err);
	if (r)
		return r;
	m->given = true;
	adopt(m, kn_strdup(cert_pem), kn_strdup(key_pem), kn_strdup(m->ca));
	return 0;
}

/* ---- start ---- */

static void write_config(void *user, const char *key, struct kn_json_writer *w)
{
	struct kn_server_main *m = user;

	kn_codec_encode(&m->d.options->config->base, key, w);
}

static int serve(struct kn_server_main *m, struct kn_err *err)
{
	const kn_config *c = m->d.options->config;
	struct kn_server_deps deps = {
		.loop = m->d.loop,
		.cri = m->d.cri,
		.kubelet = m->d.kubelet,
		.cgroup = m->d.cgroup,
		.node = m->d.node,
		.log = m->d.log,
		.auth = m->auth,
		.metrics = m->d.metrics,
		.cgroup_root = m->d.options->cgroup_root,
		.debugging_handlers = c->enabledebugginghandlers,
		.system_log_handler = c->enablesystemloghandler,
		.write_config = write_config,
		.user = m,
	};
	struct kn_httpd_tls tls = {m->cert, m->key, m->ca};
	struct kn_httpd_config listen = {.address = c->address, .port = (uint16_t)c->port, .tls = &tls};
	struct kn_httpd_config plain = {.address = c->address, .port = (uint16_t)c->readonlyport};
	int r = kn_server_new(&m->server, &deps, &listen, err);

	if (!r && c->readonlyport) {
		/* As upstream's: no users, and so nothing that shows or does more than health, pods and
		 * figures. */
		deps.auth = NULL;
		deps.debugging_handlers = deps.system_log_handler = false;
		deps.write_config = NULL;
		deps.read_only = true;
		r = kn_server_new(&m->read_only, &deps, &plain, err);
	}
	if (!r)
		kn_info(m->d.log, "Started to listen", "address", c->address, "port",
			KN_INT(kn_server_port(m->server)));
	return r;
}

int kn_server_main_new(struct kn_server_main **ret, const struct kn_server_main_deps *deps,
		       struct kn_err *err)
{
	struct kn_server_main *m = kn_calloc(1, sizeof(*m));
	struct kn_auth_config auth;
	int r = 0;

	m->d = *deps;
	auth_config(deps->options->config, deps->node->node_name, &auth);
	if (wanted(deps->options, &auth)) {
		m->auth = kn_auth_new(deps->loop, NULL, &auth, deps->log);
		m->timer = kn_timer_new(deps->loop, look_again, m);
		kn_timer_arm(m->timer, LOOK_AGAIN);
		r = read_all(m, &m->cert, &m->key, &m->ca, err);
		if (!r)
			r = serve(m, err);
	}
	if (r) {
		kn_server_main_free(m);
		return kn_err_wrap(err, "server");
	}
	*ret = m;
	return 0;
}

struct kn_server_main *kn_server_main_free(struct kn_server_main *m)
{
	if (!m)
		return NULL;
	kn_server_free(m->read_only);
	kn_server_free(m->server);
	kn_auth_free(m->auth);
	kn_timer_free(m->timer);
	adopt(m, NULL, NULL, NULL);
	free(m);
	return NULL;
}

void kn_server_main_client(struct kn_server_main *m, struct kn_client *client)
{
	if (m && m->auth)
		kn_auth_client(m->auth, client);
	if (m && m->server)
		kn_server_client(m->server, client);
	if (m && m->read_only)
		kn_server_client(m->read_only, client);
}
