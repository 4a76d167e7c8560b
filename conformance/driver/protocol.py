# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What the kernel writes, as PROTOCOL.md defines it: bytes to lines, and lines to events.

The output comes from the implementation under test, which may be broken: nothing here trusts it,
and nothing grows with it beyond a bound.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

VERSION = 1
MAX_LINE = 1000
MAX_TESTS = 10_000


class Raw(StrEnum):
    """What a test says of itself."""

    PASS = "pass"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True)
class Banner:
    version: int
    tests: int
    vps: int


@dataclass(frozen=True)
class Plan:
    count: int


@dataclass(frozen=True)
class Meta:
    index: int
    test: str
    requirements: tuple[str, ...]
    min_vps: int


@dataclass(frozen=True)
class Why:
    """What a test is there for."""

    index: int
    text: str


@dataclass(frozen=True)
class Begin:
    index: int
    test: str


@dataclass(frozen=True)
class Repetition:
    """A test that is to run several times has passed once more."""

    number: int


@dataclass(frozen=True)
class Value:
    key: str
    text: str


@dataclass(frozen=True)
class Result:
    index: int
    test: str
    outcome: Raw
    checks: int
    requirements: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Detail:
    """A line of the block that follows a failure."""

    key: str
    text: str


@dataclass(frozen=True)
class BlockEnd:
    pass


@dataclass(frozen=True)
class End:
    passed: int
    failed: int
    skipped: int


Event = Banner | Plan | Meta | Why | Begin | Repetition | Value | Result | Detail | BlockEnd | End

_TEST = r"(?P<test>[a-z0-9-]+/[a-z0-9-]+)"
_INDEX = r"(?P<index>[1-9][0-9]{0,5})"
_REQS = r"reqs=(?P<reqs>[A-Z0-9,-]*)"
# A number of 32 bits; the driver checks what it takes for a size.
_NUMBER = "[0-9]{1,10}"

_BANNER = re.compile(
    rf"# hvkit-conformance (?P<version>{_NUMBER}) tests=(?P<tests>{_NUMBER}) vps=(?P<vps>{_NUMBER})"
)
_PLAN = re.compile(rf"1\.\.(?P<count>{_NUMBER})")
_META = re.compile(rf"# meta {_INDEX} {_TEST} {_REQS} minvps=(?P<minvps>{_NUMBER})")
_WHY = re.compile(rf"# why {_INDEX} (?P<text>.*)")
_BEGIN = re.compile(rf"# begin {_INDEX} {_TEST}")
_REPETITION = re.compile(rf"# repetition (?P<number>{_NUMBER}) passed")
_VALUE = re.compile(r"# value (?P<key>[^ =]+)=(?P<text>.*)")
_SKIP = re.compile(rf"ok {_INDEX} - {_TEST} # SKIP ?(?P<reason>.*)")
_RESULT = re.compile(rf"(?P<not>not )?ok {_INDEX} - {_TEST} # checks=(?P<checks>{_NUMBER}) {_REQS}")
_DETAIL = re.compile(r"  (?P<key>[a-z][a-z0-9_-]*): (?P<text>.*)")
_END = re.compile(
    rf"# end passed=(?P<passed>{_NUMBER}) failed=(?P<failed>{_NUMBER}) "
    rf"skipped=(?P<skipped>{_NUMBER})"
)
_UNPRINTABLE = re.compile(r"[^\t\x20-\x7e]")


class LineSplitter:
    """Cuts a stream of bytes into lines; the part of a line beyond MAX_LINE is dropped."""

    def __init__(self) -> None:
        self._partial = bytearray()

    def feed(self, data: bytes) -> Iterator[str]:
        """Yields the lines that the data completes."""
        *complete, rest = data.split(b"\n")
        for piece in complete:
            self._append(piece)
            yield self._take()
        self._append(rest)

    def finish(self) -> Iterator[str]:
        """Yields what is left when the stream ends in the middle of a line."""
        if self._partial:
            yield self._take()

    def _append(self, piece: bytes) -> None:
        # One more than the maximum, for the '\r' that does not count.
        self._partial += piece[: MAX_LINE + 1 - len(self._partial)]

    def _take(self) -> str:
        text = bytes(self._partial).removesuffix(b"\r").decode("latin-1")
        self._partial.clear()
        return printable(text)


def printable(text: str) -> str:
    """The text as a terminal and an XML file may have it: escapes in place of what is not ASCII."""
    return _UNPRINTABLE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def parse(line: str) -> Event | None:
    """Returns what the line says, or None if it is none of the protocol's or is damaged."""
    if line.startswith("# "):
        return _parse_comment(line)
    if line.startswith(("ok ", "not ok ")):
        return _parse_result(line)
    if line == "  ...":
        return BlockEnd()
    if match := _DETAIL.fullmatch(line):
        return Detail(match["key"], match["text"])
    if match := _PLAN.fullmatch(line):
        return Plan(int(match["count"]))
    return None


def _parse_comment(line: str) -> Event | None:
    if match := _BEGIN.fullmatch(line):
        return Begin(int(match["index"]), match["test"])
    if match := _VALUE.fullmatch(line):
        return Value(match["key"], match["text"])
    if match := _REPETITION.fullmatch(line):
        return Repetition(int(match["number"]))
    if match := _META.fullmatch(line):
        return Meta(
            int(match["index"]), match["test"], split_ids(match["reqs"]), int(match["minvps"])
        )
    if match := _WHY.fullmatch(line):
        return Why(int(match["index"]), match["text"])
    if match := _BANNER.fullmatch(line):
        return Banner(int(match["version"]), int(match["tests"]), int(match["vps"]))
    if match := _END.fullmatch(line):
        return End(int(match["passed"]), int(match["failed"]), int(match["skipped"]))
    return None


def _parse_result(line: str) -> Result | None:
    if match := _SKIP.fullmatch(line):
        return Result(
            int(match["index"]),
            match["test"],
            Raw.SKIP,
            0,
            (),
            match["reason"] or "no reason given",
        )
    if match := _RESULT.fullmatch(line):
        outcome = Raw.FAIL if match["not"] else Raw.PASS
        return Result(
            int(match["index"]),
            match["test"],
            outcome,
            int(match["checks"]),
            split_ids(match["reqs"]),
            "",
        )
    return None


def split_ids(text: str) -> tuple[str, ...]:
    """The ids in a list that is separated by commas."""
    return tuple(item for item in text.split(",") if item)
