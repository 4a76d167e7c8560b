# SPDX-License-Identifier: BSD-2-Clause-Patent
# shellcheck shell=sh
# What the scripts of this directory share: GRUB's images and FAT file systems. Read with ".", never run.
#
# With SOURCE_DATE_EPOCH set, the same files give the same bytes.

grub_library=${HVKIT_GRUB_LIBRARY:-/usr/lib/grub}
grub_modules='part_msdos part_gpt fat iso9660 search_fs_file normal configfile boot multiboot2 serial terminal
    echo test halt reboot ls'

die() {
    printf 'hvkit: error: %s\n' "$*" >&2
    exit 2
}

# need_tools TOOL...: they come with the Debian packages that the message names.
need_tools() {
    for tool in "$@"; do
        command -v "$tool" > /dev/null ||
            die "$tool is missing; apt-get install grub-common grub-pc-bin grub-efi-amd64-bin xorriso mtools fdisk"
    done
    for platform in i386-pc x86_64-efi; do
        [ -d "$grub_library/$platform" ] || die "$grub_library/$platform is missing; apt-get install grub-pc-bin grub-efi-amd64-bin"
    done
}

# The functions below run in subshells, so that their names stay theirs. They find in $work a directory for what
# is made on the way.
work=

# grub_image PLATFORM PREFIX OUTPUT [MODULE...]: GRUB with all its modules in one file. A PREFIX without
# a device is looked for on all disks; a BIOS says too little of what it booted from.
grub_image() (
    platform=$1 prefix=$2 output=$3
    shift 3
    # shellcheck disable=SC2086 # the modules are words
    set -- -O "$platform" -d "$grub_library/$platform" -p "$prefix" -o "$output" $grub_modules "$@"
    case $prefix in
    /*)
        # shellcheck disable=SC2016 # a variable of GRUB's
        printf 'search.file %s/grub.cfg root\nset prefix=($root)%s\n' "$prefix" "$prefix" > "$work/early.cfg"
        set -- -c "$work/early.cfg" "$@"
        ;;
    esac
    grub-mkimage "$@"
)

# lay_tree TREE GRUB_CFG FILE...: what the menu wants to find.
lay_tree() (
    tree=$1 menu=$2
    shift 2
    mkdir -p "$tree/boot/grub"
    cp "$menu" "$tree/boot/grub/grub.cfg"
    cp "$@" "$tree/boot/"
)

# one_date TREE
one_date() {
    find "$1" -exec touch -h -d "@${SOURCE_DATE_EPOCH:-$(date +%s)}" {} +
}

# fat_image TREE KIBIBYTES OUTPUT
fat_image() (
    one_date "$1"
    truncate -s "${2}K" "$3"
    mformat -i "$3" -N 48564b54 -v HVKIT -T $(($2 * 2)) -h 16 -s 63 -c 4 ::
    for entry in "$1"/*; do
        TZ=UTC mcopy -i "$3" -s -m -Q "$entry" ::
    done
)
