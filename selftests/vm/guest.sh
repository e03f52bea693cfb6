#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs inside the virtual machine; each result is a line on the console. Needs nothing but what debian12.sh put there.
set -u
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
say() { printf 'KN %s\n' "$*" >/dev/ttyS0; }
ok() { say "ok vm-$1"; }
log() { journalctl -u kernlet -u containerd -o cat --no-pager -n "$1" | cut -c1-400 | sed 's/^/LOG /' >/dev/ttyS0; }
bad() {
	say "not ok vm-$1: $2"
	log 25
}
check() { # NAME COMMAND...
	local name=$1 out
	shift
	if out=$("$@" 2>&1); then ok "$name"; else bad "$name" "$(printf '%s' "$out" | tail -n 3 | tr '\n' ' ' | cut -c1-300)"; fi
}
wait_for() { # SECONDS COMMAND...
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || { "$@"; return 1; }
		sleep 0.5
	done
}

containerd_config() { # true|false: SystemdCgroup
	mkdir -p /etc/containerd
	cat >/etc/containerd/config.toml <<-EOF
	version = 2
	[plugins."io.containerd.grpc.v1.cri"]
	  sandbox_image = "localhost/kernlet-pause:1"
	  [plugins."io.containerd.grpc.v1.cri".cni]
	    bin_dir = "/opt/cni/bin"
	    conf_dir = "/etc/cni/net.d"
	  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
	    runtime_type = "io.containerd.runc.v2"
	    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
	      SystemdCgroup = $1
	EOF
	systemctl restart containerd
}
import_images() {
	local n
	for n in pause demo; do
		ctr -n k8s.io images import --base-name "localhost/kernlet-$n" "/opt/kn/kernlet-$n.tar" || return 1
	done
}
kernlet_args() { # cgroupfs|systemd
	echo "KERNLET_ARGS=--pod-manifest-path=/etc/kubernetes/manifests --cgroup-driver=$1 -v=2 --resolv-conf= \
--pod-cidr=10.85.0.0/24,fd00:85::/64 --cni-conf-dir=/etc/cni/net.d" >/etc/default/kernlet
}
running() { [ "$(kernctl pods 2>/dev/null | grep -c Running)" = "$1" ]; }
# By the shell itself: the static busybox's wget dies of SIGSEGV outside a container.
get() { # ADDRESS PORT: an HTTP answer's body
	timeout 3 bash -c 'exec 3<>"/dev/tcp/$1/$2" && printf "GET / HTTP/1.0\r\n\r\n" >&3 && sed "1,/^\r*$/d" <&3' - "$1" "$2"
}
both_answer() {
	local i seen=
	for i in $(seq 1 20); do seen="$seen $(get 10.96.0.10 80)"; done
	case $seen in *web-a*web-b* | *web-b*web-a*) return 0 ;; esac
	echo "answers: $seen"
	return 1
}
containers() { ctr -n k8s.io tasks ls | awk '/RUNNING/ {print $1, $2}' | sort; }
ids_same() { [ "$(containers)" = "$before" ] || { echo "before: $before now: $(containers)"; return 1; }; }
file_is() { # GLOB TEXT
	local f
	for f in $1; do
		[ -e "$f" ] || continue
		[ "$(cat "$f")" = "$2" ] && return 0
		echo "$f: $(cat "$f")"
		return 1
	done
	echo "no $1"
	return 1
}
answers_while_stopped() { # the daemon must still have been stopped behind the last answer
	both_answer || return 1
	[ "$(awk '{print $3}' "/proc/$hung/stat")" = T ] || { echo "the watchdog came first"; return 1; }
}
restarts() { systemctl show -p NRestarts --value kernlet; }
watchdog_restarted() { [ "$(restarts)" -ge 1 ] && systemctl is-active -q kernlet && kernctl status; }

with_driver() { # cgroupfs|systemd  GLOB of web-a's pod group
	say "# driver $1"
	containerd_config "$([ "$1" = systemd ] && echo true || echo false)"
	check "$1-containerd" wait_for 30 ctr version
	check "$1-images" import_images
	kernlet_args "$1"
	mkdir -p /etc/kubernetes/manifests
	cp /opt/kn/pods.yaml /etc/kubernetes/manifests/
	check "$1-unit-notify-ready" systemctl start kernlet
	check "$1-pods-running" wait_for 60 running 2
	check "$1-service-answers-in-turn" wait_for 15 both_answer
	check "$1-memory-max" file_is "$2/memory.max" 134217728
	check "$1-cpu-max" file_is "$2/cpu.max" "50000 100000"
	check "$1-pid-in-group" grep -q kubepods "/proc/$(ctr -n k8s.io tasks ls | awk '/RUNNING/ {print $2; exit}')/cgroup"
}
drain() { # NAME
	rm -f /etc/kubernetes/manifests/*.yaml
	check "$1-pods-terminated" wait_for 40 no_tasks
	systemctl stop kernlet
}
no_tasks() { [ -z "$(containers)" ]; }

ip link set lo up
ip link add kn0 type bridge && ip addr add 192.0.2.1/24 dev kn0 && ip link set kn0 up
say "# kernel $(uname -r), $(stat -f -c %T /sys/fs/cgroup)"
mkdir -p /etc/systemd/system/kernlet.service.d
printf '[Service]\nWatchdogSec=30\n' >/etc/systemd/system/kernlet.service.d/watchdog.conf
systemctl daemon-reload
with_driver cgroupfs '/sys/fs/cgroup/kubepods/burstable/pod*'
before=$(containers)
check restart-by-systemctl systemctl restart kernlet
check restart-keeps-containers wait_for 10 ids_same
hung=$(systemctl show -p MainPID --value kernlet)
kill -STOP "$hung"
check service-works-while-daemon-hangs answers_while_stopped
check watchdog-restarts-a-hung-daemon wait_for 90 watchdog_restarted
check watchdog-keeps-containers wait_for 10 ids_same
check no-iptables-rules test -z "$(iptables-save 2>/dev/null | grep '^-A')"
check no-nft-rules test -z "$(nft list ruleset)"
check doctor-runs sh -c 'kernctl doctor; [ $? -le 1 ]'
drain cgroupfs
with_driver systemd '/sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod*.slice'
drain systemd
log 40
say end
sleep 1
systemctl --no-block poweroff --force
