# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A run as the document that results.json holds, and back."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..catalogue import Gap, KnownBehaviour, Requirement
from ..coverage import Coverage
from ..protocol import Raw
from ..result import Origin, TargetResult
from ..targets import Expectation
from ..transcript import LOG_LINES, TestRecord
from ..verdict import Outcome, Verdict
from ..version import Version
from .run import Invocation, Run

SCHEMA = 2


def of(run: Run) -> dict[str, Any]:
    """The document of the run."""
    return {
        "schema": SCHEMA,
        "hvkit": asdict(run.hvkit),
        "kernel": run.kernel,
        "invocations": [asdict(item) | {"command": list(item.command)} for item in run.invocations],
        "targets": [_of_result(result) for result in run.results],
        "coverage": {kind: _of_coverage(item) for kind, item in run.coverage.items()},
        "requirements": [_without_line(item) for item in run.requirements.values()],
        "gaps": [
            _without_line(gap) | {"known": [asdict(item) for item in gap.known]}
            for gap in run.gaps.values()
        ],
    }


def _without_line(item: Requirement | Gap) -> dict[str, Any]:
    return {key: value for key, value in asdict(item).items() if key != "line"}


def _of_result(result: TargetResult) -> dict[str, Any]:
    return {
        "name": result.target.name,
        "description": result.target.description,
        "smp": result.smp,
        "vps": result.vps,
        "boots": result.boots,
        "facts": result.facts,
        "warnings": result.warnings,
        "tests": [_of_verdict(verdict) for verdict in result.verdicts],
    }


def _of_verdict(verdict: Verdict) -> dict[str, Any]:
    test = verdict.test
    return {
        "name": test.name,
        "area": test.area,
        "requirements": list(test.requirements),
        "min_vps": test.min_vps,
        "why": test.why,
        "index": test.index,
        "outcome": str(verdict.outcome),
        "said": str(test.outcome),
        "expectation": _of_expectation(verdict.deviation),
        "reason": verdict.reason,
        "checks": test.checks,
        "seconds": round(test.seconds, 3),
        "values": test.values,
        "details": test.details,
        "log": list(test.log),
    }


def _of_expectation(item: Expectation | None) -> dict[str, Any] | None:
    if item is None:
        return None
    return asdict(item) | {
        "smp": None if item.smp is None else sorted(item.smp),
        "file": item.file.name,
    }


def _of_coverage(coverage: Coverage) -> dict[str, Any]:
    return {
        "covered": coverage.whole.covered,
        "total": coverage.whole.total,
        "areas": {area: asdict(count) for area, count in sorted(coverage.areas.items())},
    }


def to_run(document: Mapping[str, Any]) -> Run:
    """The run of a document that has passed the schema."""
    return Run(
        Version(**document["hvkit"]),
        document["kernel"],
        tuple(
            Invocation(item["date"], tuple(item["command"])) for item in document["invocations"]
        ),
        tuple(_to_result(item) for item in document["targets"]),
        {item["id"]: Requirement(line=0, **item) for item in document["requirements"]},
        {item["id"]: _to_gap(item) for item in document["gaps"]},
    )


def _to_gap(item: Mapping[str, Any]) -> Gap:
    known = tuple(KnownBehaviour(**entry) for entry in item["known"])
    return Gap(line=0, **{**item, "known": known})


def _to_result(item: Mapping[str, Any]) -> TargetResult:
    return TargetResult(
        Origin(item["name"], item["description"]),
        item["smp"],
        item["vps"],
        item["boots"],
        item["facts"],
        [_to_verdict(test) for test in item["tests"]],
        item["warnings"],
    )


def _to_verdict(item: Mapping[str, Any]) -> Verdict:
    test = TestRecord(
        item["index"],
        item["name"],
        tuple(item["requirements"]),
        item["min_vps"],
        item["why"],
        Raw(item["said"]),
        item["checks"],
        # The reason before it was measured is part of the one after; none reads it from here on.
        item["reason"],
        item["seconds"],
        item["values"],
        item["details"],
        deque(item["log"], maxlen=LOG_LINES),
    )
    return Verdict(test, Outcome(item["outcome"]), item["reason"], _to_expectation(item))


def _to_expectation(test: Mapping[str, Any]) -> Expectation | None:
    item = test["expectation"]
    if item is None:
        return None
    smp = None if item["smp"] is None else frozenset(item["smp"])
    return Expectation(**{**item, "smp": smp, "file": Path(item["file"])})
