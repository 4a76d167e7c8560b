#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
# boot.sh IMAGE [QEMU ARGUMENTS]: boots the sample hypervisor; what it and its root say is printed,
# then QEMU's exit status. Ends with 77 (skipped) without QEMU.
set -eu

image=$1
shift
command -v qemu-system-x86_64 >/dev/null || exit 77
status=0
timeout 110 qemu-system-x86_64 -accel tcg,thread=single -cpu max -m 256 -kernel "$image" "$@" \
    -display none -serial stdio -no-reboot -device isa-debug-exit,iobase=0xf4,iosize=4 2>&1 || status=$?
echo "qemu: status $status"
