#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
#
# Target "hyperv": Microsoft Hyper-V. It runs on Windows, where this script can't boot anything: the disks and
# run-hyperv.ps1 of a release do, and the driver judges the log that they leave.

set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$here/common.sh"

case ${1:-} in
prepare | run)
    die 'Hyper-V runs on Windows, not here' \
        "run run-hyperv.ps1 of the release (./hvkit hyperv writes it) there, then: conform --target hyperv --log FILE"
    ;;
*) die "unknown command '${1:-}'" "usage: $0 prepare | run IMAGE SMP CMDLINE" ;;
esac
