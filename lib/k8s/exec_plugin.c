/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#include "lib/json/node.h"
#include "lib/json/write.h"
#include "lib/k8s/codec_internal.h"
#include "lib/k8s/exec_plugin.h"
#include "lib/loop/spawn.h"

#define OUTPUT_MAX (1u << 20)
#define RUN_NS (60 * KN_NSEC_PER_SEC)

struct kn_exec_plugin {
	struct kn_child *child;
	struct kn_io *io;
	struct kn_timer *timer;
	int fd; /* its standard output */
	struct kn_buf out;
	bool too_much, too_long;
	const struct kn_kubeconfig *k;
	void (*done)(void *user, const struct kn_exec_credential *c, const struct kn_err *err);
	void *user;
};

static const char *given(const struct kn_node *n, const char *key)
{
	const char *s = kn_node_str(n, key);

	return s && *s ? s : NULL;
}

int kn_exec_parse(const char *data, size_t len, const char *api_version, struct kn_arena *a,
		  struct kn_exec_credential *ret, struct kn_err *err)
{
	const struct kn_node *status;
	struct kn_exec_credential c = {0};
	struct kn_node *root = NULL;
	const char *api, *when;
	int64_t s;
	int32_t ns;
	int r = kn_json_parse(data, len, NULL, a, &root, err);

	if (r < 0)
		return r;
	api = kn_node_str(root, "apiVersion");
	if (!api || strcmp(api, api_version) != 0)
		return kn_err_set(err, EINVAL, "apiVersion is %.64s instead of %s", api ? api : "missing",
				  api_version);
	status = kn_node_get(root, "status");
	c.token = given(status, "token");
	c.cert_pem = given(status, "clientCertificateData");
	c.key_pem = given(status, "clientKeyData");
	if (!c.token && !c.cert_pem)
		return kn_err_set(err, EINVAL, "neither a token nor a certificate");
	if (!c.cert_pem != !c.key_pem)
		return kn_err_set(err, EINVAL, "a certificate needs a key, and a key a certificate");
	if (c.token && strpbrk(c.token, "\r\n"))
		return kn_err_set(err, EINVAL, "a token with a line break");
	when = given(status, "expirationTimestamp");
	if (when) {
		if (kn_rfc3339_parse(when, &s, &ns) < 0)
			return kn_err_set(err, EINVAL, "expirationTimestamp is no time");
		/* 0 means never: neither 1970 nor a year that doesn't fit is that. */
		c.expires = s <= 0			       ? 1
			    : s >= INT64_MAX / KN_NSEC_PER_SEC ? INT64_MAX
							       : s * KN_NSEC_PER_SEC + ns;
	}
	*ret = c;
	return 0;
}

static void take_output(struct kn_exec_plugin *p)
{
	char buf[4096];
	ssize_t n;

	while ((n = read(p->fd, buf, sizeof(buf))) > 0) {
		if (p->out.len + (size_t)n > OUTPUT_MAX)
			p->too_much = true;
		else
			kn_buf_add(&p->out, buf, (size_t)n);
	}
	if (n == 0)
		p->io = kn_io_free(p->io);
}

static void on_output(void *user, int fd, uint32_t events)
{
	take_output(user);
}

static int judge(struct kn_exec_plugin *p, int code, int status, struct kn_arena *a,
		 struct kn_exec_credential *c, struct kn_err *err)
{
	if (p->too_long)
		return kn_err_set(err, ETIMEDOUT, "did not end within %lld s", RUN_NS / KN_NSEC_PER_SEC);
	if (code != CLD_EXITED)
		return kn_err_set(err, EIO, "ended by signal %d", status);
	if (status)
		return kn_err_set(err, EIO, "exit status %d", status);
	if (p->too_much)
		return kn_err_set(err, EMSGSIZE, "printed more than %u bytes", OUTPUT_MAX);
	return kn_exec_parse(p->out.data ? p->out.data : "", p->out.len, p->k->exec_api_version, a, c, err);
}

static void on_exit_status(void *user, int code, int status)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(16u << 20);
	struct kn_exec_plugin *p = user;
	struct kn_exec_credential c;
	struct kn_err err = KN_ERR_INIT;

	kn_timer_disarm(p->timer);
	if (p->io)
		take_output(p);
	p->io = kn_io_free(p->io);
	if (judge(p, code, status, a, &c, &err) < 0) {
		kn_err_wrap(&err, "credential plugin %s", p->k->exec_command);
		p->done(p->user, NULL, &err);
	} else {
		p->done(p->user, &c, NULL);
	}
}

static void on_late(void *user)
{
	struct kn_exec_plugin *p = user;

	p->too_long = true;
	kn_child_kill(p->child, SIGKILL);
}

