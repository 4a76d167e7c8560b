# SPDX-License-Identifier: BSD-2-Clause-Patent
# shellcheck shell=sh
# Whether hvkit-vmm runs the machines of /machines, and leaves nothing behind. Of "busy" it sees no end.

# run_machine NAME TEXT: it comes to an end that its description names, and writes a line with the text.
run_machine() {
    hvkit-vmm --batch --timeout 600 --console com1=file:/tmp/console /machines/machines.yaml "$1" && why= ||
        why="exit status $?"
    [ -n "$why" ] || grep -q "$2" /tmp/console || why="it did not say '$2'"
    [ -z "$why" ] || tail -n 20 /tmp/console
    report "vmm-$1" "$why"
}

# start_busy: $busy, which runs until it is killed.
start_busy() {
    hvkit-vmm --batch --console com1=none /machines/machines.yaml busy &
    busy=$!
}

# status_of NAME: what /proc says of $busy.
status_of() {
    sed -n "s/^$1:[[:space:]]*\([^[:space:]]*\).*/\1/p" "/proc/$busy/status"
}

# check_sandbox: it has given away what it needs no more, and it lives.
check_sandbox() {
    start_busy
    for _ in $(seq 100); do
        [ "$(status_of Seccomp)" != 2 ] || break
        usleep 100000
    done
    sleep 1
    found="$(status_of Seccomp) $(status_of NoNewPrivs) $(status_of CapEff) $(status_of Uid)"
    [ "$found" = '2 1 0000000000000000 65534' ] && why= || why="filter, no new privileges, capabilities, user: $found"
    report vmm-sandbox "$why"
    kill -9 "$busy"
    wait "$busy"
}

kills=6
HVKIT_SECONDS=5
if grep -q 'hvkit\.long=1' /proc/cmdline; then
    kills=100
    HVKIT_SECONDS=3600
    run_machine linux-alone 'hvkit: shell reached'
    run_machine suite-alone '# end passed=[0-9]* failed=0 '
fi
run_machine linux 'hvkit: shell reached'
run_machine suite '# end passed=[0-9]* failed=0 '
check_sandbox
check_kills vmm-kills "$kills" 1500000
