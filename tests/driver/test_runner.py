# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Runs against guests that are a few lines of sh: those that end well, hang, crash, and flood."""

from __future__ import annotations

import time
import unittest
from pathlib import Path

from support import TWO_TESTS, DriverTestCase, two_tests

from driver.errors import DriverError
from driver.protocol import Raw
from driver.runner import Options, Runner
from driver.transcript import TestRecord, Transcript

FIRST = ("# begin 1 discovery/first", "ok 1 - discovery/first # checks=3 reqs=CPUID-001")
SECOND = ("# begin 2 synic/second", "ok 2 - synic/second # checks=1 reqs=SYNIC-001")
END_TWO = "# end passed=2 failed=0 skipped=0"
END_ONE = "# end passed=1 failed=0 skipped=0"


class SilentObserver:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.interruptions: list[str] = []

    def booting(self, boot: int, start: int) -> None:
        self.starts.append(start)

    def progressed(self, transcript: Transcript) -> None:
        pass

    def interrupted(self, test: TestRecord | None, reason: str) -> None:
        self.interruptions.append(reason.partition(":")[0])


class RunnerTest(DriverTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.observer = SilentObserver()
        self.announced: list[object] = []

    def run_guest(
        self,
        run: str,
        extra: str = "",
        patterns: str | None = None,
        timeout: float = 0.5,
        words: tuple[str, ...] = (),
        repeat: int = 1,
    ) -> Transcript:
        target = self.make_target(run, extra)
        options = Options(
            self.write_image(),
            self.directory,
            2,
            patterns,
            words,
            timeout,
            self.directory / "serial-fake",
            self.announced.append,
            repeat,
        )
        self.runner = Runner(target, options, self.observer)
        return self.runner.run()

    def output(self, name: str, *lines: str) -> Path:
        return self.write(name, two_tests(*lines))

    def raw_log(self, boot: int) -> bytes:
        return (self.directory / f"serial-fake-{boot}.log").read_bytes()

    def outcomes(self, transcript: Transcript) -> list[Raw | None]:
        return [transcript.tests[index].outcome for index in sorted(transcript.tests)]

    def test_good_guest_boots_once(self) -> None:
        log = self.output("a", *FIRST, *SECOND, END_TWO)
        transcript = self.run_guest(f"cat {log}")
        self.assertEqual(self.outcomes(transcript), [Raw.PASS, Raw.PASS])
        self.assertEqual((self.observer.starts, transcript.warnings), ([1], []))
        self.assertEqual(self.raw_log(1), log.read_bytes())
        self.assertEqual(len(self.announced), 1)

    def test_guest_is_told_what_to_run(self) -> None:
        log = self.output("a", *FIRST, *SECOND, END_TWO)
        self.run_guest(
            f'(echo "$*"; echo "$HVKIT_BUILD") > {self.directory}/told; cat {log}',
            "kernel-args: debug quiet\n",
            patterns="synic/*",
            words=("shuffle=3", "busy"),
        )
        self.assertEqual(
            (self.directory / "told").read_text(),
            f"run {self.directory}/guest.elf 2 debug quiet timeout=400 tests=synic/* "
            "shuffle=3 busy\n"
            f"{self.directory}\n",
        )

    def test_hang_fails_one_test_and_the_rest_runs(self) -> None:
        hanging = self.output("a", FIRST[0], "# waiting")
        rest = self.output("b", *SECOND, END_ONE)
        began = time.monotonic()
        transcript = self.run_guest(
            f"case $cmdline in *start=2*) cat {rest}; exit;; esac; "
            f"cat {hanging}; echo stuck >&2; sleep 60"
        )
        self.assertEqual(self.outcomes(transcript), [Raw.FAIL, Raw.PASS])
        self.assertEqual(transcript.tests[1].reason, "hang: nothing arrived for 0.5 s")
        self.assertIn("# waiting", transcript.tests[1].log)
        self.assertIn("[target] stuck", transcript.tests[1].log)
        self.assertEqual((self.observer.starts, self.observer.interruptions), ([1, 2], ["hang"]))
        self.assertLess(time.monotonic() - began, 10)

    def test_hang_of_the_last_test_ends_the_run(self) -> None:
        log = self.output("a", *FIRST, SECOND[0])
        transcript = self.run_guest(f"cat {log}; sleep 60")
        self.assertEqual(self.outcomes(transcript), [Raw.PASS, Raw.FAIL])
        self.assertEqual(self.observer.starts, [1])

    def test_half_a_line_is_no_sign_of_life(self) -> None:
        log = self.output("a", *FIRST, SECOND[0])
        transcript = self.run_guest(f"cat {log}; while :; do printf .; sleep 0.1; done")
        self.assertIn("hang", transcript.tests[2].reason)

    def test_chatter_without_a_result_is_a_hang(self) -> None:
        log = self.output("a", *FIRST, SECOND[0])
        transcript = self.run_guest(
            f"cat {log}; while :; do echo '# still here'; sleep 0.05; done", timeout=0.5
        )
        self.assertIn("no result within 5 s", transcript.tests[2].reason)

    def test_repetitions_show_that_a_test_gets_on(self) -> None:
        log = self.output("a", *FIRST, SECOND[0])
        repeating = (
            "for n in $(seq 27); do sleep 0.1; echo '# x'; sleep 0.1; "
            "echo \"# repetition $n passed\"; done"
        )
        rest = self.write("b", f"{SECOND[1]}\n{END_TWO}\n")
        run = f"cat {log}; {repeating}; cat {rest}"
        # Ten times the limit is less than all repetitions take, and more than one does.
        transcript = self.run_guest(run, timeout=0.5, repeat=28)
        self.assertEqual(self.outcomes(transcript), [Raw.PASS, Raw.PASS])
        transcript = self.run_guest(run, timeout=0.5)
        self.assertIn("no result within 5 s", transcript.tests[2].reason)

    def test_machine_that_is_reset_over_and_over(self) -> None:
        log = self.output("a", *FIRST, SECOND[0])
        transcript = self.run_guest(f"while :; do cat {log}; sleep 0.05; done")
        self.assertEqual(self.outcomes(transcript), [Raw.PASS, Raw.FAIL])
        self.assertEqual(
            transcript.tests[2].reason, "crash: the guest began again from its start"
        )

    def test_what_was_gathered_before_an_error_is_kept(self) -> None:
        head = TWO_TESTS.replace("tests=2", "tests=3").replace("1..2", "1..3")
        changed = self.write("b", head.replace("synic/second", "synic/other"))
        three = self.write("c", head + "\n".join([*FIRST, SECOND[0], ""]))
        self.run_guest(
            f"case $cmdline in *start=3*) cat {changed};; *) cat {three};; esac; exit 126"
        )
        self.assertIsNotNone(self.runner.error)
        self.assertIn("was synic/second, and is synic/other", str(self.runner.error))
        transcript = self.runner.transcript
        self.assertEqual(self.outcomes(transcript), [Raw.PASS, Raw.FAIL, Raw.FAIL])
        self.assertIn("not reached: ", transcript.tests[3].reason)

    def test_log_that_cannot_be_written_does_not_end_the_run(self) -> None:
        log = self.output("a", *FIRST, *SECOND, END_TWO)
        (self.directory / "serial-fake-1.log").symlink_to("/dev/full")
        transcript = self.run_guest(f"cat {log}")
        self.assertEqual(self.outcomes(transcript), [Raw.PASS, Raw.PASS])
        self.assertEqual(
            self.runner.log_error, "the serial log is incomplete: No space left on device"
        )

    def test_crash_fails_one_test_and_the_rest_runs(self) -> None:
        crashing = self.output("a", FIRST[0], "# about to")
        rest = self.output("b", *SECOND, END_ONE)
        transcript = self.run_guest(
            f"case $cmdline in *start=2*) cat {rest};; *) cat {crashing}; exit 126;; esac"
        )
        self.assertEqual(self.outcomes(transcript), [Raw.FAIL, Raw.PASS])
        self.assertEqual(transcript.tests[1].reason, "crash: the guest ended without a status")

    def test_panic_of_the_kernel_is_a_crash(self) -> None:
        log = self.output("a", *FIRST, SECOND[0])
        transcript = self.run_guest(f"cat {log}; exit 7")
        self.assertEqual(transcript.tests[2].reason, "crash: the guest ended with status 7")

    def test_emulator_that_is_killed_is_a_crash(self) -> None:
        log = self.output("a", *FIRST, SECOND[0])
        transcript = self.run_guest(f"cat {log}; kill -9 $$")
        self.assertEqual(self.outcomes(transcript), [Raw.PASS, Raw.FAIL])

    def test_output_that_is_cut_off(self) -> None:
        log = self.write(
            "a", two_tests(*FIRST, *SECOND, END_TWO).partition("ok 2")[0] + "ok 2 - syn"
        )
        transcript = self.run_guest(f"cat {log}")
        self.assertEqual(self.outcomes(transcript), [Raw.PASS, Raw.FAIL])
        self.assertIn("ok 2 - syn", transcript.tests[2].log)

    def test_flood_is_stopped(self) -> None:
        log = self.output("a", *FIRST, SECOND[0])
        transcript = self.run_guest(f"cat {log}; yes '# value x=y'")
        self.assertIn("flood", transcript.tests[2].reason)
        self.assertLess(len(self.raw_log(1)), 6 << 20)

    def test_flood_before_the_first_line(self) -> None:
        with self.assertRaises(DriverError):
            self.run_guest("cat /dev/zero")
        self.assertEqual(self.observer.interruptions, ["flood", "flood"])

    def test_garbage_around_the_lines(self) -> None:
        log = self.output("a", *FIRST, *SECOND, END_TWO)
        garbage = self.directory / "garbage"
        garbage.write_bytes(bytes(range(256)) * 100 + b"\n")
        transcript = self.run_guest(f"cat {garbage} {log} {garbage}")
        self.assertEqual(self.outcomes(transcript), [Raw.PASS, Raw.PASS])

    def test_bad_status_after_the_end_is_told(self) -> None:
        log = self.output("a", *FIRST, *SECOND, END_TWO)
        transcript = self.run_guest(f"cat {log}; exit 7")
        self.assertEqual(
            transcript.warnings, ["boot 1: the guest ended with status 7 after its last test"]
        )

    def test_guest_that_says_nothing_of_tests(self) -> None:
        with self.assertRaises(DriverError) as caught:
            self.run_guest("echo Kernel panic; echo no console >&2")
        self.assertIn("Kernel panic", str(caught.exception))
        self.assertIn("no console", str(caught.exception))
        self.assertEqual(self.observer.starts, [1, 1])

    def test_silent_guest_is_given_up(self) -> None:
        with self.assertRaises(DriverError):
            self.run_guest("sleep 60", "boot-timeout: 0.3\n")

    def test_guest_that_reaches_no_test(self) -> None:
        log = self.write("a", TWO_TESTS)
        transcript = self.run_guest(f"cat {log}")
        self.assertEqual(self.outcomes(transcript), [Raw.FAIL, Raw.FAIL])
        self.assertIn("not reached", transcript.tests[1].reason)

    def test_tests_that_the_guest_forgets_fail(self) -> None:
        log = self.output("a", *FIRST, END_ONE)
        transcript = self.run_guest(f"cat {log}")
        self.assertEqual(self.outcomes(transcript), [Raw.PASS, Raw.FAIL])

    def test_target_that_cannot_run(self) -> None:
        with self.assertRaises(DriverError) as caught:
            self.run_guest("echo 'hvkit: error: no module; build it' >&2; exit 125")
        self.assertEqual(str(caught.exception), "target 'fake' cannot run; no module; build it")
        self.assertEqual(self.observer.starts, [1])

    def test_emulator_that_refuses_in_the_middle_of_a_test(self) -> None:
        refuses = "echo 'hvkit: error: QEMU failed: no; check' >&2; exit 125"
        log = self.output("a", "# begin 1 discovery/first")
        rest = self.output("b", *SECOND, END_ONE)
        transcript = self.run_guest(f"case $cmdline in *start=2*) cat {rest};; *) cat {log}; {refuses};; esac")
        self.assertEqual(self.outcomes(transcript), [Raw.FAIL, Raw.PASS])
        self.assertEqual(transcript.tests[1].reason, "crash: the guest ended with status 125")
        self.assertIn("[target] hvkit: error: QEMU failed: no; check", transcript.tests[1].log)


if __name__ == "__main__":
    unittest.main()
