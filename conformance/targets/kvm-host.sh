#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
#
# Target "kvm-host": this machine's own KVM, where it has Hyper-V enlightenments.
#
# HVKIT_TARGET_FLAGS: the enlightenments of the guest's processor, QEMU's names; "all" is all of them.

set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$here/common.sh"
# shellcheck source-path=SCRIPTDIR source=kvm-flags.sh
. "$here/kvm-flags.sh"

device=${HVKIT_KVM_DEVICE:-/dev/kvm}

# What this machine cannot do is told before the suite begins.
check_host() {
    [ -e "$device" ] || die "this machine has no $device" \
        'load the module kvm-intel or kvm-amd, or enable virtualization in the firmware; the target kvm needs neither'
    if [ ! -r "$device" ] || [ ! -w "$device" ]; then
        die "this user may not use $device" "run as root: usermod -a -G kvm $(id -un), and log in again"
    fi
    # QEMU asks KVM when it makes the processor, and ends with a message when KVM has not what is asked for.
    new_directory kvm-host
    # In a shell of its own, which has nobody to tell if QEMU is killed.
    (echo quit | qemu-system-x86_64 -accel kvm -machine pc -cpu host,hv-time -m 16 -nodefaults \
        -no-user-config -display none -S -monitor stdio >/dev/null 2>"$directory/messages") 2>/dev/null && return
    die "KVM of this machine cannot run a guest with Hyper-V enlightenments: $(qemu_complaint "$directory/messages")" \
        'use the target kvm, which brings its own KVM'
}

prepare() {
    need_tool qemu-system-x86_64 qemu-system-x86
    check_host
}

run() {
    have qemu-system-x86_64 || die 'qemu-system-x86_64 is missing' "run: $0 prepare"
    need_image "$1"
    new_directory kvm-host
    image=$1 smp=$2 words=$3
    set --
    # Some distributions build QEMU without the device.
    if qemu-system-x86_64 -device help 2>/dev/null | grep -q '"hyperv-testdev"'; then
        set -- -device hyperv-testdev
        words="$words hyperv-testdev"
    fi
    run_program qemu-system-x86_64 -accel kvm -machine pc -cpu "$(cpu)" -smp "$smp" -m 256 \
        -nodefaults -no-user-config -no-reboot -display none -vga none -serial stdio \
        -device isa-debug-exit,iobase=0xf4,iosize=4 "$@" -kernel "$image" -append "$words"
    finish "$status" "$directory/messages"
}

dispatch "$@"
