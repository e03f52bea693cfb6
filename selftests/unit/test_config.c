/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include "kubelet/node/node_config.h"
#include "kubelet/config/options.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"

#define HEAD "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"

struct rig {
	struct kn_arena *a;
	char dir[64];
	struct kn_err err;
};

static int setup(void **state)
{
	struct rig *r = kn_calloc(1, sizeof(*r));

	r->a = kn_arena_new(0);
	strcpy(r->dir, "/tmp/kn-test-config-XXXXXX");
	*state = r;
	return mkdtemp(r->dir) ? 0 : -1;
}

static int teardown(void **state)
{
	struct rig *r = *state;

	kn_rm_rf(r->dir, NULL);
	kn_arena_free(r->a);
	free(r);
	return 0;
}

static char *write_file(struct rig *r, const char *name, const char *text)
{
	char *path = kn_arena_printf(r->a, "%s/%s", r->dir, name);

	assert_int_equal(kn_file_write_atomic(path, text, strlen(text), 0600, NULL), 0);
	return path;
}

/* Options by flags, at most four, NULL-terminated behind them. */
static int parse(struct rig *r, struct kn_options *o, ...)
{
	char *argv[8] = {(char *)"kernlet"};
	int argc = 1;
	va_list ap;

	va_start(ap, o);
	while ((argv[argc] = va_arg(ap, char *)))
		argc++;
	va_end(ap);
	return kn_options_parse(o, argc, argv, r->a, &r->err);
}

static int parse_text(struct rig *r, struct kn_options *o, const char *text)
{
	char *path = write_file(r, "config.yaml", text);

	return parse(r, o, "--config", path, NULL);
}

static void test_defaults(void **state)
{
	struct kn_options o;
	const kn_config *c;

	assert_int_equal(parse(*state, &o, NULL), 0);
	c = o.config;
	assert_int_equal(c->port, 10250);
	assert_int_equal(c->healthzport, 10248);
	assert_string_equal(c->healthzbindaddress, "127.0.0.1");
	assert_int_equal(c->maxpods, 110);
	assert_true(c->has_podpidslimit && c->podpidslimit == -1);
	assert_false(c->authentication->anonymous->enabled);
	assert_true(c->authentication->webhook->enabled);
	assert_string_equal(c->authorization->mode, "Webhook");
	assert_int_equal(kn_config_ns(c->authorization->webhook->cacheunauthorizedttl) / KN_NSEC_PER_SEC, 30);
	assert_int_equal(kn_config_ns(c->nodestatusreportfrequency) / KN_NSEC_PER_SEC, 300);
	assert_int_equal(c->n_evictionhard, 5);
	assert_string_equal(c->enforcenodeallocatable[0], "pods");
	assert_true(c->serializeimagepulls);
	assert_true(kn_config_gate(c, "RotateKubeletServerCertificate"));
	assert_string_equal(o.pod_logs_dir, "/var/log/pods");
	assert_string_equal(o.unknown, "");
}

/* What kubeadm writes has zeroes for all that it doesn't say. */
static void test_zeroes_are_defaults(void **state)
{
	struct kn_options o;

	assert_int_equal(parse_text(*state, &o,
				    HEAD
				    "cpuManagerReconcilePeriod: 0s\nsyncFrequency: 0s\n"
				    "nodeStatusUpdateFrequency: 0s\nimageMaximumGCAge: 0s\n"
				    "containerRuntimeEndpoint: \"\"\ncrashLoopBackOff: {}\nmemorySwap: {}\n"
				    "logging:\n  flushFrequency: 0\n  options:\n    json:\n"
				    "      infoBufferSize: \"0\"\n    text:\n      infoBufferSize: \"0\"\n"
				    "  verbosity: 0\nshutdownGracePeriod: 0s\nresolvConf: \"\"\n"
				    "rotateCertificates: true\nport: 0\n"),
			 0);
	assert_int_equal(o.config->port, 10250);
	assert_int_equal(kn_config_ns(o.config->syncfrequency) / KN_NSEC_PER_SEC, 60);
	assert_string_equal(o.runtime_endpoint, "unix:///run/containerd/containerd.sock");
	assert_string_equal(o.resolv_conf, ""); /* none, as said */
	assert_true(o.config->rotatecertificates);
	assert_string_equal(o.unknown, "");
}

