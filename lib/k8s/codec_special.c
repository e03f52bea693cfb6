// SPDX-License-Identifier: Apache-2.0
/* The tables: what descriptors alone do not tell about the JSON form. */
#include <string.h>

#include "lib/base/mem.h"
#include "lib/k8s/codec_internal.h"
#include "lib/k8s/core.pb-c.h"
#include "lib/k8s/discovery.pb-c.h"
#include "lib/k8s/meta.pb-c.h"

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
		{"PodSpec", "ephemeralContainers"},
		{"PodSpec", "topologySpreadConstraints"},
		{"PodStatus", "ephemeralContainerStatuses"},
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
		{&k8s__pod__descriptor, "v1"},
		{&k8s__service__descriptor, "v1"},
		{&k8s__config_map__descriptor, "v1"},
		{&k8s__secret__descriptor, "v1"},
		{&k8s__endpoint_slice__descriptor, "discovery.k8s.io/v1"},
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
