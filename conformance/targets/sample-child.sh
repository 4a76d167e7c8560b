#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
#
# Target "sample-child": the guest in a child partition of the sample hypervisor, whose devices the root
# partition's program has. Its serial port is passed on as it comes.

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
    build=$(realpath "${HVKIT_BUILD:-.}")
    for file in images/hvkit-type1.elf images/hvkit-root.elf sdk/tools/machine/hvkit-machine; do
        [ -r "$build/$file" ] || die "$build/$file is missing" \
            "build it, or name the build directory that has it in HVKIT_BUILD"
    done
    need_image "$1"
    new_directory sample-child
    ln -s "$(realpath "$1")" "$directory/guest"
    initrd=${HVKIT_INITRD:-}
    [ -z "$initrd" ] || ln -s "$(realpath "$initrd")" "$directory/initrd"
    cd "$directory"
    describe_machine "$2" "$3" >machines.yaml
    "$build/sdk/tools/machine/hvkit-machine" compile machines.yaml -o machines >&2 ||
        die 'the machine cannot be made' 'see the message above'
    # As many processors as VPs, or fewer: then VPs wait for each other. The root's program is one more for the first.
    run_sample "${HVKIT_CHILD_LPS:-$2}" 512 "$build/images/hvkit-type1.elf" '' \
        "$build/images/hvkit-root.elf console=guest,machines"
    # 1 and 3 are what the root's program says of the machine's end: the guest itself gave no status.
    case $status in
        1 | 3) qemu_complaint messages >/dev/null || status=0 ;;
    esac
    finish "$status" messages
}

dispatch "$@"
