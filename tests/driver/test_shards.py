# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Parts of a run make the whole of it."""

from __future__ import annotations

import unittest

from support import transcript_of

from driver.protocol import Raw
from driver.shards import Announcements, Part, Shard, merge
from driver.transcript import TestRecord


def part(number: int, of: int, *names: str, vps: int = 2, vendor: str = "Hv") -> Part:
    """A shard whose tests all passed."""
    count = len(names)
    lines = [f"# hvkit-conformance 1 tests={count} vps={vps}", f"# value vendor={vendor}"]
    for index, name in enumerate(names, 1):
        lines += [f"# begin {index} {name}", f"ok {index} - {name} # checks=2 reqs=A-001"]
    lines.append(f"# end passed={count} failed=0 skipped=0")
    return Part(Shard(number, of), transcript_of("\n".join(lines)), 1)


class ShardsTest(unittest.TestCase):
    def test_numbers_are_those_of_the_whole_run(self) -> None:
        parts = [part(2, 3, "a/two", "a/five"), part(1, 3, "a/one", "a/four")]
        parts.append(part(3, 3, "a/three"))
        for _ in range(2):
            # More than once, as a report is written each time that a part comes in.
            whole = merge(parts)
            self.assertEqual(
                [(test.index, test.name) for test in whole.tests],
                [(1, "a/one"), (2, "a/two"), (3, "a/three"), (4, "a/four"), (5, "a/five")],
            )
        self.assertEqual((whole.vps, whole.boots, whole.facts), (2, 3, {"vendor": "Hv"}))
        self.assertEqual(whole.warnings, [])

    def test_shares_are_a_partition(self) -> None:
        for total in range(20):
            for of in range(1, 8):
                shards = [Shard(number, of) for number in range(1, of + 1)]
                indexes = [
                    shard.whole_index(index)
                    for shard in shards
                    for index in range(1, shard.size(total) + 1)
                ]
                self.assertEqual(sorted(indexes), list(range(1, total + 1)))

    def test_whole_run_is_one_shard(self) -> None:
        whole = merge([part(1, 1, "a/one", "a/two")])
        self.assertEqual([test.index for test in whole.tests], [1, 2])

    def test_some_of_the_parts(self) -> None:
        whole = merge([part(2, 3, "a/two", "a/five")])
        self.assertEqual([test.index for test in whole.tests], [2, 5])
        self.assertEqual(whole.warnings, [])

    def test_test_that_ran_in_two_shards_fails_and_counts_once(self) -> None:
        parts = [part(1, 2, "a/one", "a/two"), part(2, 2, "a/one", "a/two")]
        whole = merge(parts)
        self.assertEqual([test.outcome for test in whole.tests], [Raw.FAIL, Raw.FAIL])
        self.assertEqual(whole.tests[0].reason, "ran in shard 1/2 and in shard 2/2")
        self.assertEqual(merge(parts).tests[0].reason, whole.tests[0].reason)

    def test_wrong_shares_and_different_machines_are_told(self) -> None:
        parts = [part(1, 2, "a/one"), part(2, 2, "a/two", "a/x", vps=1, vendor="Xen")]
        whole = merge(parts)
        for expected in (
            "shard 2/2 had 1 virtual processors, others 2",
            "shard 2/2 says vendor=Xen, another Hv",
            "shard 1/2 has 1 of 3 tests, not 2",
            "shard 2/2 has 2 of 3 tests, not 1",
        ):
            self.assertIn(expected, whole.warnings)

    def test_warnings_say_which_shard(self) -> None:
        one = part(1, 2, "a/one")
        one.transcript.warnings.append("odd")
        self.assertEqual(merge([one]).warnings, ["shard 1/2: odd"])

    def test_announcements_are_checked_once_and_all_together(self) -> None:
        checked: list[list[str]] = []
        announcements = Announcements(2, checked.append)
        announcements.add([TestRecord(1, "a/one")])
        self.assertEqual(checked, [])
        announcements.add([TestRecord(1, "a/two")])
        self.assertEqual(checked, [["a/one", "a/two"]])


if __name__ == "__main__":
    unittest.main()
