# SPDX-License-Identifier: BSD-2-Clause-Patent
# shellcheck shell=sh
# How a script says what it has found: "check NAME ok" or "check NAME FAILED: WHY", and a last line.

checks=0
failures=0

# report NAME WHY: an empty reason is a success.
report() {
    checks=$((checks + 1))
    if [ -z "$2" ]; then
        echo "check $1 ok"
    else
        failures=$((failures + 1))
        echo "check $1 FAILED: $2"
    fi
}

# expect NAME TEXT: the kernel's log has the text.
expect() {
    if dmesg | grep -q -F "$2"; then
        report "$1" ''
    else
        report "$1" "the kernel did not say '$2'"
    fi
}

# interrupts ROW: how often each processor took the interrupt, as /proc/interrupts has it.
interrupts() {
    sed -n "s/^ *$1: *//p" /proc/interrupts | tr -s ' ' '\n' | grep -x '[0-9]*'
}

# total ROW: that of all processors.
total() {
    interrupts "$1" | awk '{ sum += $1 } END { print sum + 0 }'
}

# is_long: the long form of the checks is wanted.
is_long() {
    grep -q 'hvkit\.long=1' /proc/cmdline
}

processors() {
    grep -c '^processor' /proc/cpuinfo
}

# finish: ends the script.
finish() {
    echo "checks: $((checks - failures)) of $checks ok"
    [ "$failures" -eq 0 ]
    exit
}
