# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Runs the conformance kernel on a target, past hangs and crashes, to an outcome for each test."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from .errors import DriverError
from .process import STATUS_NONE, STATUS_SETUP, GuestProcess, Stop
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

    def booting(self, boot: int, start: int) -> None:
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
    # More words of the kernel's command line: shuffle=, shard=, busy.
    words: tuple[str, ...]
    test_timeout: float
    # What the names of the files with the serial output begin with; None for no files.
    logs: Path | None
    # Called once, when all tests are announced; may raise DriverError.
    check: Callable[[Iterable[TestRecord]], None]
    repeat: int = 1
    stop: Stop | None = None


@dataclass
class _Boot:
    """The limits of the boot that is under way."""

    boot_limit: float
    test_limit: float
    most_repetitions: int
    last_line: float
    test: TestRecord | None = None
    repetitions: int = 0
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
        """Counts the output of the test that runs, or of its repetition."""
        # A guest that claims more repetitions than were asked for gains no time by it.
        repetitions = min(transcript.repetitions, self.most_repetitions)
        if transcript.current is not self.test or repetitions != self.repetitions:
            self.test, self.repetitions = transcript.current, repetitions
            self.test_began, self.test_bytes = now, 0
        self.test_bytes += size


class Runner:
    """One run of the suite on one target."""

    def __init__(self, target: Target, options: Options, observer: Observer) -> None:
        self.transcript = Transcript()
        self.boots = 0
        # Why the run did not come to its end, though some of its tests had an outcome.
        self.error: DriverError | None = None
        # Why the files with the serial output are not complete.
        self.log_error: str | None = None
        self._target = target
        self._options = options
        self._observer = observer
        self._messages = ""
        self._checked = False

    def run(self) -> Transcript:
        """Runs all tests; raises if that comes to nothing, else notes what cut the run short."""
        try:
            self._boot_repeatedly()
            reason = "the guest ended without it"
        except DriverError as error:
            if not self.transcript.has_outcomes():
                raise
            self.error = error
            reason = error.what
        self._settle(reason)
        return self.transcript

    def _boot_repeatedly(self) -> None:
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

    def _settle(self, reason: str) -> None:
        """Gives an outcome to the tests that were never reached."""
        if self.transcript.planned is None:
            excerpt = "\n".join([*self.transcript.recent, self._messages][-20:]).strip()
            raise DriverError(
                "the guest did not start its tests",
                "the end of its output is:\n" + (excerpt or "(nothing)"),
            )
        self.transcript.settle(reason)

    def _kernel_command(self, start: int) -> str:
        # The kernel gives up first, if it still can, since it knows more.
        words = [self._target.kernel_args, f"timeout={int(self._options.test_timeout * 800)}"]
        if self._options.patterns is not None:
            words.append(f"tests={self._options.patterns}")
        if start > 1:
            words.append(f"start={start}")
        if self._options.repeat > 1:
            words.append(f"repeat={self._options.repeat}")
        words += self._options.words
        return " ".join(word for word in words if word)

    def _boot(self, start: int) -> str | None:
        """Boots once; returns what went wrong, or None if the guest came to its end."""
        self.boots += 1
        self._observer.booting(self.boots, start)
        self.transcript.start_boot()
        command = self._target.command(
            self._options.image, self._options.smp, self._kernel_command(start)
        )
        environment = self._target.environment(self._options.build)
        with GuestProcess(command, environment, self._options.stop) as guest:
            trouble = self._listen(guest)
            guest.stop()
            self._messages = guest.messages
        return trouble

    def _listen(self, guest: GuestProcess) -> str | None:
        now = time.monotonic()
        boot = _Boot(
            now + self._target.boot_timeout,
            self._options.test_timeout,
            self._options.repeat - 1,
            now,
        )
        log = _RawLog(self._options.logs, self.boots)
        try:
            return self._follow(guest, boot, log)
        finally:
            log.close()
            self.log_error = self.log_error or log.error

    def _follow(self, guest: GuestProcess, boot: _Boot, log: _RawLog) -> str | None:
        splitter = LineSplitter()
        while True:
            data = guest.read(max(0.0, boot.deadline(self.transcript) - time.monotonic()))
            if data is None:
                return self._give_up(boot)
            log.write(data)
            self._take(splitter.feed(data) if data else splitter.finish(), boot, len(data))
            if self.transcript.restarted:
                return "crash: the guest began again from its start"
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
        # A target whose guest has begun can run; if it can't any more, the next boot says so.
        if status == STATUS_SETUP and not self.transcript.greeted:
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
    """The serial output of a boot as it came, up to a limit; at once: a driver may be killed."""

    def __init__(self, prefix: Path | None, boot: int) -> None:
        self.error: str | None = None
        self._room = MAX_RAW_LOG
        self._file: BinaryIO | None = None
        if prefix is not None:
            with self._noting_errors():
                self._file = Path(f"{prefix}-{boot}.log").open("wb", buffering=0)

    def close(self) -> None:
        """Ends the file."""
        if self._file is not None:
            with self._noting_errors():
                self._file.close()
            self._file = None

    def write(self, data: bytes) -> None:
        """Appends what still fits."""
        if self._file is None:
            return
        rest = memoryview(data)[: self._room]
        self._room -= len(rest)
        with self._noting_errors():
            while rest:
                rest = rest[self._file.write(rest) :]

    @contextmanager
    def _noting_errors(self) -> Iterator[None]:
        # The tests matter more than their log: the run goes on without it.
        try:
            yield
        except OSError as error:
            self.error = f"the serial log is incomplete: {error.strerror}"
            if self._file is not None:
                self._file.close()
            self._file = None
