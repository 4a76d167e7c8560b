#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
# check_hvkit.sh SOURCE_DIR: what the newcomer's script answers, without building anything.
set -u
cd "$1" || exit 2
HVKIT_NO_INSTALL=1
export HVKIT_NO_INSTALL
failed=0

# expect STATUS PATTERN ARGUMENTS...: exit status, and a pattern in what is printed
expect() {
    status=$1 pattern=$2
    shift 2
    output=$(./hvkit "$@" 2>&1)
    got=$?
    if [ "$got" -ne "$status" ] || ! printf '%s\n' "$output" | grep -q "$pattern"; then
        printf 'hvkit %s: status %s, expected %s and "%s":\n%s\n' "$*" "$got" "$status" "$pattern" "$output"
        failed=1
    fi
}

expect 0 '^usage: ./hvkit COMMAND' --help
expect 2 '^usage: ./hvkit COMMAND'
expect 2 'error: no such command: conforn' conforn
expect 0 '\[--shards N | --shard K/N\]' --help
expect 0 '^kvm ' targets
expect 0 '^sample ' targets
expect 0 '^usage: hvkit report' report --help
expect 2 'error: /nowhere: cannot read' report show /nowhere
expect 2 "error: --time takes a number of seconds, not 'soon'" fuzz --time soon
exit $failed
