# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The results of a run as text for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .coverage import Count, Coverage
from .result import TargetResult
from .verdict import Outcome, Verdict

EXCERPT_LINES = 12


def show_run(
    results: Sequence[TargetResult], coverage: Mapping[str, Coverage], verbose: bool, selected: bool
) -> None:
    """Prints what came out on each target, and how much of the catalogue has a test."""
    for result in results:
        _show_result(result, verbose)
    _show_coverage(coverage, selected)


def _show_result(result: TargetResult, verbose: bool) -> None:
    print(f"\n{result.target.name}, {result.vps} virtual processors")
    show_table(("area", "passed", "failed", "skipped", "checks"), _area_rows(result.verdicts))
    for warning in result.warnings:
        print(f"warning: {warning}")
    for verdict in result.verdicts:
        if verdict.outcome.bad:
            _show_unexpected(verdict)
    if verbose:
        _show_reasons(result.verdicts)


def _area_rows(verdicts: Iterable[Verdict]) -> list[tuple[str, ...]]:
    rows: dict[str, list[int]] = {}
    for verdict in verdicts:
        row = rows.setdefault(verdict.test.area, [0, 0, 0, 0])
        column = 0 if verdict.outcome.good else 1 if verdict.outcome.bad else 2
        row[column] += 1
        row[3] += verdict.test.checks
    totals = [sum(row[column] for row in rows.values()) for column in range(4)]
    return [(name, *map(str, row)) for name, row in [*rows.items(), ("all", totals)]]


def _show_unexpected(verdict: Verdict) -> None:
    what = "UNEXPECTED PASS" if verdict.outcome is Outcome.XPASS else "FAILED"
    print(f"\n{what} {verdict.test.name}: {verdict.reason}")
    if verdict.test.requirements:
        print("    checks " + ", ".join(verdict.test.requirements))
    for line in list(verdict.test.log)[-EXCERPT_LINES:]:
        print(f"    | {line}")


def _show_reasons(verdicts: Iterable[Verdict]) -> None:
    listed = [verdict for verdict in verdicts if verdict.outcome in (Outcome.SKIP, Outcome.XFAIL)]
    if listed:
        print()
    for verdict in listed:
        what = "known deviation" if verdict.outcome is Outcome.XFAIL else "skipped"
        print(f"{what} {verdict.test.name}: {verdict.reason}")


def _show_coverage(coverage: Mapping[str, Coverage], selected: bool) -> None:
    print("\nRequirements that have a test" + (" (of the tests selected)" if selected else ""))
    gaps = coverage["gaps"].whole
    coverage = {kind: item for kind, item in coverage.items() if kind != "gaps"}
    areas = sorted({area for item in coverage.values() for area in item.areas})
    rows = [
        (area, *(str(item.areas.get(area, Count())) for item in coverage.values()))
        for area in areas
    ]
    rows.append(("all", *(str(item.whole) for item in coverage.values())))
    show_table(("area", *(f"seen by {kind}" for kind in coverage)), rows)
    print(f"Gaps of the TLFS that a test observes: {gaps}")


def show_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints a table whose first column is of words."""
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    for row in [header, *rows]:
        cells = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
        print("  ".join([row[0].ljust(widths[0]), *cells[1:]]))


def show_total(results: Sequence[TargetResult]) -> None:
    """Prints the last line."""
    counts = [result.count() for result in results]
    passed, failed, skipped = (sum(column) for column in zip(*counts, strict=True))
    print(f"\nconform: {passed} passed, {failed} failed, {skipped} skipped", flush=True)
