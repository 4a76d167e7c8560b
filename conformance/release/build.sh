#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
# build.sh release|hyperv IMAGES_DIR OUTPUT_DIR: writes what a release consists of, or the part of it that
# Hyper-V needs. docs/release.md lists the files.
#
# The date in all of them is SOURCE_DATE_EPOCH, else that of the commit; the same sources, compiler, GRUB and
# QEMU give the same bytes.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH='' cd -- "$here/../.." && pwd)
media=$root/sdk/media
PATH=$PATH:/usr/sbin:/sbin
usage='usage: build.sh release|hyperv IMAGES_DIR OUTPUT_DIR'
kind=${1:?$usage} images=${2:?$usage} output=${3:?$usage}

die() {
    printf 'hvkit: error: %s\n' "$*" >&2
    exit 2
}

in_git() { git -C "$root" "$@" 2> /dev/null; }

# A FAT date can't be older than 1980.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(in_git log -1 --format=%ct || echo 315532800)}
export SOURCE_DATE_EPOCH

# $version and $commit, as the driver in this tree tells them.
ask_version() {
    known=$(PYTHONPATH=$root/conformance python3 -B -c 'from driver import version
hvkit = version.of_this_hvkit()
print(hvkit.version, hvkit.commit)')
    version=${known% *} commit=${known#* }
}

for tool in qemu-img objcopy python3; do
    command -v "$tool" > /dev/null || die "$tool is missing; apt-get install qemu-utils binutils python3"
done
for image in hvkit-conformance.elf hvkit-type1.elf; do
    [ -f "$images/$image" ] || die "$images/$image is missing; build it: cmake --build --preset release"
done
mkdir -p "$output" || die "cannot write to $output"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Debugging information names the directory of the build.
kernels() {
    mkdir -p "$work/images"
    for image in hvkit-conformance.elf hvkit-type1.elf; do
        objcopy --strip-debug "$images/$image" "$work/images/$image"
    done
}

# disk bios|uefi FORMAT NAME [OPTION]
disk() {
    sh "$media/make-disk.sh" "$1" "$work/disk.raw" "$here/grub.cfg" "$work/images/hvkit-conformance.elf"
    qemu-img convert -f raw -O "$2" -o "subformat=dynamic,$4" "$work/disk.raw" "$work/$3"
    python3 "$media/pin_ids.py" "$work/$3" "$3" "$SOURCE_DATE_EPOCH"
    mv "$work/$3" "$output/$3"
}

hyperv() {
    disk bios vpc hvkit-conformance-gen1.vhd force_size=on
    disk uefi vhdx hvkit-conformance-gen2.vhdx block_size=1M
    sed 's/$/\r/' "$here/run-hyperv.ps1" > "$output/run-hyperv.ps1"
}

release() {
    hyperv
    mkdir -p "$output/images"
    cp "$work/images/"*.elf "$output/images/"
    sh "$media/make-iso.sh" "$output/hvkit-conformance.iso" "$here/grub.cfg" "$work/images/hvkit-conformance.elf"
    ask_version
    python3 "$here/make_zipapp.py" "$root/conformance" "$output/hvkit-conformance.pyz" "$SOURCE_DATE_EPOCH" \
        "$version" "$commit"
    sed -e "s/@VERSION@/$version/" -e "s/@COMMIT@/$commit/" "$here/README.txt" > "$output/README.txt"
    cp "$root/LICENSE" "$output/LICENSE"
}

# sums FILE...: the list that sha256sum -c takes.
sums() {
    (cd "$output" && sha256sum "$@" > SHA256SUMS)
}

kernels
disks='hvkit-conformance-gen1.vhd hvkit-conformance-gen2.vhdx run-hyperv.ps1'
# shellcheck disable=SC2086 # words on purpose
case $kind in
hyperv)
    hyperv
    sums $disks
    ;;
release)
    release
    sums $disks LICENSE README.txt hvkit-conformance.iso hvkit-conformance.pyz images/hvkit-conformance.elf images/hvkit-type1.elf
    ;;
*) die "$usage" ;;
esac
