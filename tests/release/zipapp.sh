#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
# zipapp.sh ARTEFACTS_DIR: the driver must run from a copy of the artefacts alone, in a directory of its own.
set -eu
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cp -R "$1" "$work/release"
cd "$work/release"
unset HVKIT_BUILD
HVKIT_CACHE=$work/cache
export HVKIT_CACHE
driver() { /usr/bin/python3 -I hvkit-conformance.pyz "$@"; }

driver conform --tests 'discovery/*' --report "$work/report" > "$work/output"
tail -n 1 "$work/output"
grep -q '^conform: [1-9][0-9]* passed, 0 failed, ' "$work/output"
[ -s "$work/report/results.json" ]
# The log of that run gives the same verdicts as the run.
driver conform --log "$work/report/serial-sample-1.log" > "$work/again"
[ "$(tail -n 1 "$work/output")" = "$(tail -n 1 "$work/again")" ]
# The second run used what the first had unpacked.
[ "$(find "$work/cache" -mindepth 1 -maxdepth 1 | wc -l)" -eq 1 ]
# Without a cache that can be written it runs all the same, and leaves nothing behind.
mkdir "$work/tmp"
HVKIT_CACHE=/proc/none TMPDIR=$work/tmp driver targets | grep -q '^sample '
[ -z "$(ls "$work/tmp")" ]
