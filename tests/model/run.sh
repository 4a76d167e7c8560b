#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
# run.sh MODEL.pml DIRECTORY [DEFINE]: searches all interleavings of a model with Spin, in DIRECTORY.
# Passes when none is wrong, each ends, and each step of the model occurs in one of them; with a
# DEFINE, which makes a step of the model wrong, when an assertion fails. Exits 77 without Spin.
set -eu

[ $# -ge 2 ] || {
    echo "usage: run.sh MODEL.pml DIRECTORY [DEFINE]" >&2
    exit 2
}
model=$1 directory=$2 wrong=${3:-}
command -v spin > /dev/null || {
    echo "no Spin; install the Debian package: spin"
    exit 77
}
rm -rf "$directory"
mkdir -p "$directory"
cp "$model" "$directory"
cd "$directory"
spin -a ${wrong:+-D"$wrong"} "${model##*/}"

# search FLAG ARGUMENTS...: builds the verifier with FLAG and shows what it finds. -E: a process that
# waits for more is no error; the model asserts by itself what must be so when all wait.
search() {
    flag=$1
    shift
    "${CC:-cc}" "$optimise" -w -D"$flag" -DNOFAIR -DMEMLIM=1024 -o "$flag" pan.c
    "./$flag" -E -b -w20 -m100000 "$@" > "$flag.log" || {
        cat "$flag.log"
        exit 1
    }
    cat "$flag.log"
}

# none FLAG PATTERN TEXT: fails if the log has a line of that pattern.
none() {
    if grep -E "$2" "$1.log" > /dev/null; then
        echo "run.sh: $3"
        exit 1
    fi
}

optimise=-O1
if [ -n "$wrong" ]; then
    # Found soon; compiling is most of the time.
    optimise=-O0
    search SAFETY
    grep -q "assertion violated" SAFETY.log || {
        echo "run.sh: $wrong goes unnoticed"
        exit 1
    }
    exit 0
fi
search SAFETY
none SAFETY 'errors: [1-9]' "an interleaving is wrong; to see it: spin -t -p -g -l $directory/${model##*/}"
# The ends of processes that wait for ever are the only steps that never come.
none SAFETY 'state [0-9]+, "[^-]' "a step of the model never occurs"
search NP -l
none NP 'errors: [1-9]' "an interleaving has no end"
