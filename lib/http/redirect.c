/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Redirects are ours rather than libcurl's: only to the same host name, whatever the port (the rule of HTTP
 * probes, kubernetes pkg/probe/http RedirectChecker); another host's is the answer as it is.
 */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "lib/http/internal.h"

static bool same_host(const char *a, const char *b)
{
	CURLU *ua = curl_url(), *ub = curl_url();
	char *ha = NULL, *hb = NULL;
	bool same = ua && ub && !curl_url_set(ua, CURLUPART_URL, a, 0) &&
		    !curl_url_set(ub, CURLUPART_URL, b, 0) && !curl_url_get(ua, CURLUPART_HOST, &ha, 0) &&
		    !curl_url_get(ub, CURLUPART_HOST, &hb, 0) && strcasecmp(ha, hb) == 0;

	curl_free(ha);
	curl_free(hb);
	curl_url_cleanup(ua);
	curl_url_cleanup(ub);
	return same;
}

int kn_http_easy_redirect(struct kn_http_call *c)
{
	const char *to = NULL, *from = NULL;
	long status = 0;

	if (!c->redirects)
		return 0;
	curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status != 301 && status != 302 && status != 303 && status != 307 && status != 308)
		return 0;
	curl_easy_getinfo(c->easy, CURLINFO_REDIRECT_URL, &to);
	curl_easy_getinfo(c->easy, CURLINFO_EFFECTIVE_URL, &from);
	if (!to || !from || !same_host(from, to))
		return 0;
	if (c->followed++ == c->redirects)
		return kn_err_set(&c->err, ELOOP, "stopped after %u redirects", c->redirects);
	/* libcurl's strings belong to the handle and go with the first setopt. */
	char *url = kn_strdup(to);

	curl_easy_setopt(c->easy, CURLOPT_URL, url);
	free(url);
	/* RFC 9110, 15.4: 307 and 308 keep the method; the others became GET by use. */
	if (status < 304 && !c->head) {
		curl_easy_setopt(c->easy, CURLOPT_CUSTOMREQUEST, NULL);
		curl_easy_setopt(c->easy, CURLOPT_HTTPGET, 1L);
	}
	return 1;
}
