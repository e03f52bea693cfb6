/* SPDX-License-Identifier: Apache-2.0 */
/* kernctl: what its subcommands share. A subcommand returns its exit code; texts go to out, complaints to
 * stderr. */
#ifndef KN_TOOLS_KERNCTL_H
#define KN_TOOLS_KERNCTL_H

#include <stdbool.h>
#include <stdint.h>
#include "lib/base/buf.h"
#include "lib/json/node.h"
#include "tools/table.h"

enum kc_exit { KC_GOOD = 0, KC_PROBLEM = 1, KC_USAGE = 2, KC_UNREACHABLE = 3 };
enum kc_output { KC_TABLE, KC_WIDE, KC_JSON };

struct kc {
	enum kc_output output;
	const char *socket;	      /* the daemon's hand socket */
	const char *runtime_endpoint; /* for doctor: unix:///... */
	bool color;
	struct kn_buf out; /* written to stdout at the end, whole */
};

int kc_status(struct kc *c, int argc, char **argv); /* argv[0] is the subcommand's name in all of these */
int kc_pods(struct kc *c, int argc, char **argv);
int kc_svc(struct kc *c, int argc, char **argv);
int kc_doctor(struct kc *c, int argc, char **argv);

/* The daemon's answer. With -o json it stands in c->out already. */
struct kc_doc {
	struct kn_buf text;
	struct kn_arena *arena;
	struct kn_node *root;
};
/* KC_GOOD, KC_UNREACHABLE, or KC_PROBLEM when the daemon answers with an error; has complained then. */
int kc_ask(struct kc *c, const char *command, const char *arg, struct kc_doc *doc);
void kc_doc_free(struct kc_doc *d);
#define kc_auto_doc KN_CLEANUP(kc_doc_free)

int kc_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2))); /* complains; returns KC_USAGE */

/* Pure helpers, in text.c. */
/* A scalar member's text ("true"/"false" for booleans); fallback where there is none, or an empty one. */
const char *kc_member(const struct kn_node *object, const char *key, const char *fallback);
/* A span as kubectl prints ages: "42s", "5m30s", "7h12m", "3d4h", "2y30d". buf of 32; returns buf. */
char *kc_age(int64_t seconds, char buf[32]);
/* RFC 3339 in UTC to seconds since 1970; -1 when it isn't one. */
int64_t kc_time(const char *rfc3339);

#endif
