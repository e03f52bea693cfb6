/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernlet: wiring only. Manifests go to the kubelet as pods and to the proxy as Services; the pods' addresses
 * go back into the proxy as endpoints; kernctl asks all of them. Stopping the daemon stops neither pods nor
 * Services.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "kubelet/node/cni_conf.h"
#include "kubelet/config/config_limits.h"
#include "kubelet/node/healthz.h"
#include "kubelet/node/join.h"
#include "kubelet/kubelet.h"
#include "kubelet/node/node_info.h"
#include "kubelet/config/options.h"
#include "kubelet/pod/pod_set.h"
#include "kubelet/pod/pod_source.h"
#include "kubelet/node/process.h"
#include "kubelet/worker/runtime_class.h"
#include "kubelet/pod/service_env.h"
#include "kubelet/server_main.h"
#include "kubelet/services_main.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"
#include "lib/ctl/ctl.h"
#include "proxy/bpffs.h"
#include "proxy/proxy.h"

#define POOL_THREADS 4

struct app {
	struct kn_options opt;
	struct kn_arena *arena; /* options and node facts: as long as the process */
	struct kn_log log;
	struct kn_node_ctx node;
	struct kn_loop *loop;
	struct kn_pool *pool;
	struct kn_cri *cri;
	struct kn_cgroup *cgroup;
	struct kn_kubelet *kubelet;
	struct kn_proxy *proxy;
	struct kn_source_dir *source;
	struct kn_ctl_server *ctl;
	struct kn_pod_set *pods;
	struct kn_services *services;
	struct kn_join *join; /* NULL: standalone, as the next two */
	struct kn_status_manager *status;
	struct kn_recorder *recorder;
	struct kn_pod_source *pod_source;
	struct kn_service_env *service_env; /* NULL: no API server yet, as the next */
	struct kn_runtime_classes *runtime_classes;
	struct kn_server_main *server;
	struct kn_metrics *metrics;
	struct kn_kubelet_metrics *kubelet_metrics;
	struct kn_healthz *healthz;
	int64_t started_ns;
};

/* ---- manifests ---- */

static void on_pod_status(void *user)
{
	struct app *app = user;

	kn_services_pods_changed(app->services);
}

static void on_manifests(void *user, struct kn_manifest *const *set, size_t n)
{
	struct app *app = user;
	struct kn_pod *const *pods;
	size_t n_pods;

	kn_services_set_manifests(app->services, set, n);
	kn_pod_set_update(app->pods, set, n);
	pods = kn_pod_set_get(app->pods, &n_pods);
	kn_pod_source_static(app->pod_source, pods, n_pods);
}

static void on_manifest_error(void *user, const char *file, const struct kn_err *err)
{
	struct app *app = user;

	kn_error(&app->log, "Invalid manifest, what ran before stays", "path", file, "err", err->msg);
}

/* ---- kernctl ---- */

static void write_status(struct app *app, struct kn_json_writer *w)
{
	kn_json_obj(w, NULL);
	kn_json_str(w, "version", KN_VERSION);
	kn_json_int(w, "pid", getpid());
	kn_json_str(w, "node", app->node.node_name);
	kn_json_int(w, "uptimeSeconds", (kn_mono(&kn_clock_system) - app->started_ns) / KN_NSEC_PER_SEC);
	kn_kubelet_write_status(app->kubelet, "kubelet", w);
	if (app->proxy)
		kn_proxy_write_status(app->proxy, "proxy", w);
	kn_json_end_obj(w);
}

static int on_ctl(void *user, const char *command, const char *arg, struct kn_buf *out, struct kn_err *err)
{
	struct app *app = user;
	bool pods = !strcmp(command, "pods"), svc = !strcmp(command, "svc");
	struct kn_json_writer *w;

	if (!pods && !svc && strcmp(command, "status") != 0)
		return kn_err_set(err, ENOENT, "unknown command \"%s\"", command);
	if (svc && !app->proxy)
		return kn_err_set(err, EOPNOTSUPP, "the Service proxy is off (--proxy=false)");
	w = kn_json_writer_new(out, false);
	if (pods || svc) {
		kn_json_obj(w, NULL);
		if (pods)
			kn_kubelet_write_pods(app->kubelet, "pods", w);
		else
			kn_proxy_write_services(app->proxy, "services", w);
		kn_json_end_obj(w);
	} else {
		write_status(app, w);
	}
	kn_json_writer_free(w);
	return 0;
}

