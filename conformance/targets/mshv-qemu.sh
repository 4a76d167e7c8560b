#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
#
# Target "mshv-qemu": the guest (L2) in Debian's newest QEMU, with the accelerator mshv, on Linux in the root partition
# (L1) of the sample hypervisor, on a processor that another QEMU emulates (L0). nested.sh says how they talk.

set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$here/common.sh"
# shellcheck source-path=SCRIPTDIR source=debian.sh
. "$here/debian.sh"
# shellcheck source-path=SCRIPTDIR source=nested.sh
. "$here/nested.sh"
# shellcheck source-path=SCRIPTDIR source=mshv.sh
. "$here/mshv.sh"

use_root mshv-qemu

prepare() {
    prepare_root linux-qemu initrd-qemu.img
}

# run IMAGE SMP CMDLINE
run() {
    new_root_job "$1"
    printf '%s' "$3" >"$directory/root/job/cmdline"
    # The default model announces no x2APIC, which the partition has whatever the model.
    # shellcheck disable=SC2016  # variables of the script in L1
    add_root_script '    . /scripts/qemu.sh
    set -- '"$2"' -cpu host -m 256 -device isa-debug-exit,iobase=0xf4,iosize=4 -kernel /job/guest -append "$(cat /job/cmdline)"
    [ ! -f /job/initrd ] || set -- "$@" -initrd /job/initrd
    console=/dev/ttyS1
    run_qemu "$@"
    status=$?
    ! is_ending || echo hvkit-l2-ended'
    boot_root 1024 QEMU
}

dispatch "$@"
