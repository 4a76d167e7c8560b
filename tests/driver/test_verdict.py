# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Results against expectations."""

from __future__ import annotations

import unittest

from support import DriverTestCase

from driver.protocol import Raw
from driver.targets import load
from driver.transcript import TestRecord
from driver.verdict import Outcome, Verdict, judge

DEVIATIONS = """\
deviations:
  - {test: "*/known-fail", outcome: fail, reason: does so, reference: "bug 1"}
  - {test: "*/known-skip", outcome: skip, reason: says nothing}
  - {test: a/only-one, outcome: fail, reason: alone, when: {smp: 1}}
"""
STRICT = "strict-skips: true\nskips:\n  - {test: a/listed, reason: not built}\n"


class VerdictTest(DriverTestCase):
    def judge_one(self, name: str, raw: Raw, extra: str = DEVIATIONS, smp: int = 2) -> Verdict:
        test = TestRecord(1, name, outcome=raw, reason="because" if raw is not Raw.PASS else "")
        [verdict] = judge([test], self.make_target("exit 0", extra), smp)
        return verdict

    def test_outcomes(self) -> None:
        cases = [
            ("a/plain", Raw.PASS, Outcome.PASS),
            ("a/plain", Raw.FAIL, Outcome.FAIL),
            ("a/plain", Raw.SKIP, Outcome.SKIP),
            ("a/known-fail", Raw.FAIL, Outcome.XFAIL),
            ("a/known-fail", Raw.PASS, Outcome.XPASS),
            ("a/known-fail", Raw.SKIP, Outcome.SKIP),
            ("a/known-skip", Raw.FAIL, Outcome.SKIP),
            ("a/known-skip", Raw.PASS, Outcome.XPASS),
            ("a/known-skip", Raw.SKIP, Outcome.SKIP),
        ]
        for name, raw, outcome in cases:
            with self.subTest(name=name, raw=raw):
                self.assertIs(self.judge_one(name, raw).outcome, outcome)

    def test_reasons(self) -> None:
        self.assertEqual(self.judge_one("a/plain", Raw.FAIL).reason, "because")
        self.assertEqual(self.judge_one("a/known-fail", Raw.FAIL).reason, "does so (bug 1)")
        self.assertIn("remove fake.yaml:5", self.judge_one("a/known-fail", Raw.PASS).reason)

    def test_condition(self) -> None:
        self.assertIs(self.judge_one("a/only-one", Raw.FAIL, smp=1).outcome, Outcome.XFAIL)
        self.assertIs(self.judge_one("a/only-one", Raw.FAIL, smp=2).outcome, Outcome.FAIL)

    def test_deviation_that_is_taken_back(self) -> None:
        self.make_target("exit 0", DEVIATIONS)
        path = self.write(
            "child.yaml",
            "name: child\ndescription: x\nextends: fake\ndeviations:\n"
            '  - {test: "*/known-fail", outcome: pass, reason: mended}\n',
        )
        for raw, outcome in ((Raw.PASS, Outcome.PASS), (Raw.FAIL, Outcome.FAIL)):
            [verdict] = judge([TestRecord(1, "a/known-fail", outcome=raw)], load(path), 1)
            self.assertIs(verdict.outcome, outcome)

    def test_strict_skips(self) -> None:
        self.assertIs(self.judge_one("a/listed", Raw.SKIP, STRICT).outcome, Outcome.SKIP)
        self.assertIs(self.judge_one("a/listed", Raw.PASS, STRICT).outcome, Outcome.PASS)
        verdict = self.judge_one("a/other", Raw.SKIP, STRICT)
        self.assertIs(verdict.outcome, Outcome.FAIL)
        self.assertEqual(verdict.reason, "unexpected skip: because")

    def test_a_failure_in_a_listed_skip_is_a_failure(self) -> None:
        self.assertIs(self.judge_one("a/listed", Raw.FAIL, STRICT).outcome, Outcome.FAIL)

    def test_test_without_outcome_failed(self) -> None:
        test = TestRecord(1, "a/plain")
        [verdict] = judge([test], self.make_target("exit 0"), 1)
        self.assertIs(verdict.outcome, Outcome.FAIL)


if __name__ == "__main__":
    unittest.main()
