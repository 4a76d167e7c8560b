# SPDX-License-Identifier: BSD-2-Clause-Patent
# shellcheck shell=sh
# Statistics pages, which the driver of /dev/mshv maps of all that there is. A file "stats" has a line for each counter.

mount -t debugfs debugfs /sys/kernel/debug
statistics=/sys/kernel/debug/mshv

# counter OBJECT NAME: its value; "." is the hypervisor.
counter() {
    sed -n "s/^$2 *: //p" "$statistics/$1/stats"
}

# partitions: the directories of those that there are.
partitions() {
    (cd "$statistics" && ls -d partition/*)
}

# grows OBJECT NAME NUMBER: whether the counter does, while that processor is busy.
grows() {
    before=$(counter "$1" "$2")
    # Processors' pages are as old as a tenth of a second.
    taskset -c "$3" sh -c 'for _ in $(seq 20000); do :; done; usleep 200000; for _ in $(seq 2000); do :; done'
    [ "$(counter "$1" "$2")" -gt "$before" ]
}

# check_statistics: there is nobody but the root, whose processors are all that the machine has.
check_statistics() {
    root=$(partitions)
    found="$(counter . HvPartitions) $(counter . HvLogicalProcessors) $(counter . HvVirtualProcessors)"
    found="$found $(counter "$root" PtVirtualProcessors)"
    expected="1 $(processors) $(processors) $(processors)"
    [ "$found" = "$expected" ] && why= || why="partitions, processors, VPs, those of the root: $found"
    for number in $(seq 0 $(($(processors) - 1))); do
        grows "lp/$number" LpTotalRunTime "$number" || why="the time of processor $number stands still"
        grows "$root/vp/$number" VpTotalRunTime "$number" || why="the time of VP $number stands still"
    done
    report statistics "$why"
}

# child: the directory of the one that there is beside the root, which is the first; empty if there is none.
child() {
    partitions | grep -v -x "$root"
}

# check_child_statistics: a VP of the child runs, and is seen to, until it is gone.
check_child_statistics() {
    start_busy
    for _ in $(seq 100); do
        [ ! -e "$statistics/$(child)/vp/0/stats" ] || break
        usleep 100000
    done
    sleep 1
    grows "$(child)/vp/0" VpTotalRunTime 0 && why= || why='the time of its VP stands still'
    found="$(counter "$(child)" PtVirtualProcessors) $(counter . HvPartitions)"
    [ "$found" = '2 2' ] || why="its VPs, and partitions: $found"
    # shellcheck disable=SC2154  # $busy: start_busy
    kill -9 "$busy"
    wait "$busy"
    [ -z "$(child)" ] || why='it is there after its end'
    report vmm-statistics "$why"
}