/* ---- start and stop ---- */

static void on_stop(void *user, int signo)
{
	struct app *app = user;

	kn_info(&app->log, "Stopping; pods and Services go on", "signal", strsignal(signo));
	sd_notify(0, "STOPPING=1");
	kn_loop_quit(app->loop, 0);
}

static int start_cgroups(struct app *app, struct kn_err *err)
{
	bool systemd = !strcmp(app->opt.cgroup_driver, "systemd");
	int r;

	if (!systemd && strcmp(app->opt.cgroup_driver, "cgroupfs") != 0)
		return kn_err_set(err, EINVAL,
				  "invalid configuration: cgroupDriver (--cgroup-driver) must be "
				  "\"cgroupfs\" or \"systemd\"");
	if (!app->opt.cgroups_per_qos)
		return 0;
	r = kn_cgroup_new(&app->cgroup, systemd ? KN_CGROUP_SYSTEMD : KN_CGROUPFS, app->opt.cgroup_root,
			  &app->node, &app->log, err);
	if (r)
		return kn_err_wrap(err, "cgroups");
	app->node.cgroup_v2 = kn_cgroup_is_v2(app->cgroup);
	if (!app->node.cgroup_v2 && app->opt.fail_cgroup_v1)
		return kn_err_set(
			err, EOPNOTSUPP,
			"kubelet is configured to not run on a host using cgroup v1. cgroup v1 support is in "
			"maintenance mode; set --fail-cgroupv1=false to run on it");
	return 0;
}

static int start_proxy(struct app *app, struct kn_err *err)
{
	struct kn_proxy_config cfg = {.pin_dir = app->opt.bpf_pin_dir, .node_name = app->node.node_name};
	char *cgroup = NULL;
	int r;

	if (!app->opt.proxy)
		return 0;
	r = kn_bpffs_ensure(cfg.pin_dir, err);
	if (!r)
		r = kn_cgroup2_root(app->opt.cgroup_root, app->arena, &cgroup, err);
	cfg.cgroup_path = cgroup;
	if (!r)
		r = kn_proxy_new(&app->proxy, app->loop, &cfg, &app->log, err);
	return r ? kn_err_wrap(err, "Service proxy") : 0;
}

static int service_env(void *user, struct kn_arena *a, const struct kn_pod *p, Cri__KeyValue ***list,
		       size_t *n, struct kn_err *err)
{
	const struct app *app = user;
	const K8s__PodSpec *spec = p->obj->spec;

	return kn_service_env_make(app->service_env, p->ns,
				   !spec->has_enableservicelinks || spec->enableservicelinks, a, list, n,
				   err);
}

static int runtime_handler(void *user, const char *name, const char **ret, struct kn_err *err)
{
	const struct app *app = user;

	return kn_runtime_class_handler(app->runtime_classes, name, ret, err);
}

static int start_kubelet(struct app *app, struct kn_err *err)
{
	struct kn_kubelet_deps deps = {
		.loop = app->loop,
		.cgroup = app->cgroup,
		.node = &app->node,
		.log = &app->log,
		.on_status = on_pod_status,
		.on_status_user = app,
	};
	int r = kn_pool_new(&app->pool, app->loop, POOL_THREADS, err);

	if (!r)
		r = kn_cri_new(&app->cri, app->loop, app->opt.runtime_endpoint, &app->log, err);
	if (r)
		return r;
	if (app->opt.kubeconfig) {
		app->status = kn_status_manager_new(app->loop, &app->log);
		app->recorder = kn_recorder_new(app->loop, app->node.node_name, &app->log);
	}
	app->metrics = kn_metrics_new();
	app->kubelet_metrics = kn_kubelet_metrics_new(app->metrics);
	deps.metrics = app->kubelet_metrics;
	deps.status = app->status;
	deps.recorder = app->recorder;
	deps.service_env = service_env;
	deps.service_env_user = app;
	deps.runtime_handler = runtime_handler;
	deps.runtime_handler_user = app;
	deps.pool = app->pool;
	deps.cri = app->cri;
	kn_config_limits(app->opt.config, &deps.logs, &deps.images);
	return kn_kubelet_new(&app->kubelet, &deps, err);
}

