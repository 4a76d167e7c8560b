#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
# alone.sh DIR: Linux of sdk/samples/linux in DIR on QEMU without a hypervisor. Its work goes well there, and
# what there is to see of a hypervisor is missed: so what child partitions are found to do is their own.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
linux=$1
"$here/../../sdk/samples/linux/get.sh" "$linux"
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# boot KERNEL SCRIPT
boot() {
    echo "== $1, $2"
    timeout 300 qemu-system-x86_64 -accel tcg,thread=single -cpu max -smp 2 -m 256 \
        -nodefaults -no-user-config -no-reboot -display none -serial stdio \
        -kernel "$linux/$1" -initrd "$linux/initrd.img" \
        -append "console=ttyS0 panic=-1 hvkit.script=$2 hvkit.seconds=3" </dev/null | tr -d '\r' | tee "$log"
}

# expect PATTERN
expect() {
    grep -q "$1" "$log" || {
        echo "alone.sh: no line matches '$1'"
        exit 1
    }
}

for kernel in vmlinuz-debian-12 vmlinuz-debian-13; do
    boot $kernel load
    expect '^check load-processor-1 ok$'
    expect '^check kernel-log ok$'
    expect '^checks: 6 of 6 ok$'
    expect 'reboot: Power down'
done
boot vmlinuz-debian-13 check
for name in hypervisor ipi-hypercalls flush-hypercalls clock synthetic-timers; do
    expect "^check $name FAILED: "
done
expect 'reboot: Restarting system'
