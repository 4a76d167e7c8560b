#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
#
# get.sh DIR: puts Linux for child partitions into DIR, out of Debian packages: the kernels of Debian 12
# and 13 for clouds, and an initial RAM disk. What apt downloads it checks against Debian's signed index;
# it stays in the cache, and the second time nothing is downloaded.

set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
targets=$here/../../../conformance/targets
# shellcheck source-path=SCRIPTDIR source=../../../conformance/targets/common.sh
. "$targets/common.sh"
# shellcheck source-path=SCRIPTDIR source=../../../conformance/targets/debian.sh
. "$targets/debian.sh"
# shellcheck disable=SC2154  # $work, $packages, $busybox: debian.sh

# get_suite SUITE: kernel and busybox of that Debian in the cache; the kernel's package is in $chosen.
get_suite() {
    use_cache "linux-$1"
    lock_cache
    chosen=$(newest linux-image-)
    if [ -z "$chosen" ] || [ ! -d "$packages/busybox-static" ]; then
        use_suite "$1"
        choose linux-image-cloud-amd64 linux-image-
        fetch busybox-static "$chosen"
    fi
    find_busybox
}

# get_kernel SUITE FILE
get_kernel() {
    get_suite "$1"
    image=$(find "$packages/$chosen/boot" -name 'vmlinuz-*' | head -n 1)
    [ -n "$image" ] || die "the package $chosen has no kernel" "remove $work and try again"
    replace "$2" <"$image"
}

[ $# -eq 1 ] || die 'get.sh takes one directory' "usage: $0 DIR"
directory=$1
mkdir -p "$directory" || die "cannot make the directory $directory" 'give another one'
get_kernel trixie "$directory/vmlinuz-debian-13"
get_kernel bookworm "$directory/vmlinuz-debian-12"
python3 "$here/make_initrd.py" "$busybox" /dev/stdout | replace "$directory/initrd.img"
for description in shell check; do
    replace "$directory/$description.yaml" <"$here/$description.yaml"
done
