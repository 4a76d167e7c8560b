#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
#
# Target "mshv-vmm": the guest (L2) in a process of hvkit-vmm, which runs on /dev/mshv of Linux in the root partition
# (L1) of the sample hypervisor, on a processor that QEMU emulates (L0). nested.sh says how they talk.
#
# HVKIT_MSHV_LPS: how many processors L1 has, 2 unless set.

set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$here/common.sh"
# shellcheck source-path=SCRIPTDIR source=debian.sh
. "$here/debian.sh"
# shellcheck source-path=SCRIPTDIR source=nested.sh
. "$here/nested.sh"

use_cache linux-root
target=mshv-vmm
# What is built of the sources that are here; the kernel, which takes long, stays where it is.
host=$(cache_dir)/$target

prepare() {
    need_tool qemu-system-x86_64 qemu-system-x86
    "$here/../../sdk/samples/linux-root/get.sh" "$host" || exit "$EXIT_SETUP"
    ln -sf initrd-root.img "$host/base.cpio"
}

# add_job SMP CMDLINE: what L1's first program runs. A machine that can't be run is L2's emulator that failed.
add_job() {
    mkdir "$directory/root/scripts"
    describe_machine "$1" "$2" >"$directory/root/job/machines.yaml"
    # shellcheck disable=SC2034  # for add_script
    root=$directory/root
    add_script /scripts/job <<'JOB'
    stty -F /dev/ttyS1 raw -echo
    echo hvkit-l2-begin
    hvkit-vmm --batch --console com1=file:/dev/ttyS1 /job/machines.yaml
    status=$?
    # Waits until the last character has left the port.
    stty -F /dev/ttyS1 raw
    dmesg | grep -E 'WARNING|BUG:|Oops|Call Trace|mshv.*(fail|err)'
    printf '\nhvkit-l2-status %d\n' "$((status == 2))"
    poweroff -f
JOB
}

# run IMAGE SMP CMDLINE
run() {
    hypervisor=$(realpath "${HVKIT_BUILD:-.}")/images/hvkit-type1.elf
    [ -r "$hypervisor" ] || die "$hypervisor: the sample hypervisor is missing" \
        "build it, or name the build directory that has it in HVKIT_BUILD"
    new_job "$1"
    cp -L "$1" "$directory/root/job/guest"
    initrd=${HVKIT_INITRD:-}
    [ -z "$initrd" ] || cp -L "$initrd" "$directory/root/job/initrd"
    add_job "$2" "$3"
    pack_job
    ln -s "$host/vmlinux-root" "$directory/linux"
    cd "$directory"
    boot_host -cpu max -smp "${HVKIT_MSHV_LPS:-2}" -m 768 -kernel "$hypervisor" \
        -append "tsc=trust ${HVKIT_SAMPLE_OPTIONS:-}" \
        -initrd 'linux console=ttyS0 panic=-1 hvkit.script=job,initrd'
    end hvkit-vmm
}

dispatch "$@"
