// SPDX-License-Identifier: Apache-2.0
/* What clients and the runtime send to the kubelet's server: paths, log queries, streaming URLs and HTTP
 * heads. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "kubelet/log/cri_log.h"
#include "kubelet/server/server_log_options.h"
#include "kubelet/server/server_route.h"
#include "kubelet/server/server_upgrade.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_header(void *user, const char *name, const char *value)
{
	size_t *n = user;

	*n += strlen(name) + strlen(value);
}

static void options(char *text)
{
	struct kn_log_options o;
	char *save = NULL, *p;
	int status;

	kn_log_options_init(&o);
	for (p = strtok_r(text, "&", &save); p; p = strtok_r(NULL, "&", &save)) {
		char *v = strchr(p, '=');

		if (v)
			*v++ = '\0';
		kn_log_options_param(&o, p, v ? v : "");
	}
	status = kn_log_options_finish(&o, 1750000000 * KN_NSEC_PER_SEC);
	assert(status == 200 || status == 400 || status == 422);
	if (status == 200)
		assert(o.tail >= -1 && (o.limit == -1 || o.limit >= 1) && (o.out || o.err));
}

static bool on_line(void *user, const struct kn_cri_log_line *l)
{
	char stamp[64];

	assert(strlen(kn_cri_log_stamp(l, stamp)) < sizeof(stamp));
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text kn_auto_free = kn_calloc(1, size + 1);
	struct kn_cri_log_reader reader = {0};
	struct kn_route_match m;
	struct kn_stream_url u;
	struct kn_auth_attrs a;
	size_t n = 0;

	memcpy(text, data, size);
	kn_route_find("GET", text, &m);
	assert(m.route < KN_ROUTE_COUNT && m.bucket);
	kn_auth_attrs("GET", text, &a);
	assert(a.subresource[0] && !a.subresource[KN_AUTH_SUBRESOURCES_MAX]);
	if (!kn_stream_url_parse(text, &u, NULL))
		assert(*u.path == '/' && u.port && *u.host && !strpbrk(u.path, "\r\n "));
	assert(kn_http_head_end(text, size) <= size);
	kn_cri_log_feed(&reader, text, size, on_line, NULL);
	kn_cri_log_reader_free(&reader);
	if (size && data[0] == 'H')
		kn_http_head_parse(text, on_header, &n);
	else
		options(text);
	assert(n <= size);
	return 0;
}
