# SPDX-License-Identifier: BSD-2-Clause-Patent
# shellcheck shell=sh
# What every target script needs. Read by them with ".", never run. The contract is in README.md.

EXIT_TIMEOUT=124
EXIT_SETUP=125
EXIT_NO_STATUS=126

# What the target does while it prepares: for people, on stderr.
say() {
    printf 'hvkit: %s\n' "$*" >&2
}

# The target cannot run. die WHAT REMEDY
die() {
    printf 'hvkit: error: %s; %s\n' "$1" "$2" >&2
    exit "$EXIT_SETUP"
}

have() {
    command -v "$1" >/dev/null 2>&1
}

cache_dir() {
    printf '%s\n' "${HVKIT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hvkit}"
}

# as_root WHY COMMAND...: as root, or by sudo when that asks nothing (or there is a terminal to ask on).
as_root() {
    why=$1
    shift
    if [ "$(id -u)" -eq 0 ]; then
        "$@" >&2 || die "'$*' failed" "$why; see the messages above"
    elif have sudo && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        sudo "$@" >&2 || die "'sudo $*' failed" "$why; see the messages above"
    else
        die "$why, and this user is neither root nor allowed to use sudo" "run as root: $*"
    fi
}

# need_lists PACKAGE: lets apt fetch its lists if it has never heard of the package.
need_lists() {
    [ -z "$(apt-cache show "$1" 2>/dev/null)" ] || return 0
    say 'fetching the package lists of apt'
    as_root "apt does not know the package $1" apt-get update -q
}

# need_tool COMMAND PACKAGE: installs PACKAGE of the Debian archive when COMMAND is missing.
need_tool() {
    have "$1" && return
    have apt-get || die "$1 is missing" "install it with this system's package manager"
    need_lists "$2"
    say "installing $2, which has $1"
    as_root "$1 is missing" apt-get install -y -q --no-install-recommends "$2"
    have "$1" || die "$1 is still missing after $2 was installed" "check PATH"
}

# need_image FILE: the guest, which somebody else has built.
need_image() {
    [ -r "$1" ] || die "cannot read the guest image $1" 'build it first'
}

# new_directory TARGET: $directory, which is gone when the script ends.
new_directory() {
    directory=$(mktemp -d "${TMPDIR:-/tmp}/hvkit-$1.XXXXXX")
    trap 'rm -rf "$directory"' EXIT
    trap stop TERM INT HUP
}

# replace FILE: what is on standard input becomes FILE, at once, if that is anything new.
replace() {
    temporary=$(mktemp "$1.XXXXXX") || die "cannot write to $(dirname "$1")" 'check the directory'
    cat >"$temporary"
    if cmp -s "$temporary" "$1"; then
        rm "$temporary"
    else
        chmod 644 "$temporary"
        mv "$temporary" "$1"
    fi
}

# counted: prints QEMU's options for a machine whose clocks are all its count of instructions, so that the
# same guest takes the same steps each time. HVKIT_ICOUNT is the logarithm of nanoseconds for each.
counted() {
    [ -z "${HVKIT_ICOUNT:-}" ] || printf '%s' "-icount shift=$HVKIT_ICOUNT,sleep=off -rtc base=2026-01-01,clock=vm"
}

# accelerator: how QEMU emulates processors. With a thread for each, those that wait for another's turn
# take many times longer on a busy machine; and QEMU 7.2 loses an NMI that one sends another just when
# that one is in #VMEXIT, which changes the same word without a lock.
accelerator() {
    echo "${HVKIT_SAMPLE_ACCEL:-tcg,thread=single}"
}

# run_program COMMAND...: runs what the guest runs on, its stdout being the guest's serial port, until it ends
# or time is up. Leaves its exit status in $status and what it said in $directory/messages.
# shellcheck disable=SC2034  # $status is for the caller
run_program() {
    : >"$directory/messages"
    timeout -k 5 "${HVKIT_TIMEOUT:-0}" "$@" </dev/null 2>"$directory/messages" &
    program=$!
    status=0
    wait "$program" || status=$?
    program=
}

