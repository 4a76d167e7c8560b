#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
# symbols.sh NM OUTPUT [IMAGE]: the table that symbols.c searches. Without an image it is empty,
# for the first of the two links; it lies behind all code, so that it moves no function.
set -eu

if [ $# -gt 2 ]; then
    "$1" --defined-only "$3" | LC_ALL=C sort
fi | awk '
    BEGIN { count = 0 }
    $3 == "image_text_start" { start = $1 }
    $2 ~ /^[tT]$/ && $1 ~ /^ffffffff/ { address[count] = $1; name[count] = $3; count++ }
    END {
        print "/* SPDX-License-Identifier: BSD-2-Clause-Patent */"
        print ".section .symbols, \"a\""
        print ".global symbol_count, symbol_table, symbol_names"
        print ".align 8"
        print "symbol_count: .long " count
        print "symbol_table:"
        length_so_far = 0
        for (i = 0; i < count; i++) {
            printf ".long 0x%s - 0x%s, %d\n", substr(address[i], 9), substr(start, 9), length_so_far
            length_so_far += length(name[i]) + 1
        }
        print "symbol_names:"
        for (i = 0; i < count; i++)
            printf ".asciz \"%s\"\n", name[i]
        print ".section .note.GNU-stack, \"\", @progbits"
    }' >"$2"
