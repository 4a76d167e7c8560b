#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
# make-disk.sh bios|uefi OUTPUT.raw GRUB_CFG FILE...: a disk for a BIOS machine (MBR) or a UEFI machine (GPT)
# with one FAT partition, the FILEs in its /boot and GRUB_CFG as the menu.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=media.sh
. "$here/media.sh"

usage='usage: make-disk.sh bios|uefi OUTPUT.raw GRUB_CFG FILE...'
kind=${1:?$usage}
output=${2:?$usage}
shift 2
need_tools grub-mkimage sfdisk mformat mcopy
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

disk_mib=64
partition_kib=$(((disk_mib - 2) * 1024)) # what the two tables leave, in whole MiB
disk_guid=9a3c1f50-5f6a-4f0e-8d0d-6876b6974001
partition_guid=9a3c1f50-5f6a-4f0e-8d0d-6876b6974002

# table: partition from 1 MiB on; in front of it is room for GRUB or the GPT.
table() {
    printf 'start=2048, size=%d, %s\n' $((partition_kib * 2)) "$1"
}

lay_tree "$work/tree" "$@"
truncate -s "${disk_mib}M" "$work/disk"
case $kind in
bios)
    printf 'label: dos\nlabel-id: 0x48564b54\n%s\n' "$(table 'type=e, bootable')" |
        sfdisk -q "$work/disk"
    grub_image i386-pc '(,msdos1)/boot/grub' "$work/core.img" biosdisk
    # boot.img loads the sector behind it, diskboot.img at the head of core.img what follows that: both
    # are made for just this place. The table of partitions begins at byte 440.
    dd if="$grub_library/i386-pc/boot.img" of="$work/disk" bs=440 count=1 conv=notrunc status=none
    dd if="$work/core.img" of="$work/disk" bs=512 seek=1 conv=notrunc status=none
    ;;
uefi)
    printf 'label: gpt\nlabel-id: %s\n%s\n' "$disk_guid" "$(table "type=U, uuid=$partition_guid")" |
        sfdisk -q "$work/disk"
    mkdir -p "$work/tree/EFI/BOOT"
    grub_image x86_64-efi /boot/grub "$work/tree/EFI/BOOT/BOOTX64.EFI"
    ;;
*) die "$usage" ;;
esac
fat_image "$work/tree" "$partition_kib" "$work/partition"
dd if="$work/partition" of="$work/disk" bs=1M seek=1 conv=notrunc,sparse status=none
mv "$work/disk" "$output"
