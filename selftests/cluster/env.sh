# SPDX-License-Identifier: Apache-2.0
# Names and folders of the test cluster, to be sourced (bash). All of them follow from $O, the build folder, so that
# each O has a cluster of its own and several run side by side: a network namespace, a cgroup, ports inside the
# namespace, a folder $O/cluster.
#
# Sets: C (the cluster's folder), BIN (the stock programs), NETNS and NAME (namespace, cgroup and node name), HOST_IP (the
# one address, on a bridge in the namespace), N (the node's folder), and harness/node.sh's names.
set -u
cluster_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
. "$cluster_dir/../harness/node.sh"
BIN=$("$cluster_dir/build" --path)
C=$BUILD/cluster
NAME=kn-$(printf %s "$BUILD" | sha256sum | cut -c1-8)
NETNS=$NAME
N=$C/node MANIFESTS=$N/manifests LOGS=$N/logs ROOT=$N/kubelet CTL=$N/ctl.sock KLOG=$C/log/kernlet.log
PIN=/sys/fs/bpf/kernlet-$NAME
ENDPOINT=unix://$N/containerd.sock CNI_CONF=$N/cni/conf KPID=
CG2=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)/$NAME
VETHS=0 BPFFS_WAS=1
HOST_IP=10.88.0.1
API=https://$HOST_IP:6443
SERVICE_CIDR=10.96.0.0/16 CLUSTER_CIDR=10.244.0.0/16 DNS_IP=10.96.0.10
ADMIN=$C/admin.kubeconfig
# Public, like the namespace it is used in: a token for a test cluster that only its own machine can reach.
BOOTSTRAP_TOKEN=abcdef.0123456789abcdef

say() { printf '  %-8s %s\n' "$1" "$2"; }

# Inside the node's cgroup (the Service programs see it) and namespace, in place of the shell.
in_node_exec() {
	mkdir -p "$CG2/host" && echo "$BASHPID" >"$CG2/host/cgroup.procs" || exit 1
	exec nsenter --net="/run/netns/$NETNS" "$@"
}
in_node() { (in_node_exec "$@"); }
kubectl() { in_node "$BIN/kubectl" --kubeconfig "$ADMIN" "$@"; }

started_at() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

# A process is known by its id and when it started, so that nobody else's is ever taken for it.
running() { # NAME
	local pid at
	read -r pid at 2>/dev/null <"$C/run/$1.pid" || return 1
	[ -n "$at" ] && [ "$(started_at "$pid")" = "$at" ] && [ "$(sed 's/.*) \(.\).*/\1/' "/proc/$pid/stat")" != Z ]
}
pid_of() { running "$1" && cut -d' ' -f1 "$C/run/$1.pid"; }
spawn() { # NAME PROGRAM ARGS...: in the background; log in $C/log/NAME.log
	local name=$1 pid
	shift
	mkdir -p "$C/run" "$C/log"
	(in_node_exec setsid "$@") >>"$C/log/$name.log" 2>&1 </dev/null 9>&- &
	pid=$!
	disown $pid 2>/dev/null
	echo "$pid $(started_at $pid)" >"$C/run/$name.pid"
}
halt() { # NAME [SIGNAL]
	local pid
	if pid=$(pid_of "$1"); then
		kill "-${2:-TERM}" "$pid" 2>/dev/null
		kn_wait_gone 100 "$pid" || { kill -9 "$pid" && kn_wait_gone 50 "$pid"; }
		# Its first thread is gone before the others let go of its sockets.
		while [ "$(ls "/proc/$pid/task" 2>/dev/null | wc -l)" -gt 1 ]; do sleep 0.02; done
	fi
	rm -f "$C/run/$1.pid"
}
wait_for() { # NAME SECONDS COMMAND...: until it succeeds, or the program NAME has ended
	local name=$1 end=$((SECONDS + $2))
	shift 2
	until "$@" >/dev/null 2>&1; do
		if ! running "$name" || [ $SECONDS -ge $end ]; then
			echo "$name is not ready; end of $C/log/$name.log:" >&2
			tail -8 "$C/log/$name.log" | cut -c1-300 >&2
			return 1
		fi
		sleep 0.2
	done
}
seconds() { # MILLISECONDS-BEFORE -> "1.2 s"
	local d=$(($(date +%s%3N) - $1))
	echo "$((d / 1000)).$((d % 1000 / 100)) s"
}
