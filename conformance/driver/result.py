# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What a run on one target came to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from .transcript import TestRecord
from .verdict import Outcome, Verdict

EXIT_FAILED = 1


class Named(Protocol):
    """What a result tells of its target."""

    @property
    def name(self) -> str:
        """The name that the user gave."""

    @property
    def description(self) -> str:
        """What it is, in a line."""


@dataclass(frozen=True)
class Origin:
    """A target of which only a file of results is at hand."""

    name: str
    description: str


@dataclass(frozen=True)
class TargetResult:
    """A finished run on one target."""

    target: Named
    smp: int
    vps: int
    boots: int
    facts: dict[str, str]
    verdicts: list[Verdict]
    warnings: list[str]

    @property
    def tests(self) -> list[TestRecord]:
        """The tests that were selected, run or not."""
        return [verdict.test for verdict in self.verdicts]

    def by_name(self) -> dict[str, Verdict]:
        """The verdict of each test."""
        return {verdict.test.name: verdict for verdict in self.verdicts}

    def count(self) -> tuple[int, int, int]:
        """Passed (as known failures do), failed (as unexpected passes do), and skipped."""
        outcomes = [verdict.outcome for verdict in self.verdicts]
        return (
            sum(outcome.good for outcome in outcomes),
            sum(outcome.bad for outcome in outcomes),
            outcomes.count(Outcome.SKIP),
        )


def exit_status(results: Iterable[TargetResult]) -> int:
    """The status of a command whose results these are."""
    return EXIT_FAILED if any(result.count()[1] for result in results) else 0
