# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Bytes to lines, and lines to events."""

from __future__ import annotations

import unittest

from support import TWO_TESTS

from driver.protocol import (
    MAX_LINE,
    Banner,
    Begin,
    BlockEnd,
    Detail,
    End,
    LineSplitter,
    Meta,
    Plan,
    Raw,
    Result,
    Value,
    parse,
)


class LineSplitterTest(unittest.TestCase):
    def test_lines_may_come_in_pieces(self) -> None:
        splitter = LineSplitter()
        self.assertEqual(list(splitter.feed(b"# be")), [])
        self.assertEqual(list(splitter.feed(b"gin\r\nok\n\nre")), ["# begin", "ok", ""])
        self.assertEqual(list(splitter.finish()), ["re"])
        self.assertEqual(list(splitter.finish()), [])

    def test_garbage_becomes_printable(self) -> None:
        lines = list(LineSplitter().feed(b"a\x00\xff\x1b[2J\tb\n"))
        self.assertEqual(lines, ["a\\x00\\xff\\x1b[2J\tb"])

    def test_long_line_is_cut(self) -> None:
        splitter = LineSplitter()
        for _ in range(1000):
            self.assertEqual(list(splitter.feed(b"x" * 1000)), [])
        [line] = splitter.feed(b"\n")
        self.assertLessEqual(len(line), MAX_LINE + 1)

    def test_longest_line_is_whole(self) -> None:
        [line] = LineSplitter().feed(b"x" * MAX_LINE + b"\r\n")
        self.assertEqual(line, "x" * MAX_LINE)


class ParseTest(unittest.TestCase):
    def test_lines_of_the_protocol(self) -> None:
        cases = {
            "# hvkit-conformance 1 tests=3 vps=2": Banner(1, 3, 2),
            "1..3": Plan(3),
            "# meta 2 synic/slot-a reqs=SYNIC-010,CPUID-001 minvps=4": Meta(
                2, "synic/slot-a", ("SYNIC-010", "CPUID-001"), 4
            ),
            "# begin 2 synic/slot-a": Begin(2, "synic/slot-a"),
            "# value max-leaf=0x4000000a = b": Value("max-leaf", "0x4000000a = b"),
            "ok 1 - a/b # checks=4 reqs=CPUID-003": Result(
                1, "a/b", Raw.PASS, 4, ("CPUID-003",), ""
            ),
            "not ok 2 - a/b # checks=0 reqs=A-001,B-002": Result(
                2, "a/b", Raw.FAIL, 0, ("A-001", "B-002"), ""
            ),
            "ok 3 - a/b # SKIP needs 4 processors": Result(
                3, "a/b", Raw.SKIP, 0, (), "needs 4 processors"
            ),
            "ok 3 - a/b # SKIP": Result(3, "a/b", Raw.SKIP, 0, (), "no reason given"),
            "  message: the slot: not empty": Detail("message", "the slot: not empty"),
            "  ...": BlockEnd(),
            "# end passed=1 failed=2 skipped=3": End(1, 2, 3),
        }
        for line, event in cases.items():
            with self.subTest(line):
                self.assertEqual(parse(line), event)

    def test_head_of_an_output(self) -> None:
        events = [parse(line) for line in TWO_TESTS.splitlines()]
        self.assertEqual([type(event) for event in events], [Banner, type(None), Plan, Meta, Meta])

    def test_damaged_lines_say_nothing(self) -> None:
        lines = [
            "",
            "#",
            "# ",
            "# begin",
            "# begin 0 a/b",
            "# begin x a/b",
            "# begin 1 ab",
            "# begin 1 a/b c",
            "ok 1 - a/b",
            "ok 1 - a/b # checks=x reqs=",
            "not ok 1 - a/b # SKIP x",
            "ok 99999999999 - a/b # SKIP",
            "# end passed=1 failed=2",
            "# meta 1 a/b reqs=A-001",
            "1..",
            "1..99999999999999999999",
            " # begin 1 a/b",
            "ook 1 - a/b # SKIP x",
            "# value =x",
            "# a diagnostic",
        ]
        for line in lines:
            with self.subTest(line):
                self.assertIsNone(parse(line))


if __name__ == "__main__":
    unittest.main()
