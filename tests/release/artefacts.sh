#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
# artefacts.sh SOURCE_DIR IMAGES_DIR OUTPUT_DIR: writes the artefacts twice; the bytes and the sums must agree.
# Exits 77 (skipped) where a tool is missing.
set -eu
source=$1 images=$2 output=$3
PATH=$PATH:/usr/sbin:/sbin

for tool in grub-mkimage xorriso mformat sfdisk qemu-img; do
    command -v "$tool" > /dev/null || { echo "$tool is not installed"; exit 77; }
done
[ -d /usr/lib/grub/x86_64-efi ] || { echo "grub-efi-amd64-bin is not installed"; exit 77; }
rm -rf "$output" "$output.again"
sh "$source/conformance/release/build.sh" release "$images" "$output"
(cd "$output" && sha256sum -c SHA256SUMS)
# Every file is in the list, but for the list itself.
[ "$(wc -l < "$output/SHA256SUMS")" -eq "$(find "$output" -type f ! -name SHA256SUMS | wc -l)" ]
# A date of now would differ.
sleep 2
sh "$source/conformance/release/build.sh" release "$images" "$output.again"
diff -r "$output" "$output.again"
# Of the three ways to boot the kernel, the head of the file names two, a note the third.
kernel=$output/images/hvkit-conformance.elf
head -c 8192 "$kernel" | od -An -v -tx4 -w4 | tr -d ' ' > "$output.again/words"
grep -qx 1badb002 "$output.again/words"
grep -qx e85250d6 "$output.again/words"
readelf -n "$kernel" | grep -q 'Xen .*0x00000012'
# What runs elsewhere must not name the place where it was built.
if grep -l "$source" "$output/images/"*.elf; then exit 1; fi
rm -rf "$output.again"
