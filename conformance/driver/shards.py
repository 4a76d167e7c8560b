# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A run in parts, each with a share of the tests, and the whole that they make."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock

from .transcript import TestRecord, Transcript


@dataclass(frozen=True)
class Shard:
    """The k-th of n shares of the tests; the first of one is all of them."""

    number: int = 1
    of: int = 1

    @property
    def whole(self) -> bool:
        """Whether it is all tests."""
        return self.of == 1

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    def whole_index(self, index: int) -> int:
        """The number in the whole run of a test that has this number in the shard."""
        return (index - 1) * self.of + self.number

    def size(self, total: int) -> int:
        """How many of so many tests are its share."""
        return (total - self.number) // self.of + 1


@dataclass
class Part:
    """What one shard came to."""

    shard: Shard
    transcript: Transcript
    boots: int


@dataclass
class Whole:
    """What all shards came to, as far as they ran."""

    tests: list[TestRecord] = field(default_factory=list)
    vps: int = 0
    boots: int = 0
    facts: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def merge(parts: Sequence[Part]) -> Whole:
    """Puts the parts together; the tests get the numbers that they have in a run of all."""
    whole, known = Whole(), dict[str, tuple[Shard, TestRecord]]()
    for part in sorted(parts, key=lambda part: part.shard.number):
        _merge_machine(whole, part)
        whole.warnings += [_from(part.shard, text) for text in part.transcript.warnings]
        for test in part.transcript.tests.values():
            if test.name in known:
                shard, twin = known[test.name]
                twin.fail(f"ran in shard {shard} and in shard {part.shard}")
                continue
            # A copy: the next report, with more parts, is made from the same transcripts.
            test = replace(test, index=part.shard.whole_index(test.index))
            known[test.name] = part.shard, test
    _check_shares(whole, parts)
    whole.tests = sorted((test for _, test in known.values()), key=lambda test: test.index)
    return whole


def _from(shard: Shard, text: str) -> str:
    return text if shard.whole else f"shard {shard}: {text}"


def _merge_machine(whole: Whole, part: Part) -> None:
    whole.boots += part.boots
    if whole.vps not in (0, part.transcript.vps):
        whole.warnings.append(
            f"shard {part.shard} had {part.transcript.vps} virtual processors, others {whole.vps}"
        )
    whole.vps = max(whole.vps, part.transcript.vps)
    for key, text in part.transcript.facts.items():
        if whole.facts.setdefault(key, text) != text:
            whole.warnings.append(
                f"shard {part.shard} says {key}={text}, another {whole.facts[key]}"
            )


def _check_shares(whole: Whole, parts: Sequence[Part]) -> None:
    """Warns when the parts cannot be shares of one selection, as a wrong guest image makes them."""
    if not parts or len(parts) != parts[0].shard.of:
        return
    total = sum(part.transcript.planned or 0 for part in parts)
    for part in parts:
        expected = part.shard.size(total)
        if part.transcript.planned != expected:
            whole.warnings.append(
                f"shard {part.shard} has {part.transcript.planned} of {total} tests, not {expected}"
            )


class Announcements:
    """The tests that the shards of a run announce, and what is to be checked when all have."""

    def __init__(self, shards: int, check: Callable[[list[str]], None]) -> None:
        self._missing = shards
        self._check = check
        self._names: list[str] = []
        self._lock = Lock()

    def add(self, tests: Iterable[TestRecord]) -> None:
        """Takes those of one more shard; the last one that comes makes the check."""
        with self._lock:
            self._names += [test.name for test in tests]
            self._missing -= 1
            complete = self._missing == 0
        if complete:
            self._check(self._names)
