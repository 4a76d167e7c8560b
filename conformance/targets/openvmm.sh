#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
#
# Target "openvmm": Microsoft's OpenVMM with its Hyper-V enlightenments, on this machine's KVM or MSHV.
# OpenVMM's direct boot takes Linux kernels alone, so the image comes from a UEFI disk with GRUB.
#
# OPENVMM: the program, unless it is in PATH. OPENVMM_UEFI_FIRMWARE: MSVM.fd, as OpenVMM itself wants it.
# HVKIT_TARGET_FLAGS: more options of OpenVMM without their dashes, such as hypervisor=mshv.

set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$here/common.sh"

make_disk=${HVKIT_MAKE_DISK:-$here/../../sdk/media/make-disk.sh}
firmware=${OPENVMM_UEFI_FIRMWARE:-${X86_64_OPENVMM_UEFI_FIRMWARE:-}}

check_host() {
    openvmm=${OPENVMM:-openvmm}
    have "$openvmm" || die "OpenVMM's program $openvmm is missing" \
        'name it in OPENVMM; how to get one: https://openvmm.dev/guide/user_guide/openvmm/run.html'
    [ -n "$firmware" ] || die 'the UEFI firmware of OpenVMM is not known' \
        'name the file MSVM.fd in OPENVMM_UEFI_FIRMWARE; it is in the releases of microsoft/mu_msvm'
    [ -r "$firmware" ] || die "cannot read the UEFI firmware $firmware" 'correct OPENVMM_UEFI_FIRMWARE'
    [ -x "$make_disk" ] || die "the program that makes disks, $make_disk, is missing" 'take hvkit as a whole'
}

# quote TEXT: as one word of sh or of GRUB.
quote() {
    printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"
}

# GRUB's menu: the image and its command line, at once.
write_menu() {
    printf 'set timeout=0\nmultiboot2 /boot/guest.elf'
    # shellcheck disable=SC2086  # words on purpose
    for word in $1; do
        printf ' %s' "$(quote "$word")"
    done
    printf '\nboot\n'
}

# openvmm_command SMP: the line of sh that starts the machine.
openvmm_command() {
    set -- --processors "$1" --memory 256M --uefi --uefi-firmware "$firmware" --disable-frontpage \
        --vmbus-scsi id=scsi0 --disk "memdiff:file:$directory/disk.img,on=scsi0" \
        --com1 "file=$directory/serial" \
        --guest-shutdown-action exit:0 --guest-reset-action "exit:$EXIT_NO_STATUS" \
        --guest-crash-action "exit:$EXIT_NO_STATUS"
    for flag in ${HVKIT_TARGET_FLAGS:-}; do
        set -- "$@" "--$flag"
    done
    for word in "$openvmm" "$@"; do
        printf '%s ' "$(quote "$word")"
    done
}

prepare() {
    need_tool script bsdutils
    check_host
}

run() {
    check_host
    need_image "$1"
    new_directory openvmm
    cp -L "$1" "$directory/guest.elf"
    # Pathnames are not to be made of a test's glob.
    set -f
    write_menu "$3" >"$directory/grub.cfg"
    "$make_disk" uefi "$directory/disk.img" "$directory/grub.cfg" "$directory/guest.elf" >&2 ||
        exit "$EXIT_SETUP"
    mkfifo "$directory/serial" "$directory/hold"
    cat "$directory/serial" &
    # Its console wants a terminal, and one at which nobody ends the input.
    run_program sh -c "exec script -qec \"\$1\" /dev/null <>\"\$2\" >&2" \
        sh "$(openvmm_command "$2")" "$directory/hold"
    # Ends cat, although OpenVMM may never have opened the port.
    : <>"$directory/serial"
    wait
    end
}

# OpenVMM itself fails with status 1.
end() {
    case $status in
    0) exit 0 ;;
    "$EXIT_TIMEOUT" | 137 | 143) exit "$EXIT_TIMEOUT" ;;
    1) die "OpenVMM failed: $(tr -d '\r' <"$directory/messages" | grep -m 1 . || echo 'it does not say why')" \
        'see docs/targets/openvmm.md' ;;
    *)
        tail -n 20 "$directory/messages" >&2
        exit "$EXIT_NO_STATUS"
        ;;
    esac
}

dispatch "$@"
