// SPDX-License-Identifier: Apache-2.0
#include "proxy/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

int kn_addr_parse(const char *text, struct kn_addr *ret)
{
	struct kn_addr a = {.w = {0, 0, htonl(0xffff), 0}};

	if (!text)
		return -EINVAL;
	if (inet_pton(AF_INET, text, &a.w[3]) != 1 &&
	    (inet_pton(AF_INET6, text, &a) != 1 || kn_addr_is_v4(&a)))
		return -EINVAL;
	*ret = a;
	return 0;
}

char *kn_addr_text(const struct kn_addr *a, char buf[KN_ADDR_STRLEN])
{
	if (kn_addr_is_v4(a))
		inet_ntop(AF_INET, &a->w[3], buf, KN_ADDR_STRLEN);
	else
		inet_ntop(AF_INET6, a, buf, KN_ADDR_STRLEN);
	return buf;
}

void kn_addr_any(bool v4, struct kn_addr *ret)
{
	*ret = (struct kn_addr){.w = {0, 0, v4 ? htonl(0xffff) : 0, 0}};
}

bool kn_addr_is_v4(const struct kn_addr *a)
{
	return !a->w[0] && !a->w[1] && a->w[2] == htonl(0xffff);
}

bool kn_addr_in_cidr(const struct kn_addr *a, const char *cidr)
{
	const char *slash = strchr(cidr, '/');
	char text[KN_ADDR_STRLEN], *end;
	struct kn_addr net;
	long bits;

	if (!slash || (size_t)(slash - cidr) >= sizeof(text))
		return false;
	memcpy(text, cidr, slash - cidr);
	text[slash - cidr] = 0;
	bits = strtol(slash + 1, &end, 10);
	if (kn_addr_parse(text, &net) || kn_addr_is_v4(&net) != kn_addr_is_v4(a) || !slash[1] || *end)
		return false;
	if (bits < 0 || bits > (kn_addr_is_v4(a) ? 32 : 128))
		return false;
	bits += kn_addr_is_v4(a) ? 96 : 0;
	for (int i = 0; i < 4 && bits > 0; i++, bits -= 32) {
		uint32_t mask = bits >= 32 ? ~0u : ~0u << (32 - bits);

		if ((ntohl(a->w[i]) ^ ntohl(net.w[i])) & mask)
			return false;
	}
	return true;
}

const char *kn_addr_special(const struct kn_addr *a)
{
	uint32_t v4 = ntohl(a->w[3]);
	struct in6_addr v6;

	if (kn_addr_is_v4(a)) {
		if (!v4)
			return "unspecified address";
		if (v4 >> 24 == 127)
			return "loopback address";
		if (v4 >> 16 == 0xa9fe)
			return "link-local address";
		return v4 >> 28 == 14 ? "multicast address" : NULL;
	}
	memcpy(&v6, a, sizeof(v6));
	if (IN6_IS_ADDR_UNSPECIFIED(&v6))
		return "unspecified address";
	if (IN6_IS_ADDR_LOOPBACK(&v6))
		return "loopback address";
	if (IN6_IS_ADDR_LINKLOCAL(&v6))
		return "link-local address";
	return IN6_IS_ADDR_MULTICAST(&v6) ? "multicast address" : NULL;
}
