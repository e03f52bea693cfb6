/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "kubelet/volume/volume_payload.h"
#include "selftests/harness/pod_fixture.h"

static const struct kn_node_ctx node = {.node_name = "n1", .memory_bytes = 1LL << 30, .cpu_milli = 2000};

/* Secret s: {k: v, l: "\0\1"}; ConfigMap c: {k: text}, binary {b: x}; "slow" isn't known yet; nothing else.
 */
static enum kn_ref_state object(void *user, enum kn_ref_kind kind, const char *ns, const char *name,
				const ProtobufCMessage **ret, struct kn_err *err)
{
	static K8s__BytesEntry k = K8S__BYTES_ENTRY__INIT, l = K8S__BYTES_ENTRY__INIT,
			       b = K8S__BYTES_ENTRY__INIT;
	static K8s__StringEntry t = K8S__STRING_ENTRY__INIT;
	static K8s__BytesEntry *secret_data[] = {&k, &l}, *config_bytes[] = {&b};
	static K8s__StringEntry *config_text[] = {&t};
	static K8s__Secret secret = K8S__SECRET__INIT;
	static K8s__ConfigMap config = K8S__CONFIG_MAP__INIT;

	assert_string_equal(ns, "ns1");
	k.key = (char *)"k";
	k.value.data = (uint8_t *)"v";
	k.value.len = 1;
	l.key = (char *)"l";
	l.value.data = (uint8_t *)"\0\1";
	l.value.len = 2;
	b.key = (char *)"b";
	b.value = k.value;
	t.key = (char *)"k";
	t.value = (char *)"text";
	secret.data = secret_data;
	secret.n_data = 2;
	config.data = config_text;
	config.n_data = 1;
	config.binarydata = config_bytes;
	config.n_binarydata = 1;
	if (!strcmp(name, "slow")) {
		kn_err_set(err, EAGAIN, "slow");
		return KN_REF_WAITING;
	}
	if (strcmp(name, kind == KN_REF_SECRET ? "s" : "c") != 0) {
		kn_err_set(err, ENOENT, "%s \"%s\" not found", kind == KN_REF_SECRET ? "secret" : "configmap",
			   name);
		return KN_REF_NOT_FOUND;
	}
	*ret = kind == KN_REF_SECRET ? &secret.base : &config.base;
	return KN_REF_READY;
}

static enum kn_ref_state token(void *user, struct kn_pod *p, const K8s__ServiceAccountTokenProjection *t,
			       const char **ret, struct kn_err *err)
{
	*ret = "tok";
	return KN_REF_READY;
}

static const struct kn_lookup lookup = {.object = object, .token = token};

struct made {
	struct kn_arena *a;
	struct kn_pod *p;
	struct kn_payload out;
	struct kn_err err;
	enum kn_ref_state state;
};

static struct made make(const char *yaml, const struct kn_lookup *l)
{
	struct made m = {.a = kn_arena_new(0), .p = pod_make(yaml)};

	m.state = kn_volume_payload(m.a, &node, m.p, m.p->obj->spec->volumes[0], l, &m.out, &m.err);
	return m;
}

static void unmake(struct made *m)
{
	kn_pod_unref(m->p);
	kn_arena_free(m->a);
}

static const struct kn_file *file(const struct made *m, const char *path)
{
	for (size_t i = 0; i < m->out.n; i++)
		if (!strcmp(m->out.files[i].path, path))
			return &m->out.files[i];
	fail_msg("no file %s", path);
	return NULL;
}

#define VOL(v) POD("volumes: [{name: v, " v "}], " CTR(""))

static void test_secret(void **state)
{
	struct made m = make(VOL("secret: {secretName: s}"), &lookup);

	assert_int_equal(m.state, KN_REF_READY);
	assert_int_equal(m.out.n, 2);
	assert_int_equal(file(&m, "k")->mode, 0644);
	assert_int_equal(file(&m, "l")->len, 2);
	assert_int_equal(file(&m, "k")->uid, -1);
	unmake(&m);
	m = make(VOL("secret: {secretName: s, defaultMode: 256, items: [{key: l, path: x/y, mode: 511}, "
		     "{key: k, path: z}]}"),
		 &lookup);
	assert_int_equal(m.out.n, 2);
	assert_int_equal(file(&m, "x/y")->mode, 0777);
	assert_int_equal(file(&m, "z")->mode, 0400);
	unmake(&m);
}

