// SPDX-License-Identifier: Apache-2.0
/* kernctl doctor: works without the daemon. Exit code 1 when a check fails; warnings alone are good. */
#include "lib/json/write.h"
#include "tools/doctor.h"
#include "tools/kernctl.h"

static void write_json(struct kc *c, const struct kc_check *checks, size_t n)
{
	struct kn_json_writer *w = kn_json_writer_new(&c->out, true);

	kn_json_obj(w, NULL);
	kn_json_arr(w, "checks");
	for (size_t i = 0; i < n; i++) {
		kn_json_obj(w, NULL);
		kn_json_str(w, "name", checks[i].name);
		kn_json_str(w, "status", kc_verdict_name(checks[i].status));
		kn_json_str(w, "found", checks[i].found);
		kn_json_str(w, "cost", checks[i].cost);
		kn_json_str(w, "mend", checks[i].mend);
		kn_json_end_obj(w);
	}
	kn_json_end_arr(w);
	kn_json_end_obj(w);
	kn_json_writer_free(w);
	kn_buf_adds(&c->out, "\n");
}

static void write_lines(struct kc *c, const struct kc_check *checks, size_t n)
{
	static const char *const colors[] = {
		[KC_OK] = "\033[32m", [KC_WARN] = "\033[33m", [KC_FAIL] = "\033[31m"};

	for (size_t i = 0; i < n; i++) {
		const struct kc_check *k = &checks[i];

		kn_buf_addf(&c->out, "%s%-4s%s  %-16s  %s\n", c->color ? colors[k->status] : "",
			    kc_verdict_name(k->status), c->color ? "\033[0m" : "", k->name, k->found);
		if (k->cost)
			kn_buf_addf(&c->out, "      %-16s  costs: %s\n", "", k->cost);
		if (k->mend)
			kn_buf_addf(&c->out, "      %-16s  mend:  %s\n", "", k->mend);
	}
}

int kc_doctor(struct kc *c, int argc, char **argv)
{
	struct kc_check checks[KC_MAX_CHECKS];
	unsigned count[3] = {0};
	struct kc_facts facts;
	size_t n;

	if (argc > 1)
		return kc_usage("doctor takes no arguments");
	kc_probe(&facts, c->runtime_endpoint);
	n = kc_evaluate(&facts, checks);
	for (size_t i = 0; i < n; i++)
		count[checks[i].status]++;
	if (c->output == KC_JSON) {
		write_json(c, checks, n);
	} else {
		write_lines(c, checks, n);
		kn_buf_addf(&c->out, "\n%u ok, %u warnings, %u failures\n", count[KC_OK], count[KC_WARN],
			    count[KC_FAIL]);
	}
	return count[KC_FAIL] ? KC_PROBLEM : KC_GOOD;
}
