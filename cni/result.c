/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include "lib/json/write.h"
#include "cni/cni.h"
#include "cni/result.h"

static void write_interface(struct kn_json_writer *w, const char *name, const unsigned char mac[6],
			    uint32_t mtu, const char *sandbox)
{
	char text[18];

	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
		 mac[5]);
	kn_json_obj(w, NULL);
	kn_json_str(w, "name", name);
	kn_json_str(w, "mac", text);
	if (mtu)
		kn_json_int(w, "mtu", mtu);
	if (sandbox)
		kn_json_str(w, "sandbox", sandbox);
	kn_json_end_obj(w);
}

void kn_cni_result_write(struct kn_buf *out, const char *version, const struct kn_cni_link *l,
			 const char *sandbox, uint32_t mtu)
{
	struct kn_json_writer *w = kn_json_writer_new(out, false);
	char text[KN_CNI_ADDR_STRLEN];

	if (!kn_cni_version_since(version, "1.1.0"))
		mtu = 0;
	kn_json_obj(w, NULL);
	kn_json_str(w, "cniVersion", version);
	kn_json_arr(w, "interfaces");
	write_interface(w, l->host, l->host_mac, mtu, NULL);
	write_interface(w, l->pod, l->pod_mac, mtu, sandbox);
	kn_json_end_arr(w);
	kn_json_arr(w, "ips");
	for (size_t i = 0; i < l->n; i++) {
		kn_json_obj(w, NULL);
		if (!kn_cni_version_since(version, "1.0.0"))
			kn_json_str(w, "version", l->addrs[i].family == AF_INET ? "4" : "6");
		kn_json_int(w, "interface", 1);
		kn_json_str(w, "address", kn_cni_addr_cidr_str(&l->addrs[i], text));
		kn_json_str(w, "gateway", kn_cni_addr_str(&l->gateways[i], text));
		kn_json_end_obj(w);
	}
	kn_json_end_arr(w);
	kn_json_arr(w, "routes");
	for (size_t i = 0; i < l->n; i++) {
		kn_json_obj(w, NULL);
		kn_json_str(w, "dst", l->addrs[i].family == AF_INET ? "0.0.0.0/0" : "::/0");
		kn_json_str(w, "gw", kn_cni_addr_str(&l->gateways[i], text));
		kn_json_end_obj(w);
	}
	kn_json_end_arr(w);
	kn_json_obj(w, "dns");
	kn_json_end_obj(w);
	kn_json_end_obj(w);
	kn_json_writer_free(w);
	kn_buf_adds(out, "\n");
}

void kn_cni_error_write(struct kn_buf *out, const char *version, int code, const char *msg,
			const char *details)
{
	struct kn_json_writer *w = kn_json_writer_new(out, false);

	kn_json_obj(w, NULL);
	kn_json_str(w, "cniVersion", version ? version : KN_CNI_LATEST);
	kn_json_int(w, "code", code);
	kn_json_str(w, "msg", msg);
	if (details && *details)
		kn_json_str(w, "details", details);
	kn_json_end_obj(w);
	kn_json_writer_free(w);
	kn_buf_adds(out, "\n");
}

void kn_cni_version_write(struct kn_buf *out, const char *version)
{
	struct kn_json_writer *w = kn_json_writer_new(out, false);

	kn_json_obj(w, NULL);
	kn_json_str(w, "cniVersion", version ? version : KN_CNI_LATEST);
	kn_json_arr(w, "supportedVersions");
	for (int i = 0; kn_cni_versions[i]; i++)
		kn_json_str(w, NULL, kn_cni_versions[i]);
	kn_json_end_arr(w);
	kn_json_end_obj(w);
	kn_json_writer_free(w);
	kn_buf_adds(out, "\n");
}
