# SPDX-License-Identifier: BSD-2-Clause-Patent
# shellcheck shell=sh
# Children that come and go while Linux as the root works with all that it has: load.sh's kinds of work, and two more.
# shellcheck disable=SC2154  # $work: load.sh

# run_child TEXT ARGUMENT...: hvkit-vmm's machine, which ends as it should. Its lines are not for the log.
run_child() {
    text=$1
    shift
    hvkit-vmm --batch --timeout 900 --console com1=file:"$work/console" /machines/machines.yaml "$@" >"$work/said" 2>&1 ||
        echo "$*: exit status $?: $(tail -n 1 "$work/said")"
    grep -q "$text" "$work/console" || echo "$*: it did not say '$text'"
}

# Linux, some of the suite, guests of a few instructions, and one that is killed: more than one at a time.
load_children() {
    rounds=0
    while [ "$rounds" -lt 1 ] || in_time; do
        hvkit-mshv-check 5 >"$work/check" || echo "guests of a few instructions: $(tail -n 1 "$work/check")"
        run_child 'hvkit: shell reached' linux &
        linux=$!
        kill_some 1 3000000 >/dev/null 2>&1
        wait "$linux"
        run_child '# end passed=[0-9]* failed=0 ' suite-alone
        rounds=$((rounds + 1))
        echo "$rounds" >/tmp/rounds
    done >"$work/children"
}

# The disk, whose sectors have their numbers, and the network.
load_devices() {
    while in_time; do
        echo 3 >/proc/sys/vm/drop_caches
        awk '$1 != NR - 1 { print "a sector is wrong: " $1; exit }' /dev/vda
        ping -c 2 -W 60 10.0.2.2 >"$work/ping" || echo "the network: $(tail -n 2 "$work/ping" | tr '\n' ' ')"
    done >"$work/devices"
}

# check_coming: for $HVKIT_SECONDS, after which memory is as before.
check_coming() {
    before=$(free_pages)
    run_load children devices
    lost_since "$before" "$(cat /tmp/rounds) rounds of children"
    report load-deposits "$why"
}
