#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
#
# Target "kvm-vmm": the guest (L2) in a process of hvkit-vmm, which has lib/core in it and runs on /dev/kvm of Debian's
# kernel (L1), on a processor that QEMU emulates (L0). nested.sh says how they talk. The kernel is that of the
# target "kvm", and so is where it comes from: HVKIT_KVM_SUITE.

set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$here/common.sh"
# shellcheck source-path=SCRIPTDIR source=debian.sh
. "$here/debian.sh"
# shellcheck source-path=SCRIPTDIR source=nested.sh
. "$here/nested.sh"

# What is built of the sources that are here does not belong to a cache: run adds it to this machine.
use_kvm kvm-vmm

# ---- prepare ------------------------------------------------------------------------------------

# The program that L1 runs. hvkit-vmm could not be run if it ends with 2.
add_init() {
    # shellcheck disable=SC2016  # variables of the script in L1
    {
        start_host
        run_l2 '/job/hvkit-vmm --batch --console com1=file:/dev/ttyS1 /job/machines.yaml
status=$(($? == 2))
dmesg | grep -E "WARNING|BUG:|Oops|Call Trace"'
    } | add_script /init
}

# A change of any of these makes the cached L1 stale.
stamp() {
    cat "$here/kvm-vmm.sh" "$here/debian.sh" "$here/nested.sh"
    newest linux-image-
}

prepare() {
    need_tool qemu-system-x86_64 qemu-system-x86
    lock_cache
    [ -z "${HVKIT_KVM_SUITE:-}" ] || use_suite "$HVKIT_KVM_SUITE"
    is_current "$(stamp)" && return
    new_kvm_root job
    for applet in dmesg grep; do
        ln -s busybox "$root/bin/$applet"
    done
    add_init
    unpack_kernel "$packages/$chosen" "$new/kernel"
    publish "$(stamp)"
}

# ---- run ----------------------------------------------------------------------------------------

# run IMAGE SMP CMDLINE
run() {
    program=$(realpath "${HVKIT_BUILD:-.}")/sdk/samples/vmm/hvkit-vmm
    [ -x "$program" ] || die "$program is missing" \
        "build it, or name the build directory that has it in HVKIT_BUILD"
    new_job "$1"
    root=$directory/root
    add_program "$program" /job/hvkit-vmm
    cp -L "$1" "$root/job/guest"
    initrd=${HVKIT_INITRD:-}
    [ -z "$initrd" ] || cp -L "$initrd" "$root/job/initrd"
    describe_machine "$2" "$3" >"$root/job/machines.yaml"
    pack_job
    boot_host -cpu max -smp "$(host_processors "$2")" -m 1280 -kernel "$host/kernel" \
        -initrd "$directory/initrd" -append "$kvm_command_line"
    end hvkit-vmm
}

dispatch "$@"
