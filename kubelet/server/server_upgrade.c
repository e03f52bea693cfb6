/* SPDX-License-Identifier: Apache-2.0 */
#include "kubelet/server/server_upgrade.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "lib/base/mem.h"

int kn_stream_url_parse(const char *url, struct kn_stream_url *ret, struct kn_err *err)
{
	static const char scheme[] = "http://";
	struct kn_stream_url u = {.port = 80};
	unsigned char addr[16];
	const char *p = url + strlen(scheme), *end, *close;
	size_t len;

	if (strncmp(url, scheme, strlen(scheme)) != 0)
		return kn_err_set(err, EINVAL, "the runtime's streaming address \"%.100s\" is not http://",
				  url);
	end = *p == '[' && (close = strchr(p, ']')) ? close + 1 : p + strcspn(p, ":/?");
	len = (size_t)(end - p);
	if (*p == '[') {
		p++;
		len -= 2;
	}
	if (!len || len >= sizeof(u.host))
		return kn_err_set(err, EINVAL, "the runtime's streaming address \"%.100s\" has no host", url);
	memcpy(u.host, p, len);
	if (!strcmp(u.host, "localhost"))
		memcpy(u.host, "127.0.0.1", sizeof("127.0.0.1"));
	if (inet_pton(AF_INET, u.host, addr) != 1 && inet_pton(AF_INET6, u.host, addr) != 1)
		return kn_err_set(err, EINVAL, "the runtime's streaming host \"%s\" is not an address",
				  u.host);
	if (*end == ':') {
		char *rest;
		long port = strtol(end + 1, &rest, 10);

		if (rest == end + 1 || port < 1 || port > 65535)
			return kn_err_set(err, EINVAL, "the runtime's streaming address has a bad port");
		u.port = (uint16_t)port;
		end = rest;
	}
	if (*end != '/')
		return kn_err_set(err, EINVAL, "the runtime's streaming address has no path");
	for (p = end; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return kn_err_set(err, EINVAL, "the runtime's streaming path has a bad character");
	u.path = end;
	*ret = u;
	return 0;
}

static bool listed(const char *const *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcasecmp(list[i], name))
			return true;
	return !strncasecmp(name, "Sec-WebSocket-", 14);
}

bool kn_upgrade_forwards(const char *name)
{
	static const char *const list[] = {"Upgrade", "X-Stream-Protocol-Version", "User-Agent"};

	return listed(list, KN_ARRAY_SIZE(list), name);
}

bool kn_upgrade_returns(const char *name)
{
	static const char *const list[] = {"Upgrade", "X-Stream-Protocol-Version",
					   "X-Accepted-Stream-Protocol-Versions"};

	return listed(list, KN_ARRAY_SIZE(list), name);
}

size_t kn_http_head_end(const char *data, size_t len)
{
	const char *p = len ? memmem(data, len, "\r\n\r\n", 4) : NULL;

	return p ? (size_t)(p - data) + 4 : 0;
}

int kn_http_head_parse(char *head, void (*fn)(void *user, const char *name, const char *value), void *user)
{
	char *save = NULL, *line = strtok_r(head, "\r\n", &save), *rest;
	long status;

	if (!line || (strncmp(line, "HTTP/1.1 ", 9) != 0 && strncmp(line, "HTTP/1.0 ", 9) != 0))
		return -EPROTO;
	status = strtol(line + 9, &rest, 10);
	if (rest != line + 12 || status < 100 || status > 599)
		return -EPROTO;
	while ((line = strtok_r(NULL, "\r\n", &save))) {
		char *value = strchr(line, ':');

		if (!value)
			return -EPROTO;
		*value++ = '\0';
		value += strspn(value, " \t");
		fn(user, line, value);
	}
	return (int)status;
}
