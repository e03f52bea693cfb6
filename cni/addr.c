/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "cni/addr.h"

typedef unsigned __int128 u128;

static unsigned family_bits(int family)
{
	return family == AF_INET ? 32 : 128;
}

unsigned kn_cni_addr_len(const struct kn_cni_addr *a)
{
	return family_bits(a->family) / 8;
}

static u128 to_number(const struct kn_cni_addr *a)
{
	u128 n = 0;

	for (unsigned i = 0; i < kn_cni_addr_len(a); i++)
		n = n << 8 | a->bytes[i];
	return n;
}

static struct kn_cni_addr from_number(int family, u128 n)
{
	struct kn_cni_addr a = {.family = family, .prefix = family_bits(family)};

	for (int i = (int)kn_cni_addr_len(&a) - 1; i >= 0; i--, n >>= 8)
		a.bytes[i] = (uint8_t)n;
	return a;
}

/* Ones where the range's addresses differ. */
static u128 host_mask(const struct kn_cni_addr *cidr)
{
	unsigned bits = family_bits(cidr->family) - cidr->prefix;

	return bits >= 128 ? ~(u128)0 : ((u128)1 << bits) - 1;
}

static int parse_prefix(const char *s, unsigned max, unsigned *ret)
{
	unsigned n = 0;

	if (!*s || strlen(s) > 3 || (s[0] == '0' && s[1]))
		return -EINVAL;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return -EINVAL;
		n = n * 10 + (unsigned)(*s - '0');
	}
	if (n > max)
		return -EINVAL;
	*ret = n;
	return 0;
}

int kn_cni_addr_parse(const char *text, struct kn_cni_addr *ret)
{
	struct kn_cni_addr a = {.family = strchr(text, ':') ? AF_INET6 : AF_INET};
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	char host[INET6_ADDRSTRLEN];

	if (len >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, len);
	host[len] = '\0';
	if (inet_pton(a.family, host, a.bytes) != 1)
		return -EINVAL;
	a.prefix = family_bits(a.family);
	if (slash && parse_prefix(slash + 1, a.prefix, &a.prefix))
		return -EINVAL;
	*ret = a;
	return 0;
}

/* Zero net, loopback, link-local, multicast and mapped addresses can't be a pod's. */
static bool usable_unicast(const struct kn_cni_addr *a)
{
	static const uint8_t zero[12];
	const uint8_t *b = a->bytes;

	if (a->family == AF_INET)
		return b[0] != 0 && b[0] != 127 && b[0] < 224 && !(b[0] == 169 && b[1] == 254);
	return b[0] != 0xff && !(b[0] == 0xfe && (b[1] & 0xc0) == 0x80) && memcmp(b, zero, 10) != 0;
}

int kn_cni_cidr_parse(const char *text, struct kn_cni_addr *ret, struct kn_err *err)
{
	struct kn_cni_addr a;
	unsigned bits;

	if (!strchr(text, '/') || kn_cni_addr_parse(text, &a))
		return kn_err_set(err, EINVAL, "\"%.64s\" is no CIDR", text);
	bits = family_bits(a.family);
	if (to_number(&a) & host_mask(&a))
		return kn_err_set(err, EINVAL, "\"%s\" has host bits set", text);
	if (a.prefix < 8 || a.prefix > bits - 2)
		return kn_err_set(err, EINVAL, "\"%s\": the prefix must be 8 to %u", text, bits - 2);
	if (!usable_unicast(&a))
		return kn_err_set(err, EINVAL, "\"%s\" can't be used for pods", text);
	*ret = a;
	return 0;
}

char *kn_cni_addr_str(const struct kn_cni_addr *a, char buf[KN_CNI_ADDR_STRLEN])
{
	buf[0] = '\0';
	inet_ntop(a->family, a->bytes, buf, INET6_ADDRSTRLEN);
	return buf;
}

char *kn_cni_addr_cidr_str(const struct kn_cni_addr *a, char buf[KN_CNI_ADDR_STRLEN])
{
	size_t len = strlen(kn_cni_addr_str(a, buf));

	snprintf(buf + len, KN_CNI_ADDR_STRLEN - len, "/%u", a->prefix);
	return buf;
}

bool kn_cni_addr_same(const struct kn_cni_addr *a, const struct kn_cni_addr *b)
{
	return a->family == b->family && !memcmp(a->bytes, b->bytes, kn_cni_addr_len(a));
}

bool kn_cni_cidr_has(const struct kn_cni_addr *cidr, const struct kn_cni_addr *a)
{
	return a->family == cidr->family && !((to_number(a) ^ to_number(cidr)) & ~host_mask(cidr));
}

struct kn_cni_addr kn_cni_cidr_gateway(const struct kn_cni_addr *cidr)
{
	return from_number(cidr->family, to_number(cidr) + 1);
}

static u128 last_pod(const struct kn_cni_addr *cidr)
{
	return to_number(cidr) + host_mask(cidr) - (cidr->family == AF_INET ? 1 : 0);
}

uint64_t kn_cni_cidr_pods(const struct kn_cni_addr *cidr)
{
	u128 n = last_pod(cidr) - to_number(cidr) - 1;

	return n > UINT64_MAX ? UINT64_MAX : (uint64_t)n;
}

struct kn_cni_addr kn_cni_cidr_next(const struct kn_cni_addr *cidr, const struct kn_cni_addr *a)
{
	u128 first = to_number(cidr) + 2, n = to_number(a);

	if (a->family != cidr->family || n < first || n >= last_pod(cidr))
		return from_number(cidr->family, first);
	return from_number(cidr->family, n + 1);
}
