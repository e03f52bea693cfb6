/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>

#include "kubelet/node/machine.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"

#define TEXT_MAX (256 * 1024)

struct reader {
	const char *prefix;
	struct kn_arena *a;
};

/* A file's text without the blanks at its end; NULL if it can't be read or is empty. */
static char *read_text(const struct reader *r, const char *path)
{
	kn_auto_free char *full = kn_sprintf("%s%s", r->prefix, path);
	kn_auto_buf struct kn_buf b = {0};

	if (kn_file_read(full, TEXT_MAX, &b, NULL))
		return NULL;
	while (b.len && isspace((unsigned char)b.data[b.len - 1]))
		b.len--;
	return b.len ? kn_arena_strndup(r->a, b.data, b.len) : NULL;
}

static const char *first_text(const struct reader *r, const char *const *paths, const char *otherwise)
{
	for (; *paths; paths++) {
		const char *s = read_text(r, *paths);

		if (s)
			return s;
	}
	return otherwise;
}

/* NAME=value or NAME="value" of os-release(5). */
static const char *os_image(const struct reader *r)
{
	static const char *const paths[] = {"/etc/os-release", "/usr/lib/os-release", NULL};
	const char *p = first_text(r, paths, "");
	static const char key[] = "PRETTY_NAME=";

	while (*p) {
		size_t n = strcspn(p, "\n");

		if (!strncmp(p, key, sizeof(key) - 1)) {
			p += sizeof(key) - 1;
			n -= sizeof(key) - 1;
			if (n >= 2 && (*p == '"' || *p == '\'') && p[n - 1] == *p) {
				p++;
				n -= 2;
			}
			return kn_arena_strndup(r->a, p, n);
		}
		p += n + (p[n] == '\n');
	}
	return "Unknown";
}

static const char *go_arch(const char *machine)
{
	static const struct {
		const char *uname, *go;
	} names[] = {{"x86_64", "amd64"},    {"aarch64", "arm64"}, {"armv7l", "arm"},
		     {"armv6l", "arm"},	     {"i686", "386"},	   {"i386", "386"},
		     {"ppc64le", "ppc64le"}, {"s390x", "s390x"},   {"riscv64", "riscv64"}};

	for (size_t i = 0; i < KN_ARRAY_SIZE(names); i++)
		if (!strcmp(machine, names[i].uname))
			return names[i].go;
	return machine;
}

/* "Name:  123 kB" of meminfo in bytes; -1: not there. */
static int64_t meminfo(const char *text, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = text; p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (!strncmp(p, name, n) && p[n] == ':')
			return (int64_t)strtoull(p + n + 1, NULL, 10) * 1024;
	}
	return -1;
}

static void add_hugepages(const struct reader *r, struct kn_machine *m, const char *folder)
{
	unsigned long long kb = strtoull(folder, NULL, 10), pages = 0;
	const char *text = read_text(
		r, kn_arena_printf(r->a, "/sys/kernel/mm/hugepages/hugepages-%s/nr_hugepages", folder));
	static const char *const units[] = {"Ki", "Mi", "Gi", "Ti"};
	struct kn_hugepages *h = &m->hugepages[m->n_hugepages];
	unsigned long long size = kb;
	size_t u = 0;

	if (!kb || !text)
		return;
	pages = strtoull(text, NULL, 10);
	while (size % 1024 == 0 && u + 1 < KN_ARRAY_SIZE(units)) {
		size /= 1024;
		u++;
	}
	h->resource = kn_arena_printf(r->a, "hugepages-%llu%s", size, units[u]);
	h->bytes = (int64_t)(pages * kb * 1024);
	m->n_hugepages++;
}

static void read_hugepages(const struct reader *r, struct kn_machine *m)
{
	enum { SIZES_MAX = 16 };
	kn_auto_free char *path = kn_sprintf("%s/sys/kernel/mm/hugepages", r->prefix);
	DIR *d = opendir(path);
	struct dirent *e;

	m->hugepages = kn_arena_alloc(r->a, SIZES_MAX * sizeof(*m->hugepages));
	while (d && (e = readdir(d)) && m->n_hugepages < SIZES_MAX)
		if (!strncmp(e->d_name, "hugepages-", 10))
			add_hugepages(r, m, e->d_name + 10);
	if (d)
		closedir(d);
}

