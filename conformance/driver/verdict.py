# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What a result means on a target, given what is known to differ there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from .protocol import Raw
from .targets import Expectation, Target
from .transcript import TestRecord


class Outcome(StrEnum):
    """A test's outcome, measured against what was expected."""

    PASS = "pass"
    FAIL = "fail"
    SKIP = "skip"
    XFAIL = "xfail"
    XPASS = "xpass"

    @property
    def good(self) -> bool:
        """Whether it counts as passed."""
        return self in (Outcome.PASS, Outcome.XFAIL)

    @property
    def bad(self) -> bool:
        """Whether it counts as failed."""
        return self in (Outcome.FAIL, Outcome.XPASS)


@dataclass(frozen=True)
class Verdict:
    """A test, its outcome and the reason for it."""

    test: TestRecord
    outcome: Outcome
    reason: str
    deviation: Expectation | None = None


def judge(tests: Iterable[TestRecord], target: Target, smp: int) -> list[Verdict]:
    """Returns the verdicts in the order of the tests' numbers."""
    return [_judge_test(test, target, smp) for test in sorted(tests, key=lambda test: test.index)]


def _judge_test(test: TestRecord, target: Target, smp: int) -> Verdict:
    deviation = _first(target.deviations, test, smp)
    if deviation is None or deviation.outcome == "pass":
        return _judge_regular(test, target, smp)
    reason = deviation.reason
    if deviation.reference:
        reason += f" ({deviation.reference})"
    match test.outcome, deviation.outcome:
        case Raw.PASS, _:
            return Verdict(
                test,
                Outcome.XPASS,
                f"passes, although {target.name} is known to deviate: {reason}; "
                f"remove {deviation.file.name}:{deviation.line}",
                deviation,
            )
        case Raw.FAIL, "fail":
            return Verdict(test, Outcome.XFAIL, reason, deviation)
        case _, "skip":
            return Verdict(test, Outcome.SKIP, reason, deviation)
    return Verdict(test, Outcome.SKIP, test.reason, deviation)


def _judge_regular(test: TestRecord, target: Target, smp: int) -> Verdict:
    if test.outcome is Raw.PASS:
        return Verdict(test, Outcome.PASS, "")
    if test.outcome is not Raw.SKIP:
        return Verdict(test, Outcome.FAIL, test.reason or "failed without a message")
    if target.strict_skips and _first(target.skips, test, smp) is None:
        return Verdict(test, Outcome.FAIL, f"unexpected skip: {test.reason}")
    return Verdict(test, Outcome.SKIP, test.reason)


def _first(expectations: Iterable[Expectation], test: TestRecord, smp: int) -> Expectation | None:
    return next((item for item in expectations if item.applies_to(test.name, smp)), None)
