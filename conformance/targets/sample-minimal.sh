#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
#
# Target "sample-minimal": the sample hypervisor whose root partition has the least privileges.

set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
HVKIT_SAMPLE_OPTIONS=minimal
export HVKIT_SAMPLE_OPTIONS
exec "$here/sample.sh" "$@"
