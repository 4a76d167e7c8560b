# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Runs the conformance kernel on a target, past hangs and crashes, to an outcome for each test."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from .errors import DriverError
from .process import STATUS_NONE, STATUS_SETUP, GuestProcess
from .protocol import LineSplitter
from .targets import Target
from .transcript import TestRecord, Transcript

# A test that keeps writing lines is never silent; it may take so many times the limit for silence.
PATIENCE = 10
MAX_TEST_OUTPUT = 4 << 20
MAX_RAW_LOG = 64 << 20
END_GRACE = 15.0
FRUITLESS_BOOTS = 2


class Observer(Protocol):
    """Who wants to know how the run gets on."""

    def booting(self, target: Target, boot: int, start: int) -> None:
        """A boot begins."""

    def progressed(self, transcript: Transcript) -> None:
        """Some lines arrived."""

    def interrupted(self, test: TestRecord | None, reason: str) -> None:
        """A boot came to a bad end, because of that test if it reached one."""


@dataclass(frozen=True)
class Options:
    """What to run."""

    image: Path
    build: Path
    smp: int
    patterns: str | None
    # More words of the kernel's command line: repeat=, shuffle=, shard=, busy.
    words: tuple[str, ...]
    test_timeout: float
    logs: Path | None
    # Called once, when all tests are announced; may raise DriverError.
    check: Callable[[Iterable[TestRecord]], None]


@dataclass
class _Boot:
    """The limits of the boot that is under way."""

    boot_limit: float
    test_limit: float
    last_line: float
    test: TestRecord | None = None
    test_began: float = 0.0
    test_bytes: int = 0

    def deadline(self, transcript: Transcript) -> float:
        """When patience ends, given what has arrived."""
        if not transcript.greeted:
            return self.boot_limit
        if transcript.ended:
            return self.last_line + END_GRACE
        deadline = self.last_line + self.test_limit
        if self.test is not None:
            deadline = min(deadline, self.test_began + PATIENCE * self.test_limit)
        return deadline

    def follow(self, transcript: Transcript, size: int, now: float) -> None:
        """Counts the output of the test that runs."""
        if transcript.current is not self.test:
            self.test, self.test_began, self.test_bytes = transcript.current, now, 0
        self.test_bytes += size


class Runner:
    """One run of the suite on one target."""

    def __init__(self, target: Target, options: Options, observer: Observer) -> None:
        self.transcript = Transcript()
        self.boots = 0
        self._target = target
        self._options = options
        self._observer = observer
        self._messages = ""
        self._checked = False

    def run(self) -> Transcript:
        """Boots the kernel as often as it takes."""
        start, fruitless = 1, 0
        while fruitless < FRUITLESS_BOOTS:
            trouble = self._boot(start)
            if trouble is None:
                break
            test = self.transcript.abandon(trouble, time.monotonic())
            self._observer.interrupted(test, trouble)
            if test is None:
                fruitless += 1
                continue
            self._add_messages(test)
            start, fruitless = test.index + 1, 0
            if self.transcript.is_last(test):
                break
        self._settle()
        return self.transcript

    def _settle(self) -> None:
        """Gives an outcome to the tests that were never reached."""
        if self.transcript.planned is None:
            excerpt = "\n".join([*self.transcript.recent, self._messages][-20:]).strip()
            raise DriverError(
                "the guest did not start its tests",
                "the end of its output is:\n" + (excerpt or "(nothing)"),
            )
        for test in self.transcript.unfinished():
            test.fail("not reached: the guest ended without it")

    def _kernel_command(self, start: int) -> str:
        # The kernel gives up first, if it still can, since it knows more.
        words = [self._target.kernel_args, f"timeout={int(self._options.test_timeout * 800)}"]
        if self._options.patterns is not None:
            words.append(f"tests={self._options.patterns}")
        if start > 1:
            words.append(f"start={start}")
        words += self._options.words
        return " ".join(word for word in words if word)

    def _boot(self, start: int) -> str | None:
        """Boots once; returns what went wrong, or None if the guest came to its end."""
        self.boots += 1
        self._observer.booting(self._target, self.boots, start)
        self.transcript.start_boot()
        command = self._target.command(
            self._options.image, self._options.smp, self._kernel_command(start)
        )
        with GuestProcess(command, self._target.environment(self._options.build)) as guest:
            trouble = self._listen(guest)
            guest.stop()
            self._messages = guest.messages
        return trouble

    def _listen(self, guest: GuestProcess) -> str | None:
        now = time.monotonic()
        boot = _Boot(now + self._target.boot_timeout, self._options.test_timeout, now)
        splitter = LineSplitter()
        with _RawLog(self._options.logs, self._target, self.boots) as log:
            while True:
                data = guest.read(max(0.0, boot.deadline(self.transcript) - time.monotonic()))
                if data is None:
                    return self._give_up(boot)
                log.write(data)
                self._take(splitter.feed(data) if data else splitter.finish(), boot, len(data))
                if not data:
                    return self._close(guest)
                if boot.test_bytes > MAX_TEST_OUTPUT:
                    return f"flood: more than {MAX_TEST_OUTPUT >> 20} MiB of output"

    def _give_up(self, boot: _Boot) -> str | None:
        """Time is up."""
        if self.transcript.ended:
            self.transcript.warnings.append(
                f"boot {self.boots}: the guest did not exit after its last test"
            )
            return None
        if not self.transcript.greeted:
            return f"hang: no banner within {self._target.boot_timeout:g} s"
        if time.monotonic() - boot.last_line < boot.test_limit:
            return f"hang: no result within {PATIENCE * boot.test_limit:g} s"
        return f"hang: nothing arrived for {boot.test_limit:g} s"

    def _take(self, lines: Iterator[str], boot: _Boot, size: int) -> None:
        now = time.monotonic()
        for line in lines:
            boot.last_line = now
            self.transcript.add_line(line, now)
        boot.follow(self.transcript, size, now)
        self._check_announced()
        self._observer.progressed(self.transcript)

    def _check_announced(self) -> None:
        # Early, so that a mistake in a file does not cost a whole run.
        tests = self.transcript.tests
        if not self._checked and len(tests) == self.transcript.planned:
            self._checked = True
            self._options.check(tests.values())

    def _close(self, guest: GuestProcess) -> str | None:
        """The output ended: by the guest's will, or not."""
        status = guest.wait(END_GRACE)
        self._messages = guest.messages
        if status == STATUS_SETUP:
            raise self._target.setup_error(guest.messages)
        how = "without a status" if status in (STATUS_NONE, None) else f"with status {status}"
        if not self.transcript.ended:
            return f"crash: the guest ended {how}"
        if status != 0:
            self.transcript.warnings.append(
                f"boot {self.boots}: the guest ended {how} after its last test"
            )
        return None

    def _add_messages(self, test: TestRecord) -> None:
        for line in self._messages.splitlines()[-20:]:
            test.log.append(f"[target] {line}")


class _RawLog:
    """The serial output of a boot as it came, up to a limit."""

    def __init__(self, directory: Path | None, target: Target, boot: int) -> None:
        self._room = MAX_RAW_LOG
        self._file: BinaryIO | None = None
        if directory is not None:
            self._file = (directory / f"serial-{target.name}-{boot}.log").open("wb")

    def __enter__(self) -> _RawLog:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, data: bytes) -> None:
        """Appends what still fits."""
        if self._file is not None:
            self._file.write(data[: self._room])
            self._room -= min(self._room, len(data))
