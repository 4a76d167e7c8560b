# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Runs made up for tests of the report: any size, and with what a hostile guest could write."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from pathlib import Path

import support  # noqa: F401  (finds the driver)
from driver import catalogue
from driver.catalogue import AREAS, Gap, Requirement
from driver.protocol import Raw
from driver.report.run import Invocation, Run
from driver.result import Origin, TargetResult
from driver.targets import Expectation
from driver.transcript import TestRecord
from driver.verdict import Outcome, Verdict
from driver.version import Version

HOSTILE = "</script></style></pre><img src=x onerror=alert(1)>\"'&<!--"
KERNEL = "ab" * 32
_SAID = {
    Outcome.PASS: Raw.PASS,
    Outcome.FAIL: Raw.FAIL,
    Outcome.SKIP: Raw.SKIP,
    Outcome.XFAIL: Raw.FAIL,
    Outcome.XPASS: Raw.PASS,
}


@lru_cache(maxsize=1)
def requirements() -> dict[str, Requirement]:
    """The catalogue, read once."""
    return catalogue.load()


@lru_cache(maxsize=1)
def gaps() -> dict[str, Gap]:
    """The gaps, read once."""
    return catalogue.load_gaps()


def verdict(
    name: str,
    outcome: Outcome = Outcome.PASS,
    requirements: Sequence[str] = ("CPUID-001",),
    reason: str = "",
    values: dict[str, str] | None = None,
) -> Verdict:
    """A test and what became of it."""
    test = TestRecord(1, name, tuple(requirements), why=f"Why {name} is there")
    test.outcome = _SAID[outcome]
    test.checks, test.seconds = 7, 0.25
    test.values = dict(values or {})
    test.reason = reason
    if outcome in (Outcome.FAIL, Outcome.XFAIL):
        test.details = {"message": reason, "at": "cpuid.c:5", "repetition": "3"}
        test.log.extend([f"# what {name} did", f"not ok 1 - {name} # checks=7 reqs="])
    deviation = None
    if outcome in (Outcome.XFAIL, Outcome.XPASS):
        smp = frozenset({1, 2})
        deviation = Expectation(name, "fail", reason, "a page", smp, Path("x.yaml"), 3)
    return Verdict(test, outcome, reason, deviation)


def result(name: str, verdicts: Sequence[Verdict], smp: int = 2, **facts: str) -> TargetResult:
    """A finished run on a target."""
    facts = facts or {"vendor": "Microsoft Hv", "interface": "Hv#1", "version": "10.0.14393"}
    description = f"An implementation named {name}"
    return TargetResult(Origin(name, description), smp, smp, 1, facts, list(verdicts), [])


def run(*results: TargetResult) -> Run:
    """A run with the whole catalogue."""
    return Run(
        Version("0.1.0", "0123456789ab"),
        KERNEL,
        (Invocation("2026-01-02T03:04:05Z", ("hvkit", "conform", "--report", "out")),),
        results,
        requirements(),
        gaps(),
    )


def whole(columns: int = 4, areas: Collection[str] = AREAS) -> Run:
    """A run with tests of most requirements and gaps, all outcomes, and hostile words in it."""
    known = [item for item in [*requirements().values(), *gaps().values()] if item.area in areas]
    items = [item for number, item in enumerate(known) if number % 4 != 3]
    names = ["sample", "kvm", "xen", "openvmm-of-today", "hyperv", "kvm-newer"][:columns]
    return run(
        *(
            result(name, [_made_up(item, column) for item in items])
            for column, name in enumerate(names)
        )
    )


def _made_up(item: Requirement | Gap, column: int) -> Verdict:
    """A test of the item, whose outcome its number and the target decide."""
    name = f"{item.area}/{item.id.lower()}-holds-in-each-mode"
    if isinstance(item, Gap):
        values = {"result": f"0x{len(item.text) * (1 + column // 2):x}", "order": HOSTILE}
        return verdict(name, Outcome.PASS, [item.id], values=values)
    draw = (len(item.text) * 7 + len(item.title) * 3 + column * 5) % 23 if column else 5
    match draw:
        case 0:
            reason = f"r.eax is 0x{column:x}, expected 0x0 {HOSTILE}"
            return verdict(name, Outcome.FAIL, [item.id], reason, {"eax": f"0x{column:x}"})
        case 1 | 2:
            reason = "It shows the version that user space configured at any time"
            return verdict(name, Outcome.XFAIL, [item.id], reason)
        case 3 if item.level == "may":
            return verdict(name, Outcome.XPASS, [item.id], "passes, although known to deviate")
        case 4 | 6 | 7 | 8:
            return verdict(name, Outcome.SKIP, [item.id], "not granted: AccessVpIndex")
    return verdict(name, Outcome.PASS, [item.id], values={"leaf": HOSTILE} if draw == 9 else {})