static int start_sources(struct app *app, struct kn_err *err)
{
	const struct kn_pod_source_config cfg = {
		.loop = app->loop,
		.kubelet = app->kubelet,
		.status = app->status,
		.node_name = app->node.node_name,
		.log = &app->log,
		.joined = app->opt.kubeconfig,
	};

	app->pod_source = kn_pod_source_new(&cfg);
	const struct kn_services_deps deps = {
		.loop = app->loop,
		.proxy = app->proxy,
		.kubelet = app->kubelet,
		.node_name = app->node.node_name,
		.log = &app->log,
		.joined = app->opt.kubeconfig,
	};

	app->services = kn_services_new(&deps);
	app->pods = kn_pod_set_new(app->node.node_name, &app->log);
	if (!app->opt.manifest_path) {
		on_manifests(app, NULL, 0);
		return 0;
	}
	return kn_source_dir_new(&app->source, app->loop, app->opt.manifest_path, app->opt.file_check_ns,
				 on_manifests, on_manifest_error, app, err);
}

static int start_network(struct app *app, struct kn_err *err)
{
	const char *data_dir = kn_arena_printf(app->arena, "%s/cni", app->opt.root_dir);

	if (!app->opt.pod_cidr)
		return 0;
	return kn_cni_conf_write(app->opt.cni_conf_dir, app->opt.pod_cidr, data_dir, err);
}

/* ---- the cluster ---- */

static void on_pod_cidrs(void *user, const char *cidrs)
{
	struct app *app = user;
	const char *data_dir = kn_arena_printf(app->arena, "%s/cni", app->opt.root_dir);
	struct kn_err err = KN_ERR_INIT;

	if (app->opt.pod_cidr) /* --pod-cidr was given */
		return;
	if (kn_cni_conf_write(app->opt.cni_conf_dir, cidrs, data_dir, &err))
		kn_error(&app->log, "Failed to write the network configuration", "err", err.msg);
	else
		kn_kubelet_poke_runtime(app->kubelet);
}

static void on_client(void *user, struct kn_client *client)
{
	struct app *app = user;

	kn_kubelet_connect(app->kubelet, client);
	kn_status_manager_connect(app->status, client);
	app->service_env = kn_service_env_new(app->loop, client, &app->log);
	app->runtime_classes = kn_runtime_classes_new(app->loop, client, &app->log);
	kn_services_join(app->services, client);
	kn_recorder_connect(app->recorder, kn_join_events(app->join));
	kn_server_main_client(app->server, client);
}

static void on_node(void *user, struct kn_object *node)
{
	struct app *app = user;

	kn_pod_source_node(app->pod_source, kn_join_client(app->join), node);
}

static void on_serving_cert(void *user, const char *cert_pem, const char *key_pem)
{
	struct app *app = user;
	struct kn_err err = KN_ERR_INIT;

	if (kn_server_main_cert(app->server, cert_pem, key_pem, &err))
		kn_error(&app->log, "Failed to use the cluster's serving certificate", "err", err.msg);
}

static int start_join(struct app *app, struct kn_err *err)
{
	struct kn_join_deps deps = {
		.loop = app->loop,
		.cri = app->cri,
		.kubelet = app->kubelet,
		.recorder = app->recorder,
		.options = &app->opt,
		.log = &app->log,
		.on_client = on_client,
		.on_node = on_node,
		.on_pod_cidrs = on_pod_cidrs,
		.on_serving_cert = on_serving_cert,
		.user = app,
	};

	return app->opt.kubeconfig ? kn_join_new(&app->join, &deps, err) : 0;
}

static int start_server(struct app *app, struct kn_err *err)
{
	const struct kn_server_main_deps deps = {
		.loop = app->loop,
		.cri = app->cri,
		.kubelet = app->kubelet,
		.cgroup = app->cgroup,
		.node = &app->node,
		.options = &app->opt,
		.log = &app->log,
		.metrics = app->metrics,
	};

	return kn_server_main_new(&app->server, &deps, err);
}

