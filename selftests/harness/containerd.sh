#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A containerd of one's own: configuration, root, state and socket below one folder, so that several run side by side
# and the machine's own is never touched.
#
#   containerd.sh start DIR    start it, wait until it serves; pid in DIR/containerd.pid, socket DIR/containerd.sock
#   containerd.sh restart DIR  start it again on the same folders after it was stopped or killed
#   containerd.sh kill DIR     SIGKILL to containerd alone; its containers go on
#   containerd.sh stop DIR     end containers, shims and containerd, unmount everything below DIR
#
# Sourced, it gives the functions kn_containerd_{start,kill,stop} and kn_ctr.
# Environment: KN_SANDBOX_IMAGE (localhost/kernlet-pause:1).

kn_containerd_snapshotter() { # DIR -> overlayfs, or native where overlay can't be stacked
	case $(stat -f -c %T "$1") in overlayfs | overlay) echo native ;; *) echo overlayfs ;; esac
}

kn_containerd_config() { # DIR
	local d=$1
	cat <<-EOT
	version = 2
	root = "$d/root"
	state = "$d/state"
	disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
	  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.internal.v1.opt",
	  "io.containerd.internal.v1.tracing", "io.containerd.tracing.processor.v1.otlp"]
	[grpc]
	  address = "$d/containerd.sock"
	[ttrpc]
	  address = "$d/containerd.sock.ttrpc"
	[plugins."io.containerd.grpc.v1.cri"]
	  sandbox_image = "${KN_SANDBOX_IMAGE:-localhost/kernlet-pause:1}"
	  restrict_oom_score_adj = true
	  disable_tcp_service = true
	  stream_server_address = "127.0.0.1"
	  stream_server_port = "0"
	  netns_mounts_under_state_dir = true
	[plugins."io.containerd.grpc.v1.cri".cni]
	  bin_dir = "$d/cni/bin"
	  conf_dir = "$d/cni/conf"
	[plugins."io.containerd.grpc.v1.cri".containerd]
	  snapshotter = "$(kn_containerd_snapshotter "$d")"
	  default_runtime_name = "runc"
	[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
	  runtime_type = "io.containerd.runc.v2"
	[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
	  SystemdCgroup = ${KN_SYSTEMD_CGROUP:-false}
	  Root = "$d/runc"
	EOT
}

kn_ctr() { # DIR ARGS...: ctr on that containerd, in the namespace that CRI uses
	local d=$1
	shift
	ctr -a "$d/containerd.sock" -n k8s.io "$@"
}

kn_containerd_alive() { # DIR: is the process in DIR/containerd.pid a containerd?
	local pid
	pid=$(cat "$1/containerd.pid" 2>/dev/null) || return 1
	# a zombie whose parent doesn't reap is not alive
	case $(cat "/proc/$pid/stat" 2>/dev/null) in *"(containerd) Z"* | "") return 1 ;; *"(containerd)"*) return 0 ;; esac
	return 1
}

kn_containerd_start() { # DIR
	local d i b
	mkdir -p "$1"
	d=$(cd "$1" && pwd -P)
	if kn_containerd_alive "$d"; then
		echo "containerd: already runs on $d" >&2
		return 1
	fi
	mkdir -p "$d/root" "$d/state" "$d/cni/bin" "$d/cni/conf"
	# containerd sets up `lo` by the loopback plugin, which it looks for in bin_dir too.
	for b in /usr/lib/cni/loopback /opt/cni/bin/loopback; do
		[ -x "$b" ] && ln -sf "$b" "$d/cni/bin/loopback" && break
	done
	kn_containerd_config "$d" >"$d/config.toml"
	rm -f "$d/containerd.sock" "$d/containerd.sock.ttrpc"
	setsid containerd -c "$d/config.toml" >>"$d/containerd.log" 2>&1 </dev/null &
	echo $! >"$d/containerd.pid"
	disown $! 2>/dev/null
	for ((i = 0; i < 150; i++)); do
		# The version call alone answers before CRI is there.
		if [ -S "$d/containerd.sock" ] && ctr -a "$d/containerd.sock" --connect-timeout 2s plugins ls 2>/dev/null |
			grep -qE 'grpc.v1 +cri +.*ok'; then
			return 0
		fi
		# by its pid alone: until exec it bears another name
		kn_wait_gone 1 "$(cat "$d/containerd.pid")" && break
	done
	echo "containerd: does not serve on $d/containerd.sock; end of $d/containerd.log:" >&2
	tail -5 "$d/containerd.log" >&2
	return 1
}

