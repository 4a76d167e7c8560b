# SPDX-License-Identifier: BSD-2-Clause-Patent
# shellcheck shell=sh
# Whether memory of Linux as the root comes back: a child takes more than 300 pages of deposits.

# own_pages: what Linux has deposited for itself. The hypervisor cuts the tables of the root's memory where pages are taken out
# of it, and they stay so: no more than a page for each 2 MiB, whatever the number of children.
own_pages() {
    # shellcheck disable=SC2154  # $root: statistics.sh
    if [ -n "${root:-}" ]; then counter "$root" PtDepositedPages; else echo 0; fi
}

# settle: what can be given back at once is.
settle() {
    sync
    echo 3 >/proc/sys/vm/drop_caches
}

# there_pages: pages of memory of which Linux knows where they are: that nobody uses, those among them that a processor has set
# aside, what the kernel says that it has for itself, and own_pages. What has been deposited for children is not among them.
there_pages() {
    settle
    awk -v own="$(own_pages)" '
        $1 == "pages" && $2 == "free" { free += $3 }
        $1 == "count:" { free += $2 }
        /^(SReclaimable|SUnreclaim|KernelStack|PageTables):/ { kernel += $2 / 4 }
        END { print free + kernel + own }' /proc/zoneinfo /proc/meminfo
}

# kernel_memory: what the kernel has for itself, by what it is for.
kernel_memory() {
    settle
    awk '/^(SReclaimable|SUnreclaim|KernelStack|PageTables|VmallocUsed|Percpu):/ { printf "%s %s kB ", $1, $2 }' /proc/meminfo
}

# lost_since PAGES WHAT: says how many pages are there no more; $why is the reason if a child's are among them. What
# the kernel has still to do, and does by itself, is waited for.
lost_since() {
    for waited in 0 1 2 3 4 5; do
        lost=$(($1 - $(there_pages)))
        [ "$lost" -ge 300 ] || break
        echo "memory: $lost pages less after $2 and $waited s"
        sleep 1
    done
    echo "memory: $lost pages less after $2"
    [ "$lost" -lt 300 ] && why= || why="$lost pages are missing"
}

# kill_some COUNT MICROSECONDS: kills $busy, which start_busy starts, at moments that look as if they were
# chance, but are the same in each run.
seed=1
kill_some() {
    for _ in $(seq "$1"); do
        seed=$(((seed * 1103515245 + 12345) % 2147483648))
        start_busy
        chance=$((seed / 2048))
        usleep $((chance * ($2 / 1024) / 1024))
        # shellcheck disable=SC2154  # $busy: start_busy
        kill -9 "$busy"
        wait "$busy"
    done
}

# check_kills NAME COUNT MICROSECONDS: after so many memory is as before. The first fills caches of the kernel.
check_kills() {
    kill_some 1 "$3"
    before=$(there_pages)
    kill_some "$2" "$3"
    lost_since "$before" "$2 kills"
    report "$1" "$why"
}
