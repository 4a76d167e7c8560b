#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
#
# Target "mshv-vmm": the guest (L2) in a process of hvkit-vmm, which runs on /dev/mshv of Linux in the root partition
# (L1) of the sample hypervisor, on a processor that QEMU emulates (L0). nested.sh says how they talk.

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

use_root mshv-vmm

prepare() {
    prepare_root linux-root initrd-root.img
}

# run IMAGE SMP CMDLINE
run() {
    new_root_job "$1"
    describe_machine "$2" "$3" >"$directory/root/job/machines.yaml"
    # A machine that can't be run is L2's emulator that failed.
    # shellcheck disable=SC2016  # variables of the script in L1
    add_root_script '    hvkit-vmm --batch --console com1=file:/dev/ttyS1 /job/machines.yaml
    status=$(($? == 2))'
    boot_root 768 hvkit-vmm
}

dispatch "$@"
