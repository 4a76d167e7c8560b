#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
# boot.sh TOOL READER [HYPERVISOR]: compiles a description and boots a program that reads the module, on the
# machine itself or as the root partition. Ends with 77 (skipped) without QEMU.
set -eu
tool=$1 reader=$2 hypervisor=${3:-}
command -v qemu-system-x86_64 > /dev/null || exit 77
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$reader" "$work/reader.elf"
cd "$work"

cat > machines.yaml << 'END'
machines:
  - {name: first, kernel: reader.elf, vps: 3, memory: 64 MiB, command-line: two words}
  - {name: second, kernel: reader.elf, devices: {com2: {console: log}}}
END
"$tool" compile machines.yaml -o machines.mod
if [ -n "$hypervisor" ]; then
    set -- -kernel "$hypervisor" -initrd "reader.elf,machines.mod"
else
    set -- -kernel reader.elf -initrd machines.mod
fi
timeout 110 qemu-system-x86_64 -accel tcg,thread=single -cpu max -m 128 "$@" -display none -serial file:log \
    -no-reboot -device isa-debug-exit,iobase=0xf4,iosize=4 || status=$?
tr -d '\r' < log
# 1 is 0 of guest_main().
test "${status:-0}" -eq 1
diff - log --strip-trailing-cr << 'END'
the module is good
machine first: 3 VPs, 65536 KiB, com1, 'two words'
kernel reader.elf: ELF, aligned
machine second: 1 VPs, 131072 KiB, log, ''
kernel reader.elf: ELF, aligned
END
