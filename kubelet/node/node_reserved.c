/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "kubelet/node/node_config.h"
#include "lib/base/mem.h"
#include "lib/k8s/codec.h"

enum { HUGEPAGES_MAX = 16 };

static void add_hugepages(struct kn_node_reserved *r, const char *resource, int64_t bytes)
{
	for (size_t i = 0; i < r->n_hugepages; i++)
		if (!strcmp(r->hugepages[i].resource, resource)) {
			r->hugepages[i].bytes += bytes;
			return;
		}
	if (r->n_hugepages < HUGEPAGES_MAX)
		r->hugepages[r->n_hugepages++] = (struct kn_hugepages){resource, bytes};
}

static int add_reservation(struct kn_node_reserved *r, const char *field, const K8s__StringEntry *e,
			   struct kn_err *err)
{
	bool cpu = !strcmp(e->key, "cpu");
	const char *text = e->value ? e->value : "";
	int64_t n;

	if ((cpu ? kn_quantity_milli(text, &n) : kn_quantity_value(text, &n)) || n < 0)
		return kn_err_set(err, EINVAL, "invalid configuration: %s: %s: \"%s\" is no quantity", field,
				  e->key, text);
	if (cpu)
		r->cpu_milli += n;
	else if (!strcmp(e->key, "memory"))
		r->memory_bytes += n;
	else if (!strcmp(e->key, "ephemeral-storage"))
		r->ephemeral_bytes += n;
	else if (!strcmp(e->key, "pid"))
		r->pids += n;
	else if (!strncmp(e->key, "hugepages-", 10))
		add_hugepages(r, e->key, n);
	else
		return kn_err_set(err, EINVAL, "cannot reserve \"%s\" resource", e->key);
	return 0;
}

/* "10%" or a quantity. */
static int add_threshold(const char *key, const char *text, int64_t *bytes, double *fraction,
			 struct kn_err *err)
{
	size_t n = strlen(text);
	int64_t value;
	char *end;

	if (n && text[n - 1] == '%') {
		double percent = strtod(text, &end);

		/* Not a number is in no range. */
		if (end == text || end != text + n - 1 || !(percent >= 0 && percent <= 100))
			goto invalid;
		*fraction += percent / 100;
		return 0;
	}
	if (kn_quantity_value(text, &value) || value < 0)
		goto invalid;
	*bytes += value;
	return 0;
invalid:
	return kn_err_set(err, EINVAL, "invalid configuration: evictionHard: %s: \"%s\"", key, text);
}

int kn_node_reserved_make(struct kn_node_reserved *ret, const kn_config *c, struct kn_arena *a,
			  struct kn_err *err)
{
	struct kn_node_reserved r = {.hugepages =
					     kn_arena_alloc(a, HUGEPAGES_MAX * sizeof(struct kn_hugepages))};
	int e = 0;

	for (size_t i = 0; i < c->n_systemreserved && !e; i++)
		e = add_reservation(&r, "systemReserved", c->systemreserved[i], err);
	for (size_t i = 0; i < c->n_kubereserved && !e; i++)
		e = add_reservation(&r, "kubeReserved", c->kubereserved[i], err);
	for (size_t i = 0; i < c->n_evictionhard && !e; i++) {
		const char *key = c->evictionhard[i]->key, *text = c->evictionhard[i]->value;

		if (!strcmp(key, "memory.available"))
			e = add_threshold(key, text ? text : "", &r.memory_bytes, &r.memory_fraction, err);
		else if (!strcmp(key, "nodefs.available"))
			e = add_threshold(key, text ? text : "", &r.ephemeral_bytes, &r.ephemeral_fraction,
					  err);
	}
	if (!e)
		*ret = r;
	return e;
}
