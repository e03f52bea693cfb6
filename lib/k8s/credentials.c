/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/file.h"
#include "lib/k8s/codec_internal.h"
#include "lib/k8s/credentials.h"
#include "lib/k8s/exec_plugin.h"

#define PEM_MAX (1u << 20)
#define LOOK_NS KN_NSEC_PER_SEC		/* files are looked at this often at most */
#define TOKEN_NS (60 * KN_NSEC_PER_SEC) /* cachingTokenSource's period in client-go */

enum { CA, CERT, KEY, N_FILES };

struct pem_file { /* one of the kubeconfig's, as last read */
	const char *path;
	struct stat st;
	char *text;
};

struct kn_credentials {
	struct kn_loop *loop;
	const struct kn_kubeconfig *k;
	void (*changed)(void *user);
	void *user;

	struct kn_http_tls *tls;
	struct pem_file files[N_FILES];
	int64_t looked;			/* 0: never */
	char *set_cert, *set_key;	/* by kn_credentials_set_cert */
	char *plugin_cert, *plugin_key; /* by the plugin */

	char *authorization;
	unsigned serial;
	int64_t token_read; /* 0: to be read */

	struct kn_exec_plugin *plugin; /* runs */
	bool plugin_ran;	       /* and what it said is good until: */
	int64_t plugin_expires;	       /* ns since 1970; 0: ever */
	int64_t plugin_failed;	       /* monotonic ns; 0: not */
	struct kn_err plugin_err;
};

static int64_t now(const struct kn_credentials *c)
{
	return kn_mono(kn_loop_clock(c->loop));
}

struct kn_credentials *kn_credentials_new(struct kn_loop *loop, const struct kn_kubeconfig *k,
					  void (*changed)(void *user), void *user)
{
	struct kn_credentials *c = kn_calloc(1, sizeof(*c));

	c->loop = loop;
	c->k = k;
	c->changed = changed;
	c->user = user;
	c->files[CA].path = k->ca_file;
	c->files[CERT].path = k->cert_file;
	c->files[KEY].path = k->key_file;
	return c;
}

/* A secret is not left lying in freed memory. */
static void forget(char **secret)
{
	if (*secret)
		explicit_bzero(*secret, strlen(*secret));
	free(kn_steal(*secret));
}

static void replace(char **to, const char *value)
{
	forget(to);
	*to = kn_strdup(value);
}

struct kn_credentials *kn_credentials_free(struct kn_credentials *c)
{
	if (!c)
		return NULL;
	kn_exec_free(c->plugin);
	kn_http_tls_unref(c->tls);
	for (int i = 0; i < N_FILES; i++)
		forget(&c->files[i].text);
	forget(&c->set_cert);
	forget(&c->set_key);
	forget(&c->plugin_cert);
	forget(&c->plugin_key);
	forget(&c->authorization);
	free(c);
	return NULL;
}

