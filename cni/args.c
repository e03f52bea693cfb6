/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "cni/args.h"
#include "cni/cni.h"

static const char *const command_names[] = {
	[KN_CNI_CMD_ADD] = "ADD",	[KN_CNI_CMD_DEL] = "DEL", [KN_CNI_CMD_CHECK] = "CHECK",
	[KN_CNI_CMD_STATUS] = "STATUS", [KN_CNI_CMD_GC] = "GC",	  [KN_CNI_CMD_VERSION] = "VERSION",
};

int kn_cni_check_id(const char *id)
{
	if (!isalnum((unsigned char)id[0]) || strlen(id) > KN_CNI_ID_MAX)
		return -EINVAL;
	for (; *id; id++)
		if (!isalnum((unsigned char)*id) && !strchr("_.-", *id))
			return -EINVAL;
	return 0;
}

int kn_cni_check_ifname(const char *s)
{
	/* "all" and "default" would make a sysctl of every interface ours. */
	if (!s[0] || strlen(s) >= IFNAMSIZ || !strcmp(s, ".") || !strcmp(s, "..") || !strcmp(s, "all") ||
	    !strcmp(s, "default"))
		return -EINVAL;
	for (; *s; s++)
		if (*s == '/' || *s == ':' || *s == '%' || !isgraph((unsigned char)*s))
			return -EINVAL;
	return 0;
}

static enum kn_cni_command find_command(const char *name)
{
	for (size_t i = 1; name && i < KN_ARRAY_SIZE(command_names); i++)
		if (!strcmp(name, command_names[i]))
			return (enum kn_cni_command)i;
	return KN_CNI_CMD_NONE;
}

static int bad(struct kn_err *err, const char *name, const char *value)
{
	kn_err_set(err, EINVAL,
		   value ? "environment variable %s is invalid: \"%.64s\""
			 : "required environment variable %s is missing%s",
		   name, value ? value : "");
	return KN_CNI_ENV;
}

static const char *nonempty(const char *s)
{
	return s && *s ? s : NULL;
}

int kn_cni_args_parse(const char *(*env)(const char *name), struct kn_cni_args *ret, struct kn_err *err)
{
	struct kn_cni_args a = {.command = find_command(env("CNI_COMMAND"))};

	if (a.command == KN_CNI_CMD_NONE)
		return bad(err, "CNI_COMMAND", nonempty(env("CNI_COMMAND")));
	if (a.command == KN_CNI_CMD_ADD || a.command == KN_CNI_CMD_DEL || a.command == KN_CNI_CMD_CHECK) {
		a.container_id = nonempty(env("CNI_CONTAINERID"));
		a.ifname = nonempty(env("CNI_IFNAME"));
		a.netns = nonempty(env("CNI_NETNS"));
		if (!a.container_id || kn_cni_check_id(a.container_id))
			return bad(err, "CNI_CONTAINERID", a.container_id);
		if (!a.ifname || kn_cni_check_ifname(a.ifname))
			return bad(err, "CNI_IFNAME", a.ifname);
		if (!a.netns && a.command != KN_CNI_CMD_DEL)
			return bad(err, "CNI_NETNS", NULL);
	}
	*ret = a;
	return 0;
}

/* FNV-1a; 44 of its 64 bits fit into an interface name. */
void kn_cni_host_ifname(const char *container_id, const char *ifname, char ret[KN_CNI_HOSTIF_LEN])
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (const char *p = container_id; *p; p++)
		h = (h ^ (uint8_t)*p) * 0x100000001b3ULL;
	h = (h ^ ':') * 0x100000001b3ULL;
	for (const char *p = ifname; *p; p++)
		h = (h ^ (uint8_t)*p) * 0x100000001b3ULL;
	h ^= h >> 44;
	snprintf(ret, KN_CNI_HOSTIF_LEN, "kn%011llx", (unsigned long long)(h & 0xfffffffffffULL));
}
