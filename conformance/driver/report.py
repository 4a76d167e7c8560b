# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The results as files: JSON for programs, TAP and JUnit XML for tools, HTML for people."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from . import matrix
from .coverage import Coverage
from .result import TargetResult
from .verdict import Outcome, Verdict

SCHEMA = 1


def write(
    directory: Path, results: Sequence[TargetResult], coverage: Mapping[str, Coverage]
) -> None:
    """Writes results.json, results.tap, junit.xml and matrix.html."""
    document = json.dumps(as_json(results, coverage), indent=2) + "\n"
    (directory / "results.json").write_text(document, encoding="utf-8")
    (directory / "results.tap").write_text(as_tap(results), encoding="utf-8")
    (directory / "matrix.html").write_text(matrix.as_html(results, coverage), encoding="utf-8")
    tree = as_junit(results)
    ElementTree.indent(tree)
    tree.write(directory / "junit.xml", encoding="utf-8", xml_declaration=True)


def as_json(results: Sequence[TargetResult], coverage: Mapping[str, Coverage]) -> dict[str, Any]:
    """The whole of the results as a document."""
    return {
        "schema": SCHEMA,
        "targets": [_json_target(result) for result in results],
        "coverage": {kind: _json_coverage(item) for kind, item in coverage.items()},
    }


def _json_target(result: TargetResult) -> dict[str, Any]:
    return {
        "name": result.target.name,
        "smp": result.smp,
        "facts": result.facts,
        "boots": result.boots,
        "warnings": result.warnings,
        "tests": [_json_test(verdict) for verdict in result.verdicts],
    }


def _json_test(verdict: Verdict) -> dict[str, Any]:
    test = verdict.test
    return {
        "name": test.name,
        "area": test.area,
        "outcome": verdict.outcome,
        "checks": test.checks,
        "requirements": list(test.requirements),
        "why": test.why,
        "reason": verdict.reason,
        "index": test.index,
        "seconds": round(test.seconds, 3),
        "values": test.values,
        "details": test.details,
    }


def _json_coverage(coverage: Coverage) -> dict[str, Any]:
    return {
        "covered": coverage.whole.covered,
        "total": coverage.whole.total,
        "areas": {
            area: {"covered": count.covered, "total": count.total}
            for area, count in sorted(coverage.areas.items())
        },
    }


def as_tap(results: Sequence[TargetResult]) -> str:
    """All targets as one TAP stream; the numbers run on from target to target."""
    verdicts = [(result, verdict) for result in results for verdict in result.verdicts]
    lines = ["TAP version 13", f"1..{len(verdicts)}"]
    for number, (result, verdict) in enumerate(verdicts, 1):
        lines += _tap_test(number, result.target.name, verdict)
    return "\n".join(lines) + "\n"


def _tap_test(number: int, target: str, verdict: Verdict) -> list[str]:
    name = f"{number} - {target}: {verdict.test.name}"
    match verdict.outcome:
        case Outcome.PASS:
            return [f"ok {name}"]
        case Outcome.SKIP:
            return [f"ok {name} # SKIP {verdict.reason}"]
        case Outcome.XFAIL:
            return [f"not ok {name} # TODO {verdict.reason}"]
        case _:
            return [f"not ok {name}", "  ---", f"  message: {json.dumps(verdict.reason)}", "  ..."]


def as_junit(results: Sequence[TargetResult]) -> ElementTree.ElementTree:
    """All targets as JUnit XML, a test suite for each area."""
    root = ElementTree.Element("testsuites", name="hvkit conformance")
    for result in results:
        by_area = sorted(result.verdicts, key=lambda verdict: verdict.test.area)
        for area, verdicts in groupby(by_area, key=lambda verdict: verdict.test.area):
            root.append(_junit_suite(f"{result.target.name}.{area}", list(verdicts)))
    return ElementTree.ElementTree(root)


def _junit_suite(name: str, verdicts: list[Verdict]) -> ElementTree.Element:
    suite = ElementTree.Element(
        "testsuite",
        name=name,
        tests=str(len(verdicts)),
        errors="0",
        failures=str(sum(verdict.outcome.bad for verdict in verdicts)),
        skipped=str(sum(verdict.outcome in (Outcome.SKIP, Outcome.XFAIL) for verdict in verdicts)),
        time=f"{sum(verdict.test.seconds for verdict in verdicts):.3f}",
    )
    for verdict in verdicts:
        suite.append(_junit_case(name, verdict))
    return suite


def _junit_case(suite: str, verdict: Verdict) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase",
        classname=suite,
        name=verdict.test.name.partition("/")[2],
        time=f"{verdict.test.seconds:.3f}",
    )
    if verdict.outcome.bad:
        failure = ElementTree.SubElement(case, "failure", message=verdict.reason)
        failure.text = "\n".join(verdict.test.log)
    elif verdict.outcome is Outcome.SKIP:
        ElementTree.SubElement(case, "skipped", message=verdict.reason)
    elif verdict.outcome is Outcome.XFAIL:
        ElementTree.SubElement(case, "skipped", message=f"known deviation: {verdict.reason}")
    return case
