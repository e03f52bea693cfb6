// SPDX-License-Identifier: Apache-2.0
/*
 * The schema: no message contains itself (protoc-c unpacks without a depth limit), only types the codec
 * knows, maps only as entries; and every field has upstream's name, number, type and label, compared with the
 * generated.proto files of k8s.io/api and k8s.io/apimachinery when the Go module cache has them
 * (KN_GOMODCACHE, else ~/go/pkg/mod).
 */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"
#include "lib/k8s/codec_internal.h"
#include "lib/k8s/authentication.pb-c.h"
#include "lib/k8s/authorization.pb-c.h"
#include "lib/k8s/certificates.pb-c.h"
#include "lib/k8s/coordination.pb-c.h"
#include "lib/k8s/core.pb-c.h"
#include "lib/k8s/discovery.pb-c.h"
#include "lib/k8s/node.pb-c.h"
#include "lib/k8s/runtime.pb-c.h"

static const ProtobufCMessageDescriptor *const roots[] = {
	&k8s__pod_list__descriptor,
	&k8s__service_list__descriptor,
	&k8s__endpoint_slice_list__descriptor,
	&k8s__config_map_list__descriptor,
	&k8s__secret_list__descriptor,
	&k8s__node_list__descriptor,
	&k8s__event_list__descriptor,
	&k8s__namespace_list__descriptor,
	&k8s__service_account__descriptor,
	&k8s__lease_list__descriptor,
	&k8s__certificate_signing_request_list__descriptor,
	&k8s__token_request__descriptor,
	&k8s__token_review__descriptor,
	&k8s__subject_access_review__descriptor,
	&k8s__runtime_class_list__descriptor,
	&k8s__status__descriptor,
	&k8s__watch_event__descriptor,
	&k8s__delete_options__descriptor,
	&k8s__label_selector__descriptor,
	&k8s__unknown__descriptor,
	&k8s__duration__descriptor,
	&k8s__micro_time__descriptor,
};

#define DEPTH_MAX 32 /* far above what the schema has; a cycle passes any limit */

static void visit(const ProtobufCMessageDescriptor *desc, const ProtobufCMessageDescriptor **path, int depth,
		  void (*each)(const ProtobufCMessageDescriptor *, void *), void *user)
{
	assert_true(depth < DEPTH_MAX);
	for (int i = 0; i < depth; i++)
		if (path[i] == desc)
			fail_msg("%s contains itself", desc->name);
	path[depth] = desc;
	if (each)
		each(desc, user);
	for (unsigned i = 0; i < desc->n_fields; i++)
		if (desc->fields[i].type == PROTOBUF_C_TYPE_MESSAGE)
			visit(desc->fields[i].descriptor, path, depth + 1, each, user);
}

static void visit_all(void (*each)(const ProtobufCMessageDescriptor *, void *), void *user)
{
	const ProtobufCMessageDescriptor *path[DEPTH_MAX];

	for (size_t i = 0; i < KN_ARRAY_SIZE(roots); i++)
		visit(roots[i], path, 0, each, user);
}

static void test_no_cycles(void **state)
{
	visit_all(NULL, NULL);
}

static void known_types(const ProtobufCMessageDescriptor *desc, void *user)
{
	for (unsigned i = 0; i < desc->n_fields; i++) {
		const ProtobufCFieldDescriptor *f = &desc->fields[i];

		switch (f->type) {
		case PROTOBUF_C_TYPE_INT32:
		case PROTOBUF_C_TYPE_INT64:
		case PROTOBUF_C_TYPE_BOOL:
		case PROTOBUF_C_TYPE_STRING:
		case PROTOBUF_C_TYPE_BYTES:
		case PROTOBUF_C_TYPE_MESSAGE:
			break;
		default:
			fail_msg("%s.%s: the codec does not know its type", desc->name, f->name);
		}
		assert_true(f->label != PROTOBUF_C_LABEL_REQUIRED);
		/* A name both known and skipped would hide a field. */
		assert_false(kn_codec_ignored(desc, f->name));
	}
	if (kn_special_of(desc) == KN_SPECIAL_ENTRY) {
		assert_int_equal(desc->n_fields, 2);
		assert_string_equal(desc->fields[0].name, "key");
		assert_string_equal(desc->fields[1].name, "value");
	}
}

