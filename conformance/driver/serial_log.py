# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A run that was collected elsewhere: what the serial port said, of one boot after another.

PROTOCOL.md, "Output that was kept in a file", says what such a file may hold.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path

from . import coverage, protocol, verdict
from .errors import DriverError
from .protocol import LineSplitter
from .result import TargetResult
from .targets import Target
from .transcript import Transcript

MAX_SIZE = 256 << 20
_COLLECTOR = re.compile(r"# collector (?P<reason>[a-z].*)")
# PowerShell's redirection writes UTF-16.
_ENCODINGS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be", b"\xef\xbb\xbf": "utf-8"}


def judge(target: Target, paths: Sequence[Path], known: Collection[str]) -> TargetResult:
    """Returns what the files say of the target; `known` are the requirements there are."""
    reader = _Reader()
    for path in paths:
        reader.read(path)
    transcript = reader.finish(paths[-1])
    coverage.check_known(transcript.tests.values(), known)
    return TargetResult(
        target,
        transcript.vps,
        transcript.vps,
        reader.boots,
        transcript.facts,
        verdict.judge(transcript.tests.values(), target, transcript.vps),
        transcript.warnings,
    )


class _Reader:
    """Takes lines, and tells the boots apart."""

    def __init__(self) -> None:
        self.boots = 0
        self._transcript = Transcript()
        # Tests with an outcome from an earlier boot: a machine that was reset may run them again.
        self._settled: frozenset[int] = frozenset()
        self._repeating = False
        self._repeated = False

    def read(self, path: Path) -> None:
        """Takes the lines of a file; a mistake in it is reported with its line."""
        splitter = LineSplitter()
        number = 0
        for lines in (splitter.feed(_contents(path)), splitter.finish()):
            for line in lines:
                number += 1
                try:
                    self._add_line(line)
                except DriverError as error:
                    raise DriverError(error.what, error.remedy, path, number) from error

    def finish(self, path: Path) -> Transcript:
        """The transcript, with an outcome for every test."""
        transcript = self._transcript
        if transcript.planned is None or not transcript.tests:
            raise DriverError(
                "no output of the conformance kernel", "give the log of its serial port", path
            )
        self._close("crash: the log ends here")
        for test in transcript.unfinished():
            test.fail("not reached: the log ends without it")
        return transcript

    def _add_line(self, line: str) -> None:
        event = protocol.parse(line)
        if isinstance(event, protocol.Banner):
            self._close("crash: the next boot begins here")
            self._open()
        elif match := _COLLECTOR.fullmatch(line):
            self._close(match["reason"])
            return
        elif self._is_repeated(event):
            return
        self._transcript.add_line(line, 0.0)

    def _open(self) -> None:
        self.boots += 1
        tests = self._transcript.tests.values()
        self._settled = frozenset(test.index for test in tests if test.outcome is not None)
        self._repeating = self._repeated = False
        self._transcript.start_boot()

    def _close(self, reason: str) -> None:
        """The boot is over: well if the kernel said so, else by what happened to a test."""
        transcript = self._transcript
        if transcript.greeted and not transcript.ended:
            transcript.abandon(reason, 0.0)
        transcript.greeted = False

    def _is_repeated(self, event: protocol.Event | None) -> bool:
        """Whether the line belongs to a test whose outcome is known from an earlier boot."""
        match event:
            case protocol.Begin():
                self._repeating = event.index in self._settled
            case protocol.Result() if not self._repeating and event.index in self._settled:
                return True
            case protocol.End():
                # Its counts are of all tests of the boot.
                self._transcript.ended |= self._repeated
                return self._repeated
        self._repeated |= self._repeating
        return self._repeating


def _contents(path: Path) -> bytes:
    """The bytes that the serial port sent, whatever a shell has made of them."""
    try:
        if path.stat().st_size > MAX_SIZE:
            raise DriverError(f"is larger than {MAX_SIZE >> 20} MiB", "give a serial log", path)
        data = path.read_bytes()
    except OSError as error:
        raise DriverError(
            f"cannot read the log: {error.strerror}", "check the path", path
        ) from error
    for mark, encoding in _ENCODINGS.items():
        if data.startswith(mark):
            text = data.removeprefix(mark).decode(encoding, errors="replace")
            return text.encode("latin-1", errors="replace")
    return data
