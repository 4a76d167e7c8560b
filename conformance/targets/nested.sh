# SPDX-License-Identifier: BSD-2-Clause-Patent
# shellcheck shell=sh
# A guest (L2) on a hypervisor (L1) on a processor that QEMU emulates (L0). Read with "." after
# debian.sh, by the targets that work so.
#
#   ttyS0 of L1  its console, and marks where L2 begins and ends   -> a log file
#   ttyS1 of L1  the serial port of L2, raw                        -> stdout
#
# The job is a directory that L1 sees as /job: what L2 is to be.
# shellcheck disable=SC2154  # $host, $target: use_cache in debian.sh

clean_up() {
    [ -z "${qemu_pid:-}" ] || kill "$qemu_pid" 2>/dev/null || :
    rm -rf "$job"
}

# What L1 said is of interest only when L2 did not end as it should.
show_console() {
    tr -d '\r' <"$job/console" | grep -v '^$' | tail -n 20 | sed 's/^/L1: /' >&2 || :
}

stop() {
    trap - TERM INT HUP
    [ -z "${qemu_pid:-}" ] || kill "$qemu_pid" 2>/dev/null || :
    show_console
    exit "$EXIT_TIMEOUT"
}

# new_job IMAGE: an empty job, which is gone when the script ends.
new_job() {
    [ -f "$host/base.cpio" ] || die "the target $target is not prepared" "run: $0 prepare"
    [ -r "$1" ] || die "cannot read the guest image $1" 'build it first'
    job=$(mktemp -d "${TMPDIR:-/tmp}/hvkit-$target.XXXXXX")
    trap clean_up EXIT
    trap stop TERM INT HUP
    : >"$job/console"
    mkdir "$job/root" "$job/root/job"
}

# pack_job: L1's file system with the job in it.
pack_job() {
    find_busybox
    pack "$job/root" "$job/job.cpio"
    # The kernel unpacks one archive after the other; a cpio archive is a multiple of four bytes.
    cat "$host/base.cpio" "$job/job.cpio" >"$job/initrd"
}

# boot_host QEMU-ARGUMENTS...: runs L1 until it ends; its exit status is in $status.
boot_host() {
    timeout -k 5 "${HVKIT_TIMEOUT:-0}" \
        qemu-system-x86_64 -accel tcg,thread=single -machine pc,hpet=off \
        -nodefaults -no-user-config -no-reboot -display none \
        -serial "file:$job/console" -serial stdio "$@" </dev/null 2>"$job/messages" &
    qemu_pid=$!
    status=0
    wait "$qemu_pid" || status=$?
    qemu_pid=
}

# end WHO: ends the script as L2 ended, which WHO ran.
end() {
    if [ "$status" -ne 0 ]; then
        show_console
        finish "$status" "$job/messages"
    fi
    tr -d '\r' <"$job/console" >"$job/said"
    l2=$(sed -n 's/^hvkit-l2-status \([0-9]*\)$/\1/p' "$job/said" | tail -n 1)
    # Between the marks came what L2's emulator said, or a kernel in trouble.
    sed -n '/^hvkit-l2-begin$/,/^hvkit-l2-status/p' "$job/said" | sed '/^hvkit-l2-/d' >"$job/l2-messages"
    finish "${l2:-0}" "$job/l2-messages" "$1"
}
