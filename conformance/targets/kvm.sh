#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
#
# Target "kvm": real KVM with Hyper-V enlightenments, on a machine that need have no hardware
# virtualization. QEMU emulates a processor with AMD SVM (L0); on it runs Debian's kernel with kvm-amd
# (L1), which runs Debian's QEMU with the guest (L2). nested.sh says how they talk.
#
# HVKIT_TARGET_FLAGS: the enlightenments of the guest's processor, QEMU's names; "all" is all of them.
# HVKIT_KVM_SUITE: the suite of Debian whose kernel and QEMU run in L1. If unset, the kernel comes from
# the archive that apt is configured for, and QEMU is the installed one. It stays in the cache until
# somebody removes it.

set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$here/common.sh"
# shellcheck source-path=SCRIPTDIR source=debian.sh
. "$here/debian.sh"
# shellcheck source-path=SCRIPTDIR source=nested.sh
. "$here/nested.sh"
# shellcheck source-path=SCRIPTDIR source=kvm-flags.sh
. "$here/kvm-flags.sh"

use_cache "kvm${HVKIT_KVM_SUITE:+-$HVKIT_KVM_SUITE}"

firmware='bios-256k.bin linuxboot_dma.bin linuxboot.bin multiboot_dma.bin multiboot.bin kvmvapic.bin
pvh.bin'

# ---- prepare ------------------------------------------------------------------------------------

add_firmware() {
    for name in $firmware; do
        for place in /usr/share/seabios /usr/share/qemu /usr/local/share/qemu; do
            [ -f "${1:-}$place/$name" ] && cp -L "${1:-}$place/$name" "$root/firmware/" && break
        done
    done
    [ -f "$root/firmware/bios-256k.bin" ] ||
        die "QEMU's firmware bios-256k.bin is missing" 'install the package seabios'
}

add_qemu() {
    if [ -z "$suite" ]; then
        add_program "$(command -v qemu-system-x86_64)" /bin/qemu-system-x86_64
        add_firmware
        return
    fi
    know qemu-system-x86
    qemu_packages="qemu-system-x86 qemu-system-data qemu-system-common seabios $(libraries_of qemu-system-x86)"
    # shellcheck disable=SC2086  # words on purpose
    fetch $qemu_packages
    # shellcheck disable=SC2086
    merge $qemu_packages
    add_foreign /usr/bin/qemu-system-x86_64 /bin/qemu-system-x86_64
    add_firmware "$sysroot"
}

# The program that L1 runs in place of an init system.
add_init() {
    add_script /init <<INIT
    #!/bin/sh
    PATH=/bin
    export PATH
    mount -t proc proc /proc
    mount -t sysfs sysfs /sys
    mount -t devtmpfs devtmpfs /dev
    cd /modules
    while read -r module; do
        insmod "\$module"
    done <order
    stty -F /dev/ttyS1 raw -echo
    echo hvkit-l2-begin
    qemu-system-x86_64 -L /firmware -accel kvm -machine pc -cpu "\$(cat /job/cpu)" \\
        -smp "\$(cat /job/smp)" -m 256 -nodefaults -no-user-config -no-reboot \\
        -display none -vga none -serial file:/dev/ttyS1 \\
        -device isa-debug-exit,iobase=0xf4,iosize=4 -device hyperv-testdev \\
        -kernel /job/image -append "\$(cat /job/cmdline)" \\
        \$([ ! -f /job/initrd ] || echo -initrd /job/initrd) </dev/null
    status=\$?
    # Waits until the last character has left the port.
    stty -F /dev/ttyS1 raw
    printf '\nhvkit-l2-status %d\n' "\$status"
    poweroff -f
INIT
}

# A change of any of these makes the cached L1 stale.
stamp() {
    cat "$here/kvm.sh" "$here/debian.sh"
    newest linux-image-
    [ -n "$suite" ] || ls -lL "$(command -v qemu-system-x86_64)"
}

prepare() {
    need_tool qemu-system-x86_64 qemu-system-x86
    lock_cache
    [ -z "${HVKIT_KVM_SUITE:-}" ] || use_suite "$HVKIT_KVM_SUITE"
    is_current "$(stamp)" && return
    choose linux-image-amd64 linux-image-
    fetch busybox-static "$chosen"
    find_busybox
    say "building the L1 machine of $target: $chosen"
    new_root firmware
    # shellcheck disable=SC2086  # words on purpose
    add_modules "$packages/$chosen" $kvm_modules
    [ -f "$root/modules/kvm-amd.ko" ] ||
        die "the kernel package $chosen has no kvm-amd module" "remove $work and try again"
    add_qemu
    add_init
    unpack_kernel "$packages/$chosen" "$new/kernel"
    publish "$(stamp)"
}

# ---- run ----------------------------------------------------------------------------------------

run() {
    new_job "$1"
    cp -L "$1" "$directory/root/job/image"
    [ -z "${HVKIT_INITRD:-}" ] || cp -L "$HVKIT_INITRD" "$directory/root/job/initrd"
    printf '%s\n' "$2" >"$directory/root/job/smp"
    printf '%s' "$3" >"$directory/root/job/cmdline"
    cpu >"$directory/root/job/cpu"
    pack_job
    boot_host -cpu max -smp "$(host_processors "$2")" -m 1280 -kernel "$host/kernel" -initrd "$directory/initrd" \
        -append "$kvm_command_line"
    end QEMU
}

dispatch "$@"