/* KUBERNETES_EXEC_INFO=... */
static char *exec_info(const struct kn_kubeconfig *k, const char *ca_pem)
{
	kn_auto_buf struct kn_buf ca = {0};
	struct kn_buf b = {0};
	struct kn_json_writer *w;

	kn_buf_adds(&b, "KUBERNETES_EXEC_INFO=");
	w = kn_json_writer_new(&b, false);
	kn_json_obj(w, NULL);
	kn_json_str(w, "kind", "ExecCredential");
	kn_json_str(w, "apiVersion", k->exec_api_version);
	kn_json_obj(w, "spec");
	if (k->exec_cluster_info) {
		kn_json_obj(w, "cluster");
		kn_json_str(w, "server", k->server);
		if (k->server_name)
			kn_json_str(w, "tls-server-name", k->server_name);
		if (k->insecure)
			kn_json_bool(w, "insecure-skip-tls-verify", true);
		if (ca_pem) {
			kn_base64_encode((const uint8_t *)ca_pem, strlen(ca_pem), &ca);
			kn_json_str(w, "certificate-authority-data", ca.data);
		}
		kn_json_end_obj(w);
	}
	kn_json_bool(w, "interactive", false);
	kn_json_end_obj(w);
	kn_json_end_obj(w);
	kn_json_writer_free(w);
	return b.data;
}

/* A bare name is looked for in PATH, as exec.LookPath does. */
static char *find_program(const char *command)
{
	const char *path = getenv("PATH");

	if (strchr(command, '/'))
		return kn_strdup(command);
	for (const char *p = path ? path : ""; *p;) {
		size_t n = strcspn(p, ":");
		kn_auto_free char *full = kn_sprintf("%.*s/%s", (int)n, p, command);

		if (n && *p == '/' && access(full, X_OK) == 0)
			return kn_steal(full);
		p += n + (p[n] == ':');
	}
	return NULL;
}

static size_t count(const char *const *list)
{
	size_t n = 0;

	while (list && list[n])
		n++;
	return n;
}

static int start(struct kn_exec_plugin *p, struct kn_loop *loop, const char *program, const char *info,
		 struct kn_err *err)
{
	const struct kn_kubeconfig *k = p->k;
	size_t n_args = count(k->exec_args), n_own = count((const char *const *)environ),
	       n_env = count(k->exec_env);
	kn_auto_free const char **argv = kn_calloc(n_args + 2, sizeof(*argv));
	kn_auto_free const char **env = kn_calloc(n_own + n_env + 2, sizeof(*env));
	int pipe_fd[2], fds[3] = {-1, -1, STDERR_FILENO}, r;

	argv[0] = program;
	for (size_t i = 0; i < n_args; i++)
		argv[i + 1] = k->exec_args[i];
	/* getenv takes the first of two: what is meant to win stands in front. */
	env[0] = info;
	for (size_t i = 0; i < n_env; i++)
		env[i + 1] = k->exec_env[i];
	for (size_t i = 0; i < n_own; i++)
		env[n_env + 1 + i] = environ[i];
	if (pipe2(pipe_fd, O_CLOEXEC) < 0)
		return kn_err_errno(err, errno, "pipe");
	fcntl(pipe_fd[0], F_SETFL, O_NONBLOCK);
	p->fd = pipe_fd[0];
	fds[1] = pipe_fd[1];
	r = kn_child_spawn(loop, argv, env, fds, on_exit_status, p, &p->child, err);
	close(pipe_fd[1]);
	if (r < 0)
		return r;
	p->io = kn_io_new(loop, p->fd, EPOLLIN, on_output, p, err);
	return p->io ? 0 : -EIO;
}

int kn_exec_run(struct kn_exec_plugin **ret, struct kn_loop *loop, const struct kn_kubeconfig *k,
		const char *ca_pem,
		void (*done)(void *user, const struct kn_exec_credential *c, const struct kn_err *err),
		void *user, struct kn_err *err)
{
	kn_auto_free char *program = find_program(k->exec_command), *info = NULL;
	struct kn_exec_plugin *p;
	int r;

	if (!program)
		return kn_err_set(err, ENOENT, "credential plugin %s: not found", k->exec_command);
	info = exec_info(k, ca_pem);
	p = kn_calloc(1, sizeof(*p));
	p->fd = -1;
	p->k = k;
	p->done = done;
	p->user = user;
	p->timer = kn_timer_new(loop, on_late, p);
	r = start(p, loop, program, info, err);
	if (r < 0) {
		kn_exec_free(p);
		return kn_err_wrap(err, "credential plugin");
	}
	kn_timer_arm(p->timer, RUN_NS);
	*ret = p;
	return 0;
}

struct kn_exec_plugin *kn_exec_free(struct kn_exec_plugin *p)
{
	if (!p)
		return NULL;
	kn_io_free(p->io);
	kn_child_free(p->child);
	kn_timer_free(p->timer);
	kn_closep(&p->fd);
	kn_buf_free(&p->out);
	free(p);
	return NULL;
}
