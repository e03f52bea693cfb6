/* SPDX-License-Identifier: Apache-2.0 */
/* /exec, /attach, /portForward, /run: the runtime is asked for a URL (or, for /run, to do it), and the rest
 * is a matter between it and the client. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "kubelet/server/server_priv.h"
#include "lib/base/mem.h"

#define COMMAND_MAX 4096 /* words */
#define RUN_TIMEOUT (4 * 3600)

struct job {
	struct kn_server *s;
	struct kn_httpd_request *r;
	struct kn_cri_call *call;
};

struct command {
	char **words;
	size_t n;
};

const struct kn_obs_container *kn_server_running(const struct kn_pod_peek *p, const char *container)
{
	const struct kn_obs_container *c = p->seen ? kn_obs_find(p->seen, container, NULL) : NULL;

	return c && c->state == KN_OBS_RUNNING ? c : NULL;
}

static void on_closed(void *user)
{
	struct job *j = user;

	kn_cri_cancel(j->call);
	free(j);
}

static void begin(struct kn_server *s, struct kn_httpd_request *r, enum kn_cri_method method,
		  const ProtobufCMessage *req, int64_t timeout_ns, kn_cri_done done)
{
	struct job *j = kn_calloc(1, sizeof(*j));

	j->s = s;
	j->r = r;
	kn_httpd_on_closed(r, on_closed, j);
	j->call = kn_cri_call(s->d.cri, method, req, timeout_ns, done, j);
}

/* The CRI call is over: the job goes, the request is the caller's. */
static struct kn_httpd_request *job_end(struct job *j, struct kn_server **s)
{
	struct kn_httpd_request *r = j->r;

	*s = j->s;
	kn_httpd_on_closed(r, NULL, NULL);
	free(j);
	return r;
}

/* The three answers have the same shape: a URL as field 1. */
static void on_url(void *user, const ProtobufCMessage *rsp, const struct kn_err *err)
{
	struct kn_server *s;
	struct kn_httpd_request *r = job_end(user, &s);

	if (rsp)
		kn_server_proxy(s, r, ((const Cri__ExecResponse *)rsp)->url);
	else
		kn_httpd_answer_text(r, 500, "%s\n", err->msg);
}
_Static_assert(offsetof(Cri__ExecResponse, url) == offsetof(Cri__AttachResponse, url) &&
		       offsetof(Cri__ExecResponse, url) == offsetof(Cri__PortForwardResponse, url),
	       "answers with a URL");

static void on_param(void *user, const char *name, const char *value)
{
	struct command *c = user;

	if (strcmp(name, "command") != 0 || c->n >= COMMAND_MAX)
		return;
	c->words = kn_realloc(c->words, c->n + 1, sizeof(*c->words));
	c->words[c->n++] = (char *)value;
}

static bool flag(const struct kn_httpd_request *r, const char *name)
{
	const char *v = kn_httpd_param(r, name);

	return v && !strcmp(v, "1");
}

struct streams {
	bool in, out, err, tty;
};

/* streaming/pkg/cri/remotecommand NewOptions */
static bool read_streams(struct kn_httpd_request *r, struct streams *s)
{
	*s = (struct streams){flag(r, "input"), flag(r, "output"), flag(r, "error"), flag(r, "tty")};
	if (s->tty)
		s->err = false;
	if (s->in || s->out || s->err)
		return true;
	kn_httpd_answer_text(r, 400, "you must specify at least 1 of stdin, stdout, stderr");
	return false;
}

static bool find_pod(struct kn_server *s, struct kn_httpd_request *r, const struct kn_route_match *m,
		     struct kn_pod_peek *p)
{
	if (kn_peek_pod(s->d.kubelet, m->ns, m->pod, p) && (!*m->uid || !strcmp(m->uid, p->pod->uid)))
		return true;
	kn_httpd_answer_text(r, 404, "pod does not exist");
	return false;
}

void kn_server_exec(struct kn_server *s, struct kn_httpd_request *r, const struct kn_route_match *m)
{
	Cri__ExecRequest req = CRI__EXEC_REQUEST__INIT;
	const struct kn_obs_container *c;
	struct command cmd = {0};
	struct kn_pod_peek p;
	struct streams st;

	if (!read_streams(r, &st) || !find_pod(s, r, m, &p))
		return;
	c = kn_server_running(&p, m->container);
	if (!c) {
		kn_httpd_answer_text(r, 500, "container not found (\"%s\")\n", m->container);
		return;
	}
	kn_httpd_each_param(r, on_param, &cmd);
	req.container_id = c->id;
	req.cmd = cmd.words;
	req.n_cmd = cmd.n;
	req.stdin = st.in;
	req.stdout = st.out;
	req.stderr = st.err;
	req.tty = st.tty;
	begin(s, r, KN_CRI_EXEC, &req.base, KN_CRI_TIMEOUT_DEFAULT, on_url);
	free(cmd.words);
}

