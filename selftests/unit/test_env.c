/* SPDX-License-Identifier: Apache-2.0 */
/* A container's environment as "NAME=value NAME=value". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "kubelet/gen/gen_priv.h"
#include "kubelet/volume/lookup.h"
#include "selftests/harness/pod_fixture.h"

static const struct kn_node_ctx node = {.node_name = "n1", .cpu_milli = 2000};

static ProtobufCMessage *decode(struct kn_arena *a, const ProtobufCMessageDescriptor *d, const char *yaml)
{
	ProtobufCMessage *m = NULL;
	struct kn_node *n = NULL;

	assert_int_equal(kn_yaml_parse(yaml, strlen(yaml), NULL, a, &n, NULL), 0);
	assert_int_equal(kn_codec_decode(d, n, KN_CODEC_STRICT, a, &m, NULL), 0);
	return m;
}

/* Secret "s" and ConfigMap "c" are there, "slow" is being asked for, the rest isn't there. */
static enum kn_ref_state object(void *user, enum kn_ref_kind kind, const char *ns, const char *name,
				const ProtobufCMessage **ret, struct kn_err *err)
{
	assert_string_equal(ns, "ns1");
	if (!strcmp(name, "slow")) {
		kn_err_set(err, EAGAIN, "takes long");
		return KN_REF_WAITING;
	}
	if (strcmp(name, kind == KN_REF_SECRET ? "s" : "c") != 0) {
		kn_err_set(err, ENOENT, "%s \"%s\" not found", kind == KN_REF_SECRET ? "secret" : "configmap",
			   name);
		return KN_REF_NOT_FOUND;
	}
	*ret = kind == KN_REF_SECRET ? decode(user, &k8s__secret__descriptor, "{data: {K: czE=, E: ''}}")
				     : decode(user, &k8s__config_map__descriptor, "{data: {K: c1, L: $(A)}}");
	return KN_REF_READY;
}

static int gen(const char *yaml, bool joined, char text[400], struct kn_err *err)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	const struct kn_lookup l = {.user = a, .object = object};
	Cri__KeyValue svc = CRI__KEY_VALUE__INIT, *svcs[] = {&svc};
	const struct kn_gen_extra x = {.lookup = joined ? &l : NULL, .service_env = svcs, .n_service_env = 1};
	Cri__ContainerConfig out = CRI__CONTAINER_CONFIG__INIT;
	struct kn_pod *p = pod_make(yaml);
	size_t n = 0;
	int r;

	svc.key = (char *)"SVC_PORT";
	svc.value = (char *)"80";
	r = kn_gen_env(a, &node, p, p->obj->spec->containers[0], NULL, &x, &out, err);
	text[0] = 0;
	for (size_t i = 1; !r && i < out.n_envs; i++) /* the first one is always the Service's */
		n += snprintf(text + n, 400 - n, "%s%s=%s", n ? " " : "", out.envs[i]->key,
			      out.envs[i]->value);
	if (!r)
		assert_string_equal(out.envs[0]->key, "SVC_PORT");
	kn_pod_unref(p);
	return r;
}

static void expect(const char *yaml, const char *want)
{
	struct kn_err err = KN_ERR_INIT;
	char text[400];

	if (gen(yaml, true, text, &err))
		fail_msg("%s", err.msg);
	assert_string_equal(text, want);
}

static void refused(const char *yaml, int code, const char *message)
{
	struct kn_err err = KN_ERR_INIT;
	char text[400];

	assert_int_equal(gen(yaml, true, text, &err), -code);
	assert_string_equal(err.msg, message);
}

#define ENV(list) POD(CTR(", env: [" list "]"))
#define FROM(list, more) POD(CTR(", envFrom: [" list "]" more))
#define KEY(kind, name, key, more)                                                                           \
	"{name: V, valueFrom: {" kind "KeyRef: {name: " name ", key: " key more "}}}"

static void test_values(void **state)
{
	expect(ENV("{name: A, value: x}, {name: B, value: $(A)-$(SVC_PORT)-$(NONE)-$$(A)}"),
	       "A=x B=x-80-$(NONE)-$(A)");
	expect(ENV("{name: A, value: one}, {name: B, value: $(A)}, {name: A, value: two$(A)}"),
	       "A=twoone B=one");
	expect(ENV("{name: A}, {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}, {name: L, "
		   "valueFrom: {resourceFieldRef: {resource: limits.cpu}}}"),
	       "A= NODE=n1 L=2");
}

static void test_sources(void **state)
{
	expect(ENV(KEY("secret", "s", "K", "")), "V=s1");
	expect(ENV(KEY("secret", "s", "E", "")), "V=");
	expect(ENV(KEY("configMap", "c", "L", "")), "V=$(A)"); /* not expanded */
	expect(ENV(KEY("configMap", "none", "K", ", optional: true")), "");
	expect(ENV(KEY("secret", "s", "none", ", optional: true")), "");
	refused(ENV(KEY("secret", "s", "none", "")), EINVAL, "couldn't find key none in Secret ns1/s");
	refused(ENV(KEY("configMap", "c", "none", "")), EINVAL, "couldn't find key none in ConfigMap ns1/c");
	refused(ENV(KEY("secret", "none", "K", "")), ENOENT, "secret \"none\" not found");
	/* Not known yet is not "not there". */
	refused(ENV(KEY("secret", "slow", "K", ", optional: true")), EAGAIN, "takes long");
	refused(ENV("{name: A, valueFrom: {fieldRef: {fieldPath: status.phase}}}"), EINVAL,
		"env[0].valueFrom.fieldRef: unsupported fieldPath: status.phase");
}

static void test_whole_objects(void **state)
{
	expect(FROM("{configMapRef: {name: c}}", ""), "K=c1 L=$(A)");
	expect(FROM("{prefix: P_, secretRef: {name: s}}", ""), "P_K=s1 P_E=");
	expect(FROM("{configMapRef: {name: c}}, {secretRef: {name: s}}",
		    ", env: [{name: L, value: of-$(K)}]"),
	       "K=s1 L=of-s1 E="); /* the later wins, env last */
	expect(FROM("{configMapRef: {name: none, optional: true}}", ""), "");
	refused(FROM("{configMapRef: {name: none}}", ""), ENOENT, "configmap \"none\" not found");
}

static void test_without_api_server(void **state)
{
	struct kn_err err = KN_ERR_INIT;
	char text[400];

	assert_int_equal(gen(FROM("{secretRef: {name: s, optional: true}}", ""), false, text, &err), -EINVAL);
	assert_string_equal(err.msg, "couldn't get secret ns1/s, no kubeClient defined");
	assert_int_equal(gen(ENV("{name: A, value: x}"), false, text, &err), 0);
	assert_string_equal(text, "A=x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_whole_objects),
		cmocka_unit_test(test_without_api_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
