#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
# kvm-kills.sh BUILD [KILLS]: hvkit-vmm of the build is killed at odd moments on /dev/kvm, 6 times unless said otherwise.
# Memory, processes and the users of KVM's module are as before then. Linux with KVM is that of the target kvm-vmm.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
top=$here/../..
targets=$top/conformance/targets
# shellcheck source-path=SCRIPTDIR source=../../conformance/targets/common.sh
. "$targets/common.sh"
# shellcheck source-path=SCRIPTDIR source=../../conformance/targets/debian.sh
. "$targets/debian.sh"
# shellcheck source-path=SCRIPTDIR source=../../conformance/targets/nested.sh
. "$targets/nested.sh"
# shellcheck disable=SC2154  # $directory, $status: common.sh; $kvm_command_line: nested.sh

# add_init KILLS: what the machine runs, with the checks' own means.
add_init() {
    # shellcheck disable=SC2016  # variables of the script in the machine
    {
        start_host
        echo 'busybox --install -s /bin
mount -t tmpfs tmpfs /tmp
. /scripts/report.sh
. /scripts/load.sh
. /scripts/memory.sh
start_busy() {
    hvkit-vmm --batch --console com1=none /job/machines.yaml busy &
    busy=$!
}
# They must be able to fail: a guest that runs has users.
hvkit-vmm --batch --console com1=file:/tmp/console /job/machines.yaml busy &
busy=$!
for _ in $(seq 300); do
    [ ! -s /tmp/console ] || break
    usleep 100000
done
[ -s /tmp/console ] && why= || why="its guest says nothing"
[ "$(cat /sys/module/kvm_amd/refcnt)" -gt 0 ] || why="it does not use KVM"
report runs "$why"
kill -9 "$busy"
wait "$busy"
check_kills kills '"$1"' 1500000
users=$(cat /sys/module/kvm_amd/refcnt)
[ "$users" -eq 0 ] && why= || why="KVM has $users users"
report users "$why"
left=$(pidof hvkit-vmm) && why="there are $left" || why=
report processes "$why"
check_log
(finish)
poweroff -f'
    } | add_script /init
}

build=$(realpath "$1")
kills=${2:-6}
"$targets/kvm-vmm.sh" prepare
use_kvm kvm-vmm
new_job "$build/images/hvkit-conformance.elf"
root=$directory/root
mkdir "$root/bin"
add_program "$build/sdk/samples/vmm/hvkit-vmm" /bin/hvkit-vmm
cp -r "$top/sdk/samples/linux/scripts" "$root/scripts"
cp "$top/sdk/samples/vmm/machines.yaml" "$build/images/hvkit-conformance.elf" "$root/job/"
add_init "$kills"
pack_job
boot_host -cpu max -smp 2 -m 1280 -kernel "$host/kernel" -initrd "$directory/initrd" -append "$kvm_command_line"
tr -d '\r' <"$directory/console" | tee "$directory/said"
[ "$status" -eq 0 ] && grep -q '^checks: \([0-9]*\) of \1 ok$' "$directory/said"
