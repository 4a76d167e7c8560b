# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The results as TAP version 13: all targets as one stream."""

from __future__ import annotations

import json

from ..verdict import Outcome, Verdict
from .run import Run


def of(run: Run) -> str:
    """The stream; the numbers run on from target to target."""
    verdicts = [
        (label, verdict)
        for label, result in zip(run.labels, run.results, strict=True)
        for verdict in result.verdicts
    ]
    lines = ["TAP version 13", f"1..{len(verdicts)}"]
    for number, (label, verdict) in enumerate(verdicts, 1):
        lines += _test(number, label, verdict)
    return "\n".join(lines) + "\n"


def _test(number: int, label: str, verdict: Verdict) -> list[str]:
    # A '#' in a description would begin a directive.
    name = f"{number} - {_one_line(label).replace('#', '')}: {verdict.test.name}"
    match verdict.outcome:
        case Outcome.PASS:
            return [f"ok {name}"]
        case Outcome.SKIP:
            return [f"ok {name} # SKIP {_one_line(verdict.reason)}"]
        case Outcome.XFAIL:
            return [f"not ok {name} # TODO {_one_line(verdict.reason)}"]
        case _:
            return [f"not ok {name}", *_diagnosis(verdict)]


def _diagnosis(verdict: Verdict) -> list[str]:
    # A JSON value on one line is YAML too.
    return [
        "  ---",
        f"  message: {json.dumps(verdict.reason)}",
        "  severity: fail",
        f"  data: {json.dumps(verdict.test.values)}",
        f"  log: {json.dumps(list(verdict.test.log))}",
        "  ...",
    ]


def _one_line(text: str) -> str:
    return " ".join(text.split())
