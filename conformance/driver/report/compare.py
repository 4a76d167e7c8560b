# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What changed from one run to another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ..errors import DriverError
from ..result import TargetResult
from ..verdict import Outcome, Verdict
from .run import Run

# An unexpected pass is a pass of the implementation, and only the list of deviations is wrong.
_RANK = {
    Outcome.PASS: 0,
    Outcome.XPASS: 0,
    Outcome.XFAIL: 1,
    Outcome.SKIP: 1,
    Outcome.FAIL: 2,
}


class Kind(StrEnum):
    """What became of a test; the texts are headings."""

    FAILING = "newly failing"
    LOST = "no longer passing"
    PASSING = "newly passing"
    MENDED = "no longer failing"
    OTHER = "other outcome"
    NEW = "new tests"
    REMOVED = "tests that are gone"

    @property
    def worse(self) -> bool:
        """Whether it is a step back."""
        return self in (Kind.FAILING, Kind.LOST)


@dataclass(frozen=True)
class Change:
    """A test whose outcome is not what it was; one side is missing if the test is."""

    kind: Kind
    before: Verdict | None
    after: Verdict | None

    @property
    def name(self) -> str:
        """The test's name."""
        verdict = self.after or self.before
        return verdict.test.name if verdict else ""


@dataclass(frozen=True)
class ValueChange:
    """A value that is not what it was; None where it was not observed."""

    place: str
    key: str
    before: str | None
    after: str | None


@dataclass
class TargetChange:
    """What changed on one target."""

    label: str
    changes: list[Change] = field(default_factory=list)
    values: list[ValueChange] = field(default_factory=list)

    def of(self, kind: Kind) -> list[Change]:
        """The changes of that kind."""
        return [change for change in self.changes if change.kind is kind]


@dataclass(frozen=True)
class Comparison:
    """Two runs, and what differs on the targets that both have."""

    before: Run
    after: Run
    targets: list[TargetChange]
    only_before: list[str]
    only_after: list[str]

    @property
    def worse(self) -> int:
        """How many tests took a step back."""
        return sum(change.kind.worse for target in self.targets for change in target.changes)


def compare(before: Run, after: Run) -> Comparison:
    """Target by target, by name and processors."""
    olds, news = _by_target(before), _by_target(after)
    if not olds.keys() & news.keys():
        raise DriverError(
            "the two runs have no target in common: "
            f"{', '.join(before.labels)}; and {', '.join(after.labels)}",
            "compare runs on the same targets, with as many processors",
        )
    return Comparison(
        before,
        after,
        [
            _compare_target(label, olds[key][1], new)
            for key, (label, new) in news.items()
            if key in olds
        ],
        [label for key, (label, _) in olds.items() if key not in news],
        [label for key, (label, _) in news.items() if key not in olds],
    )


_Labelled = tuple[str, TargetResult]


def _by_target(run: Run) -> dict[tuple[str, int], _Labelled]:
    return {
        (result.target.name, result.smp): (label, result)
        for label, result in zip(run.labels, run.results, strict=True)
    }


def _compare_target(label: str, old: TargetResult, new: TargetResult) -> TargetChange:
    target = TargetChange(label)
    target.values += _values("implementation", old.facts, new.facts)
    olds, news = old.by_name(), new.by_name()
    for name in sorted(olds.keys() | news.keys()):
        one, two = olds.get(name), news.get(name)
        kind = _kind(one, two)
        if kind is not None:
            target.changes.append(Change(kind, one, two))
        if one is not None and two is not None:
            target.values += _values(name, one.test.values, two.test.values)
    return target


def _kind(before: Verdict | None, after: Verdict | None) -> Kind | None:
    if before is None or after is None:
        return Kind.REMOVED if after is None else Kind.NEW
    if before.outcome is after.outcome:
        return None
    was, now = _RANK[before.outcome], _RANK[after.outcome]
    if now > was:
        return Kind.FAILING if now == 2 else Kind.LOST
    if now < was:
        return Kind.PASSING if now == 0 else Kind.MENDED
    return Kind.OTHER


def _values(
    place: str, before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[ValueChange]:
    for key in dict.fromkeys([*before, *after]):
        if before.get(key) != after.get(key):
            yield ValueChange(place, key, before.get(key), after.get(key))


# ---- text ---------------------------------------------------------------------------------------


def as_text(comparison: Comparison) -> str:
    """The summary for a terminal."""
    lines = [line for target in comparison.targets for line in _target_lines(target)]
    for labels, which in ((comparison.only_before, "first"), (comparison.only_after, "second")):
        if labels:
            lines.append(f"only in the {which} run: {', '.join(labels)}")
    worse = comparison.worse
    lines.append(f"compare: {worse} worse" if worse else "compare: nothing got worse")
    return "\n".join(lines)


def _target_lines(target: TargetChange) -> Iterator[str]:
    if not target.changes and not target.values:
        yield f"{target.label}: nothing changed"
        return
    yield target.label
    for kind in Kind:
        changes = target.of(kind)
        if changes:
            yield f"  {kind}: {len(changes)}"
        for change in changes:
            yield f"    {change.name}{_because(change)}"
    if target.values:
        yield f"  changed values: {len(target.values)}"
    for value in target.values:
        yield f"    {value.place} {value.key}: {_or_none(value.before)} -> {_or_none(value.after)}"


def _because(change: Change) -> str:
    outcomes = " -> ".join(
        str(verdict.outcome) for verdict in (change.before, change.after) if verdict is not None
    )
    reason = change.after.reason if change.after is not None else ""
    return f": {outcomes}" + (f", {reason}" if reason else "")


def _or_none(value: str | None) -> str:
    return "(nothing)" if value is None else value