static void test_known_types(void **state)
{
	visit_all(known_types, NULL);
	/* The codec treats the two alike. */
	assert_int_equal(sizeof(K8s__Time), sizeof(K8s__MicroTime));
	assert_int_equal(offsetof(K8s__Time, seconds), offsetof(K8s__MicroTime, seconds));
	assert_int_equal(offsetof(K8s__Time, nanos), offsetof(K8s__MicroTime, nanos));
}

static const struct {
	const char *own; /* a message of this name is looked for in the first file that has it */
	const char *upstream;
} files[] = {
	{"discovery", "k8s.io/api@v0.3*/discovery/v1/generated.proto"}, /* its EndpointPort is not core's */
	{"runtime", "k8s.io/apimachinery@v0.3*/pkg/runtime/generated.proto"}, /* its TypeMeta is not meta's */
	{"meta",
	 "k8s.io/apimachinery@v0.3*/pkg/apis/meta/v1/generated.proto"}, /* nor its Preconditions core's */
	{"core", "k8s.io/api@v0.3*/core/v1/generated.proto"},
	{"authentication", "k8s.io/api@v0.3*/authentication/v1/generated.proto"},
	{"authorization", "k8s.io/api@v0.3*/authorization/v1/generated.proto"},
	{"certificates", "k8s.io/api@v0.3*/certificates/v1/generated.proto"},
	{"coordination", "k8s.io/api@v0.3*/coordination/v1/generated.proto"},
	{"node", "k8s.io/api@v0.3*/node/v1/generated.proto"},
	{"quantity", "k8s.io/apimachinery@v0.3*/pkg/api/resource/generated.proto"},
	{"intstr", "k8s.io/apimachinery@v0.3*/pkg/util/intstr/generated.proto"},
};

struct upstream {
	struct kn_buf text[KN_ARRAY_SIZE(files)];
	size_t compared;
};

static bool load(struct upstream *u)
{
	const char *cache = getenv("KN_GOMODCACHE"), *home = getenv("HOME");

	for (size_t i = 0; i < KN_ARRAY_SIZE(files); i++) {
		kn_auto_free char *pattern =
			cache ? kn_sprintf("%s/%s", cache, files[i].upstream)
			      : kn_sprintf("%s/go/pkg/mod/%s", home ? home : "", files[i].upstream);
		glob_t g;
		int r = glob(pattern, 0, NULL, &g);

		if (!r) /* the newest of them */
			r = kn_file_read(g.gl_pathv[g.gl_pathc - 1], 4 << 20, &u->text[i], NULL);
		globfree(&g);
		if (r)
			return false;
	}
	return true;
}

/* The text of a message, from its opening line to its closing brace at the line's start. */
static const char *find_message(const struct kn_buf *text, const char *name, const char **end)
{
	kn_auto_free char *opening = kn_sprintf("\nmessage %s {\n", name);
	const char *start = strstr(text->data, opening);

	if (start)
		*end = strstr(start + 1, "\n}");
	return start;
}

static const char *type_name(const ProtobufCFieldDescriptor *f)
{
	static const char *const names[] = {
		[PROTOBUF_C_TYPE_INT32] = "int32", [PROTOBUF_C_TYPE_INT64] = "int64",
		[PROTOBUF_C_TYPE_BOOL] = "bool",   [PROTOBUF_C_TYPE_STRING] = "string",
		[PROTOBUF_C_TYPE_BYTES] = "bytes",
	};

	if (f->type == PROTOBUF_C_TYPE_MESSAGE)
		return ((const ProtobufCMessageDescriptor *)f->descriptor)->short_name;
	return names[f->type];
}