static void test_flags_override_the_file(void **state)
{
	struct rig *r = *state;
	char *path = write_file(r, "c.yaml",
				HEAD "maxPods: 20\nclusterDNS: [10.0.0.1]\nclusterDomain: a.b\n"
				     "authentication:\n  x509:\n    clientCAFile: /x\n");
	struct kn_options o;

	assert_int_equal(parse(r, &o, "--config", path, "--max-pods=30", "--cluster-dns=10.0.0.2,10.0.0.3",
			       "--anonymous-auth", NULL),
			 0);
	assert_int_equal(o.max_pods, 30);
	assert_string_equal(o.cluster_dns[0], "10.0.0.2");
	assert_string_equal(o.cluster_dns[1], "10.0.0.3");
	assert_null(o.cluster_dns[2]);
	assert_string_equal(o.cluster_domain, "a.b");
	assert_string_equal(o.config->authentication->x509->clientcafile, "/x");
	assert_true(o.config->authentication->anonymous->enabled);
}

static void test_drop_ins_in_order(void **state)
{
	struct rig *r = *state;
	char *path =
		write_file(r, "c.yaml", HEAD "maxPods: 1\nport: 1\nevictionHard: {memory.available: 1Mi}\n");
	char *dir = kn_arena_printf(r->a, "%s/d", r->dir);
	struct kn_options o;

	assert_int_equal(mkdir(dir, 0700), 0);
	write_file(r, "d/20.conf", HEAD "maxPods: 3\nclusterDNS: [10.0.0.9]\n");
	write_file(r, "d/10.conf",
		   HEAD "maxPods: 2\nport: 2\nclusterDNS: [10.0.0.7, 10.0.0.8]\n"
			"evictionHard: {nodefs.available: 5%}\n");
	write_file(r, "d/30.txt", "not looked at");
	assert_int_equal(parse(r, &o, "--config", path, "--config-dir", dir, NULL), 0);
	assert_int_equal(o.max_pods, 3);
	assert_int_equal(o.config->port, 2);
	assert_int_equal(o.config->n_clusterdns, 1);   /* lists are replaced */
	assert_int_equal(o.config->n_evictionhard, 2); /* maps merged */
	write_file(r, "d/40.conf", "apiVersion: v1\nkind: Pod\n");
	assert_int_equal(parse(r, &o, "--config", path, "--config-dir", dir, NULL), -EINVAL);
}

static void test_unknown_fields_are_told(void **state)
{
	struct rig *r = *state;
	struct kn_options o;

	assert_int_equal(parse_text(r, &o, HEAD "maxPods: 7\nmaxPodz: 8\n"), 0);
	assert_int_equal(o.max_pods, 7);
	assert_non_null(strstr(o.unknown, "maxPodz"));
	assert_int_equal(parse_text(r, &o, HEAD "maxPods: many\n"), -EINVAL);
	assert_non_null(strstr(r->err.msg, "maxPods"));
}

static void test_bad_files(void **state)
{
	struct rig *r = *state;
	struct kn_options o;

	assert_int_equal(parse_text(r, &o, ""), -EINVAL);
	assert_int_equal(parse_text(r, &o, "kind: KubeletConfiguration\n"), -EINVAL);
	assert_int_equal(
		parse_text(r, &o, "apiVersion: kubelet.config.k8s.io/v2\nkind: KubeletConfiguration\n"),
		-EINVAL);
	assert_int_equal(parse_text(r, &o, HEAD "---\n" HEAD), -EINVAL);
	assert_true(parse(r, &o, "--config=/nonexistent/x", NULL) < 0);
}

static void test_validation(void **state)
{
	static const struct {
		const char *yaml, *error;
	} cases[] = {
		{"nodeLeaseDurationSeconds: -1\n",
		 "invalid configuration: nodeLeaseDurationSeconds must be greater than 0"},
		{"healthzPort: 70000\n", "invalid configuration: healthzPort (--healthz-port) 70000 must be "
					 "between 1 and 65535, inclusive"},
		{"imageGCHighThresholdPercent: 101\n",
		 "invalid configuration: imageGCHighThresholdPercent (--image-gc-high-threshold) 101 must be "
		 "between 0 and 100, inclusive"},
		{"containerLogMaxFiles: 1\n",
		 "invalid configuration: containerLogMaxFiles must be greater than 1"},
		{"eventBurst: -1\n",
		 "invalid configuration: eventBurst (--event-burst) -1 must not be a negative number"},
		{"featureGates: {NoSuchGate: true}\n", "unrecognized feature gate: NoSuchGate"},
		{"featureGates: {CPUManagerPolicyOptions: false}\n",
		 "cannot set feature gate CPUManagerPolicyOptions to false, feature is locked to true"},
		{"hairpinMode: x\n", "invalid configuration: option \"x\" specified for hairpinMode "
				     "(--hairpin-mode). Valid options "
				     "are \"none\", \"hairpin-veth\" or \"promiscuous-bridge\""},
	};
	struct rig *r = *state;
	struct kn_options o;

	for (size_t i = 0; i < KN_ARRAY_SIZE(cases); i++) {
		kn_auto_free char *text = kn_sprintf(HEAD "%s", cases[i].yaml);

		assert_int_equal(parse_text(r, &o, text), -EINVAL);
		assert_string_equal(r->err.msg, cases[i].error);
	}
}

