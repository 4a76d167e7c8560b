#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
#
# Target "sample-saved": the sample hypervisor, which saves its root partition all the time and restores it into
# new memory.

set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
HVKIT_SAMPLE_OPTIONS="save-restore=${HVKIT_SAVE_RESTORE_MS:-50}"
export HVKIT_SAMPLE_OPTIONS
exec "$here/sample.sh" "$@"
