// SPDX-License-Identifier: Apache-2.0
/* The tables: what descriptors alone do not tell about the JSON form. */
#include <string.h>

#include "lib/base/mem.h"
#include "lib/k8s/codec_internal.h"
#include "lib/k8s/authentication.pb-c.h"
#include "lib/k8s/authorization.pb-c.h"
#include "lib/k8s/certificates.pb-c.h"
#include "lib/k8s/coordination.pb-c.h"
#include "lib/k8s/core.pb-c.h"
#include "lib/k8s/discovery.pb-c.h"
#include "lib/k8s/kubeletconfig.pb-c.h"
#include "lib/k8s/meta.pb-c.h"
#include "lib/k8s/node.pb-c.h"

enum kn_special kn_special_of(const ProtobufCMessageDescriptor *desc)
{
	static const struct {
		const ProtobufCMessageDescriptor *desc;
		enum kn_special special;
	} table[] = {
		{&k8s__quantity__descriptor, KN_SPECIAL_QUANTITY},
		{&k8s__time__descriptor, KN_SPECIAL_TIME},
		{&k8s__micro_time__descriptor, KN_SPECIAL_MICRO_TIME},
		{&k8s__duration__descriptor, KN_SPECIAL_DURATION},
		{&k8s__int_or_string__descriptor, KN_SPECIAL_INT_OR_STRING},
		{&k8s__string_entry__descriptor, KN_SPECIAL_ENTRY},
		{&k8s__bytes_entry__descriptor, KN_SPECIAL_ENTRY},
		{&k8s__quantity_entry__descriptor, KN_SPECIAL_ENTRY},
		{&k8s__extra_value_entry__descriptor, KN_SPECIAL_ENTRY},
		{&kc__bool_entry__descriptor, KN_SPECIAL_ENTRY},
		{&k8s__extra_value__descriptor, KN_SPECIAL_LIST},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(table); i++)
		if (table[i].desc == desc)
			return table[i].special;
	return KN_SPECIAL_NONE;
}

struct name { /* a field of a message; message NULL: of any */
	const char *message, *field;
};

static bool listed(const struct name *table, size_t n, const ProtobufCMessageDescriptor *desc,
		   const char *field)
{
	for (size_t i = 0; i < n; i++)
		if ((!table[i].message || !strcmp(table[i].message, desc->short_name)) &&
		    !strcmp(table[i].field, field))
			return true;
	return false;
}

bool kn_codec_inlined(const ProtobufCMessageDescriptor *desc, const ProtobufCFieldDescriptor *f)
{
	static const struct name table[] = {
		{"Volume", "volumeSource"},
		{"Probe", "handler"},
		{"EphemeralContainer", "ephemeralContainerCommon"},
		{NULL, "localObjectReference"},
	};

	return f->type == PROTOBUF_C_TYPE_MESSAGE && listed(table, KN_ARRAY_SIZE(table), desc, f->name);
}

/* Of a later use, of other systems, or without meaning on a node. A volume whose source is among these is
 * decoded with no source at all, which the kubelet refuses as unsupported. */
bool kn_codec_ignored(const ProtobufCMessageDescriptor *desc, const char *name)
{
	static const struct name table[] = {
		{"ObjectMeta", "managedFields"},
		{"ListMeta", "shardInfo"},
		{"NodeSpec", "configSource"},
		{"NodeSpec", "podPreemptionPolicy"},
		{"NodeStatus", "config"},
		{"PodSpec", "topologySpreadConstraints"},
		{"PodSpec", "evictionResponders"},
		{"PodSpec", "workloadRef"},
		{"PodStatus", "nodeAllocatableResourceClaimStatuses"},
		{"PodStatus", "volumeHealth"},
		{"ResourceAttributes", "fieldSelector"},
		{"ResourceAttributes", "labelSelector"},
		{"TokenRequestSpec", "attestations"},
		{"PodSecurityContext", "windowsOptions"},
		{"SecurityContext", "windowsOptions"},
		{"Affinity", "podAffinity"},
		{"Affinity", "podAntiAffinity"},
		{"NodeAffinity", "preferredDuringSchedulingIgnoredDuringExecution"},
		{"VolumeProjection", "clusterTrustBundle"},
		{"VolumeProjection", "podCertificate"},
		{"VolumeSource", "awsElasticBlockStore"},
		{"VolumeSource", "azureDisk"},
		{"VolumeSource", "azureFile"},
		{"VolumeSource", "cephfs"},
		{"VolumeSource", "cinder"},
		{"VolumeSource", "ephemeral"},
		{"VolumeSource", "fc"},
		{"VolumeSource", "flexVolume"},
		{"VolumeSource", "flocker"},
		{"VolumeSource", "gcePersistentDisk"},
		{"VolumeSource", "gitRepo"},
		{"VolumeSource", "glusterfs"},
		{"VolumeSource", "iscsi"},
		{"VolumeSource", "photonPersistentDisk"},
		{"VolumeSource", "portworxVolume"},
		{"VolumeSource", "quobyte"},
		{"VolumeSource", "rbd"},
		{"VolumeSource", "scaleIO"},
		{"VolumeSource", "storageos"},
		{"VolumeSource", "vsphereVolume"},
	};

	return listed(table, KN_ARRAY_SIZE(table), desc, name);
}

bool kn_codec_type_meta(const ProtobufCMessageDescriptor *desc, const char **api, const char **kind)
{
	static const struct {
		const ProtobufCMessageDescriptor *desc;
		const char *api;
	} table[] = {
		{&kc__kubelet_configuration__descriptor, "kubelet.config.k8s.io/v1beta1"},
		{&k8s__pod__descriptor, "v1"},
		{&k8s__pod_list__descriptor, "v1"},
		{&k8s__service__descriptor, "v1"},
		{&k8s__service_list__descriptor, "v1"},
		{&k8s__config_map__descriptor, "v1"},
		{&k8s__config_map_list__descriptor, "v1"},
		{&k8s__secret__descriptor, "v1"},
		{&k8s__secret_list__descriptor, "v1"},
		{&k8s__node__descriptor, "v1"},
		{&k8s__node_list__descriptor, "v1"},
		{&k8s__event__descriptor, "v1"},
		{&k8s__event_list__descriptor, "v1"},
		{&k8s__namespace__descriptor, "v1"},
		{&k8s__namespace_list__descriptor, "v1"},
		{&k8s__service_account__descriptor, "v1"},
		{&k8s__status__descriptor, "v1"},
		{&k8s__delete_options__descriptor, "v1"},
		{&k8s__endpoint_slice__descriptor, "discovery.k8s.io/v1"},
		{&k8s__endpoint_slice_list__descriptor, "discovery.k8s.io/v1"},
		{&k8s__lease__descriptor, "coordination.k8s.io/v1"},
		{&k8s__lease_list__descriptor, "coordination.k8s.io/v1"},
		{&k8s__certificate_signing_request__descriptor, "certificates.k8s.io/v1"},
		{&k8s__certificate_signing_request_list__descriptor, "certificates.k8s.io/v1"},
		{&k8s__token_request__descriptor, "authentication.k8s.io/v1"},
		{&k8s__token_review__descriptor, "authentication.k8s.io/v1"},
		{&k8s__subject_access_review__descriptor, "authorization.k8s.io/v1"},
		{&k8s__runtime_class__descriptor, "node.k8s.io/v1"},
		{&k8s__runtime_class_list__descriptor, "node.k8s.io/v1"},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(table); i++) {
		if (table[i].desc != desc)
			continue;
		*api = table[i].api;
		*kind = desc->short_name;
		return true;
	}
	return false;
}
