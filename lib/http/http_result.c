/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl's codes and headers in this project's words. */
#include <errno.h>
#include <stdlib.h>

#include "lib/http/internal.h"

static const struct {
	CURLcode code;
	int err;
} errors[] = {
	{CURLE_OK, 0},
	{CURLE_URL_MALFORMAT, EINVAL},
	{CURLE_UNSUPPORTED_PROTOCOL, EINVAL},
	{CURLE_COULDNT_RESOLVE_HOST, EHOSTUNREACH},
	{CURLE_COULDNT_RESOLVE_PROXY, EHOSTUNREACH},
	{CURLE_OPERATION_TIMEDOUT, ETIMEDOUT},
	{CURLE_WEIRD_SERVER_REPLY, EPROTO},
	{CURLE_HTTP2, EPROTO},
	{CURLE_SSL_CONNECT_ERROR, EPROTO},
	{CURLE_BAD_CONTENT_ENCODING, EPROTO},
	{CURLE_PEER_FAILED_VERIFICATION, EKEYREJECTED},
	{CURLE_SSL_CERTPROBLEM, EKEYREJECTED},
	{CURLE_SSL_CACERT_BADFILE, EKEYREJECTED},
	{CURLE_SSL_ISSUER_ERROR, EKEYREJECTED},
	{CURLE_OUT_OF_MEMORY, ENOMEM},
	{CURLE_FILESIZE_EXCEEDED, EMSGSIZE},
	/* What the server began and did not end. */
	{CURLE_GOT_NOTHING, ECONNRESET},
	{CURLE_PARTIAL_FILE, ECONNRESET},
	{CURLE_HTTP2_STREAM, ECONNRESET},
};

int kn_http_error(CURLcode code, long os_errno)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].code == code)
			return errors[i].err;
	if (code == CURLE_COULDNT_CONNECT)
		return os_errno > 0 ? (int)os_errno : ECONNREFUSED;
	if (code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR)
		return os_errno == ETIMEDOUT ? ETIMEDOUT : ECONNRESET;
	return EIO;
}

int64_t kn_http_retry_after(CURL *easy)
{
	struct curl_header *h;
	curl_off_t s = 0;

	if (curl_easy_header(easy, "Retry-After", 0, CURLH_HEADER, -1, &h) != CURLHE_OK)
		return -1;
	/* Seconds or a date; libcurl reads both, and 0 may mean "at once". */
	if (curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &s) != CURLE_OK || s < 0)
		return 0;
	return s > 86400 ? 86400 : s;
}
