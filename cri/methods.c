/* SPDX-License-Identifier: Apache-2.0 */
#include "cri/cri.h"
#include "lib/base/mem.h"

/* gRPC paths are /PACKAGE.SERVICE/METHOD, with upstream's package. */
#define METHOD(service, rpc, c_name)                                                                         \
	{                                                                                                    \
		.name = #rpc, .path = "/runtime.v1." service "/" #rpc,                                       \
		.request = &cri__##c_name##_request__descriptor,                                             \
		.response = &cri__##c_name##_response__descriptor,                                           \
	}
#define RUNTIME(rpc, c_name) METHOD("RuntimeService", rpc, c_name)
#define IMAGE(rpc, c_name) METHOD("ImageService", rpc, c_name)

static const struct kn_cri_method_info methods[] = {
	[KN_CRI_VERSION] = RUNTIME(Version, version),
	[KN_CRI_STATUS] = RUNTIME(Status, status),
	[KN_CRI_RUNTIME_CONFIG] = RUNTIME(RuntimeConfig, runtime_config),
	[KN_CRI_RUN_POD_SANDBOX] = RUNTIME(RunPodSandbox, run_pod_sandbox),
	[KN_CRI_STOP_POD_SANDBOX] = RUNTIME(StopPodSandbox, stop_pod_sandbox),
	[KN_CRI_REMOVE_POD_SANDBOX] = RUNTIME(RemovePodSandbox, remove_pod_sandbox),
	[KN_CRI_POD_SANDBOX_STATUS] = RUNTIME(PodSandboxStatus, pod_sandbox_status),
	[KN_CRI_LIST_POD_SANDBOX] = RUNTIME(ListPodSandbox, list_pod_sandbox),
	[KN_CRI_CREATE_CONTAINER] = RUNTIME(CreateContainer, create_container),
	[KN_CRI_START_CONTAINER] = RUNTIME(StartContainer, start_container),
	[KN_CRI_STOP_CONTAINER] = RUNTIME(StopContainer, stop_container),
	[KN_CRI_REMOVE_CONTAINER] = RUNTIME(RemoveContainer, remove_container),
	[KN_CRI_LIST_CONTAINERS] = RUNTIME(ListContainers, list_containers),
	[KN_CRI_CONTAINER_STATUS] = RUNTIME(ContainerStatus, container_status),
	[KN_CRI_EXEC_SYNC] = RUNTIME(ExecSync, exec_sync),
	[KN_CRI_REOPEN_CONTAINER_LOG] = RUNTIME(ReopenContainerLog, reopen_container_log),
	[KN_CRI_UPDATE_RUNTIME_CONFIG] = RUNTIME(UpdateRuntimeConfig, update_runtime_config),
	[KN_CRI_CONTAINER_STATS] = RUNTIME(ContainerStats, container_stats),
	[KN_CRI_LIST_CONTAINER_STATS] = RUNTIME(ListContainerStats, list_container_stats),
	[KN_CRI_POD_SANDBOX_STATS] = RUNTIME(PodSandboxStats, pod_sandbox_stats),
	[KN_CRI_LIST_POD_SANDBOX_STATS] = RUNTIME(ListPodSandboxStats, list_pod_sandbox_stats),
	[KN_CRI_EXEC] = RUNTIME(Exec, exec),
	[KN_CRI_ATTACH] = RUNTIME(Attach, attach),
	[KN_CRI_PORT_FORWARD] = RUNTIME(PortForward, port_forward),
	[KN_CRI_UPDATE_CONTAINER_RESOURCES] = RUNTIME(UpdateContainerResources, update_container_resources),
	[KN_CRI_LIST_METRIC_DESCRIPTORS] = RUNTIME(ListMetricDescriptors, list_metric_descriptors),
	[KN_CRI_LIST_POD_SANDBOX_METRICS] = RUNTIME(ListPodSandboxMetrics, list_pod_sandbox_metrics),
	[KN_CRI_CHECKPOINT_CONTAINER] = RUNTIME(CheckpointContainer, checkpoint_container),
	[KN_CRI_IMAGE_STATUS] = IMAGE(ImageStatus, image_status),
	[KN_CRI_PULL_IMAGE] = IMAGE(PullImage, pull_image),
	[KN_CRI_LIST_IMAGES] = IMAGE(ListImages, list_images),
	[KN_CRI_REMOVE_IMAGE] = IMAGE(RemoveImage, remove_image),
	[KN_CRI_IMAGE_FS_INFO] = IMAGE(ImageFsInfo, image_fs_info),
};
_Static_assert(KN_ARRAY_SIZE(methods) == KN_CRI_METHOD_COUNT, "a method without a row");

const struct kn_cri_method_info *kn_cri_method(enum kn_cri_method m)
{
	return &methods[m];
}