static void test_config_map(void **state)
{
	struct made m = make(VOL("configMap: {name: c}"), &lookup);

	assert_int_equal(m.out.n, 2);
	assert_memory_equal(file(&m, "k")->data, "text", 4);
	assert_memory_equal(file(&m, "b")->data, "v", 1);
	unmake(&m);
}

static void test_missing(void **state)
{
	static const struct {
		const char *yaml, *msg;
		enum kn_ref_state state;
	} t[] = {
		{VOL("secret: {secretName: none}"), "secret \"none\" not found", KN_REF_NOT_FOUND},
		{VOL("configMap: {name: none}"), "configmap \"none\" not found", KN_REF_NOT_FOUND},
		{VOL("secret: {secretName: slow}"), "slow", KN_REF_WAITING},
		{VOL("secret: {secretName: s, items: [{key: q, path: a}]}"),
		 "references non-existent secret key: q", KN_REF_ERROR},
		{VOL("configMap: {name: c, items: [{key: q, path: a}]}"),
		 "configmap references non-existent config key: q", KN_REF_ERROR},
		{VOL("secret: {secretName: s, items: [{key: k, path: ../a}]}"),
		 "invalid path: must not contain '..': ../a", KN_REF_ERROR},
		{VOL("projected: {sources: [{secret: {name: none}}, {configMap: {name: none}}]}"),
		 "[secret \"none\" not found, configmap \"none\" not found]", KN_REF_NOT_FOUND},
		{VOL("secret: {secretName: none, optional: true}"), "", KN_REF_READY},
		{VOL("secret: {secretName: s, optional: true, items: [{key: q, path: a}]}"), "",
		 KN_REF_READY},
		{VOL("projected: {sources: [{secret: {name: none, optional: true}}]}"), "", KN_REF_READY},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(t); i++) {
		struct made m = make(t[i].yaml, &lookup);

		assert_string_equal(m.err.msg, t[i].msg);
		assert_int_equal(m.state, t[i].state);
		assert_int_equal(m.out.n, 0);
		unmake(&m);
	}
}

static void test_downward(void **state)
{
	struct made m = make(
		"{metadata: {name: p, namespace: ns1, uid: u1, labels: {b: 'x\"', a: \"1\\n2\"}}, spec: {"
		"volumes: [{name: v, downwardAPI: {items: [{path: l, fieldRef: {fieldPath: "
		"metadata.labels}}, "
		"{path: nm, mode: 256, fieldRef: {fieldPath: metadata.name}}, {path: c, resourceFieldRef: "
		"{containerName: c, resource: limits.cpu}}]}}], " CTR("") "}}",
		NULL);

	assert_int_equal(m.state, KN_REF_READY);
	assert_string_equal(file(&m, "l")->data, "a=\"1\\n2\"\nb=\"x\\\"\"");
	assert_int_equal(file(&m, "nm")->mode, 0400);
	assert_string_equal(file(&m, "nm")->data, "p");
	assert_string_equal(file(&m, "c")->data, "2");
	unmake(&m);
}

static void test_token(void **state)
{
#define TOKEN "volumes: [{name: v, projected: {sources: [{serviceAccountToken: {path: token}}]}}], "
	static const struct {
		const char *yaml;
		mode_t mode;
		int64_t uid;
	} t[] = {
		{POD(TOKEN CTR("")), 0644, -1},
		{POD(TOKEN "securityContext: {fsGroup: 5}, " CTR("")), 0600, -1},
		{POD(TOKEN "securityContext: {runAsUser: 7}, " CTR("")), 0600, 7},
		{POD(TOKEN "securityContext: {runAsUser: 7}, containers: [{name: a, image: i}, {name: b, "
			   "image: i, securityContext: {runAsUser: 8}}]"),
		 0644, -1},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(t); i++) {
		struct made m = make(t[i].yaml, &lookup);

		assert_int_equal(m.state, KN_REF_READY);
		assert_int_equal(file(&m, "token")->mode, t[i].mode);
		assert_int_equal(file(&m, "token")->uid, t[i].uid);
		unmake(&m);
	}
}

static void test_standalone(void **state)
{
	struct made m = make(VOL("secret: {secretName: s}"), NULL);

	assert_int_equal(m.state, KN_REF_ERROR);
	assert_string_equal(m.err.msg, "cannot setup secret volume v because kube client is not configured");
	unmake(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_secret),	cmocka_unit_test(test_config_map),
		cmocka_unit_test(test_missing), cmocka_unit_test(test_downward),
		cmocka_unit_test(test_token),	cmocka_unit_test(test_standalone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
