# SPDX-License-Identifier: BSD-2-Clause-Patent
"""fuzz/recorder/condense.py: what becomes of recorded calls."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from support import ROOT

CONDENSE = ROOT / "fuzz" / "recorder" / "condense.py"
CREATE, DELETE, DEPOSIT, MAP, RESULT = 0x40, 0x43, 0x48, 0x4B, 0x91
FAST = 1 << 16


def line(value: int, *words: int) -> str:
    """A call as record.py writes it."""
    return json.dumps([1, value, [0, 0], 8 * len(words), struct.pack(f"<{len(words)}Q", *words).hex()])


def reps(code: int, count: int, start: int = 0) -> int:
    return code | count << 32 | start << 48


class CondenseTestCase(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)

    def run_on(self, lines: list[str], *more: str) -> subprocess.CompletedProcess[str]:
        calls = self.directory / "calls.json"
        calls.write_text("\n".join(lines), encoding="ascii")
        return subprocess.run(
            [sys.executable, str(CONDENSE), str(calls), str(self.directory / "seed"), *more],
            capture_output=True,
            text=True,
            check=False,
        )

    def seed(self, lines: list[str], *more: str) -> list[tuple[int, tuple[int, ...]]]:
        """The calls in the seed."""
        self.assertEqual(self.run_on(lines, *more).stderr, "")
        data = (self.directory / "seed").read_bytes()
        calls = []
        while data:
            value, size = struct.unpack_from("<QH", data)
            calls.append((value, struct.unpack_from(f"<{size // 8}Q", data, 10)))
            data = data[10 + size :]
        return calls

    def test_begins_and_ends_with_a_child(self) -> None:
        life = [line(CREATE, 0), line(FAST | DELETE, 2)]
        calls = self.seed([line(0x46), *life, *life])
        self.assertEqual(calls, [(CREATE, (0,)), (FAST | DELETE, (2,))])
        self.assertEqual(self.seed([*life, *life, line(0x46)], "2"), calls * 2)

    def test_a_page_is_the_same_each_time(self) -> None:
        lines = [line(CREATE), line(reps(DEPOSIT, 2), 2, 7777, 8888), line(reps(MAP, 1), 2, 0, 3, 7777)]
        self.assertEqual(
            self.seed(lines)[1:], [(reps(DEPOSIT, 2), (2, 4, 5)), (reps(MAP, 1), (2, 0, 3, 4))]
        )

    def test_lists_become_shorter(self) -> None:
        deposit = line(reps(DEPOSIT, 200), 2, *range(1000, 1200))
        mapping = line(reps(MAP, 100), 2, 0, 3, *range(1000, 1100))
        _, first, second, last = self.seed([line(CREATE), deposit, deposit, mapping])
        self.assertEqual(first, (reps(DEPOSIT, 72), (2, *range(4, 76))))
        self.assertEqual(second, (reps(DEPOSIT, 24), (2, *range(4, 28))))
        self.assertEqual(last, (reps(MAP, 6), (2, 0, 3, *range(4, 10))))

    def test_a_call_that_goes_on_is_one(self) -> None:
        calls = self.seed([line(CREATE), line(reps(MAP, 2), 2, 0, 3, 4, 5), line(reps(MAP, 2, 1), 2, 0, 3, 4, 5)])
        self.assertEqual([value for value, _ in calls], [CREATE, reps(MAP, 2)])

    def test_few_results_of_cpuid_remain(self) -> None:
        self.assertEqual(len(self.seed([line(CREATE), *[line(RESULT, 2)] * 99, line(DELETE, 2)])), 8)

    def test_refuses_what_is_no_seed(self) -> None:
        for lines in ([line(0x46)], [line(CREATE), *[line(0x50, *range(500))] * 3]):
            result = self.run_on(lines)
            self.assertEqual(result.returncode, 1)
            self.assertIn("error: the seed has", result.stderr)
        self.assertFalse((self.directory / "seed").exists())


if __name__ == "__main__":
    unittest.main()
