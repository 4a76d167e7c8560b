# SPDX-License-Identifier: BSD-2-Clause-Patent
# shellcheck shell=sh
# Children that come and go while Linux as the root works with all that it has: load.sh's kinds of work, and more.
# shellcheck disable=SC2154  # $work: load.sh

# again NAME COMMAND...: until the time is over, once at least. What the command says is what went wrong.
again() {
    name=$1 rounds=0
    shift
    while [ "$rounds" -lt 1 ] || in_time; do
        "$@"
        rounds=$((rounds + 1))
    done >"$work/$name"
    echo "load: $rounds times $name"
}

# run_child FILE TEXT MACHINE: hvkit-vmm's machine, which ends as it should. Its lines are not for the log.
run_child() {
    hvkit-vmm --batch --timeout 1800 --console com1=file:"$work/$1" /machines/machines.yaml "$3" >"$work/$1-said" 2>&1 ||
        echo "$3: exit status $?: $(tail -n 1 "$work/$1-said")"
    grep -q "$2" "$work/$1" || echo "$3: it did not say '$2'"
}

run_guests() {
    hvkit-mshv-check 5 >"$work/check" || echo "guests of a few instructions: $(tail -n 1 "$work/check")"
}

kill_one() {
    kill_some 1 3000000 >/dev/null 2>&1
}

# The disk, whose sectors have their numbers, and the network.
use_devices() {
    echo 3 >/proc/sys/vm/drop_caches
    awk '$1 != NR - 1 { print "a sector is wrong: " $1; exit }' /dev/vda
    ping -c 2 -W 60 10.0.2.2 >"$work/ping" || echo "the network: $(tail -n 2 "$work/ping" | tr '\n' ' ')"
}

load_guests() { again guests run_guests; }
load_kills() { again kills kill_one; }
load_linux() { again linux run_child console-linux 'hvkit: shell reached' linux; }
load_suite() { again suite run_child console-suite '# end passed=[0-9]* failed=0 ' suite; }
load_devices() { again devices use_devices; }

# check_coming: for $HVKIT_SECONDS, after which memory is as before.
check_coming() {
    before=$(free_pages)
    run_load guests kills linux suite devices
    lost_since "$before" 'children that came and went'
    report load-deposits "$why"
}
