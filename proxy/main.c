/* SPDX-License-Identifier: Apache-2.0 */
/* kernlet-proxy: the Service proxy alone, beside any kubelet; wiring only. Services and EndpointSlices come
 * from the API server, or from a folder of manifests. Stopping it leaves the Services working. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "lib/base/file.h"
#include "lib/base/host.h"
#include "lib/base/mem.h"
#include "lib/ctl/ctl.h"
#include "lib/k8s/source_dir.h"
#include "proxy/bpffs.h"
#include "proxy/config.h"
#include "proxy/node_watch.h"
#include "proxy/proxy.h"
#include "proxy/serve.h"
#include "proxy/service_watch.h"

#define RETRY_NS KN_NSEC_PER_SEC

struct app {
	struct kn_proxy_options opt;
	struct kn_proxy_config cfg;
	struct kn_arena *arena; /* options: as long as the process */
	struct kn_log log;
	struct kn_loop *loop;
	struct kn_proxy *proxy;
	struct kn_source_dir *source;
	struct kn_http *http;
	struct kn_kubeconfig kubeconfig;
	struct kn_client *client;
	struct kn_service_watch *services;
	struct kn_node_watch *node;
	struct kn_serve *serve;
	struct kn_ctl_server *ctl;
	struct kn_timer *retry;
	int64_t started_ns;
};

static void on_manifests(void *user, struct kn_manifest *const *set, size_t n)
{
	struct app *app = user;
	const K8s__Service **services kn_auto_free = kn_calloc(n + 1, sizeof(*services));
	const K8s__EndpointSlice **slices kn_auto_free = kn_calloc(n + 1, sizeof(*slices));
	struct kn_proxy_want want = {.services = services, .slices = slices};
	struct kn_err err = KN_ERR_INIT;

	for (size_t i = 0; i < n; i++) {
		if (set[i]->kind == KN_KIND_SERVICE)
			services[want.n_services++] = (K8s__Service *)set[i]->obj;
		else if (set[i]->kind == KN_KIND_ENDPOINT_SLICE)
			slices[want.n_slices++] = (K8s__EndpointSlice *)set[i]->obj;
	}
	if (kn_proxy_set(app->proxy, &want, &err))
		kn_error(&app->log, "Failed to write the Services into the kernel", "err", err.msg);
}

static void on_manifest_error(void *user, const char *file, const struct kn_err *err)
{
	struct app *app = user;

	kn_error(&app->log, "Invalid manifest, what was there before stays", "path", file, "err", err->msg);
}

static void on_services(void *user)
{
	struct app *app = user;
	struct kn_arena *a kn_auto_arena = kn_arena_new(0);
	struct kn_proxy_want want = {0};
	struct kn_err err = KN_ERR_INIT;

	if (!kn_service_watch_synced(app->services))
		return;
	kn_service_watch_get(app->services, a, &want);
	if (kn_proxy_set(app->proxy, &want, &err)) {
		kn_error(&app->log, "Failed to write the Services into the kernel", "err", err.msg);
		kn_timer_arm(app->retry, RETRY_NS);
	}
}

static bool eligible(void *user)
{
	struct app *app = user;

	return !app->node || kn_node_watch_eligible(app->node);
}

static int on_ctl(void *user, const char *command, const char *arg, struct kn_buf *out, struct kn_err *err)
{
	struct app *app = user;
	bool svc = !strcmp(command, "svc");
	struct kn_json_writer *w;

	if (!svc && strcmp(command, "status") != 0)
		return kn_err_set(err, ENOENT, "unknown command \"%s\"", command);
	w = kn_json_writer_new(out, false);
	kn_json_obj(w, NULL);
	if (svc) {
		kn_proxy_write_services(app->proxy, "services", w);
	} else {
		kn_json_str(w, "version", KN_VERSION);
		kn_json_int(w, "pid", getpid());
		kn_json_int(w, "uptimeSeconds",
			    (kn_mono(&kn_clock_system) - app->started_ns) / KN_NSEC_PER_SEC);
		kn_proxy_write_status(app->proxy, "proxy", w);
	}
	kn_json_end_obj(w);
	kn_json_writer_free(w);
	return 0;
}

static void on_stop(void *user, int signo)
{
	struct app *app = user;

	kn_info(&app->log, "Stopping; Services go on", "signal", strsignal(signo));
	kn_loop_quit(app->loop, 0);
}

static int start_client(struct app *app, struct kn_err *err)
{
	const struct kn_client_config cfg = {.kubeconfig = &app->kubeconfig,
					     .qps = strtod(app->opt.qps, NULL),
					     .burst = app->opt.burst,
					     .json = strstr(app->opt.content_type, "json") != NULL};
	int r = 0;

	if (app->opt.kubeconfig)
		r = kn_kubeconfig_load(&app->kubeconfig, app->opt.kubeconfig, app->arena, err);
	if (!r && app->opt.master)
		app->kubeconfig.server = app->opt.master;
	if (!r)
		r = kn_http_new(&app->http, app->loop, "kernlet-proxy/" KN_VERSION, err);
	if (!r)
		r = kn_client_new(&app->client, app->loop, app->http, &cfg, &app->log, err);
	if (r)
		return kn_err_wrap(err, "API server");
	app->services = kn_service_watch_new(app->loop, app->client, &app->log, on_services, app);
	app->node = kn_node_watch_new(app->loop, app->client, app->cfg.node_name, &app->log);
	return 0;
}

