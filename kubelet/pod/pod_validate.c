/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of pkg/apis/core/validation/validation.go whose failing would hurt the node. The containers' own
 * are in container_validate.c. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kubelet/pod/pod_priv.h"

/* lower case letters, digits and inner dashes; len characters from s. */
static bool label_part(const char *s, size_t len)
{
	if (len == 0 || s[0] == '-' || s[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!(s[i] >= 'a' && s[i] <= 'z') && !(s[i] >= '0' && s[i] <= '9') && s[i] != '-')
			return false;
	return true;
}

bool kn_is_dns_label(const char *s)
{
	size_t len = s ? strlen(s) : 0;

	return len <= 63 && label_part(s, len);
}

bool kn_is_dns_subdomain(const char *s)
{
	if (!s || strlen(s) > 253)
		return false;
	for (;;) {
		size_t len = strcspn(s, ".");

		if (!label_part(s, len))
			return false;
		if (!s[len])
			return true;
		s += len + 1;
	}
}

bool kn_one_of(const char *s, const char *const *list)
{
	for (; s && *list; list++)
		if (!strcmp(s, *list))
			return true;
	return false;
}

bool kn_path_is_tame(const char *s)
{
	while (*s) {
		size_t len = strcspn(s, "/");

		if (len == 2 && s[0] == '.' && s[1] == '.')
			return false;
		s += len;
		s += strspn(s, "/");
	}
	return true;
}

/* The uid becomes part of folder and cgroup names. */
static bool uid_is_tame(const char *s)
{
	size_t len = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

	return len && !s[len] && len <= 63 && s[0] != '-';
}

static int check_meta(const K8s__ObjectMeta *m, struct kn_err *err)
{
	if (!kn_str_set(m->name))
		return kn_err_set(err, EINVAL, "metadata.name: Required value");
	if (!kn_is_dns_subdomain(m->name))
		return kn_err_set(err, EINVAL,
				  "metadata.name: Invalid value: \"%.260s\": must be an RFC 1123 subdomain",
				  m->name);
	if (!kn_is_dns_label(m->namespace_))
		return kn_err_set(err, EINVAL,
				  "metadata.namespace: Invalid value: \"%.70s\": must be an RFC 1123 label",
				  m->namespace_);
	if (!uid_is_tame(m->uid))
		return kn_err_set(err, EINVAL,
				  "metadata.uid: Invalid value: \"%.70s\": letters, digits and dashes only",
				  m->uid);
	for (size_t i = 0; i < m->n_labels; i++)
		if (!kn_str_set(m->labels[i]->key))
			return kn_err_set(err, EINVAL, "metadata.labels: Invalid value: a key is empty");
	for (size_t i = 0; i < m->n_annotations; i++)
		if (!kn_str_set(m->annotations[i]->key))
			return kn_err_set(err, EINVAL, "metadata.annotations: Invalid value: a key is empty");
	return 0;
}

static int check_host_path(const K8s__HostPathVolumeSource *h, size_t i, struct kn_err *err)
{
	static const char *const types[] = {
		"",	      "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket",
		"CharDevice", "BlockDevice",	   NULL};

	if (!kn_str_set(h->path))
		return kn_err_set(err, EINVAL, "spec.volumes[%zu].hostPath.path: Required value", i);
	if (h->path[0] != '/')
		return kn_err_set(err, EINVAL,
				  "spec.volumes[%zu].hostPath.path: Invalid value: \"%.200s\": not absolute",
				  i, h->path);
	if (!kn_path_is_tame(h->path))
		return kn_err_set(
			err, EINVAL,
			"spec.volumes[%zu].hostPath.path: Invalid value: \"%.200s\": must not contain '..'",
			i, h->path);
	if (h->type && !kn_one_of(h->type, types))
		return kn_err_set(err, EINVAL,
				  "spec.volumes[%zu].hostPath.type: Unsupported value: \"%.70s\"", i,
				  h->type);
	return 0;
}

static int check_volumes(const K8s__PodSpec *s, struct kn_err *err)
{
	for (size_t i = 0; i < s->n_volumes; i++) {
		const K8s__Volume *v = s->volumes[i];
		int r = 0;

		if (!kn_str_set(v->name))
			return kn_err_set(err, EINVAL, "spec.volumes[%zu].name: Required value", i);
		if (!kn_is_dns_label(v->name))
			return kn_err_set(
				err, EINVAL,
				"spec.volumes[%zu].name: Invalid value: \"%.70s\": must be an RFC 1123 label",
				i, v->name);
		for (size_t j = 0; j < i; j++)
			if (!strcmp(s->volumes[j]->name, v->name))
				return kn_err_set(err, EINVAL,
						  "spec.volumes[%zu].name: Duplicate value: \"%s\"", i,
						  v->name);
		if (v->volumesource->hostpath)
			r = check_host_path(v->volumesource->hostpath, i, err);
		if (r)
			return r;
	}
	return 0;
}

static int check_enums(const K8s__PodSpec *s, struct kn_err *err)
{
	static const char *const restart[] = {"Always", "OnFailure", "Never", NULL};
	static const char *const dns[] = {"ClusterFirst", "ClusterFirstWithHostNet", "Default", "None", NULL};

	if (!kn_one_of(s->restartpolicy, restart))
		return kn_err_set(
			err, EINVAL,
			"spec.restartPolicy: Unsupported value: \"%.70s\": supported values: \"Always\", "
			"\"OnFailure\", \"Never\"",
			s->restartpolicy);
	if (!kn_one_of(s->dnspolicy, dns))
		return kn_err_set(
			err, EINVAL,
			"spec.dnsPolicy: Unsupported value: \"%.70s\": supported values: \"ClusterFirst\", "
			"\"ClusterFirstWithHostNet\", \"Default\", \"None\"",
			s->dnspolicy);
	if (!strcmp(s->dnspolicy, "None") && (!s->dnsconfig || !s->dnsconfig->n_nameservers))
		return kn_err_set(err, EINVAL,
				  "spec.dnsConfig.nameservers: Required value: must provide at least one DNS "
				  "nameserver when `dnsPolicy` is None");
	if (s->terminationgraceperiodseconds < 0)
		return kn_err_set(err, EINVAL,
				  "spec.terminationGracePeriodSeconds: Invalid value: must not be negative");
	if (s->has_activedeadlineseconds && s->activedeadlineseconds < 1)
		return kn_err_set(err, EINVAL, "spec.activeDeadlineSeconds: Invalid value: must be positive");
	if (kn_str_set(s->hostname) && !kn_is_dns_label(s->hostname))
		return kn_err_set(err, EINVAL,
				  "spec.hostname: Invalid value: \"%.70s\": must be an RFC 1123 label",
				  s->hostname);
	if (kn_str_set(s->subdomain) && !kn_is_dns_label(s->subdomain))
		return kn_err_set(err, EINVAL,
				  "spec.subdomain: Invalid value: \"%.70s\": must be an RFC 1123 label",
				  s->subdomain);
	if (s->shareprocessnamespace && s->hostpid)
		return kn_err_set(
			err, EINVAL,
			"spec.shareProcessNamespace: Invalid value: true: can't be used with hostPID");
	return 0;
}

/* Names are unique over init and app containers alike: logs and status go by them. */
static const char *earlier(const K8s__PodSpec *s, bool init, size_t i)
{
	const char *name = init ? s->initcontainers[i]->name : s->containers[i]->name;

	for (size_t j = 0; j < (init ? i : s->n_initcontainers); j++)
		if (!strcmp(s->initcontainers[j]->name, name))
			return name;
	for (size_t j = 0; !init && j < i; j++)
		if (!strcmp(s->containers[j]->name, name))
			return name;
	return NULL;
}

static int check_containers(const K8s__PodSpec *s, bool init, struct kn_err *err)
{
	size_t n = init ? s->n_initcontainers : s->n_containers;

	for (size_t i = 0; i < n; i++) {
		char path[64];
		int r;

		snprintf(path, sizeof(path), "spec.%s[%zu]", init ? "initContainers" : "containers", i);
		r = kn_container_validate(s, init ? s->initcontainers[i] : s->containers[i], path, init, err);
		if (r)
			return r;
		if (earlier(s, init, i))
			return kn_err_set(err, EINVAL, "%s.name: Duplicate value: \"%s\"", path,
					  earlier(s, init, i));
	}
	return 0;
}

int kn_pod_validate(const K8s__Pod *obj, struct kn_err *err)
{
	const K8s__PodSpec *s = obj->spec;
	int r = check_meta(obj->metadata, err);

	if (!r)
		r = check_enums(s, err);
	if (!r)
		r = check_volumes(s, err);
	if (!r && !s->n_containers)
		r = kn_err_set(err, EINVAL, "spec.containers: Required value");
	if (!r)
		r = check_containers(s, true, err);
	if (!r)
		r = check_containers(s, false, err);
	return r;
}