static const char *behind_dot(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot ? dot + 1 : name;
}

/* Where ours bears another name: of a type that is the same on the wire (their test that both have the same
 * fields is k8s.io/api's), or of a field whose JSON name is not its protobuf name. */
static const char *renamed(const char *name)
{
	if (!strcmp(name, "EphemeralContainerCommon"))
		return "Container";
	return !strcmp(name, "uID") ? "uid" : name;
}

/* One upstream line against a field of ours: `optional TYPE NAME = N;` or `map<string, TYPE> NAME = N;`. */
static bool same_field(const char *line, const ProtobufCFieldDescriptor *f)
{
	char label[16], type[160], name[128];
	const char *own = type_name(f);
	unsigned id;

	if (sscanf(line, " map<string, %159[^>]> %127s = %u;", type, name, &id) == 3) {
		size_t n = strlen(behind_dot(type));
		bool entry = f->type == PROTOBUF_C_TYPE_MESSAGE &&
			     kn_special_of(f->descriptor) == KN_SPECIAL_ENTRY;

		return !strcmp(name, f->name) && id == f->id && entry &&
		       !strncasecmp(own, behind_dot(type), n) && !strcmp(own + n, "Entry") &&
		       f->label == PROTOBUF_C_LABEL_REPEATED;
	}
	if (sscanf(line, " %15[a-z] %159s %127s = %u;", label, type, name, &id) != 4)
		return false;
	return !strcmp(renamed(name), f->name) && id == f->id && !strcmp(own, renamed(behind_dot(type))) &&
	       !strcmp(label, f->label == PROTOBUF_C_LABEL_REPEATED ? "repeated" : "optional");
}

/* What upstream has and we lack must be known as skipped, or an ordinary manifest would not decode strictly.
 */
static void check_known(const ProtobufCMessageDescriptor *desc, const char *line)
{
	char label[16], type[160], name[128];
	unsigned id;

	if (sscanf(line, " map<string, %159[^>]> %127s = %u;", type, name, &id) != 3 &&
	    sscanf(line, " %15[a-z] %159s %127s = %u;", label, type, name, &id) != 4)
		return;
	if (!protobuf_c_message_descriptor_get_field_by_name(desc, renamed(name)) &&
	    !kn_codec_ignored(desc, name))
		fail_msg("%s.%s: neither a field nor skipped", desc->short_name, name);
}

static void compare(const ProtobufCMessageDescriptor *desc, void *user)
{
	struct upstream *u = user;
	const char *start = NULL, *end = NULL;

	if (kn_special_of(desc) == KN_SPECIAL_ENTRY)
		return;
	for (size_t i = 0; i < KN_ARRAY_SIZE(files) && !start; i++)
		start = find_message(&u->text[i], desc->short_name, &end);
	if (!start || !end)
		fail_msg("%s: not upstream", desc->short_name);
	for (const char *line = strchr(start + 1, '\n'); line && line < end; line = strchr(line + 1, '\n'))
		check_known(desc, line + 1);
	for (unsigned i = 0; i < desc->n_fields; i++) {
		const char *line = strchr(start + 1, '\n');
		bool found = false;

		for (; line && line < end && !found; line = strchr(line + 1, '\n'))
			found = same_field(line + 1, &desc->fields[i]);
		if (!found)
			fail_msg("%s.%s = %u: not so upstream", desc->short_name, desc->fields[i].name,
				 desc->fields[i].id);
		u->compared++;
	}
}

static void test_upstream(void **state)
{
	struct upstream u = {0};
	bool there = load(&u);

	if (there)
		visit_all(compare, &u);
	for (size_t i = 0; i < KN_ARRAY_SIZE(files); i++)
		kn_buf_free(&u.text[i]);
	if (!there) {
		print_message("no k8s.io/api and k8s.io/apimachinery in the Go module cache\n");
		skip();
	}
	assert_true(u.compared > 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_cycles),
		cmocka_unit_test(test_known_types),
		cmocka_unit_test(test_upstream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
