# SPDX-License-Identifier: BSD-2-Clause-Patent
# shellcheck shell=sh
# Work for processors, memory and timers, all at once for $HVKIT_SECONDS. Each kind writes what went
# wrong, if anything, to a file of its name.
# shellcheck disable=SC2154  # $HVKIT_SECONDS: init

seconds() {
    cut -d . -f 1 /proc/uptime
}

# in_time: whether there is time left for another round.
in_time() {
    [ "$(seconds)" -lt "$deadline" ]
}

# The sum of the same bytes again and again, on a processor of its own.
load_processor() {
    taskset -p -c "$1" "$(exec sh -c 'echo "$PPID"')" >/dev/null
    while in_time; do
        [ "$(sha256sum <"$work/text")" = "$sum" ] || echo "wrong sum on processor $1"
    done >"$work/processor-$1"
}

# Pages that are written, shared with children, copied and given back; and moved, of programs that run on
# other processors too, whose TLBs are to forget them.
load_memory() {
    while in_time; do
        [ ! -w /proc/sys/vm/compact_memory ] || echo 1 >/proc/sys/vm/compact_memory
        dd if=/dev/urandom of="$work/first" bs=64k count=32 2>/dev/null
        cp "$work/first" "$work/second"
        cmp -s "$work/first" "$work/second" || echo 'a copy differs'
        rm "$work/first" "$work/second"
    done >"$work/memory"
}

hundredths() {
    cut -d ' ' -f 1 /proc/uptime | tr -d .
}

# Short sleeps: none ends early or never, and time does not run backwards.
load_timers() {
    while in_time; do
        before=$(hundredths)
        usleep 50000
        passed=$(($(hundredths) - before))
        # A clock of hundredths may have been just before a step.
        [ "$passed" -ge 4 ] || echo "50 ms of sleep took $passed hundredths of a second"
        [ "$passed" -lt 3000 ] || echo "50 ms of sleep took $((passed / 100)) s"
    done >"$work/timers"
}

# Two programs that wake each other, on two processors.
load_wakeups() {
    mkfifo "$work/there" "$work/back"
    # shellcheck disable=SC2016  # the variable is of the other shell
    taskset -c 0 sh -c 'while read -r word; do echo "$word"; done' <"$work/there" >"$work/back" &
    {
        exec 3>"$work/there" 4<"$work/back"
        count=0
        while in_time; do
            count=$((count + 1))
            echo "$count" >&3
            read -r answer <&4
            [ "$answer" = "$count" ] || echo "a pipe said '$answer', not '$count'"
        done
    } >"$work/wakeups"
}

# run_load [KIND...]: all of it, and other kinds that have their load_KIND; a check for each.
run_load() {
    work=$(mktemp -d)
    yes 'The same bytes for everybody.' | head -n 5000 >"$work/text"
    sum=$(sha256sum <"$work/text")
    deadline=$(($(seconds) + HVKIT_SECONDS))
    for number in $(seq 0 $(($(processors) - 1))); do
        load_processor "$number" &
    done
    load_memory &
    load_timers &
    load_wakeups &
    for kind; do
        "load_$kind" &
    done
    wait
    for number in $(seq 0 $(($(processors) - 1))); do
        report "load-processor-$number" "$(head -n 1 "$work/processor-$number")"
    done
    for kind in memory timers wakeups "$@"; do
        report "load-$kind" "$(head -n 1 "$work/$kind")"
    done
    rm -r "$work"
}

# check_log: the kernel has complained of nothing so far. Else its log shows what it said from there on.
check_log() {
    complaints='WARNING:|BUG:|Oops|Call Trace|stall|lockup|blocked for more than|unchecked MSR access|general protection|hard LOCKUP|Kernel panic|spurious|lost|Hyper-V status'
    complaint=$(dmesg | grep -n -E "$complaints" | head -n 1)
    report kernel-log "${complaint#*:}"
    [ -z "$complaint" ] || dmesg | tail -n +"${complaint%%:*}" | head -n 60
}
