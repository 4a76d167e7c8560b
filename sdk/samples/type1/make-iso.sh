#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
# make-iso.sh IMAGES_DIR OUTPUT.iso: a bootable image for BIOS and UEFI machines, with the sample
# hypervisor and the conformance kernel, and the kernel alone for other hypervisors.
set -eu

images=${1:?usage: make-iso.sh IMAGES_DIR OUTPUT.iso}
output=${2:?usage: make-iso.sh IMAGES_DIR OUTPUT.iso}
for file in hvkit-type1.elf hvkit-conformance.elf; do
    [ -f "$images/$file" ] || {
        echo "hvkit: error: $images/$file is missing; build it: cmake --build --preset release" >&2
        exit 2
    }
done
command -v grub-mkrescue > /dev/null || {
    echo "hvkit: error: grub-mkrescue is missing; apt-get install grub-common grub-pc-bin grub-efi-amd64-bin xorriso mtools" >&2
    exit 2
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/tree
mkdir -p "$tree/boot/grub"
cp "$images/hvkit-type1.elf" "$images/hvkit-conformance.elf" "$tree/boot/"
cat > "$tree/boot/grub/grub.cfg" << 'END'
set timeout=3
set default=0
serial --unit=0 --speed=115200
terminal_input console serial
terminal_output console serial
menuentry "hvkit: conformance suite on the sample hypervisor" {
    multiboot2 /boot/hvkit-type1.elf
    module2 /boot/hvkit-conformance.elf
    boot
}
menuentry "hvkit: conformance suite on the hypervisor that this machine runs on" {
    multiboot2 /boot/hvkit-conformance.elf
    boot
}
END
grub-mkrescue -o "$output" "$tree" --locales= --themes= --fonts= > "$work/log" 2>&1 || {
    cat "$work/log" >&2
    exit 1
}
echo "$output"