static void test_what_is_not_done_is_refused_by_name(void **state)
{
	static const char *const cases[][2] = {
		{"cpuManagerPolicy: static\n", "cpuManagerPolicy"},
		{"shutdownGracePeriod: 30s\n", "shutdownGracePeriod"},
		{"memorySwap: {swapBehavior: LimitedSwap}\n", "memorySwap"},
		{"featureGates: {CSIVolumeHealth: true}\n", "CSIVolumeHealth"}};
	struct rig *r = *state;
	struct kn_options o;

	for (size_t i = 0; i < KN_ARRAY_SIZE(cases); i++) {
		kn_auto_free char *text = kn_sprintf(HEAD "%s", cases[i][0]);

		assert_int_equal(parse_text(r, &o, text), -EOPNOTSUPP);
		assert_non_null(strstr(r->err.msg, cases[i][1]));
	}
	assert_int_equal(parse_text(r, &o,
				    HEAD "cpuManagerPolicy: None\nmemoryManagerPolicy: none\n"
					 "featureGates: {CSIVolumeHealth: false}\n"),
			 0);
	assert_int_equal(parse(r, &o, "--lock-file=/x", NULL), -EOPNOTSUPP);
	assert_int_equal(parse(r, &o, "--exit-on-lock-contention=false", NULL), 0);
}

static void test_flag_kinds(void **state)
{
	struct rig *r = *state;
	struct kn_options o;

	assert_int_equal(parse(r, &o, "--eviction-hard=memory.available<2Gi,nodefs.available<20%",
			       "--kube-reserved=cpu=200m,memory=1Gi", "--fail-cgroupv1=false",
			       "--register-with-taints=a=b:NoSchedule,c:NoExecute", "-v=4", NULL),
			 0);
	assert_int_equal(o.config->n_evictionhard, 2);
	assert_string_equal(o.config->evictionhard[0]->value, "2Gi");
	assert_false(o.fail_cgroup_v1);
	assert_int_equal(o.config->n_registerwithtaints, 2);
	assert_string_equal(o.config->registerwithtaints[0]->value, "b");
	assert_int_equal(o.verbosity, 4);
	assert_int_equal(parse(r, &o, "--max-pods=x", NULL), -EINVAL);
	assert_string_equal(r->err.msg, "invalid argument \"x\" for \"--max-pods\" flag");
	assert_int_equal(parse(r, &o, "--sync-frequency=5", NULL), -EINVAL);
	assert_int_equal(parse(r, &o, "--fail-cgroupv1=maybe", NULL), -EINVAL);
}

static void test_reserved(void **state)
{
	struct rig *r = *state;
	struct kn_node_reserved res;
	struct kn_options o;

	assert_int_equal(parse(r, &o, "--eviction-hard=memory.available<5%,nodefs.available<1Gi",
			       "--kube-reserved=cpu=200m,memory=1Gi,hugepages-2Mi=4Mi",
			       "--system-reserved=cpu=1,memory=1Mi", NULL),
			 0);
	assert_int_equal(kn_node_reserved_make(&res, o.config, r->a, NULL), 0);
	assert_int_equal(res.cpu_milli, 1200);
	assert_int_equal(res.memory_bytes, (1 << 30) + (1 << 20));
	assert_true(res.memory_fraction > 0.049 && res.memory_fraction < 0.051);
	assert_int_equal(res.ephemeral_bytes, 1 << 30);
	assert_int_equal(res.hugepages[0].bytes, 4 << 20);
	assert_int_equal(parse(r, &o, "--system-reserved=gpu=1", NULL), 0);
	assert_int_equal(kn_node_reserved_make(&res, o.config, r->a, NULL), -EINVAL);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_defaults),
		TEST(test_zeroes_are_defaults),
		TEST(test_flags_override_the_file),
		TEST(test_drop_ins_in_order),
		TEST(test_unknown_fields_are_told),
		TEST(test_bad_files),
		TEST(test_validation),
		TEST(test_what_is_not_done_is_refused_by_name),
		TEST(test_flag_kinds),
		TEST(test_reserved),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