static bool same_stamp(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* 1: new text; 0: nothing new, or not readable while an older text is there. */
static int look(struct pem_file *f, struct kn_err *err)
{
	kn_auto_buf struct kn_buf b = {0};
	struct stat st;
	int r;

	if (!f->path)
		return 0;
	if (stat(f->path, &st) < 0)
		return f->text ? 0 : kn_err_errno(err, errno, "%s", f->path);
	if (f->text && same_stamp(&st, &f->st))
		return 0;
	r = kn_file_read(f->path, PEM_MAX, &b, err);
	if (r == 0 && !(b.data && strstr(b.data, "-----BEGIN")))
		r = kn_err_set(err, EINVAL, "%s: not PEM", f->path);
	if (r < 0)
		return f->text ? 0 : r;
	f->st = st;
	r = !f->text || strcmp(f->text, b.data) != 0;
	replace(&f->text, b.data);
	explicit_bzero(b.data, b.len);
	return r;
}

static const char *ca_pem(const struct kn_credentials *c)
{
	return c->k->ca_data ? c->k->ca_data : c->files[CA].text;
}

static void build_tls(struct kn_credentials *c)
{
	struct kn_http_tls_config cfg = {
		.ca_pem = ca_pem(c), .server_name = c->k->server_name, .insecure = c->k->insecure};

	if (c->set_cert) {
		cfg.cert_pem = c->set_cert;
		cfg.key_pem = c->set_key;
	} else if (c->plugin_cert) {
		cfg.cert_pem = c->plugin_cert;
		cfg.key_pem = c->plugin_key;
	} else {
		cfg.cert_pem = c->k->cert_data ? c->k->cert_data : c->files[CERT].text;
		cfg.key_pem = c->k->key_data ? c->k->key_data : c->files[KEY].text;
	}
	kn_http_tls_unref(c->tls);
	c->tls = kn_http_tls_new(&cfg);
}

static int update_tls(struct kn_credentials *c, struct kn_err *err)
{
	bool fresh = !c->tls;

	if (c->looked && now(c) - c->looked < LOOK_NS && c->tls)
		return 0;
	for (int i = 0; i < N_FILES; i++) {
		int r;

		if (i != CA && c->set_cert)
			continue;
		r = look(&c->files[i], err);
		if (r < 0)
			return r;
		fresh |= r > 0;
	}
	c->looked = now(c);
	if (fresh)
		build_tls(c);
	return 0;
}

static void set_bearer(struct kn_credentials *c, const char *token)
{
	forget(&c->authorization);
	c->authorization = kn_sprintf("Authorization: Bearer %s", token);
}

static int read_token_file(struct kn_credentials *c, struct kn_err *err)
{
	kn_auto_buf struct kn_buf b = {0};
	char *s;
	int r = kn_file_read(c->k->token_file, PEM_MAX, &b, err);

	if (r < 0)
		return r;
	s = b.data ? b.data : "";
	s += strspn(s, " \t\r\n");
	for (size_t n = strlen(s); n && strchr(" \t\r\n", s[n - 1]); n--)
		s[n - 1] = 0;
	if (!*s || strpbrk(s, "\r\n"))
		return kn_err_set(err, EINVAL, "%s: not a token", c->k->token_file);
	set_bearer(c, s);
	explicit_bzero(b.data, b.len);
	return 0;
}

static int update_token(struct kn_credentials *c, struct kn_err *err)
{
	const struct kn_kubeconfig *k = c->k;
	int r = 0;

	if (k->token_file) {
		if (c->token_read && now(c) - c->token_read < TOKEN_NS)
			return 0;
		r = read_token_file(c, err);
		/* An old token is better than none, and so is one written into the kubeconfig. */
		if (r < 0 && !c->authorization && k->token)
			set_bearer(c, k->token);
		if (r == 0) {
			c->token_read = now(c);
			c->serial++;
		}
		return c->authorization ? 0 : r;
	}
	if (c->authorization)
		return 0;
	if (k->token) {
		set_bearer(c, k->token);
	} else if (k->username) {
		kn_auto_free char *pair = kn_sprintf("%s:%s", k->username, k->password ? k->password : "");
		kn_auto_buf struct kn_buf b = {0};

		kn_base64_encode((const uint8_t *)pair, strlen(pair), &b);
		c->authorization = kn_sprintf("Authorization: Basic %s", b.data);
	}
	return 0;
}

static void on_plugin(void *user, const struct kn_exec_credential *cred, const struct kn_err *err)
{
	struct kn_credentials *c = user;

	c->plugin = kn_exec_free(c->plugin);
	if (err) {
		c->plugin_err = *err;
		c->plugin_failed = now(c);
	} else {
		c->plugin_failed = 0;
		c->serial++;
		c->plugin_ran = true;
		c->plugin_expires = cred->expires;
		forget(&c->authorization);
		if (cred->token)
			set_bearer(c, cred->token);
		if (cred->cert_pem || c->plugin_cert) {
			bool same = cred->cert_pem && c->plugin_cert &&
				    strcmp(cred->cert_pem, c->plugin_cert) == 0;

			replace(&c->plugin_cert, cred->cert_pem);
			replace(&c->plugin_key, cred->key_pem);
			if (!same)
				c->tls = kn_http_tls_unref(c->tls);
		}
	}
	c->changed(c->user);
}

static int update_plugin(struct kn_credentials *c, struct kn_err *err)
{
	bool expired = c->plugin_expires && kn_real(kn_loop_clock(c->loop)) >= c->plugin_expires;
	int r;

	if (!c->k->exec_command || (c->plugin_ran && !expired))
		return 0;
	if (c->plugin)
		return -EINPROGRESS;
	/* Those who waited for the run that failed are told so; the next second begins anew. */
	if (c->plugin_failed && now(c) - c->plugin_failed < LOOK_NS)
		return kn_err_set(err, c->plugin_err.code, "%s", c->plugin_err.msg);
	r = kn_exec_run(&c->plugin, c->loop, c->k, ca_pem(c), on_plugin, c, err);
	return r < 0 ? r : -EINPROGRESS;
}

int kn_credentials_get(struct kn_credentials *c, const char **authorization, struct kn_http_tls **tls,
		       struct kn_err *err)
{
	int r = update_tls(c, err);

	if (r == 0)
		r = update_plugin(c, err);
	if (r == 0 && !c->k->exec_command)
		r = update_token(c, err);
	if (r < 0)
		return r;
	*authorization = c->authorization;
	*tls = c->tls;
	return 0;
}

unsigned kn_credentials_serial(const struct kn_credentials *c)
{
	return c->serial;
}

bool kn_credentials_rejected(struct kn_credentials *c, unsigned serial)
{
	if (!c->k->exec_command && !c->k->token_file)
		return false;
	if (serial != c->serial)
		return true; /* another call's 401 did it */
	c->serial++;
	c->plugin_ran = false;
	c->token_read = 0;
	forget(&c->authorization);
	return true;
}

void kn_credentials_set_cert(struct kn_credentials *c, const char *cert_pem, const char *key_pem)
{
	replace(&c->set_cert, cert_pem);
	replace(&c->set_key, key_pem);
	c->tls = kn_http_tls_unref(c->tls);
	c->looked = 0;
}
