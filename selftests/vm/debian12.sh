#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Boots Debian 12 (systemd, cgroup v2, kernel 6.1) in qemu and runs guest.sh there: kernlet as a unit, as on a
# production node. Prints the guest's `ok`, `not ok` and `skip` lines. The base system is made once and kept in
# build/vm; each run boots a fresh copy with the programs just built.
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
top=$(cd "$here/../.." && pwd -P)
O=${O:-build}
case $O in /*) ;; *) O=$top/$O ;; esac
vm=$O/vm
base=$vm/base.tar
packages=systemd,systemd-sysv,udev,dbus,kmod,iproute2,containerd,runc,procps,linux-image-cloud-amd64,libgrpc29,libyajl2
packages=$packages,libyaml-0-2,libprotobuf-c1,libsystemd0,libbpf1,libelf1,zlib1g,libcgroup2,libmnl0,busybox-static
packages=$packages,iptables,nftables,libcurl3-gnutls,libmicrohttpd12,libgnutls30

[ "$(id -u)" = 0 ] || { echo "skip vm: needs root"; exit 0; }
"$top/tools/setup" vm
mkdir -p "$vm"
# Not inside $O: make looks there for *.d, and so would find /etc/rc2.d.
root=$(mktemp -d "${TMPDIR:-/tmp}/kernlet-vm.XXXXXX")
qemu=
cleanup() {
	[ -z "$qemu" ] || kill "$qemu" 2>/dev/null || :
	rm -rf "$root" "$root.img" "$root.out" "$root.kernel" "$root.initrd"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

if [ "$(cat "$vm/base.for" 2>/dev/null)" != "$packages" ]; then
	echo "# making the base system (about a minute)"
	rm -f "$base"
	mmdebstrap --quiet --format=tar --variant=minbase --include="$packages" bookworm "$base.new" >"$vm/mmdebstrap.log" 2>&1 ||
		{ tail -5 "$vm/mmdebstrap.log"; echo "not ok vm: mmdebstrap"; exit 1; }
	mv "$base.new" "$base"
	echo "$packages" >"$vm/base.for"
fi
KN_IMAGES=$O/images "$top/selftests/harness/image.sh" build
echo "# preparing the disk"
tar -C "$root" -xf "$base" --exclude='./dev/*'
make -s -C "$top" O="$O" DESTDIR="$root" install >/dev/null
mkdir -p "$root/opt/kn"
cp "$O"/images/*.tar "$here"/guest.sh "$root/opt/kn/"
# containerd wants the plugin for lo beside ours.
install -D /usr/lib/cni/loopback "$root/opt/cni/bin/loopback"
cp "$here"/pods.yaml "$root/opt/kn/"
cp "$here/kernlet-selftest.service" "$root/etc/systemd/system/"
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -s ../kernlet-selftest.service "$root/etc/systemd/system/multi-user.target.wants/"
: >"$root/etc/machine-id"
echo kn-vm >"$root/etc/hostname"
cp "$root"/boot/vmlinuz-* "$root.kernel"
cp "$root"/boot/initrd.img-* "$root.initrd"
mke2fs -q -t ext4 -d "$root" "$root.img" 3G
echo "# booting"
# TCG on purpose: nested KVM, where there is any, was measured slower here.
qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m 2048 -display none -no-reboot -nic none -monitor none \
	-kernel "$root.kernel" -initrd "$root.initrd" -drive "file=$root.img,if=virtio,format=raw,cache=unsafe" \
	-append "root=/dev/vda rw console=ttyS0 quiet systemd.show_status=0 panic=-1" -serial "file:$root.out" </dev/null &
qemu=$!
limit=$((SECONDS + ${KN_VM_SECONDS:-500}))
shown=0
while kill -0 "$qemu" 2>/dev/null; do
	if [ $SECONDS -gt $limit ]; then
		echo "not ok vm: did not finish in ${KN_VM_SECONDS:-500} s"
		break
	fi
	sleep 1
	n=$(grep -aEc '^KN (ok|not ok|skip|#|end)' "$root.out" 2>/dev/null || :)
	if [ "${n:-0}" -gt $shown ]; then
		grep -aE '^KN (ok|not ok|skip|#|end)' "$root.out" | tail -n +$((shown + 1)) | tr -d '\r' | sed 's/^KN //'
		shown=$n
	fi
done
grep -aE '^KN (ok|not ok|skip|#|end)' "$root.out" | tail -n +$((shown + 1)) | tr -d '\r' | sed 's/^KN //'
cp "$root.out" "$vm/console.log"
if ! grep -aq '^KN end' "$root.out"; then
	tail -n 30 "$root.out" | tr -d '\r' | sed 's/^/# /'
	echo "not ok vm-end: the guest did not come to its end"
	exit 1
fi
! grep -aq '^KN not ok' "$root.out"
