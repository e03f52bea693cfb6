#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two small images without a registry, from busybox-static and two C programs beside this file:
#   localhost/kernlet-demo:1   /bin/sh, busybox's applets, /bin/demo (see demo.c)
#   localhost/kernlet-pause:1  /pause, for pod sandboxes
#
#   image.sh build          into $KN_IMAGES (build/images), kept until a source changes
#   image.sh import DIR     build, and import into the containerd that containerd.sh started on DIR
#   image.sh import unix:///PATH/TO/SOCKET   ... or into any other one
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
out=${KN_IMAGES:-$here/../../build/images}

compile() { # NAME: a static program, small; getnameinfo in one draws a linker's warning, which is kept quiet
	gcc -static -Os -s -Wall -Wextra -Werror -o "$tmp/$1" "$here/$1.c" 2>"$tmp/log" || { cat "$tmp/log" >&2; return 1; }
}

pack() { # NAME TREE CONFIG-ARGS...
	local name=$1 tree=$2
	shift 2
	umoci init --layout "$tmp/$name"
	umoci new --image "$tmp/$name:1"
	umoci insert --image "$tmp/$name:1" "$tree" / >/dev/null
	umoci config --image "$tmp/$name:1" --author kernlet "$@"
	tar -C "$tmp/$name" -cf "$out/.$name.tar" .
	mv "$out/.$name.tar" "$out/$name.tar"
}

build() {
	local sum a
	sum=$(cat "$here/image.sh" "$here/demo.c" "$here/pause.c" /bin/busybox | sha256sum)
	[ "$(cat "$out/sum" 2>/dev/null)" = "$sum" ] && return 0
	mkdir -p "$out"
	tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT
	mkdir -p "$tmp/p" "$tmp/d/bin" "$tmp/d/etc" "$tmp/d/tmp" "$tmp/d/root" "$tmp/d/var/log"
	chmod 1777 "$tmp/d/tmp"
	compile pause
	cp "$tmp/pause" "$tmp/p/pause"
	compile demo
	cp "$tmp/demo" /bin/busybox "$tmp/d/bin/"
	for a in $(/bin/busybox --list); do [ "$a" = busybox ] || ln -s busybox "$tmp/d/bin/$a"; done
	echo 'root:x:0:0:root:/root:/bin/sh
nobody:x:65534:65534:nobody:/:/bin/false' >"$tmp/d/etc/passwd"
	echo 'root:x:0:
nogroup:x:65534:' >"$tmp/d/etc/group"
	pack kernlet-pause "$tmp/p" --config.entrypoint /pause
	pack kernlet-demo "$tmp/d" --config.cmd /bin/demo --config.cmd serve --config.cmd 8080 \
		--config.env PATH=/bin --config.env KN_IMAGE=demo --config.workingdir /
	echo "$sum" >"$out/sum"
}

import() { # DIR or unix://SOCKET
	local sock snap=overlayfs n
	case $1 in
	unix://*) sock=${1#unix://} ;;
	*) sock=$1/containerd.sock; . "$here/containerd.sh"; snap=$(kn_containerd_snapshotter "$1") ;;
	esac
	for n in pause demo; do
		ctr -a "$sock" -n k8s.io images import --snapshotter "$snap" --base-name "localhost/kernlet-$n" \
			"$out/kernlet-$n.tar" >/dev/null
	done
}

case "${1:-} $#" in
"build 1") build ;;
"import 2")
	build
	import "$2"
	;;
*) sed -n '3,9s/^# \?//p' "$0" >&2; exit 2 ;;
esac
