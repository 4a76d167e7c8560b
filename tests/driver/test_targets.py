# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Target files: what they say is understood, and what is wrong in them is found."""

from __future__ import annotations

import unittest

from support import DriverTestCase

from driver import targets
from driver.errors import DriverError

DEVIATION = """\
deviations:
  - test: synic/*
    outcome: fail
    reason: It does so
"""


class TargetsTest(DriverTestCase):
    def assert_rejected(self, extra: str, line: int | None, *words: str) -> None:
        path = self.write_target("exit 0", extra)
        with self.assertRaises(DriverError) as caught:
            targets.load(path)
        self.assert_error(caught.exception, path, line, *words)

    def test_targets_of_the_project_are_valid(self) -> None:
        names = {targets.load(path).name for path in targets.available()}
        self.assertLessEqual({"sample", "kvm"}, names)

    def test_defaults(self) -> None:
        target = self.make_target("exit 0")
        self.assertEqual(
            (target.smp, target.test_timeout, target.strict_skips, target.deviations),
            (1, 10, False, []),
        )

    def test_deviation_applies_to_pattern_and_processors(self) -> None:
        target = self.make_target("exit 0", DEVIATION + "    when: {smp: [2, 4]}\n")
        deviation = target.deviations[0]
        self.assertTrue(deviation.applies_to("synic/slot", 2))
        self.assertFalse(deviation.applies_to("synic/slot", 1))
        self.assertFalse(deviation.applies_to("discovery/slot", 2))

    def test_pattern_that_matches_no_test(self) -> None:
        target = self.make_target("exit 0", DEVIATION)
        target.deviations[0].check_matches(["discovery/a", "synic/b"])
        with self.assertRaises(DriverError) as caught:
            target.deviations[0].check_matches(["discovery/a", "sinyc/b"])
        self.assert_error(
            caught.exception, self.directory / "fake.yaml", 5, "no test matches 'synic/*'"
        )

    def test_unknown_target(self) -> None:
        with self.assertRaises(DriverError) as caught:
            targets.find("kwm")
        self.assertIn("did you mean 'kvm'?", str(caught.exception))

    def test_unknown_key(self) -> None:
        self.assert_rejected("smpp: 2\n", 4, "smpp", "did you mean 'smp'?")

    def test_unknown_key_of_a_deviation(self) -> None:
        self.assert_rejected(DEVIATION + "    refrence: x\n", 8, "refrence", "'reference'")

    def test_unknown_condition(self) -> None:
        self.assert_rejected(DEVIATION + "    when: {cpus: 2}\n", 8, "cpus")

    def test_condition_of_wrong_type(self) -> None:
        self.assert_rejected(DEVIATION + "    when: {smp: [two]}\n", 8, "number of processors")

    def test_unknown_outcome(self) -> None:
        self.assert_rejected(DEVIATION.replace("fail", "fial"), 6, "fial", "'fail'")

    def test_deviation_without_reason(self) -> None:
        self.assert_rejected(DEVIATION.replace("    reason: It does so\n", ""), 5, "no 'reason'")

    def test_deviation_that_is_no_mapping(self) -> None:
        self.assert_rejected("deviations: [synic/slot]\n", 4, "not a mapping")

    def test_value_out_of_range(self) -> None:
        self.assert_rejected("smp: 0\n", 4, "from 1 to 64")
        self.assert_rejected("smp: true\n", 4, "whole number")
        self.assert_rejected("test-timeout: -1\n", 4, "positive")

    def test_syntax_error(self) -> None:
        self.assert_rejected("smp: [2\n", 5, "YAML syntax")

    def test_name_differs_from_file(self) -> None:
        path = self.write_target("exit 0").rename(self.directory / "other.yaml")
        with self.assertRaises(DriverError) as caught:
            targets.load(path)
        self.assert_error(caught.exception, path, 1, "'fake'", "other.yaml")

    def test_missing_script(self) -> None:
        path = self.write_target("exit 0")
        (self.directory / "fake.sh").unlink()
        with self.assertRaises(DriverError) as caught:
            targets.load(path)
        self.assert_error(caught.exception, path, 3, "fake.sh does not exist")

    def test_script_that_cannot_be_executed(self) -> None:
        path = self.write_target("exit 0")
        (self.directory / "fake.sh").chmod(0o644)
        with self.assertRaises(DriverError) as caught:
            targets.load(path)
        self.assert_error(caught.exception, path, 3, "chmod +x")


if __name__ == "__main__":
    unittest.main()
