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

# The program that L1 runs.
add_init() {
    # shellcheck disable=SC2016  # variables of the script in L1
    {
        start_host
        run_l2 'qemu-system-x86_64 -L /firmware -accel kvm -machine pc -cpu "$(cat /job/cpu)" \
    -smp "$(cat /job/smp)" -m 256 -nodefaults -no-user-config -no-reboot \
    -display none -vga none -serial file:/dev/ttyS1 \
    -device isa-debug-exit,iobase=0xf4,iosize=4 -device hyperv-testdev \
    -kernel /job/image -append "$(cat /job/cmdline)" \
    $([ ! -f /job/initrd ] || echo -initrd /job/initrd) </dev/null
status=$?'
    } | add_script /init
}

# A change of any of these makes the cached L1 stale.
stamp() {
    cat "$here/kvm.sh" "$here/debian.sh" "$here/nested.sh"
    newest linux-image-
    [ -n "$suite" ] || ls -lL "$(command -v qemu-system-x86_64)"
}

prepare() {
    need_tool qemu-system-x86_64 qemu-system-x86
    lock_cache
    [ -z "${HVKIT_KVM_SUITE:-}" ] || use_suite "$HVKIT_KVM_SUITE"
    is_current "$(stamp)" && return
    new_kvm_root firmware
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