static int start(struct app *app, struct kn_err *err)
{
	static const int stop_signals[] = {SIGTERM, SIGINT};
	int r = kn_loop_new(&app->loop, err);

	/* Before anything starts a thread, so that the signals stay the loop's. */
	for (size_t i = 0; !r && i < KN_ARRAY_SIZE(stop_signals); i++)
		r = kn_loop_on_signal(app->loop, stop_signals[i], on_stop, app, err);
	if (r)
		return r;
	signal(SIGPIPE, SIG_IGN);
	r = kn_node_info(&app->node, &app->opt, app->arena, err);
	if (!r)
		r = kn_mkdir_p(app->opt.root_dir, 0750, err);
	/* First of all that has an effect: a second daemon must not touch anything of the first. */
	if (!r)
		r = kn_ctl_server_new(&app->ctl, app->loop, app->opt.ctl_socket, on_ctl, app, &app->log, err);
	if (!r)
		r = start_network(app, err);
	if (!r)
		r = start_cgroups(app, err);
	if (!r)
		r = start_proxy(app, err);
	if (!r)
		r = start_kubelet(app, err);
	if (!r)
		r = start_sources(app, err);
	if (!r)
		r = start_server(app, err);
	if (!r && app->opt.config->healthzport)
		app->healthz = kn_healthz_new(app->loop, app->opt.config->healthzbindaddress,
					      (uint16_t)app->opt.config->healthzport, NULL, NULL, &app->log);
	if (!r)
		r = start_join(app, err);
	return r;
}

static void stop(struct app *app)
{
	kn_ctl_server_free(app->ctl);
	kn_healthz_free(app->healthz);
	kn_server_main_free(app->server);
	kn_source_dir_free(app->source);
	kn_services_free(app->services);
	kn_pod_source_free(app->pod_source);
	kn_kubelet_free(app->kubelet);
	kn_kubelet_metrics_free(app->kubelet_metrics);
	kn_metrics_free(app->metrics);
	kn_status_manager_free(app->status);
	kn_recorder_free(app->recorder);
	kn_service_env_free(app->service_env);
	kn_runtime_classes_free(app->runtime_classes);
	kn_join_free(app->join);
	kn_cri_free(app->cri);
	kn_pool_free(app->pool);
	kn_proxy_free(app->proxy);
	kn_cgroup_free(app->cgroup);
	kn_pod_set_free(app->pods);
	kn_loop_free(app->loop);
}

static int run(struct app *app)
{
	struct kn_err err = KN_ERR_INIT;
	int r;

	if (app->opt.cleanup) {
		struct kn_proxy_config cfg = {.pin_dir = app->opt.bpf_pin_dir,
					      .node_name = app->opt.node_name};

		r = kn_proxy_cleanup(&cfg, &err);
	} else {
		kn_info(&app->log, "Starting kernlet", "version", KN_VERSION, "node", app->opt.node_name);
		kn_process_setup(app->opt.config, &app->log);
		r = kn_process_check_swap(app->opt.config, "/proc/swaps", &err);
		if (!r)
			r = start(app, &err);
	}
	if (r) {
		kn_error(&app->log, "Failed to run kernlet", "err", err.msg);
		return 1;
	}
	if (app->opt.cleanup)
		return 0;
	sd_event_set_watchdog(kn_loop_event(app->loop), true);
	sd_notify(0, "READY=1");
	return kn_loop_run(app->loop) ? 1 : 0;
}

int main(int argc, char *argv[])
{
	struct app app = {.arena = kn_arena_new(0), .started_ns = kn_mono(&kn_clock_system)};
	struct kn_err err = KN_ERR_INIT;
	int code = 0;

	if (kn_options_parse(&app.opt, argc, argv, app.arena, &err)) {
		dprintf(2, "Error: %s\n", err.msg);
		code = 1;
	} else if (app.opt.help) {
		kn_options_usage(1);
	} else if (app.opt.version) {
		dprintf(1, "Kubernetes %s\n", KN_KUBE_VERSION); /* kubeadm reads it */
	} else {
		kn_log_init(&app.log, 2, !strcmp(app.opt.logging_format, "json") ? KN_LOG_JSON : KN_LOG_TEXT,
			    app.opt.verbosity);
		if (*app.opt.unknown)
			kn_warn(&app.log, "The configuration has what is not known, which is ignored", "err",
				app.opt.unknown);
		code = run(&app);
		stop(&app);
	}
	kn_arena_free(app.arena);
	return code;
}