void kn_server_attach(struct kn_server *s, struct kn_httpd_request *r, const struct kn_route_match *m)
{
	Cri__AttachRequest req = CRI__ATTACH_REQUEST__INIT;
	const struct kn_obs_container *c;
	const K8s__Container *spec;
	struct kn_pod_peek p;
	struct streams st;

	if (!read_streams(r, &st) || !find_pod(s, r, m, &p))
		return;
	c = kn_server_running(&p, m->container);
	spec = kn_pod_container(p.pod, m->container, NULL);
	if (!c || !spec) {
		kn_httpd_answer_text(r, 500, "container %s not found in pod %s_%s\n", m->container, m->pod,
				     m->ns);
		return;
	}
	req.container_id = c->id;
	req.stdin = st.in;
	req.stdout = st.out;
	req.tty = spec->tty; /* as it was made, whatever is asked for */
	req.stderr = st.err && !req.tty;
	begin(s, r, KN_CRI_ATTACH, &req.base, KN_CRI_TIMEOUT_DEFAULT, on_url);
}

struct ports {
	int32_t list[64];
	size_t n;
	bool bad;
};

static void on_port(void *user, const char *name, const char *value)
{
	struct ports *p = user;

	if (strcmp(name, "port") != 0)
		return;
	/* Several in one, with commas, as streaming/pkg/cri/portforward NewV4Options takes them. */
	for (const char *s = value;; s++) {
		char *end;
		long port = strtol(s, &end, 10);

		if (end == s || port < 1 || port > 65535 || (*end && *end != ',') ||
		    p->n == KN_ARRAY_SIZE(p->list)) {
			p->bad = true;
			return;
		}
		p->list[p->n++] = (int32_t)port;
		if (!*end)
			return;
		s = end;
	}
}

/* With SPDY ports come with the streams; with WebSocket they are in the query. */
static bool read_ports(struct kn_httpd_request *r, struct ports *p)
{
	const char *upgrade = kn_httpd_header(r, "Upgrade");

	if (!upgrade || strcasecmp(upgrade, "websocket") != 0)
		return true;
	kn_httpd_each_param(r, on_port, p);
	if (p->n && !p->bad)
		return true;
	kn_httpd_answer_text(r, 400,
			     p->bad ? "query parameter \"port\" is not a port"
				    : "query parameter \"port\" is required");
	return false;
}

void kn_server_port_forward(struct kn_server *s, struct kn_httpd_request *r, const struct kn_route_match *m)
{
	Cri__PortForwardRequest req = CRI__PORT_FORWARD_REQUEST__INIT;
	const struct kn_obs_sandbox *sb;
	struct ports ports = {0};
	struct kn_pod_peek p;

	if (!read_ports(r, &ports) || !find_pod(s, r, m, &p))
		return;
	sb = p.seen ? kn_obs_newest(p.seen) : NULL;
	if (!sb || !sb->ready) {
		kn_httpd_answer_text(r, 500, "failed to find sandboxID for pod %s_%s_%s\n", m->pod, m->ns,
				     p.pod->uid);
		return;
	}
	req.pod_sandbox_id = sb->id;
	req.port = ports.list;
	req.n_port = ports.n;
	begin(s, r, KN_CRI_PORT_FORWARD, &req.base, KN_CRI_TIMEOUT_DEFAULT, on_url);
}

static void on_run(void *user, const ProtobufCMessage *rsp, const struct kn_err *err)
{
	const Cri__ExecSyncResponse *e = (const Cri__ExecSyncResponse *)rsp;
	struct kn_server *s;
	struct kn_httpd_request *r = job_end(user, &s);
	kn_auto_buf struct kn_buf b = {0};

	if (!rsp) {
		kn_httpd_answer_text(r, 500, "%s", err->msg);
	} else if (e->exit_code) {
		kn_httpd_answer_text(r, 500, "command terminated with exit code %d", e->exit_code);
	} else {
		kn_buf_add(&b, e->stdout.data, e->stdout.len);
		kn_buf_add(&b, e->stderr.data, e->stderr.len);
		kn_httpd_answer(r, 200, "application/json", b.data, b.len);
	}
}

void kn_server_run(struct kn_server *s, struct kn_httpd_request *r, const struct kn_route_match *m)
{
	Cri__ExecSyncRequest req = CRI__EXEC_SYNC_REQUEST__INIT;
	const char *cmd = kn_httpd_param(r, "cmd");
	char *copy kn_auto_free = kn_strdup(cmd ? cmd : ""), *rest = copy, *word;
	const struct kn_obs_container *c;
	char **words kn_auto_free = NULL;
	struct kn_pod_peek p;
	size_t n = 0;

	if (!find_pod(s, r, m, &p))
		return;
	c = kn_server_running(&p, m->container);
	if (!c) {
		kn_httpd_answer_text(r, 500, "container not found (\"%s\")", m->container);
		return;
	}
	while ((word = strsep(&rest, " ")) && n < COMMAND_MAX) {
		words = kn_realloc(words, n + 1, sizeof(*words));
		words[n++] = word;
	}
	req.container_id = c->id;
	req.cmd = words;
	req.n_cmd = n;
	begin(s, r, KN_CRI_EXEC_SYNC, &req.base, RUN_TIMEOUT * KN_NSEC_PER_SEC, on_run);
}
