#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
# described.sh BUILD NAME [ARGUMENTS]: runs the machines of NAME.yaml beside this file, with the Linux of the
# build. When that fails, the last lines are those that tell why.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
build=$1 name=$2
shift 2
"$here/../../sdk/samples/linux/get.sh" "$build/linux"
# The files that it names lie there.
cp "$here/$name.yaml" "$build/linux/$name.yaml"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
{
    /usr/bin/python3 "$here/../../conformance/driver" run --batch --build-dir "$build" --timeout 900 "$@" \
        "$build/linux/$name.yaml" || echo $? >"$work/status"
} 2>&1 | tee "$work/log"
[ -f "$work/status" ] || exit 0
echo '== what was found, and how it ended'
grep -a -E 'FAILED|checks: |WARNING|BUG:|Oops|panic|ended: |starts again|missing|^hvkit:' "$work/log" || true
exit "$(cat "$work/status")"
