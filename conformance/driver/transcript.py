# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What is known of the tests of a run, gathered from the events of one boot after another."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from . import protocol
from .errors import DriverError
from .protocol import Raw

LOG_LINES = 100
MAX_VALUES = 1000
MAX_DETAILS = 50


@dataclass
class TestRecord:
    """One test: what the kernel announced, and what became of it."""

    index: int
    name: str
    requirements: tuple[str, ...] = ()
    min_vps: int = 1
    why: str = ""
    outcome: Raw | None = None
    checks: int = 0
    reason: str = ""
    seconds: float = 0.0
    values: dict[str, str] = field(default_factory=dict)
    details: dict[str, str] = field(default_factory=dict)
    log: deque[str] = field(default_factory=lambda: deque(maxlen=LOG_LINES))
    # Whether the driver failed it, whatever it said itself.
    blamed: bool = False

    @property
    def area(self) -> str:
        """The part of the name before the slash."""
        return self.name.partition("/")[0]

    def fail(self, reason: str) -> None:
        """Marks the test failed, whatever it said itself."""
        if self.outcome is Raw.FAIL and self.reason:
            self.reason += f"; {reason}"
        else:
            self.reason = reason
        self.outcome = Raw.FAIL
        self.blamed = True


class Transcript:
    """The tests of a run, and the state of the boot that is under way."""

    def __init__(self) -> None:
        self.tests: dict[int, TestRecord] = {}
        self.vps = 0
        # What the kernel said of the implementation before its first test.
        self.facts: dict[str, str] = {}
        self.warnings: list[str] = []
        self.planned: int | None = None
        self._miscount: tuple[TestRecord, str] | None = None
        self._strays = 0
        self.start_boot()

    def start_boot(self) -> None:
        """Forgets the state of the boot before; the tests stay."""
        self.greeted = False
        # A second banner came: the machine was reset, and begins from the start again.
        self.restarted = False
        self.ended = False
        self.current: TestRecord | None = None
        self.last_touched: TestRecord | None = None
        # How often the current test has passed, when it is to run several times.
        self.repetitions = 0
        self.recent: deque[str] = deque(maxlen=LOG_LINES)
        self._block: TestRecord | None = None
        self._began = 0.0
        self._counts = dict.fromkeys(Raw, 0)

    def add_line(self, line: str, now: float) -> None:
        """Takes the next line; `now` is in seconds of any clock."""
        if self.restarted:
            return
        self.recent.append(line)
        event = protocol.parse(line)
        if isinstance(event, protocol.Banner):
            self._greet(event)
            return
        if not self.greeted:
            return
        owner = self._block or self.current
        if owner is not None and not isinstance(event, protocol.Begin | protocol.End):
            owner.log.append(line)
        self._take(event, now)

    def _take(self, event: protocol.Event | None, now: float) -> None:
        match event:
            case protocol.Detail():
                self._add_detail(event)
                return
            case protocol.Value():
                self._note_value(event)
            case protocol.Repetition() if event.number == self.repetitions + 1:
                self.repetitions += 1
            case protocol.BlockEnd():
                self._block = None
            case protocol.Plan():
                self._plan(event.count)
            case protocol.Meta():
                self._announce(event)
            case protocol.Why() if event.index in self.tests:
                self.tests[event.index].why = event.text
            case protocol.Begin():
                self._begin(event, now)
            case protocol.Result():
                self._finish(event, now)
            case protocol.End():
                self._end(event, now)

    def abandon(self, reason: str, now: float) -> TestRecord | None:
        """The boot came to a bad end: the test that ran, or the last one that did, fails for it.

        Returns that test; None if no test was reached.
        """
        test = self.last_touched
        if test is None:
            return None
        if test is self.current:
            test.seconds = now - self._began
            test.fail(reason)
        else:
            test.fail(f"{reason} after its result")
        self.current = None
        return test

    def is_last(self, test: TestRecord) -> bool:
        """Whether no test comes after this one."""
        return self.planned is not None and test.index >= self.planned

    def has_outcomes(self) -> bool:
        """Whether anything became known of a test."""
        return any(test.outcome is not None for test in self.tests.values())

    def unfinished(self) -> list[TestRecord]:
        """The tests that have no outcome, those among them whose announcement was lost included."""
        for index in range(1, (self.planned or 0) + 1):
            self.tests.setdefault(index, TestRecord(index, f"unknown/test-{index}"))
        return [test for test in self.tests.values() if test.outcome is None]

    def settle(self, reason: str) -> None:
        """No more lines will come: what was not reached fails, and so does a wrong account."""
        for test in self.unfinished():
            test.fail(f"not reached: {reason}")
        if self._strays:
            self.warnings.append(f"{self._strays} lines spoke of tests that were not announced so")
        # Where a line was lost the test it was about has failed already, and the counts differ.
        if self._miscount is not None and not any(test.blamed for test in self.tests.values()):
            test, told = self._miscount
            test.fail(f"miscounted: {told}")

    def _greet(self, banner: protocol.Banner) -> None:
        if banner.version != protocol.VERSION:
            raise DriverError(
                f"the guest image speaks version {banner.version} of the protocol, "
                f"this driver version {protocol.VERSION}",
                "build both from the same source",
            )
        self.restarted = self.greeted
        self.greeted = True
        self.vps = banner.vps
        self._plan(banner.tests)

    def _plan(self, count: int) -> None:
        if count > protocol.MAX_TESTS:
            raise DriverError(f"the guest announces {count} tests", "check the guest image")
        if self.planned is None:
            self.planned = count
        elif self.planned != count:
            raise DriverError(
                f"the guest announced {self.planned} tests, and then {count}",
                "the order of tests must not depend on the boot; correct the guest image",
            )

    def _announce(self, meta: protocol.Meta) -> None:
        if self.planned is None or meta.index > self.planned:
            return
        known = self.tests.get(meta.index)
        if known is None:
            self.tests[meta.index] = TestRecord(
                meta.index, meta.test, meta.requirements, meta.min_vps
            )
        elif known.name != meta.test:
            raise DriverError(
                f"test {meta.index} was {known.name}, and is {meta.test} at the next boot",
                "the order of tests must not depend on the boot; correct the guest image",
            )

    def _find(self, index: int, name: str) -> TestRecord | None:
        """The test of that number and name; None if the line must be damaged."""
        if self.planned is not None and index <= self.planned:
            test = self.tests.setdefault(index, TestRecord(index, name))
            if test.name == name:
                return test
        self._strays += 1
        return None

    def _note_value(self, value: protocol.Value) -> None:
        if self.current is not None:
            values = self.current.values
        elif self.last_touched is None:
            values = self.facts
        else:
            return
        if len(values) < MAX_VALUES:
            values[value.key] = value.text

    def _begin(self, begin: protocol.Begin, now: float) -> None:
        test = self._find(begin.index, begin.test)
        if test is None:
            return
        self._lose_current(now)
        self._block = None
        self.current = self.last_touched = test
        self.repetitions = 0
        self._began = now
        if test.outcome is not None:
            test.fail("run twice: the test began again after its result")

    def _finish(self, result: protocol.Result, now: float) -> None:
        test = self._find(result.index, result.test)
        if test is None:
            return
        if test is self.current:
            test.seconds = now - self._began
        else:
            self._lose_current(now)
            test.log.append(self.recent[-1])
        self.current, self.last_touched, self._block = None, test, None
        self._counts[result.outcome] += 1
        if test.outcome is not None:
            test.fail("reported twice: the test has two results")
            return
        test.outcome, test.checks, test.reason = result.outcome, result.checks, result.reason
        # The announcement may have been damaged on its way.
        test.requirements = test.requirements or result.requirements
        if result.outcome is Raw.FAIL:
            self._block = test

    def _add_detail(self, detail: protocol.Detail) -> None:
        if self._block is None or len(self._block.details) >= MAX_DETAILS:
            return
        details = self._block.details
        details[detail.key] = detail.text
        if detail.key in ("message", "at") and "message" in details:
            place = f" ({details['at']})" if "at" in details else ""
            self._block.reason = details["message"] + place

    def _end(self, end: protocol.End, now: float) -> None:
        self._lose_current(now)
        self.ended = True
        counts = (end.passed, end.failed, end.skipped)
        seen = (self._counts[Raw.PASS], self._counts[Raw.FAIL], self._counts[Raw.SKIP])
        if counts == seen:
            return
        told = "the guest counted {} passed, {} failed, {} skipped".format(*counts)
        told += "; {}, {} and {} arrived".format(*seen)
        self.warnings.append(told)
        if self.last_touched is not None:
            self._miscount = self.last_touched, told

    def _lose_current(self, now: float) -> None:
        if self.current is not None:
            self.current.seconds = now - self._began
            self.current.fail("result lost: the test began and reported nothing that could be read")
            self.current = None
