/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include "cni/args.h"
#include "cni/cni.h"
#include "cni/config.h"
#include "cni/result.h"

#define ARENA_MAX (64UL * 1024 * 1024) /* what 1 MiB of JSON can become */

/* The version each command came with. */
static int check_command(enum kn_cni_command command, const char *version, struct kn_err *err)
{
	const char *since = command == KN_CNI_CMD_CHECK				       ? "0.4.0"
			    : command == KN_CNI_CMD_STATUS || command == KN_CNI_CMD_GC ? "1.1.0"
										       : kn_cni_versions[0];

	if (kn_cni_version_since(version, since))
		return 0;
	kn_err_set(err, EPROTONOSUPPORT, "cniVersion %s has no such command, it came with %s", version,
		   since);
	return KN_CNI_VERSION;
}

static int run_command(const struct kn_cni_args *args, const struct kn_cni_conf *conf, struct kn_buf *out,
		       struct kn_err *err)
{
	switch (args->command) {
	case KN_CNI_CMD_ADD:
		return kn_cni_cmd_add(args, conf, out, err);
	case KN_CNI_CMD_DEL:
		return kn_cni_cmd_del(args, conf, err);
	case KN_CNI_CMD_CHECK:
		return kn_cni_cmd_check(args, conf, err);
	case KN_CNI_CMD_GC:
		return kn_cni_cmd_gc(conf, err);
	case KN_CNI_CMD_STATUS:
		return kn_cni_cmd_status(conf, err);
	case KN_CNI_CMD_VERSION:
	case KN_CNI_CMD_NONE:
		break;
	}
	return 0;
}

/* VERSION answers with the version asked with, if it is one of ours, and takes no notice of the rest. */
static void answer_version(const char *text, size_t len, struct kn_arena *arena, struct kn_buf *out)
{
	struct kn_node *root = NULL;
	const char *version = NULL;
	int i;

	if (len && !kn_json_parse(text, len, NULL, arena, &root, NULL))
		version = kn_node_str(root, "cniVersion");
	i = version ? kn_cni_version_index(version) : -1;
	kn_cni_version_write(out, i < 0 ? NULL : kn_cni_versions[i]);
}

int kn_cni_run(const char *(*env)(const char *name), const char *conf_text, size_t len, struct kn_buf *out)
{
	kn_auto_arena struct kn_arena *arena = kn_arena_new(ARENA_MAX);
	struct kn_cni_conf conf = {0};
	struct kn_err err = KN_ERR_INIT;
	struct kn_cni_args args;
	int code = kn_cni_args_parse(env, &args, &err);

	if (!code && args.command == KN_CNI_CMD_VERSION) {
		answer_version(conf_text, len, arena, out);
		return 0;
	}
	if (!code && len > KN_CNI_STDIN_MAX) {
		kn_err_set(&err, EFBIG, "the network configuration is larger than 1 MiB");
		code = KN_CNI_DECODE;
	}
	if (!code)
		code = kn_cni_conf_parse(conf_text, len, arena, &conf, &err);
	if (!code)
		code = check_command(args.command, conf.version, &err);
	if (!code)
		code = run_command(&args, &conf, out, &err);
	if (code)
		kn_cni_error_write(out, conf.version, code, err.msg, err.code ? strerror(err.code) : NULL);
	return code ? 1 : 0;
}
