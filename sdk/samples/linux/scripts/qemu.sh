# SPDX-License-Identifier: BSD-2-Clause-Patent
# shellcheck shell=sh
# QEMU on /dev/mshv, and how it is brought to its end. When its machine ends, QEMU sends a signal to the thread of each VP
# and waits. A signal that comes while the thread is between an intercept and the next run ends no run; the VP goes on,
# and QEMU sends no other. So others are sent here, until it has ended. None before its machine ends: they would
# hide that a VP is not woken.

console=/tmp/console
trace=/tmp/trace

# qemu VPS ARGUMENT...: becomes a machine without anything that is not named, whose serial port is $console.
qemu() {
    vps=$1
    shift
    exec qemu-system-x86_64 -L /firmware -accel mshv -smp "$vps" -nodefaults -no-user-config -no-reboot -display none \
        -vga none -serial "file:$console" -D "$trace" -trace qemu_system_shutdown_request "$@" </dev/null
}

# kick PID: the signal for each thread that has a handler for it and does not block it; these are the VPs'.
kick() {
    for thread in /proc/"$1"/task/*; do
        if grep -q '^SigCgt:.*[2367abef]..$' "$thread/status" && grep -q '^SigBlk:.*[014589cd]..$' "$thread/status"; then
            kill -USR1 "${thread##*/}"
        fi
    done 2>/dev/null
}

# is_ending: QEMU has said that its machine ends, by itself.
is_ending() {
    grep -q '^qemu_system_shutdown_request' "$trace"
}

# kick_to_end PID: from when QEMU has said that its machine ends until QEMU is gone.
kick_to_end() {
    while [ -d "/proc/$1" ]; do
        ! is_ending || kick "$1"
        sleep 1
    done
}

# run_qemu VPS ARGUMENT...: such a machine to its end; the exit status is QEMU's.
run_qemu() {
    : >"$trace"
    qemu "$@" &
    machine=$!
    kick_to_end "$machine" &
    kicks=$!
    wait "$machine"
    end=$?
    wait "$kicks"
    return "$end"
}
