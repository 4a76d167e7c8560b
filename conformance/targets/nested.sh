# SPDX-License-Identifier: BSD-2-Clause-Patent
# shellcheck shell=sh
# A guest (L2) on a hypervisor (L1) on a processor that QEMU emulates (L0). Read with "." after
# debian.sh, by the targets that work so.
#
#   ttyS0 of L1  its console, and marks where L2 begins and ends   -> a log file
#   ttyS1 of L1  the serial port of L2, raw                        -> stdout
#
# $directory/root/job is the job, which L1 sees as /job: what L2 is to be.
# shellcheck disable=SC2154  # $host, $target and others: debian.sh; $directory, $status: common.sh

# What a kernel of Debian needs to have /dev/kvm, in the order in which it is loaded, and how it is booted.
# shellcheck disable=SC2034  # for those who read this
{
    kvm_modules='virt/lib/irqbypass arch/x86/kvm/kvm drivers/char/hw_random/rng-core fs/configfs/configfs
    drivers/virt/coco/tsm drivers/crypto/ccp/ccp arch/x86/kvm/kvm-amd'
    kvm_command_line='console=ttyS0 quiet loglevel=2 mitigations=off nokaslr tsc=reliable nowatchdog rcupdate.rcu_expedited=1 panic=-1'
}

# use_kvm TARGET: packages come out of the cache of the target kvm; the machine is the target's own.
use_kvm() {
    suite_suffix=${HVKIT_KVM_SUITE:+-$HVKIT_KVM_SUITE}
    use_cache "kvm$suite_suffix"
    target=$1
    host=$(cache_dir)/$target$suite_suffix
}

# new_kvm_root DIRECTORY...: an empty file system with these, and with the modules of Debian's kernel that it needs to
# have /dev/kvm; the kernel's package is in $chosen.
new_kvm_root() {
    choose linux-image-amd64 linux-image-
    fetch busybox-static "$chosen"
    find_busybox
    say "building the L1 machine of $target: $chosen"
    new_root "$@"
    # shellcheck disable=SC2086  # words on purpose
    add_modules "$packages/$chosen" $kvm_modules
    [ -f "$root/modules/kvm-amd.ko" ] ||
        die "the kernel package $chosen has no kvm-amd module" "remove $work and try again"
}

# start_host: what L1's first program begins with, in place of an init system.
start_host() {
    cat <<'START'
#!/bin/sh
PATH=/bin
export PATH
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
cd /modules
while read -r module; do
    insmod "$module"
done <order
START
}

# run_l2 COMMAND: the lines of a script in L1 that run L2 with its serial port, and end L1. Those of COMMAND leave
# L2's end in $status, as QEMU's is, and may say more.
run_l2() {
    cat <<RUN
stty -F /dev/ttyS1 raw -echo
echo hvkit-l2-begin
$1
# Waits until the last character has left the port.
stty -F /dev/ttyS1 raw
printf '\nhvkit-l2-status %d\n' "\$status"
poweroff -f
RUN
}

# What L1 said is of interest only when L2 did not end as it should.
show_messages() {
    tr -d '\r' <"$directory/console" | grep -v '^$' | tail -n 20 | sed 's/^/L1: /' >&2 || :
}

# new_job IMAGE: an empty job, which is gone when the script ends.
new_job() {
    [ -f "$host/base.cpio" ] || die "the target $target is not prepared" "run: $0 prepare"
    need_image "$1"
    new_directory "$target"
    : >"$directory/console"
    mkdir "$directory/root" "$directory/root/job"
}

# pack_job: L1's file system with the job in it.
pack_job() {
    find_busybox
    pack "$directory/root" "$directory/job.cpio"
    # The kernel unpacks one archive after the other; a cpio archive is a multiple of four bytes.
    cat "$host/base.cpio" "$directory/job.cpio" >"$directory/initrd"
}

# host_processors VPS: how many processors L1 has. Where instructions are counted, each VP has one, so that
# none waits for another.
host_processors() {
    if [ -n "${HVKIT_ICOUNT:-}" ]; then echo "$1"; else echo 2; fi
}

# boot_host QEMU-ARGUMENTS...: runs L1 until it ends; its exit status is in $status.
boot_host() {
    # shellcheck disable=SC2046  # words on purpose
    run_program qemu-system-x86_64 -accel tcg,thread=single -machine pc,hpet=off $(counted) \
        -nodefaults -no-user-config -no-reboot -display none \
        -serial "file:$directory/console" -serial stdio "$@"
}

# end WHO: ends the script as L2 ended, which WHO ran.
end() {
    if [ "$status" -ne 0 ]; then
        show_messages
        finish "$status" "$directory/messages"
    fi
    tr -d '\r' <"$directory/console" >"$directory/said"
    l2=$(sed -n 's/^hvkit-l2-status \([0-9]*\)$/\1/p' "$directory/said" | tail -n 1)
    # Between the marks came what L2's emulator said, or a kernel in trouble; a remark, if L2 has ended itself.
    remark=
    ! grep -q '^hvkit-l2-ended$' "$directory/said" || remark='[L2] '
    sed -n '/^hvkit-l2-begin$/,/^hvkit-l2-status/p' "$directory/said" |
        sed -e '/^hvkit-l2-/d' -e "s/^/$remark/" >"$directory/l2-messages"
    finish "${l2:-0}" "$directory/l2-messages" "$1"
}
