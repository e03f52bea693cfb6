// SPDX-License-Identifier: Apache-2.0
/* A reflector by hand: `reflect KUBECONFIG PATH KIND [FIELD-SELECTOR]` prints what changes, until a signal
 * ends it. Each line ends with the counts of lists, watches and objects, for test-reflector.sh to read. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "lib/k8s/core.pb-c.h"
#include "lib/k8s/discovery.pb-c.h"
#include "lib/k8s/reflector.h"

struct reflect {
	struct kn_loop *loop;
	struct kn_reflector *r;
};

static void say(const struct reflect *f, const char *what, const char *ns, const char *name, const char *more)
{
	const struct kn_reflector_stats *s = kn_reflector_stats(f->r);

	printf("%s %s/%s %s lists=%llu watches=%llu relists=%llu n=%zu\n", what, ns, name, more,
	       (unsigned long long)s->lists, (unsigned long long)s->watches, (unsigned long long)s->relists,
	       kn_reflector_count(f->r));
	fflush(stdout);
}

static void changed(void *user, struct kn_object *old, struct kn_object *new)
{
	struct kn_object *o = new ?: old;
	const char *rv = o->meta->resourceversion;

	say(user, !old ? "added" : new ? "modified" : "deleted", o->ns, o->name, rv ? rv : "");
}

static void synced(void *user)
{
	say(user, "synced", "", "", "");
}

static void failed(void *user, const struct kn_api_result *r)
{
	char text[700];

	snprintf(text, sizeof(text), "%d %s: %s", r->status, r->reason, r->err.msg);
	say(user, "failed", "", "", text);
}

static void on_signal(void *user, int signo)
{
	struct reflect *f = user;

	if (signo == SIGUSR1)
		say(f, "state", "", "", "");
	else
		kn_loop_quit(f->loop, 0);
}

static int run(struct reflect *f, struct kn_client *client, char **argv)
{
	static const struct {
		const char *kind;
		const ProtobufCMessageDescriptor *item, *list;
	} kinds[] = {
		{"Pod", &k8s__pod__descriptor, &k8s__pod_list__descriptor},
		{"Node", &k8s__node__descriptor, &k8s__node_list__descriptor},
		{"Secret", &k8s__secret__descriptor, &k8s__secret_list__descriptor},
		{"ConfigMap", &k8s__config_map__descriptor, &k8s__config_map_list__descriptor},
		{"Service", &k8s__service__descriptor, &k8s__service_list__descriptor},
		{"EndpointSlice", &k8s__endpoint_slice__descriptor, &k8s__endpoint_slice_list__descriptor},
	};
	static const struct kn_reflector_ops ops = {changed, synced, failed};
	struct kn_resource res = {.path = argv[2], .field_selector = argv[4]};
	int r;

	for (size_t i = 0; i < KN_ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].kind, argv[3])) {
			res.item = kinds[i].item;
			res.list = kinds[i].list;
		}
	if (!res.item)
		return 2;
	f->r = kn_reflector_new(f->loop, client, &res, &ops, f);
	r = kn_loop_run(f->loop);
	kn_reflector_free(f->r);
	return r;
}

int main(int argc, char **argv)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_kubeconfig config = {0};
	struct kn_client_config cfg = {.kubeconfig = &config, .json = getenv("REFLECT_JSON") != NULL};
	struct reflect f = {0};
	struct kn_client *client;
	struct kn_http *http;
	struct kn_err err = KN_ERR_INIT;
	struct kn_log log;
	int r;

	if (argc < 4)
		return 2;
	kn_log_init(&log, 2, KN_LOG_TEXT, 0);
	if (kn_loop_new(&f.loop, &err) || kn_loop_on_signal(f.loop, SIGTERM, on_signal, &f, &err) ||
	    kn_loop_on_signal(f.loop, SIGUSR1, on_signal, &f, &err) ||
	    kn_kubeconfig_load(&config, argv[1], a, &err) || kn_http_new(&http, f.loop, "reflect", &err) ||
	    kn_client_new(&client, f.loop, http, &cfg, &log, &err)) {
		fprintf(stderr, "reflect: %s\n", err.msg);
		return 1;
	}
	r = run(&f, client, argv);
	kn_client_free(client);
	kn_http_free(http);
	kn_loop_free(f.loop);
	return r;
}