int kn_machine_read(struct kn_machine *ret, const char *prefix, const char *root_dir, struct kn_arena *a,
		    struct kn_err *err)
{
	static const char *const ids[] = {"/etc/machine-id", "/var/lib/dbus/machine-id", NULL};
	static const char *const uuids[] = {"/sys/class/dmi/id/product_uuid", "/proc/device-tree/system-id",
					    "/proc/device-tree/vm,uuid",      "/etc/machine-id",
					    "/var/lib/dbus/machine-id",	      NULL};
	static const char *const boot[] = {"/proc/sys/kernel/random/boot_id", NULL};
	struct reader r = {prefix, a};
	struct kn_machine m = {0};
	const char *mem = read_text(&r, "/proc/meminfo");
	struct utsname u;
	struct statvfs fs;

	m.memory_bytes = mem ? meminfo(mem, "MemTotal") : -1;
	if (m.memory_bytes <= 0)
		return kn_err_set(err, EIO, "%s/proc/meminfo has no MemTotal", prefix);
	m.swap_bytes = meminfo(mem, "SwapTotal");
	if (m.swap_bytes < 0)
		m.swap_bytes = 0;
	m.machine_id = first_text(&r, ids, "");
	m.system_uuid = first_text(&r, uuids, "");
	m.boot_id = first_text(&r, boot, "");
	m.os_image = os_image(&r);
	if (uname(&u) < 0)
		return kn_err_errno(err, errno, "uname");
	m.kernel_version = kn_arena_strdup(a, u.release);
	m.arch = kn_arena_strdup(a, go_arch(u.machine));
	m.cores = sysconf(_SC_NPROCESSORS_ONLN);
	if (statvfs(root_dir, &fs) == 0)
		m.root_fs_bytes = (int64_t)((uint64_t)fs.f_blocks * fs.f_frsize);
	read_hugepages(&r, &m);
	*ret = m;
	return 0;
}

/* ---- addresses ---- */

/* The interface of the default route in text of /proc/net/route (IPv4) or ipv6_route; "" if there is none. */
static void default_interface(const char *text, bool v6, char out[IF_NAMESIZE])
{
	kn_auto_free char *copy = kn_strdup(text ? text : "");
	char *save = NULL;

	*out = '\0';
	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char name[IF_NAMESIZE] = "", dest[40] = "", mask[9] = "";
		int n = v6 ? sscanf(line, "%39s %8s %*s %*s %*s %*s %*s %*s %*s %15s", dest, mask, name)
			   : sscanf(line, "%15s %39s %*s %*s %*s %*s %*s %8s", name, dest, mask);

		if (n != 3 || strspn(dest, "0") != strlen(dest) || strspn(mask, "0") != strlen(mask) ||
		    !strcmp(name, "lo"))
			continue;
		memcpy(out, name, sizeof(name));
		return;
	}
}

static const char *address_of(const struct ifaddrs *list, int family, const char *name, struct kn_arena *a)
{
	char text[INET6_ADDRSTRLEN];

	for (const struct ifaddrs *i = list; i; i = i->ifa_next) {
		const void *addr;

		if (!i->ifa_addr || i->ifa_addr->sa_family != family || (i->ifa_flags & IFF_LOOPBACK) ||
		    !(i->ifa_flags & IFF_UP) || (name && strcmp(i->ifa_name, name) != 0))
			continue;
		if (family == AF_INET6) {
			const struct in6_addr *six = &((struct sockaddr_in6 *)i->ifa_addr)->sin6_addr;

			if (IN6_IS_ADDR_LINKLOCAL(six))
				continue;
			addr = six;
		} else {
			addr = &((struct sockaddr_in *)i->ifa_addr)->sin_addr;
		}
		if (inet_ntop(family, addr, text, sizeof(text)))
			return kn_arena_strdup(a, text);
	}
	return NULL;
}

const char *kn_machine_address(const char *prefix, struct kn_arena *a)
{
	struct reader r = {prefix, a};
	struct ifaddrs *list = NULL;
	const char *ret = NULL;
	char name[IF_NAMESIZE];

	if (getifaddrs(&list) < 0)
		return NULL;
	default_interface(read_text(&r, "/proc/net/route"), false, name);
	if (*name)
		ret = address_of(list, AF_INET, name, a);
	default_interface(read_text(&r, "/proc/net/ipv6_route"), true, name);
	if (!ret && *name)
		ret = address_of(list, AF_INET6, name, a);
	/* A machine without a default route still has an address to be reached by. */
	if (!ret)
		ret = address_of(list, AF_INET, NULL, a);
	if (!ret)
		ret = address_of(list, AF_INET6, NULL, a);
	freeifaddrs(list);
	return ret;
}
