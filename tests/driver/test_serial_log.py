# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Output that was collected elsewhere: boots told apart, and a verdict for every test."""

from __future__ import annotations

import contextlib
import io
import subprocess
from pathlib import Path

from support import ROOT, DriverTestCase, two_tests

from driver import cli, serial_log
from driver.errors import DriverError
from driver.process import STATUS_SETUP
from driver.result import TargetResult
from driver.verdict import Outcome

KNOWN = ("CPUID-001", "SYNIC-001", "SYNIC-002")
FIRST_PASSES = ("# begin 1 discovery/first", "ok 1 - discovery/first # checks=1 reqs=CPUID-001")
SECOND_PASSES = ("# begin 2 synic/second", "ok 2 - synic/second # checks=1 reqs=SYNIC-001")
SECOND_BEGINS = SECOND_PASSES[:1]


class SerialLogTest(DriverTestCase):
    def judge(self, *texts: str) -> TargetResult:
        paths = [self.write(f"{number}.log", text) for number, text in enumerate(texts)]
        return self.judge_files(*paths)

    def judge_files(self, *paths: Path) -> TargetResult:
        return serial_log.judge(self.make_target("exit 0"), paths, KNOWN)

    def outcomes(self, result: TargetResult) -> list[Outcome]:
        return [item.outcome for item in result.verdicts]

    def test_a_whole_run_is_judged(self) -> None:
        end = "# end passed=2 failed=0 skipped=0"
        result = self.judge("GRUB\n" + two_tests(*FIRST_PASSES, *SECOND_PASSES, end))
        self.assertEqual([Outcome.PASS, Outcome.PASS], self.outcomes(result))
        self.assertEqual((1, 1, []), (result.boots, result.vps, result.warnings))

    def test_the_collector_says_why_a_boot_ended(self) -> None:
        hang = "# collector hang: nothing arrived for 30 s"
        result = self.judge(two_tests(*FIRST_PASSES, *SECOND_BEGINS, hang))
        self.assertEqual([Outcome.PASS, Outcome.FAIL], self.outcomes(result))
        self.assertEqual("hang: nothing arrived for 30 s", result.verdicts[1].reason)

    def test_boots_go_on_behind_the_test_that_crashed(self) -> None:
        again = two_tests(*SECOND_PASSES, "# end passed=1 failed=0 skipped=0")
        result = self.judge(two_tests(FIRST_PASSES[0]), again)
        self.assertEqual([Outcome.FAIL, Outcome.PASS], self.outcomes(result))
        self.assertEqual("crash: the next boot begins here", result.verdicts[0].reason)
        self.assertEqual((2, []), (result.boots, result.warnings))

    def test_a_reset_machine_that_starts_anew_does_no_harm(self) -> None:
        boot = two_tests(*FIRST_PASSES, *SECOND_BEGINS)
        end = "# end passed=2 failed=0 skipped=0"
        result = self.judge(boot, boot, two_tests(*FIRST_PASSES, *SECOND_PASSES, end))
        self.assertEqual([Outcome.PASS, Outcome.FAIL], self.outcomes(result))
        self.assertEqual("crash: the next boot begins here", result.verdicts[1].reason)
        self.assertEqual((3, []), (result.boots, result.warnings))

    def test_what_the_log_lacks_counts_as_failed(self) -> None:
        result = self.judge(two_tests(*FIRST_PASSES))
        self.assertEqual([Outcome.FAIL, Outcome.FAIL], self.outcomes(result))
        self.assertIn("the log ends here", result.verdicts[0].reason)
        self.assertIn("not reached", result.verdicts[1].reason)

    def test_utf_16_of_powershell_is_read(self) -> None:
        end = "# end passed=2 failed=0 skipped=0"
        path = self.directory / "utf16.log"
        text = two_tests(*FIRST_PASSES, *SECOND_PASSES, end).replace("\n", "\r\n")
        path.write_bytes(b"\xff\xfe" + text.encode("utf-16-le"))
        self.assertEqual([Outcome.PASS, Outcome.PASS], self.outcomes(self.judge_files(path)))

    def test_a_log_of_something_else_is_refused(self) -> None:
        with self.assertRaisesRegex(DriverError, "0.log: no output of the conformance kernel"):
            self.judge("Linux version 6.1\n")

    def test_logs_of_two_selections_are_refused_with_file_and_line(self) -> None:
        with self.assertRaisesRegex(DriverError, "1.log:1: .* announced 2 tests, and then 9"):
            self.judge(two_tests(*FIRST_PASSES), "# hvkit-conformance 1 tests=9 vps=1\n")

    def test_an_unknown_requirement_is_refused(self) -> None:
        with self.assertRaisesRegex(DriverError, "unknown requirement SYNIC-002"):
            serial_log.judge(
                self.make_target("exit 0"), [self.write("log", two_tests(*FIRST_PASSES))], KNOWN[:2]
            )

    def conform(self, *arguments: str) -> tuple[int, str]:
        output = io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            status = cli.main(["conform", *arguments])
        return status, output.getvalue()

    def test_the_command_judges_a_log_and_writes_a_report(self) -> None:
        log = self.write("log", two_tests(*FIRST_PASSES, *SECOND_BEGINS))
        report = self.directory / "report"
        status, output = self.conform(
            "--target", "hyperv", "--log", str(log), "--report", str(report)
        )
        self.assertEqual(1, status)
        self.assertIn("conform: 1 passed, 1 failed, 0 skipped", output)
        self.assertTrue((report / "results.json").is_file())

    def test_a_log_is_of_one_target(self) -> None:
        log = self.write("log", two_tests(*FIRST_PASSES))
        status, output = self.conform("--target", "hyperv", "--target", "kvm", "--log", str(log))
        self.assertEqual(2, status)
        self.assertIn("a log is of one target", output)

    def test_hyperv_cannot_be_booted_from_here(self) -> None:
        done = subprocess.run(
            [ROOT / "conformance" / "targets" / "hyperv.sh", "prepare"],
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(STATUS_SETUP, done.returncode)
        self.assertRegex(done.stderr, "^hvkit: error: .*run-hyperv.ps1.* --log FILE$")
