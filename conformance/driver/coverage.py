# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Which requirements of the catalogue have a test."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from .catalogue import Gap, Requirement
from .errors import DriverError, suggest
from .transcript import TestRecord


@dataclass
class Count:
    """So many of so many."""

    covered: int = 0
    total: int = 0

    def add(self, covered: bool) -> None:
        """Counts one more requirement."""
        self.covered += covered
        self.total += 1

    def __str__(self) -> str:
        return f"{self.covered}/{self.total}" if self.total else "-"


@dataclass
class Coverage:
    """The count for one kind of observer, as a whole and by area."""

    whole: Count = field(default_factory=Count)
    areas: dict[str, Count] = field(default_factory=dict)

    def add(self, area: str, covered: bool) -> None:
        """Counts one more requirement of the area."""
        self.whole.add(covered)
        self.areas.setdefault(area, Count()).add(covered)


def measure(
    tests: Iterable[TestRecord], catalogue: Mapping[str, Requirement], gaps: Mapping[str, Gap]
) -> dict[str, Coverage]:
    """Returns the coverage of what a guest and the root partition can observe, and of the gaps."""
    covered = {requirement for test in tests for requirement in test.requirements}
    coverage = {"guest": Coverage(), "root": Coverage()}
    for requirement in catalogue.values():
        if requirement.observable in coverage:
            coverage[requirement.observable].add(requirement.area, requirement.id in covered)
    coverage["gaps"] = Coverage()
    for gap in gaps.values():
        coverage["gaps"].add(gap.area, gap.id in covered)
    return coverage


def check_known(tests: Iterable[TestRecord], catalogue: Collection[str]) -> None:
    """Raises if a test names a requirement, or a gap, that the catalogue does not have."""
    for test in tests:
        for requirement in test.requirements:
            if requirement not in catalogue:
                raise DriverError(
                    f"the test {test.name} names the unknown requirement {requirement}",
                    f"{suggest(requirement, _similar(requirement, catalogue))} "
                    "Build the guest image from this catalogue",
                )


def _similar(requirement: str, catalogue: Collection[str]) -> list[str]:
    prefix = requirement.partition("-")[0]
    family = [item for item in catalogue if item.partition("-")[0] == prefix]
    return family or sorted({item.partition("-")[0] + "-..." for item in catalogue})
