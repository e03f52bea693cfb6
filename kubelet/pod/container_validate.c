/* SPDX-License-Identifier: Apache-2.0 */
/* The part of the pod's validation that looks at one container (pkg/apis/core/validation/validation.go). */
#include <errno.h>
#include <string.h>

#include "kubelet/pod/pod_priv.h"
#include "lib/k8s/codec.h"

static int required(const char *path, const char *field, struct kn_err *err)
{
	return kn_err_set(err, EINVAL, "%s.%s: Required value", path, field);
}

static int check_enum(const char *path, const char *field, const char *value, const char *const *list,
		      struct kn_err *err)
{
	if (kn_one_of(value, list))
		return 0;
	return kn_err_set(err, EINVAL, "%s.%s: Unsupported value: \"%.70s\"", path, field,
			  value ? value : "");
}

static int check_ports(const K8s__Container *c, const char *path, struct kn_err *err)
{
	static const char *const protocols[] = {"TCP", "UDP", "SCTP", NULL};

	for (size_t i = 0; i < c->n_ports; i++) {
		const K8s__ContainerPort *p = c->ports[i];

		if (p->containerport < 1 || p->containerport > 65535)
			return kn_err_set(
				err, EINVAL,
				"%s.ports[%zu].containerPort: Invalid value: %d: must be between 1 and 65535",
				path, i, p->containerport);
		if (p->hostport < 0 || p->hostport > 65535)
			return kn_err_set(
				err, EINVAL,
				"%s.ports[%zu].hostPort: Invalid value: %d: must be between 1 and 65535",
				path, i, p->hostport);
		if (!kn_one_of(p->protocol, protocols))
			return kn_err_set(err, EINVAL, "%s.ports[%zu].protocol: Unsupported value: \"%.70s\"",
					  path, i, p->protocol);
	}
	return 0;
}

static int check_env(const K8s__Container *c, const char *path, struct kn_err *err)
{
	for (size_t i = 0; i < c->n_env; i++) {
		if (!kn_str_set(c->env[i]->name))
			return kn_err_set(err, EINVAL, "%s.env[%zu].name: Required value", path, i);
		if (strchr(c->env[i]->name, '='))
			return kn_err_set(err, EINVAL,
					  "%s.env[%zu].name: Invalid value: \"%.70s\": must not contain '='",
					  path, i, c->env[i]->name);
		if (c->env[i]->valuefrom && kn_str_set(c->env[i]->value))
			return kn_err_set(
				err, EINVAL,
				"%s.env[%zu].valueFrom: Invalid value: may not be specified when `value` is "
				"not empty",
				path, i);
	}
	return 0;
}

static bool has_volume(const K8s__PodSpec *s, const char *name)
{
	for (size_t i = 0; i < s->n_volumes; i++)
		if (!strcmp(s->volumes[i]->name, name))
			return true;
	return false;
}

static int check_mount(const K8s__PodSpec *s, const K8s__Container *c, size_t i, const char *path,
		       struct kn_err *err)
{
	static const char *const propagations[] = {"None", "HostToContainer", "Bidirectional", NULL};
	const K8s__VolumeMount *m = c->volumemounts[i];
	const char *prop = m->mountpropagation;

	if (!kn_str_set(m->name))
		return kn_err_set(err, EINVAL, "%s.volumeMounts[%zu].name: Required value", path, i);
	if (!has_volume(s, m->name))
		return kn_err_set(err, EINVAL, "%s.volumeMounts[%zu].name: Not found: \"%.70s\"", path, i,
				  m->name);
	if (!kn_str_set(m->mountpath))
		return kn_err_set(err, EINVAL, "%s.volumeMounts[%zu].mountPath: Required value", path, i);
	for (size_t j = 0; j < i; j++)
		if (!strcmp(c->volumemounts[j]->mountpath, m->mountpath))
			return kn_err_set(
				err, EINVAL,
				"%s.volumeMounts[%zu].mountPath: Invalid value: \"%.200s\": must be unique",
				path, i, m->mountpath);
	if (kn_str_set(m->subpath) && (m->subpath[0] == '/' || !kn_path_is_tame(m->subpath)))
		return kn_err_set(err, EINVAL,
				  "%s.volumeMounts[%zu].subPath: Invalid value: \"%.200s\": must be relative "
				  "and without "
				  "'..'",
				  path, i, m->subpath);
	if (kn_str_set(m->subpath) && kn_str_set(m->subpathexpr))
		return kn_err_set(err, EINVAL,
				  "%s.volumeMounts[%zu].subPathExpr: Invalid value: subPathExpr and subPath "
				  "are mutually "
				  "exclusive",
				  path, i);
	if (kn_str_set(prop) && !kn_one_of(prop, propagations))
		return kn_err_set(err, EINVAL,
				  "%s.volumeMounts[%zu].mountPropagation: Unsupported value: \"%.70s\"", path,
				  i, prop);
	if (kn_str_set(prop) && !strcmp(prop, "Bidirectional") &&
	    !(c->securitycontext && c->securitycontext->privileged))
		return kn_err_set(err, EINVAL,
				  "%s.volumeMounts[%zu].mountPropagation: Forbidden: Bidirectional mount "
				  "propagation is "
				  "available only to privileged containers",
				  path, i);
	return 0;
}

