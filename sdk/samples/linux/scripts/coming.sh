# SPDX-License-Identifier: BSD-2-Clause-Patent
# shellcheck shell=sh
# Children that come and go while Linux as the root works with all that it has: load.sh's kinds of work, and two more.
# shellcheck disable=SC2154  # $work: load.sh

# run_child NAME TEXT: hvkit-vmm's machine, which ends as it should. Its lines are not for the log.
run_child() {
    try_machine "$1" "$2" "$work/console" 900 >"$work/said" 2>&1
    [ -z "$why" ] || echo "$1: $why: $(tail -n 1 "$work/said")"
}

# Linux, some of the suite, guests of a few instructions, and one that is killed: more than one at a time.
load_children() {
    rounds=0
    while [ "$rounds" -lt 1 ] || in_time; do
        hvkit-mshv-check 5 >"$work/check" || echo "guests of a few instructions: $(tail -n 1 "$work/check")"
        run_child linux 'hvkit: shell reached' &
        linux=$!
        kill_some 1 3000000 >/dev/null 2>&1
        wait "$linux"
        run_child suite-alone '# end passed=[0-9]* failed=0 '
        rounds=$((rounds + 1))
        echo "$rounds" >/tmp/rounds
    done >"$work/children"
}

# The disk, whose sectors have their numbers, and the network.
load_devices() {
    while in_time; do
        wrong=$(wrong_sector)
        [ -z "$wrong" ] || echo "a sector is wrong: $wrong"
        ping -c 2 -W 60 10.0.2.2 >"$work/ping" || echo "the network: $(tail -n 2 "$work/ping" | tr '\n' ' ')"
    done >"$work/devices"
}

# check_coming: for some seconds or an hour, after which memory is as before.
check_coming() {
    # shellcheck disable=SC2034  # for run_load
    is_long && HVKIT_SECONDS=3600 || HVKIT_SECONDS=5
    before=$(free_pages)
    run_load children devices
    lost_since "$before" "$(cat /tmp/rounds) rounds of children"
    report load-deposits "$why"
}