# run_sample PROCESSORS MEMORY HYPERVISOR WORDS MODULE: the sample hypervisor with its command line and boot
# module, as run_program does. QEMU's TSC has one rate and is the same on all processors, but CPUID does not say
# so: tsc=trust. driver/run/qemu.py has the same for a terminal.
run_sample() {
    # shellcheck disable=SC2046  # words on purpose
    run_program qemu-system-x86_64 -accel "$(accelerator)" $(counted) -cpu max -smp "$1" -m "$2" \
        -nodefaults -no-user-config -no-reboot -display none -serial stdio \
        -device isa-debug-exit,iobase=0xf4,iosize=4 \
        -kernel "$3" -append "tsc=trust $4 ${HVKIT_SAMPLE_OPTIONS:-}" -initrd "$5"
}

# describe_machine SMP CMDLINE: a machine whose kernel is the file guest, and with $initrd its file initrd.
# Whatever its end is, the guest's output judges it.
describe_machine() {
    cat <<EOF
machines:
  - name: guest
    kernel: guest
    command-line: '$(printf '%s' "$2" | sed "s/'/''/g")'
    vps: $1
    ends: [power-off, reset, crash, idle]
EOF
    # Linux has as much memory as in other targets, and no invariant TSC, which they have not got.
    if [ -n "$initrd" ]; then
        cat <<EOF
    initrd: initrd
    memory: 256 MiB
    hyperv: [run-time, reference-counter, reference-tsc, synic, timers, apic, reset, idle, frequencies,
             messages, events, start-vp]
EOF
    else
        cat <<EOF
    boot: multiboot
    memory: 128 MiB
EOF
    fi
}

# What may explain an end that the guest did not ask for.
show_messages() {
    tail -n 20 "$directory/messages" >&2
}

stop() {
    trap - TERM INT HUP
    [ -z "${program:-}" ] || kill "$program" 2>/dev/null || :
    show_messages || :
    exit "$EXIT_TIMEOUT"
}

# The first line of FILE, QEMU's stderr, that is more than a remark (or a Linux kernel's message).
qemu_complaint() {
    grep -v -e '^\[' -e 'warning: ' -e 'info: ' -e 'terminating on signal' "$1" | grep -m 1 .
}

# finish STATUS FILE [WHO]: ends the script as the contract says, given QEMU's exit status and its stderr.
# QEMU fails with status 1, and so it ends when a guest exits with the value 0; it is silent then.
finish() {
    if [ "$1" -eq 1 ] && complaint=$(qemu_complaint "$2"); then
        die "${3:-QEMU} failed: $complaint" 'check the guest image, and the flags of the target'
    fi
    result=$(guest_status "$1")
    [ "$result" -lt "$EXIT_TIMEOUT" ] || tail -n 20 "$2" >&2
    exit "$result"
}

# Turns the exit status of a QEMU with isa-debug-exit, (value << 1) | 1, into the contract's.
# 0 is an ordinary end of QEMU: the guest reset or powered off (-no-reboot) and reported nothing.
guest_status() {
    case $1 in
    0) echo $EXIT_NO_STATUS ;;
    "$EXIT_TIMEOUT" | 137 | 143) echo $EXIT_TIMEOUT ;;
    *) if [ $(($1 & 1)) -eq 1 ]; then echo $(($1 >> 1)); else echo $EXIT_NO_STATUS; fi ;;
    esac
}

# dispatch ARGUMENTS...: what the script was called for, by its functions prepare and run.
dispatch() {
    case ${1:-} in
    prepare) prepare ;;
    run)
        [ $# -eq 4 ] || die 'run takes an image, a number of processors and a command line' 'see README.md'
        shift
        run "$@"
        ;;
    *) die "unknown command '${1:-}'" "usage: $0 prepare | run IMAGE SMP CMDLINE" ;;
    esac
}
