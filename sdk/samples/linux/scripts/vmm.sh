# SPDX-License-Identifier: BSD-2-Clause-Patent
# shellcheck shell=sh
# Whether hvkit-vmm runs the machines of /machines, and leaves nothing behind. Of "busy" it sees no end.

# try_machine NAME TEXT CONSOLE SECONDS: $why is empty if it comes to an end that its description names, and writes a
# line with the text.
try_machine() {
    hvkit-vmm --batch --timeout "$4" --console com1=file:"$3" /machines/machines.yaml "$1" && why= ||
        why="exit status $?"
    [ -n "$why" ] || grep -q "$2" "$3" || why="it did not say '$2'"
}

# run_machine NAME TEXT: the same as a check.
run_machine() {
    try_machine "$1" "$2" /tmp/console 600
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
if is_long; then
    kills=100
    run_machine linux-alone 'hvkit: shell reached'
    run_machine suite-alone '# end passed=[0-9]* failed=0 '
fi
run_machine linux 'hvkit: shell reached'
run_machine suite '# end passed=[0-9]* failed=0 '
check_sandbox
check_child_statistics
check_kills vmm-kills "$kills" 1500000
