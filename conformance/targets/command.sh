#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
#
# Target "command": whatever boots the image and shows its serial port on stdout.
#
# HVKIT_COMMAND: a command of sh. It finds the image, the number of processors and the kernel's command
# line in $IMAGE, $SMP and $CMDLINE, and a directory for its files in $DIRECTORY.

set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$here/common.sh"

check_command() {
    # shellcheck disable=SC2016  # an example
    [ -n "${HVKIT_COMMAND:-}" ] || die 'HVKIT_COMMAND names no command' \
        'set it to one such as: my-vmm --kernel "$IMAGE" --cpus "$SMP" --append "$CMDLINE"'
    sh -n -c "$HVKIT_COMMAND" 2>/dev/null || die 'HVKIT_COMMAND is no command that sh understands' \
        "run: sh -n -c \"\$HVKIT_COMMAND\""
}

prepare() {
    check_command
}

run() {
    check_command
    need_image "$1"
    new_directory command
    run_program env IMAGE="$1" SMP="$2" CMDLINE="$3" DIRECTORY="$directory" sh -c "$HVKIT_COMMAND"
    tail -n 20 "$directory/messages" >&2
    case $status in
    0) exit 0 ;;
    "$EXIT_TIMEOUT" | 137 | 143) exit "$EXIT_TIMEOUT" ;;
    "$EXIT_SETUP") exit "$EXIT_SETUP" ;;
    127) die "a program of HVKIT_COMMAND is missing: $(tail -n 1 "$directory/messages")" 'install it, or check PATH' ;;
    # Whether the guest or the command failed, only the command knows.
    *) exit "$EXIT_NO_STATUS" ;;
    esac
}

dispatch "$@"
