/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "kubelet/node/cert_manager.h"
#include "kubelet/node/cert_store.h"
#include "kubelet/worker/jitter.h"
#include "lib/base/mem.h"

#define RETRY_FIRST (2 * KN_NSEC_PER_SEC)
#define RETRY_MAX (32 * KN_NSEC_PER_SEC)
#define ARM_MAX (3600 * KN_NSEC_PER_SEC) /* looked at again, for the clock may jump */

struct kn_cert_manager {
	struct kn_loop *loop;
	const struct kn_log *log;
	struct kn_cert_manager_config c;
	char *dir, *name, *signer, *common_name;
	char **dns, **ips;	  /* NULL-terminated; NULL: not told yet */
	struct kn_cert_info info; /* of pem */
	char *pem;		  /* the present one; NULL: none */
	bool names_changed;
	int64_t rotate_at; /* seconds since 1970 */
	int64_t retry_ns;
	struct kn_timer *timer;
	struct kn_cert_request *request;
};

static char **copy_list(const char *const *list)
{
	size_t n = 0;
	char **copy;

	while (list && list[n])
		n++;
	copy = kn_calloc(n + 1, sizeof(*copy));
	for (size_t i = 0; i < n; i++)
		copy[i] = kn_strdup(list[i]);
	return copy;
}

static void free_list(char **list)
{
	for (char **p = list; p && *p; p++)
		free(*p);
	free(list);
}

static bool same_list(char *const *a, const char *const *b)
{
	size_t i = 0;

	for (; a[i] && b && b[i]; i++)
		if (strcmp(a[i], b[i]) != 0)
			return false;
	return !a[i] && !(b && b[i]);
}

static bool serving(const struct kn_cert_manager *m)
{
	return !strcmp(m->signer, KN_SIGNER_SERVING);
}

static int64_t real_s(const struct kn_cert_manager *m)
{
	return kn_real(kn_loop_clock(m->loop)) / KN_NSEC_PER_SEC;
}

static void wait_for_rotation(struct kn_cert_manager *m)
{
	int64_t left = m->rotate_at - real_s(m);

	if (left < 0)
		left = 0;
	kn_timer_arm(m->timer, left > ARM_MAX / KN_NSEC_PER_SEC ? ARM_MAX : left * KN_NSEC_PER_SEC);
}

static void adopt(struct kn_cert_manager *m, const char *pem, const struct kn_cert_info *info)
{
	char date[32];

	m->info = *info;
	free(m->pem);
	m->pem = kn_strdup(pem);
	m->rotate_at = kn_cert_rotate_at(info, kn_jitter());
	kn_info(m->log, "Certificate rotation deadline determined", "name", m->name, "deadline",
		kn_time_rfc3339(m->rotate_at * KN_NSEC_PER_SEC, date));
	wait_for_rotation(m);
}

static void failed(struct kn_cert_manager *m, const struct kn_err *err)
{
	kn_error(m->log, "Failed to rotate certificate, will retry", "name", m->name, "err", err->msg);
	kn_timer_arm(m->timer, m->retry_ns);
	m->retry_ns = m->retry_ns * 2 > RETRY_MAX ? RETRY_MAX : m->retry_ns * 2;
	if (m->pem && m->info.not_after < real_s(m) && m->c.expired)
		m->c.expired(m->c.user);
}

static void on_certificate(void *user, const char *cert, const char *key, const struct kn_err *err)
{
	struct kn_cert_manager *m = user;
	struct kn_cert_info info;
	struct kn_err e = *err;

	if (!e.code && !kn_cert_info(cert, &info, &e)) {
		if (kn_cert_store_write(m->dir, m->name, cert, key, kn_real(kn_loop_clock(m->loop)), &e)) {
			kn_error(m->log, "Failed to keep a new certificate, it is used nevertheless", "name",
				 m->name, "err", e.msg);
			e.code = 0;
		}
		m->retry_ns = RETRY_FIRST;
		m->names_changed = false;
		adopt(m, cert, &info);
		m->c.changed(m->c.user, cert, key);
	}
	m->request = kn_cert_request_free(m->request);
	if (e.code)
		failed(m, &e);
}

static void tick(void *user)
{
	struct kn_cert_manager *m = user;
	struct kn_csr_subject subject = {.common_name = m->common_name, .org = "system:nodes"};
	struct kn_err err = KN_ERR_INIT;

	if (m->request || (serving(m) && !m->dns))
		return;
	if (m->pem && !m->names_changed && real_s(m) < m->rotate_at) {
		wait_for_rotation(m);
		return;
	}
	subject.dns = (const char *const *)m->dns;
	subject.ips = (const char *const *)m->ips;
	kn_info(m->log, "Rotating certificate", "name", m->name);
	if (kn_cert_request_new(&m->request, m->loop, m->c.client, m->signer, &subject, on_certificate, m,
				m->log, &err))
		failed(m, &err);
}

/* What there is at the start: given, or of the store. Handed on from the loop. */
static void begin(void *user)
{
	struct kn_cert_manager *m = user;
	kn_auto_buf struct kn_buf stored = {0};
	struct kn_cert_info info;

	m->timer = kn_timer_free(m->timer);
	m->timer = kn_timer_new(m->loop, tick, m);
	if (!kn_cert_store_read(m->dir, m->name, &stored, NULL) && stored.data &&
	    !kn_cert_info(stored.data, &info, NULL) && info.not_after > real_s(m)) {
		adopt(m, stored.data, &info);
		m->c.changed(m->c.user, stored.data, stored.data);
	} else if (m->c.current && !kn_cert_info(m->c.current, &info, NULL)) {
		adopt(m, m->c.current, &info);
	} else {
		kn_timer_arm(m->timer, 0);
	}
	free((char *)m->c.current);
	m->c.current = NULL;
}

struct kn_cert_manager *kn_cert_manager_new(struct kn_loop *loop, const struct kn_cert_manager_config *cfg,
					    const struct kn_log *log)
{
	struct kn_cert_manager *m = kn_calloc(1, sizeof(*m));

	m->loop = loop;
	m->log = log;
	m->c = *cfg;
	m->c.current = kn_strdup(cfg->current);
	m->dir = kn_strdup(cfg->dir);
	m->name = kn_strdup(cfg->name);
	m->signer = kn_strdup(cfg->signer);
	m->common_name = kn_sprintf("system:node:%s", cfg->node_name);
	m->retry_ns = RETRY_FIRST;
	m->timer = kn_timer_new(loop, begin, m);
	kn_timer_arm(m->timer, 0);
	return m;
}

struct kn_cert_manager *kn_cert_manager_free(struct kn_cert_manager *m)
{
	if (!m)
		return NULL;
	kn_cert_request_free(m->request);
	kn_timer_free(m->timer);
	free_list(m->dns);
	free_list(m->ips);
	free(m->pem);
	free((char *)m->c.current);
	free(m->dir);
	free(m->name);
	free(m->signer);
	free(m->common_name);
	free(m);
	return NULL;
}

void kn_cert_manager_names(struct kn_cert_manager *m, const char *const *dns, const char *const *ips)
{
	if (m->dns && same_list(m->dns, dns) && same_list(m->ips, ips))
		return;
	free_list(m->dns);
	free_list(m->ips);
	m->dns = copy_list(dns);
	m->ips = copy_list(ips);
	m->names_changed = m->pem && !kn_cert_covers(m->pem, dns, ips);
	kn_timer_arm(m->timer, 0);
}
