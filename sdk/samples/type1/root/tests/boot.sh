#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
# boot.sh TOOL HYPERVISOR ROOT CHILD CPUS [QEMU ARGUMENTS]: children of each end on the sample, side by side.
# Ends with 77 (skipped) without QEMU.
set -eu
tool=$1 hypervisor=$2 cpus=$5
command -v qemu-system-x86_64 > /dev/null || exit 77
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$3" "$work/root.elf"
cp "$4" "$work/child.elf"
shift 5
cd "$work"

cat > machines.yaml << 'END'
machines:
  - {name: two, kernel: child.elf, vps: 2, memory: 64 MiB}
  - {name: plain, kernel: child.elf, boot: pvh, hyperv: off, memory: 64 MiB}
  - {name: faults, kernel: child.elf, memory: 64 MiB, command-line: how=fault, ends: crash}
  - {name: stops, kernel: child.elf, memory: 64 MiB, command-line: how=stop maxcpus=1, vps: 2, ends: idle}
  - {name: resets, kernel: child.elf, memory: 64 MiB, command-line: how=reset, restarts: 2, ends: reset}
END
"$tool" compile machines.yaml -o machines.mod
timeout 160 qemu-system-x86_64 -accel tcg,thread=single -cpu max -smp "$cpus" -m 512 -kernel "$hypervisor" \
    -append tsc=trust -initrd 'root.elf batch,machines.mod' -display none -serial file:log -no-reboot \
    -device isa-debug-exit,iobase=0xf4,iosize=4 "$@" || status=$?
tr -d '\r' < log
# 1 is 0 of guest_main(): each end was expected, and no page is missing.
test "${status:-0}" -eq 1
cat > expected << 'END'
plain| 1 CPUs have answered
resets| found 0 and 0
resets| found 0 and 0
resets| found 0 and 0
root| all children have ended
root| child faults ended: triple-fault
root| child plain ended: shutdown
root| child resets ended: reset
root| child resets starts again
root| child resets starts again
root| child stops ended: halt
root| child two ended: shutdown
two| 2 CPUs have answered
END
tr -d '\r' < log | grep -E '^(two|plain|resets)\||ended|again' | LC_ALL=C sort | diff - expected
