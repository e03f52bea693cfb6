# SPDX-License-Identifier: Apache-2.0
# A whole node for tests and tools/run, to be sourced (bash): a containerd of its own (containerd.sh), kernlet
# standalone on a folder of manifests, requests from inside the node, and a proof that nothing is left behind.
#
#   kn_node_init DIR NAME [NETNS]   chooses names and folders; with NETNS (made here) the node lives in that namespace
#   kn_node_start                   containerd, images, kernlet
#   kn_node_stop                    takes all of it down; kn_leftovers says what is left (nothing, or a line each)
#
# Sets: N (folder), NAME, MANIFESTS, LOGS, ROOT, CTL (socket), CG2 (cgroup2 folder of the node), KLOG (kernlet's log)

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
top=$(cd "$here/../.." && pwd -P)
. "$here/containerd.sh"
BUILD=$(realpath -m "${O:-$top/build}")
KN_IMAGES=${KN_IMAGES:-$top/build/images}
export KN_IMAGES

kn_node_init() { # DIR NAME [NETNS]
	mkdir -p "$1"
	N=$(cd "$1" && pwd -P) NAME=$2 NETNS=${3:-}
	MANIFESTS=$N/manifests LOGS=$N/logs ROOT=$N/kubelet CTL=$N/ctl.sock KLOG=$N/kernlet.log PIN=/sys/fs/bpf/kernlet-$NAME
	KPID=
	ENDPOINT=${CONTAINERD:-unix://$N/containerd.sock}
	CNI_CONF=$N/cni/conf
	CG2=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)/$NAME
	mkdir -p "$MANIFESTS" "$N/cni/bin"
	grep -q ' /sys/fs/bpf bpf ' /proc/mounts && BPFFS_WAS=1 || BPFFS_WAS=
	if [ -n "$NETNS" ]; then
		ip netns add "$NETNS" || return 1
		ip -n "$NETNS" link set lo up
		# An address of the node's own: kubelets want one, and hostNetwork pods show it.
		ip -n "$NETNS" link add node0 type bridge
		ip -n "$NETNS" addr add 192.0.2.1/24 dev node0
		ip -n "$NETNS" addr add 2001:db8::1/64 dev node0 nodad
		ip -n "$NETNS" link set node0 up
	fi
	VETHS=$(kn_ns ip -o link show type veth | wc -l)
}

# ip netns exec would mount /sys anew and hide the cgroups: nsenter doesn't.
kn_ns() { if [ -n "$NETNS" ]; then nsenter --net="/run/netns/$NETNS" "$@"; else "$@"; fi; }

# ... in place of the shell, for what goes on in the background: $! is then the program itself.
kn_ns_exec() { if [ -n "$NETNS" ]; then exec nsenter --net="/run/netns/$NETNS" "$@"; else exec "$@"; fi; }

kn_in_node() { # COMMAND...: from inside the node's cgroup (where its Service programs are attached) and namespace
	mkdir -p "$CG2/host"
	(
		echo "$BASHPID" >"$CG2/host/cgroup.procs" || exit 1
		kn_ns_exec "$@"
	)
}

kn_demo() { # PROGRAM ARGS: the demo image's client, on the host
	if [ ! -x "$N/demo" ]; then
		mkdir -p "$N"
		gcc -static -Os -o "$N/demo" "$here/demo.c" 2>/dev/null || return 1
	fi
	kn_in_node "$N/demo" "$@"
}

kn_kernlet() { # ARGS...: starts kernlet; pid in KPID
	mkdir -p "$CG2"
	kn_ns_exec setsid "$BUILD/kernlet" --pod-manifest-path="$MANIFESTS" --container-runtime-endpoint="$ENDPOINT" \
		--root-dir="$ROOT" --pod-logs-dir="$LOGS" --cgroup-root="/$NAME" --hostname-override="$NAME" \
		--bpf-pin-dir="$PIN" --ctl-socket="$CTL" --pod-cidr="${POD_CIDR:-10.85.0.0/24,fd00:85::/64}" \
		--cni-conf-dir="$CNI_CONF" --fail-cgroupv1=false --cgroup-driver=cgroupfs -v=2 "$@" >>"$KLOG" 2>&1 </dev/null &
	KPID=$!
	disown $KPID 2>/dev/null
	echo $KPID >"$N/kernlet.pid"
}

kn_ctl() { "$BUILD/kernctl" --socket "$CTL" "$@"; }
kn_pods() { kn_ctl pods -o json 2>/dev/null || echo '{"pods":[]}'; }

kn_kernlet_wait() { # until kernctl answers; also under set -e
	local i rc
	for ((i = 0; i < 300; i++)); do
		kn_ctl status >/dev/null 2>&1 && return 0 || rc=$?
		# 1 is an answer too: something on the node is not well
		[ $rc != 1 ] || return 0
		kill -0 "$KPID" 2>/dev/null || break
		sleep 0.05
	done
	WHY="kernlet doesn't answer; end of its log: $(tail -5 "$KLOG" | tr '\n' ';')"
	echo "$WHY" >&2
	return 1
}

