# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Builds the sample with each seeded fault and sees which test of the suite notices."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import suite
from .bench import SAMPLE, Bench
from .faultlist import Fault
from .suite import Notice, Run
from .workers import run_all


@dataclass
class FaultResult:
    """What became of one fault."""

    fault: Fault
    notice: Notice | None = None
    complaint: str | None = None  # of the compiler
    seconds: float = 0.0

    @property
    def caught(self) -> bool:
        """Whether a test of the suite says that something is wrong."""
        return self.notice is not None and self.notice.test != suite.BOOT

    @property
    def good(self) -> bool:
        """Whether it is caught, and by the test that the list names."""
        if self.notice is None or not self.caught:
            return False
        return self.fault.test in (None, self.notice.test)

    def describe(self) -> str:
        """One line for people."""
        if self.complaint is not None:
            return "does not compile:\n" + self.complaint
        if self.notice is None:
            return f"no test of the suite notices: {self.fault.why}"
        if not self.caught:
            return f"no test notices, {self.notice.test}: {self.notice.reason}"
        text = self.notice.test
        if self.notice.run.target != suite.RUNS[0].target:
            text += f" [{self.notice.run.target}]"
        if not self.good:
            text += f", not by {self.fault.test}, which faults.yaml:{self.fault.line} names"
        return text


def run(faults: Sequence[Fault], image: Path, benches: Sequence[Bench]) -> list[FaultResult]:
    """Tries all faults, side by side; prints a line for each as it ends."""
    width = max(len(fault.name) for fault in faults)

    def work(bench: Bench, fault: Fault) -> FaultResult:
        return _try_fault(fault, image, bench)

    def done(result: FaultResult) -> None:
        word = "caught" if result.good else "WRONG " if result.caught else "MISSED"
        print(
            f"{word}  {result.fault.name:{width}}  {result.seconds:4.1f} s  {result.describe()}",
            flush=True,
        )

    return run_all(benches, faults, work, done)


def _try_fault(fault: Fault, image: Path, bench: Bench) -> FaultResult:
    began = time.monotonic()
    result = FaultResult(fault)
    bench.put(fault.file, fault.text)
    result.complaint = bench.build(SAMPLE)
    if result.complaint is None:
        result.notice = suite.notice(bench.directory, image, _runs(fault))
    result.seconds = time.monotonic() - began
    return result


def _runs(fault: Fault) -> list[Run]:
    """The test that the list names first, alone; then the whole suite."""
    named = [Run(fault.target, fault.test)] if fault.test is not None else []
    return [*named, *suite.RUNS]
