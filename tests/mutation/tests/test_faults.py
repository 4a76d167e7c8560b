# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What a run of the faults says: caught, missed, caught by another test than the list names."""

from __future__ import annotations

import contextlib
import io
import unittest
from pathlib import Path
from unittest import mock

from support import ToolTestCase

from driver.errors import DriverError
from mutation import cli, faults, suite, workers
from mutation.faultlist import Fault
from mutation.suite import Notice, Run

SAMPLE = Run("sample")


class FakeBench:
    """A build tree that builds at once."""

    directory = Path("/nowhere")

    def __init__(self, complaint: str | None = None) -> None:
        self.complaint = complaint
        self.spoiled: list[str] = []

    def put(self, file: str, text: str) -> None:
        self.spoiled.append(file)

    def build(self, target: str) -> str | None:
        return self.complaint


def fault(name: str, test: str | None = None, target: str = "sample") -> Fault:
    return Fault(name, "small.c", "It is wrong", test, target, 7, "text")


class FaultsTest(ToolTestCase):
    def run_one(
        self, item: Fault, notice: Notice | None, bench: FakeBench | None = None
    ) -> tuple[faults.FaultResult, str]:
        output = io.StringIO()
        self.suite = mock.patch.object(suite, "notice", return_value=notice)
        with self.suite as self.notice, contextlib.redirect_stdout(output):
            [result] = faults.run([item], Path("image"), [bench or FakeBench()])
        return result, output.getvalue()

    def test_caught(self) -> None:
        result, output = self.run_one(fault("one"), Notice("area/test", "because", SAMPLE))
        self.assertTrue(result.caught and result.good)
        self.assertRegex(output, r"^caught  one .* area/test\n$")

    def test_missed(self) -> None:
        result, output = self.run_one(fault("one"), None)
        self.assertFalse(result.caught or result.good)
        self.assertRegex(output, r"^MISSED  one .*no test of the suite notices: It is wrong\n$")

    def test_guest_that_does_not_start_is_no_test_that_notices(self) -> None:
        result, output = self.run_one(fault("one"), Notice(suite.BOOT, "hang", SAMPLE))
        self.assertFalse(result.caught or result.good)
        self.assertIn("MISSED", output)

    def test_other_test_than_the_list_names(self) -> None:
        notice = Notice("area/other", "because", SAMPLE)
        result, output = self.run_one(fault("one", test="area/test"), notice)
        self.assertTrue(result.caught)
        self.assertFalse(result.good)
        self.assertIn("area/other, not by area/test, which faults.yaml:7 names", output)

    def test_fault_that_does_not_compile(self) -> None:
        result, output = self.run_one(fault("one"), None, FakeBench("small.c:3: error"))
        self.assertFalse(result.caught or result.good)
        self.assertIn("does not compile:\nsmall.c:3: error", output)
        self.notice.assert_not_called()

    def test_named_test_runs_first(self) -> None:
        self.run_one(fault("one", "area/test", "sample-minimal"), None)
        runs = self.notice.call_args.args[2]
        self.assertEqual(runs, [Run("sample-minimal", "area/test"), *suite.RUNS])

    def command(self, *notices: Notice | None) -> tuple[int, str]:
        """The status of the command for one fault; the first notice is that without a fault."""
        output = io.StringIO()
        with (
            mock.patch.object(suite, "notice", side_effect=notices),
            mock.patch.object(cli.faultlist, "load", return_value=[fault("one")]),
            mock.patch.object(cli, "_benches", return_value=[FakeBench()]),
            mock.patch.object(cli, "_own_image", return_value=Path("image")),
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(output),
        ):
            return cli.main(["faults"]), output.getvalue()

    def test_run_fails_when_nothing_notices(self) -> None:
        self.assertEqual(self.command(None, Notice("a/b", "so", SAMPLE))[0], 0)
        status, output = self.command(None, None)
        self.assertEqual(status, 1)
        self.assertTrue(output.endswith("faults: 0 caught, 1 missed\n"))

    def test_suite_that_fails_without_a_fault_proves_nothing(self) -> None:
        status, output = self.command(Notice("a/b", "so", SAMPLE))
        self.assertEqual(status, 2)
        self.assertIn("without any fault a/b fails: so", output)

    def test_turns_reach_every_fault_once(self) -> None:
        names = [f"fault-{index}" for index in range(23)]
        turns = [names[index::count] for index, count in map(cli._turn, ("0/3", "1/3", "2/3"))]
        self.assertEqual(sorted(sum(turns, [])), sorted(names))


class WorkersTest(unittest.TestCase):
    def test_results_keep_the_order_of_the_items(self) -> None:
        done: list[int] = []
        found = workers.run_all([1, 2, 3], range(50), lambda _, item: -item, done.append)
        self.assertEqual(found, [-item for item in range(50)])
        self.assertEqual(sorted(done), sorted(found))

    def test_error_of_a_worker_ends_the_run(self) -> None:
        def work(_bench: object, _item: object) -> None:
            raise DriverError("no", "never")

        with self.assertRaises(DriverError):
            workers.run_all([1, 2], range(50), work, lambda _: None)


if __name__ == "__main__":
    unittest.main()