kn_kernlet_stop() { # [SIGNAL]
	[ -n "$KPID" ] || return 0
	kill "-${1:-TERM}" "$KPID" 2>/dev/null
	kn_wait_gone 100 "$KPID" || kill -9 "$KPID"
	wait "$KPID" 2>/dev/null
	KPID=
}

kn_node_containerd() { # start it, in the node's namespace
	[ -n "${CONTAINERD:-}" ] && return 0
	install -m755 "$BUILD/kernlet-cni" "$N/cni/bin/kernlet-cni" || return 1
	kn_ns bash "$here/containerd.sh" start "$N"
}

kn_node_start() {
	kn_node_containerd || return 1
	bash "$here/image.sh" import "$(if [ -n "${CONTAINERD:-}" ]; then echo "$CONTAINERD"; else echo "$N"; fi)" || return 1
	kn_kernlet
	kn_kernlet_wait
}

kn_pod() { # NAME JQ: one pod's field; a pod from a manifest may carry the node's name behind its own
	kn_pods | jq -r --arg n "$1" --arg m "$1-$NAME" ".pods[] | select(.name == \$n or .name == \$m) | $2"
}

kn_until() { # SECONDS COMMAND...: true once it is
	local end=$(($(date +%s%N) / 1000000 + $1 * 1000))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $(($(date +%s%N) / 1000000)) -lt $end ] || return 1
		sleep 0.1
	done
}

kn_pod_is() { # NAME JQ-CONDITION
	[ "$(kn_pod "$1" "$2")" = true ]
}

kn_exec() { # POD CONTAINER COMMAND...: inside a container
	local pod=$1 c=$2 id
	shift 2
	id=$(kn_pod "$pod" ".containers[] | select(.name == \"$c\") | .containerID")
	id=${id#*://}
	[ -n "$id" ] || return 1
	kn_ctr "$N" tasks exec --exec-id "x$RANDOM$RANDOM" "$id" "$@"
}

kn_cgroups() { # the node's folders in every hierarchy
	local m
	for m in $(awk '$3 == "cgroup" || $3 == "cgroup2" { print $2 }' /proc/mounts); do
		[ -d "$m/$NAME" ] && echo "$m/$NAME"
	done
}

kn_node_stop() {
	local g i
	# Pods go first, by the way a user would: their manifests are taken away.
	if [ -n "$KPID" ] && kill -0 "$KPID" 2>/dev/null; then
		rm -rf "${MANIFESTS:?}"/*
		kn_until "${1:-20}" eval '[ "$(kn_pods | jq ".pods | length")" = 0 ]'
		kn_kernlet_stop
	fi
	"$BUILD/kernlet" --cleanup --bpf-pin-dir="$PIN" --cgroup-root="/$NAME" >>"$KLOG" 2>&1
	[ -n "${CONTAINERD:-}" ] || kn_containerd_stop "$N"
	rm -rf "$PIN" 2>/dev/null
	for g in $(kn_cgroups); do
		for ((i = 0; i < 20; i++)); do
			find "$g" -depth -type d -exec rmdir {} + 2>/dev/null
			[ -d "$g" ] || break
			sleep 0.05
		done
	done
	if [ -z "$BPFFS_WAS" ] && [ -z "$(ls -A /sys/fs/bpf 2>/dev/null)" ]; then umount /sys/fs/bpf 2>/dev/null; fi
	kn_umount_below "$N"
}

kn_leftovers() { # a line for each thing that is still there
	local p v
	v=$(kn_ns ip -o link show type veth 2>/dev/null | wc -l)
	[ "$v" = "$VETHS" ] || echo "veth interfaces: $v, before $VETHS"
	kn_cgroups | sed 's/^/cgroup: /'
	awk -v d="$N/" 'index($5, d) == 1 { print "mount: " $5 }' /proc/self/mountinfo
	[ -e "$PIN" ] && echo "pins: $PIN"
	for p in /proc/[0-9]*; do
		# -- processes that name the node's folder, but for shells (the test itself may)
		case $(tr '\0' ' ' 2>/dev/null <"$p/cmdline") in
		*"$N/"*) case $(cat "$p/comm" 2>/dev/null) in kernlet | containerd*) echo "process: ${p#/proc/} $(cat "$p/comm")" ;; esac ;;
		esac
	done
	ls "$N/state/io.containerd.grpc.v1.cri/netns" 2>/dev/null | sed 's/^/netns: /'
	return 0
}

kn_node_gone() { # last: the namespace and the folder
	[ -n "$NETNS" ] && ip netns del "$NETNS" 2>/dev/null
	rm -rf "${N:?}"
}
