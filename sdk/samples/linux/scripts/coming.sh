# SPDX-License-Identifier: BSD-2-Clause-Patent
# shellcheck shell=sh
# Children that come and go while Linux as the root works with all that it has: load.sh's kinds of work, and more,
# each kind beside the others.
# shellcheck disable=SC2154  # $work, $why: load.sh, vmm.sh

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

# run_child NAME TEXT: hvkit-vmm's machine, which ends as it should. Its lines are not for the log.
run_child() {
    try_machine "$1" "$2" "$work/$1-console" 1800 >"$work/$1-said" 2>&1
    [ -z "$why" ] || echo "$1: $why: $(tail -n 1 "$work/$1-said")"
}

# Guests of a few instructions. The kernel knows more of what the driver refuses than the program does.
run_guests() {
    hvkit-mshv-check 5 >"$work/check" 2>&1 ||
        echo "guests of a few instructions: $(tail -n 1 "$work/check"); the kernel: $(dmesg | tail -n 2 | tr '\n' ' ')"
}

kill_one() {
    kill_some 1 3000000 >/dev/null 2>&1
}

# The disk, whose sectors have their numbers, and the network.
use_devices() {
    wrong=$(wrong_sector)
    [ -z "$wrong" ] || echo "a sector is wrong: $wrong"
    ping -c 2 -W 60 10.0.2.2 >"$work/ping" || echo "the network: $(tail -n 2 "$work/ping" | tr '\n' ' ')"
}

load_guests() { again guests run_guests; }
load_kills() { again kills kill_one; }
load_linux() { again linux run_child linux 'hvkit: shell reached'; }
load_suite() { again suite run_child suite '# end passed=[0-9]* failed=0 '; }
load_devices() { again devices use_devices; }

# check_coming: for some seconds or an hour, after which memory is as before.
check_coming() {
    # shellcheck disable=SC2034  # for run_load
    is_long && HVKIT_SECONDS=3600 || HVKIT_SECONDS=5
    before=$(there_pages)
    deposited=$(own_pages)
    used=$(kernel_memory)
    run_load guests kills linux suite devices
    echo "memory: $(($(own_pages) - deposited)) more pages are deposited with the root itself, which does not count"
    echo "memory: the kernel's was $used, and is $(kernel_memory)"
    lost_since "$before" 'children that came and went'
    report load-deposits "$why"
}