kn_containerd_shims() { # DIR: pids of the shims that belong to the socket below DIR
	local p
	for p in /proc/[0-9]*; do
		case $(tr '\0' ' ' 2>/dev/null <"$p/cmdline") in
		*containerd-shim*" -address $1/containerd.sock"*) echo "${p#/proc/}" ;;
		esac
	done
}

kn_wait_gone() { # TENTHS PID...
	local n=$1 i p left
	shift
	for ((i = 0; i < n; i++)); do
		left=0
		for p; do kill -0 "$p" 2>/dev/null && [ "$(sed 's/.*) \(.\).*/\1/' "/proc/$p/stat" 2>/dev/null)" != Z ] && left=1; done
		[ $left = 0 ] && return 0
		sleep 0.1
	done
	return 1
}

kn_containerd_kill() { # DIR
	kn_containerd_alive "$1" || return 0
	local pid
	pid=$(cat "$1/containerd.pid")
	kill -9 "$pid" 2>/dev/null
	kn_wait_gone 50 "$pid"
}

kn_umount_below() { # DIR
	local m
	# deepest first; a second pass lets go lazily of what is still busy
	awk -v d="$1/" 'index($5, d) == 1 { print $5 }' /proc/self/mountinfo | sort -r | while read -r m; do
		umount "$(printf '%b' "$m")" 2>/dev/null || umount -l "$(printf '%b' "$m")" 2>/dev/null
	done
	! awk -v d="$1/" 'index($5, d) == 1 { found = 1 } END { exit !found }' /proc/self/mountinfo
}

kn_containerd_stop() { # DIR
	local d pid id pids addr
	d=$(cd "$1" 2>/dev/null && pwd -P) || return 0
	local task="$d/state/io.containerd.runtime.v2.task/k8s.io"
	# Tasks of a containerd that was killed: only it knows how to take them down with their cgroups.
	if ! kn_containerd_alive "$d" && [ -n "$(ls -A "$task" 2>/dev/null)" ]; then kn_containerd_start "$d" 2>/dev/null; fi
	if kn_containerd_alive "$d"; then
		# Containers first, sandboxes (whose id is their own sandbox's) with them; the runtime cleans its cgroups.
		for id in $(kn_ctr "$d" tasks ls -q 2>/dev/null); do kn_ctr "$d" tasks rm -f "$id" >/dev/null 2>&1; done
		for id in $(kn_ctr "$d" containers ls -q 2>/dev/null); do kn_ctr "$d" containers rm "$id" >/dev/null 2>&1; done
		pid=$(cat "$d/containerd.pid")
		kill "$pid"
		kn_wait_gone 50 "$pid" || kill -9 "$pid" 2>/dev/null
	fi
	# And if that failed: the containers' own first processes are written beside their bundles.
	for id in "$task"/*; do
		pid=$(cat "$id/init.pid" 2>/dev/null) && grep -q "${id##*/}" "/proc/$pid/cgroup" 2>/dev/null && kill -9 "$pid" 2>/dev/null
	done
	pids=$(kn_containerd_shims "$d")
	if [ -n "$pids" ]; then
		for id in "$task"/*; do
			# Shims' sockets are in /run/containerd/s whatever the state folder is.
			addr=$(cat "$id/address" 2>/dev/null)
			addr=${addr#unix://}
			case $addr in /run/containerd/s/*) rm -f "$addr" ;; esac
		done
		kill -9 $pids 2>/dev/null
		kn_wait_gone 50 $pids
	fi
	rm -f "$d/containerd.pid" "$d/containerd.sock" "$d/containerd.sock.ttrpc"
	kn_umount_below "$d"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
	set -u
	[ $# = 2 ] || { sed -n '3,12s/^# \?//p' "$0" >&2; exit 2; }
	case $1 in
	start | restart) kn_containerd_start "$2" ;;
	kill) kn_containerd_kill "$2" ;;
	stop) kn_containerd_stop "$2" ;;
	*) echo "containerd.sh: unknown command $1" >&2; exit 2 ;;
	esac
fi
