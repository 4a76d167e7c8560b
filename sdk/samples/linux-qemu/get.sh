#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
#
# get.sh DIR: puts Linux for the root partition into DIR, as get.sh of linux-root does, and beside it
# initrd-qemu.img, an initial RAM disk that has Debian's newest QEMU too, and guests for it.
# HVKIT_BUILD is where hvkit is built (build/release). What apt downloads it checks against Debian's signed
# index; it stays in the cache, and the second time nothing is downloaded.

set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
targets=$here/../../../conformance/targets
# shellcheck source-path=SCRIPTDIR source=../../../conformance/targets/common.sh
. "$targets/common.sh"
# shellcheck source-path=SCRIPTDIR source=../../../conformance/targets/debian.sh
. "$targets/debian.sh"
# shellcheck disable=SC2154  # $work, $packages, $root, $new, $host, $sysroot: debian.sh

firmware='seabios/bios-256k.bin qemu/linuxboot_dma.bin qemu/multiboot_dma.bin qemu/kvmvapic.bin qemu/pvh.bin'
# In the order in which they are to be loaded.
modules='net/core/failover drivers/virtio/virtio drivers/virtio/virtio_ring drivers/virtio/virtio_pci_legacy_dev
drivers/virtio/virtio_pci_modern_dev drivers/virtio/virtio_pci drivers/block/virtio_blk drivers/net/net_failover
drivers/net/virtio_net'

add_qemu() {
    use_suite unstable
    know qemu-system-x86
    set -- qemu-system-x86 qemu-system-data seabios
    # shellcheck disable=SC2046  # words on purpose
    set -- "$@" $(libraries_of "$1")
    fetch "$@"
    merge "$@"
    add_foreign /usr/bin/qemu-system-x86_64 /bin/qemu-system-x86_64
    for name in $firmware; do
        cp -L "$sysroot/usr/share/$name" "$root/firmware/" ||
            die "QEMU's firmware $name is missing" "remove $work and try again"
    done
}

# add_drivers: for a guest with Debian 12's kernel, what its RAM disk has more than a child of the sample.
add_drivers() {
    from=$(cache_dir)/linux-bookworm
    # shellcheck disable=SC2086  # words on purpose
    add_modules "$(find "$from/packages" -maxdepth 1 -name 'linux-image-*' | tail -n 1)" $modules
    [ -f "$root/modules/virtio_net.ko" ] || die "the kernel of Debian 12 has no virtio_net" "remove $from and try again"
    mkdir "$new/drivers"
    mv "$root/modules" "$new/drivers/"
    mkdir "$root/qemu"
    pack "$new/drivers" "$root/qemu/drivers.cpio"
    rm -r "$new/drivers"
}

# build: an archive with QEMU and drivers, to be unpacked over the root's RAM disk.
build() {
    say "putting QEMU into an initial RAM disk"
    new_root firmware
    # The root has a later busybox, and its own init.
    rm -r "${root:?}/bin" "${root:?}/dev" "$root/proc" "$root/sys" "$root/tmp"
    mkdir "$root/bin"
    add_qemu
    add_drivers
}

[ $# -eq 1 ] || die 'get.sh takes one directory' "usage: $0 DIR"
out=$1
build=${HVKIT_BUILD:-$here/../../../build/release}
"$here/../linux-root/get.sh" "$out" || exit "$EXIT_SETUP"
use_cache linux-bookworm
find_busybox
use_cache linux-qemu
lock_cache
stamp=$(cat "$0" "$targets/debian.sh")
if ! is_current "$stamp"; then
    build
    publish "$stamp"
fi
need_image "$build/images/guest_selftest.elf"
new_directory linux-qemu
mkdir -p "$directory/guest/qemu"
strip -o "$directory/guest/qemu/selftest.elf" "$build/images/guest_selftest.elf"
pack "$directory/guest" "$directory/guest.cpio"
cat "$out/initrd-root.img" "$host/base.cpio" "$directory/guest.cpio" | replace "$out/initrd-qemu.img"
