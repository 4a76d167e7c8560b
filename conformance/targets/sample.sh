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

    # In -initrd a blank ends the file name and a comma the module; a comma of the command line is doubled.
    new_directory sample
    ln -s "$(realpath "$1")" "$directory/guest"
    cd "$directory"
    run_sample "$2" 256 "$hypervisor" 'debug=loopback hyperv-testdev' \
        "guest $(printf '%s' "$3" | sed 's/,/,,/g')"
    finish "$status" messages
}

dispatch "$@"
