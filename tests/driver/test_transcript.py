# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What is made of whole outputs, good and bad."""

from __future__ import annotations

import random
import unittest

from support import TWO_TESTS, transcript_of, two_tests

from driver.errors import DriverError
from driver.protocol import LineSplitter, Raw
from driver.transcript import LOG_LINES, MAX_DETAILS, MAX_VALUES, Transcript

FIRST_OK = "ok 1 - discovery/first # checks=3 reqs=CPUID-001"
SECOND_OK = "ok 2 - synic/second # checks=1 reqs=SYNIC-001"
BEGIN_FIRST, BEGIN_SECOND = "# begin 1 discovery/first", "# begin 2 synic/second"


class TranscriptTest(unittest.TestCase):
    def test_what_the_kernel_says_before_the_first_test(self) -> None:
        transcript = transcript_of(
            two_tests(
                "# why 2 A full slot loses nothing",
                "# why 3 There is no such test",
                "# value vendor=Microsoft Hv",
                BEGIN_FIRST,
                "# value leaf=0x1",
                FIRST_OK,
                "# value leaf=0x2",
            )
        )
        first, second = transcript.tests.values()
        self.assertEqual(transcript.facts, {"vendor": "Microsoft Hv"})
        self.assertEqual(first.values, {"leaf": "0x1"})
        self.assertEqual((first.why, second.why), ("", "A full slot loses nothing"))

    def test_good_output(self) -> None:
        transcript = transcript_of(
            two_tests(
                BEGIN_FIRST,
                "# value leaf=0x1",
                FIRST_OK,
                BEGIN_SECOND,
                "not ok 2 - synic/second # checks=2 reqs=SYNIC-001",
                "  ---",
                "  message: slot is full",
                "  at: synic.c:12",
                "  got: 0x1",
                "  ...",
                "# end passed=1 failed=1 skipped=0",
            )
        )
        first, second = transcript.tests.values()
        self.assertTrue(transcript.ended)
        self.assertEqual(
            (first.outcome, first.checks, first.values), (Raw.PASS, 3, {"leaf": "0x1"})
        )
        self.assertEqual((second.outcome, second.reason), (Raw.FAIL, "slot is full (synic.c:12)"))
        self.assertEqual(second.details["got"], "0x1")
        self.assertEqual(second.requirements, ("SYNIC-001", "SYNIC-002"))
        self.assertEqual((transcript.warnings, transcript.unfinished()), ([], []))

    def test_time_is_from_begin_to_result(self) -> None:
        transcript = transcript_of(two_tests(BEGIN_FIRST, "# a", "# b", FIRST_OK))
        self.assertEqual(transcript.tests[1].seconds, 3.0)

    def test_lines_before_the_banner_say_nothing(self) -> None:
        transcript = transcript_of(
            "SeaBIOS\n# begin 1 a/b\nok 1 - a/b # checks=1 reqs=A-001\n" + TWO_TESTS
        )
        self.assertEqual(
            [test.name for test in transcript.tests.values()], ["discovery/first", "synic/second"]
        )
        self.assertEqual(len(transcript.unfinished()), 2)

    def test_result_that_never_came_is_a_failure(self) -> None:
        transcript = transcript_of(two_tests(BEGIN_FIRST, "ok 1 - discov", BEGIN_SECOND, SECOND_OK))
        self.assertEqual(transcript.tests[1].outcome, Raw.FAIL)
        self.assertIn("result lost", transcript.tests[1].reason)
        self.assertEqual(transcript.tests[2].outcome, Raw.PASS)

    def test_result_lost_at_the_end(self) -> None:
        transcript = transcript_of(two_tests(BEGIN_FIRST, "# end passed=1 failed=0 skipped=0"))
        self.assertIn("result lost", transcript.tests[1].reason)
        self.assertEqual(len(transcript.warnings), 1)

    def test_skip_without_begin(self) -> None:
        transcript = transcript_of(two_tests("ok 1 - discovery/first # SKIP no such feature"))
        self.assertEqual(
            (transcript.tests[1].outcome, transcript.tests[1].reason), (Raw.SKIP, "no such feature")
        )

    def test_crash_falls_on_the_test_that_ran(self) -> None:
        transcript = transcript_of(two_tests(BEGIN_FIRST, FIRST_OK, BEGIN_SECOND, "# here we"))
        test = transcript.abandon("crash", 99.0)
        self.assertIs(test, transcript.tests[2])
        self.assertEqual((test.outcome, test.reason), (Raw.FAIL, "crash"))
        self.assertIn("# here we", test.log)
        self.assertEqual(transcript.tests[1].outcome, Raw.PASS)

    def test_crash_after_a_result_falls_on_that_test(self) -> None:
        transcript = transcript_of(two_tests(BEGIN_FIRST, FIRST_OK))
        test = transcript.abandon("crash", 99.0)
        self.assertIs(test, transcript.tests[1])
        self.assertEqual(test.reason, "crash after its result")

    def test_crash_before_the_first_test_falls_on_none(self) -> None:
        self.assertIsNone(transcript_of(TWO_TESTS).abandon("crash", 99.0))

    def test_second_boot_goes_on(self) -> None:
        transcript = transcript_of(two_tests(BEGIN_FIRST))
        transcript.abandon("hang", 9.0)
        transcript.start_boot()
        for line in two_tests(
            BEGIN_SECOND, SECOND_OK, "# end passed=1 failed=0 skipped=0"
        ).splitlines():
            transcript.add_line(line, 10.0)
        self.assertEqual([test.outcome for test in transcript.tests.values()], [Raw.FAIL, Raw.PASS])
        self.assertEqual(transcript.warnings, [])

    def test_test_that_runs_twice_fails(self) -> None:
        transcript = transcript_of(two_tests(BEGIN_FIRST, FIRST_OK, BEGIN_FIRST, FIRST_OK))
        self.assertEqual(transcript.tests[1].outcome, Raw.FAIL)

    def test_two_results_are_a_failure(self) -> None:
        transcript = transcript_of(two_tests(BEGIN_FIRST, FIRST_OK, FIRST_OK))
        self.assertIn("two results", transcript.tests[1].reason)

    def test_lost_announcement_is_made_good(self) -> None:
        text = (
            two_tests(BEGIN_FIRST, FIRST_OK)
            .replace("# meta 1", "# mxta 1")
            .replace("# meta 2", "# mxta 2")
        )
        transcript = transcript_of(text)
        self.assertEqual(transcript.tests[1].requirements, ("CPUID-001",))
        self.assertEqual([test.index for test in transcript.unfinished()], [2])

    def test_result_of_another_name_is_not_taken(self) -> None:
        transcript = transcript_of(
            two_tests(
                "ok 1 - discovery/frist # checks=1 reqs=CPUID-001",
                "ok 7 - discovery/x # checks=1 reqs=CPUID-001",
            )
        )
        self.assertEqual(len(transcript.unfinished()), 2)

    def test_changed_plan_is_an_error(self) -> None:
        for changed in (
            TWO_TESTS.replace("tests=2", "tests=3"),
            TWO_TESTS.replace("synic/second", "synic/third"),
        ):
            transcript = transcript_of(TWO_TESTS)
            transcript.start_boot()
            with self.assertRaises(DriverError):
                for line in changed.splitlines():
                    transcript.add_line(line, 0.0)

    def test_other_version_is_an_error(self) -> None:
        with self.assertRaisesRegex(DriverError, "version 2"):
            transcript_of(TWO_TESTS.replace("conformance 1", "conformance 2"))

    def test_absurd_plan_is_an_error(self) -> None:
        with self.assertRaisesRegex(DriverError, "999999999 tests"):
            transcript_of("# hvkit-conformance 1 tests=999999999 vps=1")

    def test_plan_of_more_tests_than_32_bits_count(self) -> None:
        with self.assertRaisesRegex(DriverError, "2147483648 tests"):
            transcript_of("# hvkit-conformance 1 tests=2147483648 vps=1")

    def test_wrong_counts_fail_the_last_test(self) -> None:
        transcript = transcript_of(
            two_tests(BEGIN_FIRST, FIRST_OK, SECOND_OK, "# end passed=1 failed=1 skipped=0")
        )
        transcript.settle("the guest ended")
        self.assertEqual([test.outcome for test in transcript.tests.values()], [Raw.PASS, Raw.FAIL])
        self.assertEqual(
            transcript.tests[2].reason,
            "miscounted: the guest counted 1 passed, 1 failed, 0 skipped; 2, 0 and 0 arrived",
        )

    def test_wrong_counts_that_a_lost_result_explains_fail_no_other_test(self) -> None:
        transcript = transcript_of(
            two_tests(BEGIN_FIRST, BEGIN_SECOND, SECOND_OK, "# end passed=2 failed=0 skipped=0")
        )
        transcript.settle("the guest ended")
        self.assertEqual([test.outcome for test in transcript.tests.values()], [Raw.FAIL, Raw.PASS])

    def test_results_out_of_range_are_told(self) -> None:
        transcript = transcript_of(
            two_tests(FIRST_OK, SECOND_OK, "ok 3 - synic/third # checks=1 reqs=SYNIC-001")
        )
        transcript.settle("the guest ended")
        self.assertEqual(set(transcript.tests), {1, 2})
        self.assertEqual(
            transcript.warnings, ["1 lines spoke of tests that were not announced so"]
        )

    def test_second_banner_is_a_reset(self) -> None:
        transcript = transcript_of(two_tests(BEGIN_FIRST) + two_tests(BEGIN_FIRST, FIRST_OK))
        self.assertTrue(transcript.restarted)
        self.assertIsNone(transcript.tests[1].outcome)

    def test_repetitions_are_counted_in_their_order(self) -> None:
        transcript = transcript_of(
            two_tests(
                BEGIN_FIRST,
                "# repetition 1 passed",
                "# repetition 2 passed",
                "# repetition 900 passed",
            )
        )
        self.assertEqual(transcript.repetitions, 2)
        transcript.add_line(BEGIN_SECOND, 9.0)
        self.assertEqual(transcript.repetitions, 0)

    def test_flood_is_kept_within_bounds(self) -> None:
        transcript = transcript_of(two_tests(BEGIN_FIRST))
        for number in range(10 * MAX_VALUES):
            transcript.add_line(f"# value k{number}=x", 0.0)
            transcript.add_line("# flood", 0.0)
        transcript.add_line("not ok 1 - discovery/first # checks=1 reqs=CPUID-001", 0.0)
        for number in range(10 * MAX_DETAILS):
            transcript.add_line(f"  k{number}: x", 0.0)
        test = transcript.tests[1]
        self.assertEqual(
            (len(test.log), len(test.values), len(test.details)),
            (LOG_LINES, MAX_VALUES, MAX_DETAILS),
        )
        self.assertEqual(len(transcript.recent), LOG_LINES)

    def test_garbage_of_any_kind_is_survived(self) -> None:
        # The same bytes in each run, so that a failure can be looked into.
        source = random.Random(1)
        good = two_tests(
            BEGIN_FIRST, FIRST_OK, BEGIN_SECOND, SECOND_OK, "# end passed=2 failed=0 skipped=0"
        ).encode()
        for _ in range(300):
            data = bytearray(good)
            for _ in range(source.randrange(1, 40)):
                data[source.randrange(40, len(data))] = source.randrange(256)
            transcript, splitter = Transcript(), LineSplitter()
            try:
                for line in [*splitter.feed(bytes(data)), *splitter.finish()]:
                    transcript.add_line(line, 0.0)
            except DriverError:
                continue
            self.assertLessEqual(set(transcript.tests), {1, 2})


if __name__ == "__main__":
    unittest.main()
