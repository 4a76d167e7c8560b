#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""condense.py CALLS OUT [CHILDREN]: makes a seed for fuzz_replay of what record.py has written.

The machine that fuzz_replay has is small: lists of pages become shorter, and the pages in them those that its
root has. A call that went on after an interruption is one call. Of the many results of CPUID that a
VMM registers some remain. The lives of CHILDREN partitions (1) are kept.
"""

from __future__ import annotations

import json
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

CREATE, DELETE = 0x40, 0x43
DEPOSIT, MAP, UNMAP, RESULT = 0x48, 0x4B, 0x4C, 0x91
FIRST_PAGE, PAGES = 4, 508  # household.h, fake_platform.h
RESULTS = 6
FAST = 1 << 16
REPS_SHIFT, START_SHIFT = 32, 48
REPS = 0xFFF
LONGEST = 8192  # fuzz/run.sh

# Bytes before the list, and how many elements remain.
LISTS = {DEPOSIT: (8, 24), MAP: (24, 6), UNMAP: (24, 6)}
FIRST_DEPOSIT = 72


class Condenser:
    """What the calls before have used."""

    def __init__(self) -> None:
        self._pages: dict[int, int] = {}
        self._deposits: set[int] = set()
        self._results = 0

    def page(self, number: int) -> int:
        """The same page of the small machine each time."""
        return self._pages.setdefault(number, FIRST_PAGE + len(self._pages) % PAGES)

    def _list(self, code: int, value: int, data: bytes) -> tuple[int, bytes]:
        header, limit = LISTS[code]
        partition = struct.unpack_from("<Q", data)[0]
        if code == DEPOSIT and partition not in self._deposits:
            self._deposits.add(partition)
            limit = FIRST_DEPOSIT
        reps = min(value >> REPS_SHIFT & REPS, limit)
        value = value & ~(REPS << REPS_SHIFT) | reps << REPS_SHIFT
        if code not in (DEPOSIT, MAP):
            return value, data
        pages = struct.unpack_from(f"<{reps}Q", data, header)
        return value, data[:header] + struct.pack(f"<{reps}Q", *(self.page(page) for page in pages))

    def call(self, value: int, data: bytes) -> bytes:
        """The bytes of a call, or none."""
        code = value & 0xFFFF
        self._results += code == RESULT
        if value >> START_SHIFT or (code == RESULT and self._results > RESULTS):
            return b""
        if code in LISTS and not value & FAST:
            value, data = self._list(code, value, data)
        return struct.pack("<QH", value, len(data)) + data


def lives(calls: list[tuple[int, bytes]], children: int) -> Iterator[tuple[int, bytes]]:
    """From the making of the first child to the end of the last one of those wanted."""
    begun = False
    for value, data in calls:
        begun = begun or value & 0xFFFF == CREATE
        if begun:
            yield value, data
        children -= begun and value & 0xFFFF == DELETE
        if children == 0:
            return


def main(arguments: list[str]) -> int:
    if len(arguments) not in (2, 3):
        sys.exit("usage: condense.py CALLS OUT [CHILDREN]")
    lines = map(json.loads, Path(arguments[0]).read_text(encoding="ascii").splitlines())
    calls = [(value, bytes.fromhex(data)) for _, value, _, _, data in lines]
    condenser = Condenser()
    wanted = lives(calls, int(arguments[2]) if len(arguments) == 3 else 1)
    seed = b"".join(condenser.call(value, data) for value, data in wanted)
    if not seed or len(seed) > LONGEST:
        sys.exit(f"condense.py: error: the seed has {len(seed)} bytes, not 1 to {LONGEST}")
    Path(arguments[1]).write_bytes(seed)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
