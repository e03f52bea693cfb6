/* SPDX-License-Identifier: Apache-2.0 */
/* kernlet-proxy: the Service proxy alone, beside any kubelet; wiring only. Services and EndpointSlices come
 * from a folder of manifests. Stopping it leaves the Services working. */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "lib/base/flag.h"
#include "lib/base/mem.h"
#include "lib/ctl/ctl.h"
#include "lib/k8s/source_dir.h"
#include "proxy/bpffs.h"
#include "proxy/proxy.h"

struct app {
	const char *manifest_path, *cgroup_path, *pin_dir, *node_name, *ctl_socket, *logging_format;
	int64_t check_ns;
	int verbosity;
	bool cleanup, version, help;
	struct kn_log log;
	struct kn_loop *loop;
	struct kn_proxy *proxy;
	struct kn_source_dir *source;
	struct kn_ctl_server *ctl;
	int64_t started_ns;
};

#define FLAG(n, t, field, h)                                                                                 \
	{                                                                                                    \
		n, t, offsetof(struct app, field), h                                                         \
	}
static const struct kn_flag flags[] = {
	FLAG("manifest-path", KN_FLAG_STRING, manifest_path, "folder with Services and EndpointSlices"),
	FLAG("cgroup-path", KN_FLAG_STRING, cgroup_path, "cgroup2 folder whose processes see the Services"),
	FLAG("bpf-pin-dir", KN_FLAG_STRING, pin_dir, "where BPF objects are pinned (/sys/fs/bpf/kernlet)"),
	FLAG("hostname-override", KN_FLAG_STRING, node_name, "the node's name"),
	FLAG("ctl-socket", KN_FLAG_STRING, ctl_socket, "kernctl's socket (/run/kernlet/kernlet-proxy.sock)"),
	FLAG("file-check-frequency", KN_FLAG_DURATION, check_ns, "rescan of the manifests (20s)"),
	FLAG("logging-format", KN_FLAG_STRING, logging_format, "text or json"),
	FLAG("v", KN_FLAG_INT, verbosity, "log verbosity (0)"),
	FLAG("cleanup", KN_FLAG_BOOL, cleanup, "remove every trace from the kernel, and exit"),
	FLAG("version", KN_FLAG_BOOL, version, "print the version and exit"),
	FLAG("help", KN_FLAG_BOOL, help, "print this and exit"),
};

static void on_manifests(void *user, struct kn_manifest *const *set, size_t n)
{
	struct app *app = user;
	kn_auto_free const K8s__Service **services = kn_calloc(n, sizeof(*services));
	kn_auto_free const K8s__EndpointSlice **slices = kn_calloc(n, sizeof(*slices));
	struct kn_err err = KN_ERR_INIT;
	size_t ns = 0, nl = 0;

	for (size_t i = 0; i < n; i++) {
		if (set[i]->kind == KN_KIND_SERVICE)
			services[ns++] = (K8s__Service *)set[i]->obj;
		else if (set[i]->kind == KN_KIND_ENDPOINT_SLICE)
			slices[nl++] = (K8s__EndpointSlice *)set[i]->obj;
	}
	const struct kn_proxy_want want = {
		.services = services, .n_services = ns, .slices = slices, .n_slices = nl};
	if (kn_proxy_set(app->proxy, &want, &err))
		kn_error(&app->log, "Failed to write the Services into the kernel", "err", err.msg);
}

static void on_manifest_error(void *user, const char *file, const struct kn_err *err)
{
	struct app *app = user;

	kn_error(&app->log, "Invalid manifest, what was there before stays", "path", file, "err", err->msg);
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

static int start(struct app *app, const struct kn_proxy_config *cfg, struct kn_err *err)
{
	int r = kn_loop_new(&app->loop, err);

	if (!r)
		r = kn_loop_on_signal(app->loop, SIGTERM, on_stop, app, err);
	if (!r)
		r = kn_loop_on_signal(app->loop, SIGINT, on_stop, app, err);
	if (!r)
		r = kn_ctl_server_new(&app->ctl, app->loop, app->ctl_socket, on_ctl, app, &app->log, err);
	if (!r)
		r = kn_bpffs_ensure(app->pin_dir, err);
	if (!r)
		r = kn_proxy_new(&app->proxy, app->loop, cfg, &app->log, err);
	if (!r)
		r = kn_source_dir_new(&app->source, app->loop, app->manifest_path, app->check_ns,
				      on_manifests, on_manifest_error, app, err);
	return r;
}

static int run(struct app *app)
{
	struct kn_proxy_config cfg = {
		.cgroup_path = app->cgroup_path, .pin_dir = app->pin_dir, .node_name = app->node_name};
	struct kn_err err = KN_ERR_INIT;
	int r = 0;

	kn_log_init(&app->log, 2, !strcmp(app->logging_format, "json") ? KN_LOG_JSON : KN_LOG_TEXT,
		    app->verbosity);
	if (app->cleanup)
		r = kn_proxy_cleanup(&cfg, &err);
	else if (!app->manifest_path || !app->cgroup_path)
		r = kn_err_set(&err, EINVAL, "--manifest-path and --cgroup-path are needed");
	else
		r = start(app, &cfg, &err);
	if (r)
		kn_error(&app->log, "Failed to run kernlet-proxy", "err", err.msg);
	else if (!app->cleanup) {
		sd_notify(0, "READY=1");
		r = kn_loop_run(app->loop);
	}
	kn_ctl_server_free(app->ctl);
	kn_source_dir_free(app->source);
	kn_proxy_free(app->proxy);
	kn_loop_free(app->loop);
	return r ? 1 : 0;
}

int main(int argc, char *argv[])
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct app app = {
		.pin_dir = "/sys/fs/bpf/kernlet",
		.ctl_socket = "/run/kernlet/kernlet-proxy.sock",
		.logging_format = "text",
		.check_ns = 20 * KN_NSEC_PER_SEC,
		.started_ns = kn_mono(&kn_clock_system),
	};
	struct kn_err err = KN_ERR_INIT;

	if (kn_flags_parse(flags, KN_ARRAY_SIZE(flags), &app, argc, argv, a, &err)) {
		dprintf(2, "Error: %s\n", err.msg);
		return 1;
	}
	if (app.help) {
		dprintf(1, "kernlet-proxy: the Service proxy alone\n\nUsage: kernlet-proxy [flags]\n\n");
		kn_flags_usage(flags, KN_ARRAY_SIZE(flags), 1);
		return 0;
	}
	if (app.version) {
		dprintf(1, "kernlet-proxy %s\n", KN_VERSION);
		return 0;
	}
	return run(&app);
}
