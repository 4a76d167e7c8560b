# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The results as JUnit XML: a test suite for each target and area."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from xml.etree import ElementTree

from ..result import TargetResult
from ..verdict import Outcome, Verdict
from .run import Run

_SKIPPED = (Outcome.SKIP, Outcome.XFAIL)


def of(run: Run) -> str:
    """The file."""
    root = ElementTree.Element("testsuites", name="hvkit conformance")
    verdicts = []
    for label, result in zip(run.labels, run.results, strict=True):
        by_area = sorted(result.verdicts, key=lambda verdict: verdict.test.area)
        for area, group in groupby(by_area, key=lambda verdict: verdict.test.area):
            name = f"{label}.{area}"
            verdicts += (members := list(group))
            root.append(_suite(name, members, result, run.invocations[0].date))
    _count(root, verdicts)
    ElementTree.indent(root)
    text: str = ElementTree.tostring(root, encoding="unicode", xml_declaration=False)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _count(element: ElementTree.Element, verdicts: Iterable[Verdict]) -> None:
    verdicts = list(verdicts)
    element.set("tests", str(len(verdicts)))
    element.set("failures", str(sum(verdict.outcome.bad for verdict in verdicts)))
    element.set("errors", "0")
    element.set("skipped", str(sum(verdict.outcome in _SKIPPED for verdict in verdicts)))
    element.set("time", f"{sum(verdict.test.seconds for verdict in verdicts):.3f}")


def _suite(
    name: str, verdicts: list[Verdict], result: TargetResult, date: str
) -> ElementTree.Element:
    suite = ElementTree.Element("testsuite", name=name)
    _count(suite, verdicts)
    suite.set("timestamp", date.removesuffix("Z"))
    suite.set("hostname", "localhost")
    properties = ElementTree.SubElement(suite, "properties")
    for key, value in (result.facts | {"smp": str(result.smp)}).items():
        ElementTree.SubElement(properties, "property", name=key, value=value)
    for verdict in verdicts:
        suite.append(_case(name, verdict))
    return suite


def _case(suite: str, verdict: Verdict) -> ElementTree.Element:
    test = verdict.test
    case = ElementTree.Element(
        "testcase",
        classname=suite,
        name=test.name.partition("/")[2],
        time=f"{test.seconds:.3f}",
    )
    if verdict.outcome.bad:
        failure = ElementTree.SubElement(
            case, "failure", message=verdict.reason, type=str(verdict.outcome)
        )
        failure.text = "\n".join(test.log)
    elif verdict.outcome is Outcome.SKIP:
        ElementTree.SubElement(case, "skipped", message=verdict.reason)
    elif verdict.outcome is Outcome.XFAIL:
        ElementTree.SubElement(case, "skipped", message=f"known deviation: {verdict.reason}")
    if test.values:
        values = ElementTree.SubElement(case, "system-out")
        values.text = "\n".join(f"{key}={value}" for key, value in test.values.items())
    return case