static int start_source(struct app *app, struct kn_err *err)
{
	if (app->opt.manifest_path)
		return kn_source_dir_new(&app->source, app->loop, app->opt.manifest_path,
					 app->opt.file_check_ns, on_manifests, on_manifest_error, app, err);
	if (!app->opt.kubeconfig && !app->opt.master)
		return kn_err_set(err, EINVAL, "--kubeconfig, --master or --manifest-path is needed");
	return start_client(app, err);
}

static int start(struct app *app, struct kn_err *err)
{
	const struct kn_serve_config serve = {.healthz = app->opt.healthz_address,
					      .metrics = app->opt.metrics_address,
					      .hard_fail = app->opt.bind_hard_fail};
	int r = kn_loop_new(&app->loop, err);

	if (!r)
		r = kn_loop_on_signal(app->loop, SIGTERM, on_stop, app, err);
	if (!r)
		r = kn_loop_on_signal(app->loop, SIGINT, on_stop, app, err);
	if (r)
		return r;
	signal(SIGPIPE, SIG_IGN);
	app->retry = kn_timer_new(app->loop, on_services, app);
	r = kn_ctl_server_new(&app->ctl, app->loop, app->opt.ctl_socket, on_ctl, app, &app->log, err);
	if (!r)
		r = kn_bpffs_ensure(app->cfg.pin_dir, err);
	if (!r)
		r = kn_proxy_new(&app->proxy, app->loop, &app->cfg, &app->log, err);
	if (!r)
		r = start_source(app, err);
	if (!r)
		r = kn_serve_new(&app->serve, app->loop, &serve, app->proxy, eligible, app, &app->log, err);
	return r;
}

static void stop(struct app *app)
{
	kn_serve_free(app->serve);
	kn_ctl_server_free(app->ctl);
	kn_source_dir_free(app->source);
	kn_node_watch_free(app->node);
	kn_service_watch_free(app->services);
	kn_client_free(app->client);
	kn_http_free(app->http);
	kn_proxy_free(app->proxy);
	kn_timer_free(app->retry);
	kn_loop_free(app->loop);
}

/* The cgroup2 root, where nothing else is asked for: unified, or beside v1 hierarchies. */
static const char *default_cgroup(void)
{
	return access("/sys/fs/cgroup/cgroup.controllers", F_OK) ? "/sys/fs/cgroup/unified"
								 : "/sys/fs/cgroup";
}

static int configure(struct app *app, struct kn_err *err)
{
	const char *name = app->opt.hostname_override;

	if (!name && kn_host_name(&name, app->arena, err))
		return -err->code;
	app->cfg = (struct kn_proxy_config){
		.cgroup_path = app->opt.cgroup_path ? app->opt.cgroup_path : default_cgroup(),
		.pin_dir = app->opt.pin_dir,
		.node_name = name,
		.node_port_cidrs = app->opt.node_port_addresses,
	};
	kn_log_init(&app->log, 2, !strcmp(app->opt.logging_format, "json") ? KN_LOG_JSON : KN_LOG_TEXT,
		    app->opt.verbosity);
	return 0;
}

static int run(struct app *app)
{
	struct kn_err err = KN_ERR_INIT;
	int r = configure(app, &err);

	if (!r && app->opt.cleanup) {
		r = kn_proxy_cleanup(&app->cfg, &err);
	} else if (!r) {
		if (kn_file_write_kernel("/proc/self/oom_score_adj", app->opt.oom_score_adj, &err))
			kn_warn(&app->log, "Failed to lower the daemon's OOM score", "err", err.msg);
		if (*app->opt.mode && strcmp(app->opt.mode, "ebpf") != 0)
			kn_warn(&app->log, "The proxy mode is eBPF, whatever is asked for", "mode",
				app->opt.mode);
		r = start(app, &err);
	}
	if (r) {
		kn_error(&app->log, "Failed to run kernlet-proxy", "err", err.msg);
	} else if (!app->opt.cleanup) {
		sd_event_set_watchdog(kn_loop_event(app->loop), true);
		sd_notify(0, "READY=1");
		r = kn_loop_run(app->loop);
	}
	stop(app);
	return r ? 1 : 0;
}

int main(int argc, char *argv[])
{
	struct app app = {.arena = kn_arena_new(0), .started_ns = kn_mono(&kn_clock_system)};
	struct kn_err err = KN_ERR_INIT;
	int code = 0;

	if (kn_proxy_options_parse(&app.opt, argc, argv, app.arena, &err)) {
		dprintf(2, "Error: %s\n", err.msg);
		code = 1;
	} else if (app.opt.help) {
		kn_proxy_options_usage(1);
	} else if (app.opt.version) {
		dprintf(1, "kernlet-proxy %s\n", KN_VERSION);
	} else {
		code = run(&app);
	}
	kn_arena_free(app.arena);
	return code;
}
