# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The results as one page of HTML: a row for each test, a column for each target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import groupby

from .coverage import Coverage, Count
from .result import TargetResult
from .transcript import TestRecord
from .verdict import Outcome, Verdict

_STYLE = """\
body { font: 14px/1.4 sans-serif; margin: 2em; }
table { border-collapse: collapse; margin-bottom: 2em; }
th, td { border: 1px solid #bbb; padding: 0.2em 0.6em; text-align: left; vertical-align: top; }
thead th { position: sticky; top: 0; background: #eee; }
.area th { background: #ddd; }
.pass { background: #cfc; } .xfail { background: #efc; } .skip { background: #eee; }
.fail { background: #fbb; } .xpass { background: #fda; } .absent { background: #fff; }
small { color: #444; display: block; max-width: 40em; overflow-wrap: anywhere; }"""

_LABELS = {
    Outcome.PASS: "pass",
    Outcome.FAIL: "FAIL",
    Outcome.SKIP: "skip",
    Outcome.XFAIL: "known deviation",
    Outcome.XPASS: "UNEXPECTED PASS",
}


def as_html(results: Sequence[TargetResult], coverage: Mapping[str, Coverage]) -> str:
    """The page; it needs nothing from elsewhere."""
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en"><head><meta charset="utf-8"><title>hvkit conformance</title>',
            f"<style>\n{_STYLE}\n</style></head><body>",
            "<h1>hvkit conformance</h1>",
            *_summary_table(results),
            *_test_table(results),
            *_coverage_table(coverage),
            "</body></html>",
            "",
        ]
    )


def _summary_table(results: Sequence[TargetResult]) -> Iterable[str]:
    yield "<table><thead><tr><th>target<th>processors<th>passed<th>failed<th>skipped</thead>"
    for result in results:
        cells = "".join(f"<td>{number}" for number in (result.vps, *result.count()))
        description = f"<small>{escape(result.target.description)}</small>"
        yield f"<tr><th>{escape(result.target.name)}{description}{cells}"
    yield "</table>"


def _test_table(results: Sequence[TargetResult]) -> Iterable[str]:
    by_target = [{verdict.test.name: verdict for verdict in result.verdicts} for result in results]
    tests = {test.name: test for result in results for test in result.tests}
    heads = "".join(f"<th>{escape(result.target.name)}" for result in results)
    yield f"<table><thead><tr><th>test<th>requirements{heads}</thead>"
    ordered = sorted(tests.values(), key=lambda test: (test.area, test.index))
    for area, group in groupby(ordered, key=lambda test: test.area):
        yield f'<tr class="area"><th colspan="{2 + len(results)}">{escape(area)}'
        for test in group:
            yield _test_row(test, [verdicts.get(test.name) for verdicts in by_target])
    yield "</table>"


def _test_row(test: TestRecord, verdicts: Iterable[Verdict | None]) -> str:
    name = escape(test.name.partition("/")[2])
    requirements = escape(", ".join(test.requirements))
    return f"<tr><td>{name}<td>{requirements}" + "".join(_cell(verdict) for verdict in verdicts)


def _cell(verdict: Verdict | None) -> str:
    if verdict is None:
        return '<td class="absent">'
    reason = f"<small>{escape(verdict.reason)}</small>" if verdict.reason else ""
    return f'<td class="{verdict.outcome}">{_LABELS[verdict.outcome]}{reason}'


def _coverage_table(coverage: Mapping[str, Coverage]) -> Iterable[str]:
    yield "<h2>Requirements that have a test</h2><table><thead><tr><th>area"
    yield "".join(f"<th>seen by {escape(kind)}" for kind in coverage) + "</thead>"
    for area in sorted({area for item in coverage.values() for area in item.areas}):
        counts = (item.areas.get(area, Count()) for item in coverage.values())
        yield f"<tr><td>{escape(area)}" + "".join(f"<td>{count}" for count in counts)
    yield "<tr><th>all" + "".join(f"<th>{item.whole}" for item in coverage.values()) + "</table>"
