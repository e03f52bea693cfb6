/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/un.h>

#include "cri/client.h"
#include "lib/base/buf.h"
#include "lib/base/mem.h"

#define UNIX_SCHEME "unix:"

int kn_cri_target(const char *endpoint, char **out, struct kn_err *err)
{
	const char *path = endpoint;
	struct kn_buf b = {0};

	if (!strncmp(path, UNIX_SCHEME, strlen(UNIX_SCHEME))) {
		path += strlen(UNIX_SCHEME);
		if (!strncmp(path, "//", 2))
			path += 2;
	}
	if (*path != '/')
		return kn_err_set(err, EINVAL,
				  "container runtime endpoint \"%s\" is not a unix socket's path", endpoint);
	if (strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return kn_err_set(err, ENAMETOOLONG,
				  "container runtime endpoint \"%s\" is too long for a socket", endpoint);
	kn_buf_adds(&b, UNIX_SCHEME);
	for (; *path; path++) {
		/* RFC 3986, what a path may hold as it is. */
		if (isalnum((unsigned char)*path) || strchr("/-._~!$&'()*+,;=:@", *path))
			kn_buf_add(&b, path, 1);
		else
			kn_buf_addf(&b, "%%%02X", (unsigned char)*path);
	}
	*out = b.data;
	return 0;
}

uint8_t *kn_cri_pack(const ProtobufCMessage *msg, size_t *len)
{
	uint8_t *data;

	*len = protobuf_c_message_get_packed_size(msg);
	data = kn_calloc(1, *len + 1);
	protobuf_c_message_pack(msg, data);
	return data;
}

ProtobufCMessage *kn_cri_unpack(const ProtobufCMessageDescriptor *type, const uint8_t *data, size_t len,
				struct kn_arena *arena)
{
	return protobuf_c_message_unpack(type, kn_arena_pb(arena), len, data);
}
