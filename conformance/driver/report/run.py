# SPDX-License-Identifier: BSD-2-Clause-Patent
"""All that a report is made of: results, what they are measured by, where they come from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from .. import coverage, version
from ..catalogue import AREAS, Gap, Requirement
from ..coverage import Coverage
from ..result import TargetResult
from ..version import Version


@dataclass(frozen=True)
class Invocation:
    """One time that the driver ran."""

    date: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Run:
    """One run, or several that were merged."""

    hvkit: Version
    kernel: str
    invocations: tuple[Invocation, ...]
    results: tuple[TargetResult, ...]
    requirements: Mapping[str, Requirement]
    gaps: Mapping[str, Gap]

    @cached_property
    def coverage(self) -> dict[str, Coverage]:
        """What of the catalogue has a test."""
        tests = [test for result in self.results for test in result.tests]
        return coverage.measure(tests, self.requirements, self.gaps)

    @cached_property
    def labels(self) -> list[str]:
        """What to call each result: its target, with its processors where that is not enough."""
        names = [result.target.name for result in self.results]
        return [
            f"{name} ({result.smp} VP)" if names.count(name) > 1 else name
            for name, result in zip(names, self.results, strict=True)
        ]


def finished(
    results: Sequence[TargetResult],
    requirements: Mapping[str, Requirement],
    gaps: Mapping[str, Gap],
    image: Path,
    command: Sequence[str],
) -> Run:
    """The run of this program that has just come to its end."""
    return Run(
        version.of_this_hvkit(),
        hashlib.sha256(image.read_bytes()).hexdigest() if image.is_file() else version.UNKNOWN,
        (Invocation(datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), tuple(command)),),
        tuple(results),
        requirements,
        gaps,
    )


def in_order(areas: Sequence[str] | set[str]) -> list[str]:
    """The areas in the order of the catalogue, unknown ones last."""
    known = {area: place for place, area in enumerate(AREAS)}
    return sorted(set(areas), key=lambda area: (known.get(area, len(known)), area))
