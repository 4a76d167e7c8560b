#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
# make-iso.sh IMAGES_DIR OUTPUT.iso: a bootable image for BIOS and UEFI machines, with the sample
# hypervisor and the conformance kernel, and the kernel alone for other hypervisors.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
images=${1:?usage: make-iso.sh IMAGES_DIR OUTPUT.iso}
output=${2:?usage: make-iso.sh IMAGES_DIR OUTPUT.iso}
for file in hvkit-type1.elf hvkit-conformance.elf; do
    [ -f "$images/$file" ] || {
        echo "hvkit: error: $images/$file is missing; build it: cmake --build --preset release" >&2
        exit 2
    }
done
sh "$here/../../media/make-iso.sh" "$output" "$here/grub.cfg" "$images/hvkit-type1.elf" "$images/hvkit-conformance.elf"
echo "$output"
