# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The conformance suite against one build of the sample: which test notices first."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from driver import targets, verdict
from driver.errors import DriverError
from driver.runner import Options, Runner
from driver.targets import Target
from driver.transcript import TestRecord, Transcript
from driver.verdict import Outcome

SMP = 2
BOOT_SECONDS = 10.0
TEST_SECONDS = 10.0
RUN_SECONDS = 150.0
# Tries for a test to fail again: a fault of time is not seen each time either.
CONFIRMATIONS = 2

# The name under which a guest that never reached a test is noted; no test has such a name.
BOOT = "(boot)"


@dataclass(frozen=True)
class Run:
    """One way to run the suite: a target, and a selection of tests (None: all)."""

    target: str
    tests: str | None = None

    def __str__(self) -> str:
        return self.target if self.tests is None else f"{self.target} --tests {self.tests}"


# What must pass on hvkit itself, in the order in which it notices most. A locked page outlives its
# test, so that one runs alone.
RUNS = (
    Run("sample"),
    Run("sample-minimal"),
    Run("sample", "hypercall-abi/a-locked-page-stays"),
)


@dataclass(frozen=True)
class Notice:
    """A test that failed, and what it said."""

    test: str
    reason: str
    run: Run


class _Enough(Exception):
    """The run has shown what it can."""


class _Watch:
    """Ends a run at the first test that fails, at a boot's bad end, or when it takes too long."""

    def __init__(self, target: Target, run: Run, ignored: Collection[str]) -> None:
        self._target = target
        self._run = run
        self._ignored = ignored
        self._deadline = time.monotonic() + RUN_SECONDS
        self._judged: set[int] = set()
        self.found: list[Notice] = []
        self.boot_trouble: str | None = None

    def booting(self, boot: int, start: int) -> None:
        """Nothing to do."""

    def progressed(self, transcript: Transcript) -> None:
        """Stops when the next test has begun, so that what the failed one said has arrived."""
        if self.found:
            raise _Enough
        if time.monotonic() > self._deadline:
            self.boot_trouble = f"the suite takes more than {RUN_SECONDS:g} s"
            raise _Enough
        self.judge(transcript)

    def interrupted(self, test: TestRecord | None, reason: str) -> None:
        """The test has been failed for it."""
        if test is None:
            self.boot_trouble = reason
        raise _Enough

    def judge(self, transcript: Transcript) -> None:
        """Looks at the tests that have ended since."""
        ended = [
            test
            for test in transcript.tests.values()
            if test.outcome is not None and test.index not in self._judged
        ]
        self._judged.update(test.index for test in ended)
        # A test that is asked for by its name is there to run.
        no_skips = self._run.tests is not None
        self.found += [
            Notice(item.test.name, item.reason, self._run)
            for item in verdict.judge(ended, self._target, SMP)
            if item.outcome.bad or (no_skips and item.outcome is Outcome.SKIP)
            if item.test.name not in self._ignored
        ]


def _first_notice(
    build: Path, image: Path, run: Run, ignored: Collection[str] = ()
) -> Notice | None:
    """Runs the suite on the sample of that build tree; returns the first test that fails."""
    target = dataclasses.replace(targets.find(run.target), boot_timeout=BOOT_SECONDS)
    watch = _Watch(target, run, ignored)
    runner = Runner(
        target,
        Options(
            image=image,
            build=build,
            smp=SMP,
            patterns=run.tests,
            words=(),
            test_timeout=TEST_SECONDS,
            logs=None,
            check=_nothing,
        ),
        watch,
    )
    try:
        runner.run()
    except _Enough:
        pass
    except DriverError as error:
        watch.boot_trouble = error.what
    watch.judge(runner.transcript)
    if watch.found:
        return watch.found[0]
    return None if watch.boot_trouble is None else Notice(BOOT, watch.boot_trouble, run)


def notice(build: Path, image: Path, runs: Iterable[Run] = RUNS) -> Notice | None:
    """Runs the suite in each of the ways until a test notices something.

    It counts when the test fails again, alone: what a busy machine does to a test of time is no
    notice of anything.
    """
    for run in runs:
        ignored: set[str] = set()
        while (found := _first_notice(build, image, run, ignored)) is not None:
            if found.test == BOOT or _confirms(build, image, found):
                return found
            ignored.add(found.test)
    return None


def _confirms(build: Path, image: Path, found: Notice) -> bool:
    alone = Run(found.run.target, found.test)
    return any(_first_notice(build, image, alone) is not None for _ in range(CONFIRMATIONS))


def _nothing(_tests: Iterable[TestRecord]) -> None:
    # Which deviations match no test is the driver's affair.
    return
