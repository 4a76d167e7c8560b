# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A run turned around: tests, requirements and gaps as rows, with a column for each target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ..catalogue import Gap, Requirement
from ..transcript import TestRecord
from ..verdict import Verdict
from .run import Run, in_order
from .signs import State, combined, state_of


@dataclass(frozen=True)
class Row:
    """A test, and its verdict on each target; None where it was not in the run."""

    test: TestRecord
    verdicts: tuple[Verdict | None, ...]

    @cached_property
    def states(self) -> list[State]:
        """The state on each target."""
        return [state_of(verdict) for verdict in self.verdicts]


class Index:
    """What the views of the page look things up in."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.labels = run.labels
        by_target = [result.by_name() for result in run.results]
        tests = {test.name: test for result in reversed(run.results) for test in result.tests}
        self.areas = in_order({test.area for test in tests.values()})
        # By name: the order of a run may have been drawn, and shards have one each.
        ordered = sorted(
            tests.values(), key=lambda test: (self.areas.index(test.area), test.name)
        )
        self.rows = [
            Row(test, tuple(verdicts.get(test.name) for verdicts in by_target)) for test in ordered
        ]
        self._covering: dict[str, list[Row]] = {}
        for row in self.rows:
            for requirement in dict.fromkeys(row.test.requirements):
                self._covering.setdefault(requirement, []).append(row)

    def covering(self, requirement: str) -> Sequence[Row]:
        """The tests of a requirement or a gap."""
        return self._covering.get(requirement, ())

    def states(self, requirement: str) -> list[State]:
        """The state of a requirement on each target."""
        rows = self.covering(requirement)
        return [combined(row.states[column] for row in rows) for column in range(len(self.labels))]

    @cached_property
    def requirements(self) -> list[Requirement]:
        """The requirements of the areas that have tests, or whose requirements others cover."""
        every = self.run.requirements.values()
        covered = {item.area for item in every if self.covering(item.id)}
        areas = in_order(covered | set(self.areas))
        shown = [item for item in every if item.area in areas]
        return sorted(shown, key=lambda item: areas.index(item.area))

    @cached_property
    def requirement_areas(self) -> set[str]:
        """The areas that have rows of requirements."""
        return {item.area for item in self.requirements}

    @cached_property
    def gaps(self) -> list[Gap]:
        """The gaps of the areas shown, observed ones first."""
        shown = [
            gap for gap in self.run.gaps.values() if gap.area in self.areas or self.covering(gap.id)
        ]
        return sorted(shown, key=lambda gap: not self.covering(gap.id))
