# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Several runs of one suite as one: shards, targets and machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from ..catalogue import Gap, Requirement
from ..errors import DriverError
from ..result import TargetResult
from ..verdict import Verdict
from .run import Run

_SAME = "merge runs of the same suite only"

_Key = TypeVar("_Key", Requirement, Gap)


def merge(runs: Sequence[tuple[Path, Run]]) -> Run:
    """The run that all of them are parts of; the paths are for errors."""
    first_path, first = runs[0]
    for path, run in runs[1:]:
        _check_same_suite(first_path, first, path, run)
    results: dict[tuple[str, int], tuple[Path, TargetResult]] = {}
    for path, run in runs:
        for result in run.results:
            key = (result.target.name, result.smp)
            known = results.get(key)
            results[key] = (path, result) if known is None else _join(*known, path, result)
    return Run(
        first.hvkit,
        first.kernel,
        tuple(dict.fromkeys(item for _, run in runs for item in run.invocations)),
        tuple(result for _, result in results.values()),
        first.requirements,
        first.gaps,
    )


def _check_same_suite(first_path: Path, first: Run, path: Path, run: Run) -> None:
    for what, one, other in (
        ("is of hvkit", first.hvkit.version, run.hvkit.version),
        ("is of the commit", first.hvkit.commit, run.hvkit.commit),
        ("ran the guest image", first.kernel, run.kernel),
    ):
        if one != other:
            raise DriverError(f"{what} {other}, {first_path} {one}", _SAME, path)
    _check_catalogue(first_path, first.requirements, path, run.requirements)
    _check_catalogue(first_path, first.gaps, path, run.gaps)


def _check_catalogue(
    first_path: Path, first: Mapping[str, _Key], path: Path, other: Mapping[str, _Key]
) -> None:
    for identity in [*first, *other]:
        if first.get(identity) != other.get(identity):
            raise DriverError(f"does not say the same of {identity} as {first_path}", _SAME, path)


def _join(
    first_path: Path, first: TargetResult, path: Path, other: TargetResult
) -> tuple[Path, TargetResult]:
    """One result of two runs on the same target, as two shards have it."""
    name = f"target '{first.target.name}' with {first.smp} processors"
    for what, one, two in (
        ("facts", first.facts, other.facts),
        ("description", first.target.description, other.target.description),
        ("processors", first.vps, other.vps),
    ):
        if one != two:
            raise DriverError(
                f"{name}: the {what} differ from those in {first_path}: {two} and {one}",
                "give targets that are not the same different names",
                path,
            )
    verdicts = first.by_name()
    for verdict in other.verdicts:
        known = verdicts.setdefault(verdict.test.name, verdict)
        _check_same_test(name, first_path, known, path, verdict)
    return path, TargetResult(
        first.target,
        first.smp,
        first.vps,
        first.boots + other.boots,
        first.facts,
        sorted(verdicts.values(), key=lambda verdict: verdict.test.index),
        list(dict.fromkeys([*first.warnings, *other.warnings])),
    )


def _check_same_test(
    target: str, first_path: Path, first: Verdict, path: Path, other: Verdict
) -> None:
    test = first.test
    if first.outcome is not other.outcome:
        raise DriverError(
            f"{target}: {test.name} has the outcome {other.outcome}, "
            f"in {first_path} {first.outcome}",
            "leave one of the two out",
            path,
        )
    if (test.requirements, test.why) != (other.test.requirements, other.test.why):
        raise DriverError(f"{test.name} is not the same test as in {first_path}", _SAME, path)
