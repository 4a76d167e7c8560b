#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
#
# Target "sample-root-scheduler": the sample hypervisor, whose root partition schedules its children's VPs.

set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
HVKIT_SAMPLE_OPTIONS=scheduler=root
export HVKIT_SAMPLE_OPTIONS
exec "$here/sample.sh" "$@"
