#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
# make-iso.sh OUTPUT.iso GRUB_CFG FILE...: an image that BIOS and UEFI machines boot, from a CD or a stick,
# with the FILEs in /boot and GRUB_CFG as the menu.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=media.sh
. "$here/media.sh"

output=${1:?usage: make-iso.sh OUTPUT.iso GRUB_CFG FILE...}
shift
need_tools grub-mkimage xorriso mformat mcopy
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

lay_tree "$work/tree" "$@"
grub_image i386-pc /boot/grub "$work/core.img" biosdisk
cat "$grub_library/i386-pc/cdboot.img" "$work/core.img" > "$work/tree/boot/grub/bios.img"
mkdir -p "$work/esp/EFI/BOOT"
grub_image x86_64-efi /boot/grub "$work/esp/EFI/BOOT/BOOTX64.EFI"
fat_image "$work/esp" 2880 "$work/tree/boot/grub/efi.img"
one_date "$work/tree"

# One volume id and one date for all, so that xorriso makes up none.
stamp=$(TZ=UTC date -d "@${SOURCE_DATE_EPOCH:-$(date +%s)}" +%Y%m%d%H%M%S00)
xorriso -as mkisofs -quiet -o "$output" -V HVKIT --modification-date="$stamp" \
    -b boot/grub/bios.img -no-emul-boot -boot-load-size 4 -boot-info-table --grub2-boot-info \
    --grub2-mbr "$grub_library/i386-pc/boot_hybrid.img" --protective-msdos-label \
    --efi-boot boot/grub/efi.img -efi-boot-part --efi-boot-image \
    -r "$work/tree" > "$work/log" 2>&1 || {
    cat "$work/log" >&2
    exit 1
}
