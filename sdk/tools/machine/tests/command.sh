#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
# command.sh TOOL MANUAL: what the command answers, what it writes, and with which status it ends.
set -u
tool=$1 manual=$2
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
failed=0

# matches PATTERN TEXT: the pattern is in the text; no pattern stands for no text
matches() {
    if [ -z "$1" ]; then
        [ -z "$2" ]
    else
        printf '%s\n' "$2" | grep -q -e "$1"
    fi
}

# expect STATUS PATTERN ARGUMENTS...: exit status, and a pattern in what is printed
expect() {
    status=$1 pattern=$2
    shift 2
    output=$("$tool" "$@" 2>&1)
    got=$?
    if [ "$got" -ne "$status" ] || ! matches "$pattern" "$output"; then
        printf 'hvkit-machine %s: status %s, expected %s and "%s":\n%s\n' \
            "$*" "$got" "$status" "$pattern" "$output"
        failed=1
    fi
}
require() {
    "$@" || {
        echo "not so: $*"
        failed=1
    }
}

# The least bzImage: a setup sector, 1 KiB of kernel, boot flag, header, version 2.12, loaded high to multiples of
# 1 MiB, 64-bit entry, command line of 255 bytes, 2 MiB at 1 MiB.
zeros() { head -c "$1" /dev/zero; }
{
    zeros 497
    printf '\1\0\0\100\0\0\0'
    zeros 6
    printf '\125\252\0\142HdrS\014\2'
    zeros 9
    printf '\1'
    zeros 30
    printf '\0\0\020\0\0\0\1\0\377\0\0\0'
    zeros 28
    printf '\0\0\020\0\0\0\0\0\0\0\040\0'
    zeros 1436
} > kernel
cp kernel kept

echo 'machines: [{name: a, kernel: kernel}]' > good.yaml
printf 'machines:\n- name: a\n  kernel: kernel\n  memroy: 64 MiB\n- kernel: none\n' > bad.yaml

expect 0 '^usage: hvkit-machine check FILE' --help
expect 2 '^usage: hvkit-machine check FILE'
expect 2 '^usage: ' compile good.yaml
expect 2 '^usage: ' compile good.yaml -x a.mod
expect 2 '^usage: ' check good.yaml good.yaml
expect 2 '^usage: ' chekc good.yaml

expect 0 '' check good.yaml
expect 1 "^bad.yaml:4:3: error: unknown key 'memroy'; did you mean 'memory'?\$" check bad.yaml
expect 1 "^bad.yaml:5:3: error: a machine needs the key 'name'\$" check bad.yaml
expect 2 '^hvkit-machine: error: none.yaml: No such file or directory$' check none.yaml
expect 2 '^hvkit-machine: error: .: it is not an ordinary file$' check .
head -c 300000 /dev/zero | tr '\0' '#' > large.yaml
expect 1 '^large.yaml:1:1: error: too large; ' check large.yaml

expect 1 "^bad.yaml:4:3: " compile bad.yaml -o a.mod
require test ! -e a.mod
expect 0 '' compile good.yaml -o a.mod
expect 0 '' compile -o b.mod good.yaml
require cmp a.mod b.mod
expect 0 '^    boot: linux$' show a.mod
"$tool" show a.mod > shown.yaml
expect 0 '' compile shown.yaml -o b.mod
require cmp a.mod b.mod

expect 2 '^hvkit-machine: error: kernel: it is part of the input; ' compile good.yaml -o kernel
expect 2 '^hvkit-machine: error: ./good.yaml: it is part of the input; ' compile good.yaml -o ./good.yaml
require cmp kernel kept
expect 2 '^hvkit-machine: error: none/a.mod: No such file or directory$' compile good.yaml -o none/a.mod
expect 2 '^hvkit-machine: error: /dev/full: No space left on device$' compile good.yaml -o /dev/full

expect 1 '^kernel: error: the module is no machine module; ' show kernel
expect 2 '^hvkit-machine: error: none.mod: No such file or directory$' show none.mod
head -c 4700 a.mod > cut.mod
expect 1 '^cut.mod: error: the module is cut off; ' show cut.mod
"$tool" show a.mod > /dev/full 2> full.log
require test $? -eq 2
require grep -q 'standard output: No space left on device' full.log

# Nothing unfinished is left behind.
require test -z "$(find . -name '*.tmp*')"

# The manual's examples, with the files that they name.
awk '/^```yaml/ { inside = 1; file = "example" ++count ".yaml"; next } /^```/ { inside = 0 } inside { print > file }' \
    "$manual"
cp kernel vmlinuz && cp kernel kernel.elf && echo ram > initrd.img
require test -s example2.yaml
for example in example*.yaml; do
    expect 0 '' check "$example"
done
exit $failed