static int quantity_milli(const K8s__QuantityEntry *e, int64_t *ret)
{
	if (!e->key || !e->value || !e->value->string)
		return -EINVAL;
	return kn_quantity_milli(e->value->string, ret);
}

static int check_quantities(K8s__QuantityEntry **list, size_t n, const char *path, const char *which,
			    struct kn_err *err)
{
	for (size_t i = 0; i < n; i++) {
		const K8s__Quantity *q = list[i]->value;
		int64_t v;

		/* Milli-units of a very large memory do not fit; whole units then must. */
		if (quantity_milli(list[i], &v) &&
		    (!list[i]->key || !q || !q->string || kn_quantity_value(q->string, &v)))
			return kn_err_set(err, EINVAL,
					  "%s.resources.%s[%.70s]: Invalid value: \"%.70s\": not a quantity",
					  path, which, list[i]->key ? list[i]->key : "",
					  q && q->string ? q->string : "");
		if (v < 0)
			return kn_err_set(err, EINVAL,
					  "%s.resources.%s[%s]: Invalid value: \"%.70s\": must be greater "
					  "than or equal "
					  "to 0",
					  path, which, list[i]->key, q->string);
	}
	return 0;
}

static int check_resources(const K8s__ResourceRequirements *r, const char *path, struct kn_err *err)
{
	int ret;

	if (!r)
		return 0;
	ret = check_quantities(r->limits, r->n_limits, path, "limits", err);
	if (!ret)
		ret = check_quantities(r->requests, r->n_requests, path, "requests", err);
	for (size_t i = 0; !ret && i < r->n_limits; i++) {
		for (size_t j = 0; !ret && j < r->n_requests; j++) {
			int64_t lim, req;

			if (strcmp(r->limits[i]->key, r->requests[j]->key) ||
			    quantity_milli(r->limits[i], &lim) || quantity_milli(r->requests[j], &req) ||
			    req <= lim)
				continue;
			ret = kn_err_set(err, EINVAL,
					 "%s.resources.requests: Invalid value: \"%.70s\": must be less than "
					 "or equal to "
					 "%.70s limit of %.70s",
					 path, r->requests[j]->value->string, r->limits[i]->key,
					 r->limits[i]->value->string);
		}
	}
	return ret;
}

int kn_container_validate(const K8s__PodSpec *s, const K8s__Container *c, const char *path, bool init,
			  struct kn_err *err)
{
	static const char *const pull[] = {"Always", "IfNotPresent", "Never", NULL};
	static const char *const message[] = {"File", "FallbackToLogsOnError", NULL};
	static const char *const restart[] = {"Always", "OnFailure", "Never", NULL};
	int r;

	if (!kn_str_set(c->name))
		return required(path, "name", err);
	if (!kn_is_dns_label(c->name))
		return kn_err_set(err, EINVAL, "%s.name: Invalid value: \"%.70s\": must be an RFC 1123 label",
				  path, c->name);
	if (!kn_str_set(c->image))
		return required(path, "image", err);
	r = check_enum(path, "imagePullPolicy", c->imagepullpolicy, pull, err);
	if (!r)
		r = check_enum(path, "terminationMessagePolicy", c->terminationmessagepolicy, message, err);
	if (!r && kn_str_set(c->restartpolicy))
		r = check_enum(path, "restartPolicy", c->restartpolicy, restart, err);
	if (!r)
		r = check_ports(c, path, err);
	if (!r)
		r = check_env(c, path, err);
	for (size_t i = 0; !r && i < c->n_volumemounts; i++)
		r = check_mount(s, c, i, path, err);
	return r ? r : check_resources(c->resources, path, err);
}
