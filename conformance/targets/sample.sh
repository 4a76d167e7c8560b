#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
#
# Target "sample": the bare-metal sample hypervisor of the SDK on a processor that QEMU emulates.
# The guest is a boot module of the hypervisor and runs as its root partition.

set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$here/common.sh"

prepare() {
    need_tool qemu-system-x86_64 qemu-system-x86
}

# run IMAGE SMP CMDLINE
run() {
    have qemu-system-x86_64 || die 'qemu-system-x86_64 is missing' "run: $0 prepare"
    hypervisor=${HVKIT_BUILD:-.}/images/hvkit-type1.elf
    [ -r "$hypervisor" ] || die "$hypervisor: the sample hypervisor is missing" \
        "build it, or name the build directory that has it in HVKIT_BUILD"
    need_image "$1"
    hypervisor=$(realpath "$hypervisor")

    # QEMU's TSC has one rate and is the same on all processors, but CPUID does not say so: tsc=trust.
    # In -initrd a blank ends the file name and a comma the module; a comma of the command line is doubled.
    new_directory sample
    ln -s "$(realpath "$1")" "$directory/guest"
    cd "$directory"
    # shellcheck disable=SC2046  # words on purpose
    run_program qemu-system-x86_64 -accel "$(accelerator)" $(counted) -cpu max -smp "$2" -m 256 \
        -nodefaults -no-user-config -no-reboot -display none -serial stdio \
        -device isa-debug-exit,iobase=0xf4,iosize=4 \
        -kernel "$hypervisor" -append "tsc=trust debug=loopback hyperv-testdev ${HVKIT_SAMPLE_OPTIONS:-}" \
        -initrd "guest $(printf '%s' "$3" | sed 's/,/,,/g')"
    finish "$status" messages
}

dispatch "$@"
