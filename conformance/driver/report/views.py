# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The body of the page: requirements and tests against implementations, and the gaps."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice

from ..catalogue import Gap, Requirement
from ..transcript import TestRecord
from ..verdict import Verdict
from .html import cell, mark, matrix_start, text, values_table
from .index import Index, Row
from .signs import SIGNS, State

LOG_LINES = 40
LOG_WIDTH = 240
VALUES = 64
VALUE_WIDTH = 400
# What guests wrote may fill so many characters of the page; results.json has all of it.
ROOM = 600_000

_PROTOCOL = ("# value ", "# begin ", "ok ", "not ok ")
_OBSERVERS = {"root": "seen by the root partition only", "internal": "not seen from outside"}


def section(name: str, title: str, intro: str, body: Iterable[str]) -> Iterator[str]:
    """A part of the page with a heading that can be linked."""
    yield f"<section id={name} aria-labelledby={name}-title>"
    yield f"<h2 id={name}-title>{title}</h2>"
    yield f"<p>{intro}</p>"
    yield f"<p class=shown id={name}-shown role=status></p>"
    yield from body
    yield "</section>"


# ---- requirements -------------------------------------------------------------------------------


def requirements(index: Index) -> Iterator[str]:
    """Requirements by implementations."""
    untested = [item for item in index.requirements if not index.covering(item.id)]
    seen = sum(item.observable == "guest" for item in untested)
    intro = (
        f"{len(index.requirements)} requirements of the TLFS in the areas that have tests. "
        f"{len(untested)} have no test in this run: {seen} that a guest can see, "
        f"{len(untested) - seen} that only the root partition or nobody outside can. "
        "A row opens to the rule, its source and its tests."
    )
    yield from section("requirements", "Requirements", intro, _requirements_table(index))


def _requirements_table(index: Index) -> Iterator[str]:
    yield matrix_start("requirements", "requirement", index.labels)
    for area, group in groupby(index.requirements, key=lambda item: item.area):
        items = list(group)
        covered = sum(bool(index.covering(item.id)) for item in items)
        yield _area_head(area, f"{covered} of {len(items)} have a test", index, f"area-{area}")
        for item in items:
            yield _requirement_row(item, index)
        yield "</tbody>"
    yield "</table></div>"


def _area_head(area: str, note: str, index: Index, anchor: str = "") -> str:
    anchor = f' id="{anchor}"' if anchor else ""
    return (
        f'<tbody{anchor} data-area="{area}"><tr class=area>'
        f"<th scope=rowgroup colspan={1 + len(index.labels)}>{area} <small>{note}</small></th></tr>"
    )


def _requirement_row(item: Requirement, index: Index) -> str:
    rows = index.covering(item.id)
    states = index.states(item.id)
    cells = "".join(
        cell(state, _of_how_many(state, column, rows)) for column, state in enumerate(states)
    )
    # Most are a must that a guest can see; what is not says so.
    unusual = [word for word in (item.level, item.observable) if word not in ("must", "guest")]
    tags = "".join(f" <i>{word}</i>" for word in unusual)
    return (
        f'<tr id="{item.id}" data-level={item.level}><th scope=row>'
        f'<a class=id href="#{item.id}">{item.id}</a>'
        f"<details><summary>{text(item.title)}{tags}</summary>"
        f"<div class=more>{_requirement_detail(item, rows, index)}</div></details></th>{cells}</tr>"
    )


def _of_how_many(state: State, column: int, rows: Sequence[Row]) -> str:
    """How many of several tests have the state that the cell shows."""
    states = [row.states[column] for row in rows if row.states[column] is not State.NONE]
    return f"{states.count(state)}/{len(states)}" if len(states) > 1 else ""


def _requirement_detail(item: Requirement, rows: Sequence[Row], index: Index) -> str:
    parts = [f"<p>{text(item.text)}</p>"]
    if item.gated_by:
        parts.append(f"<p><b>Applies if:</b> {text(item.gated_by)}</p>")
    if item.note:
        parts.append(f"<p><b>Seen:</b> {text(item.note)}</p>")
    observer = _OBSERVERS.get(item.observable)
    facts = [
        f"{item.level}, {item.basis}" + (f", {observer}" if observer else ""),
        text(item.source),
    ]
    parts.append(f"<p class=src>{'; '.join(facts)}</p>")
    if rows:
        # The row itself tells the outcomes of a single test.
        marked = () if len(rows) == 1 else SIGNS
        tests = "".join(f"<li>{_test_line(row, index.labels, marked)}</li>" for row in rows)
        parts.append(f"<ul class=by>{tests}</ul>")
    else:
        parts.append("<p>No test in this run covers it.</p>")
    return "".join(parts)


def _test_line(row: Row, labels: Sequence[str], marked: Container[State]) -> str:
    """A link to a test, and where it has one of the states."""
    name = row.test.name
    marks = " ".join(
        mark(state, label)
        for state, label in zip(row.states, labels, strict=True)
        if state in marked and state is not State.NONE
    )
    return f'<a class=test href="#{name}">{name}</a> {marks}'


# ---- tests --------------------------------------------------------------------------------------


def tests(index: Index) -> Iterator[str]:
    """Tests by implementations."""
    intro = (
        f"{len(index.rows)} tests. A row opens to what the test is there for, what it observed "
        "and, where it did not pass, the end of its log."
    )
    yield from section("tests", "Tests", intro, _tests_table(index))


def _tests_table(index: Index) -> Iterator[str]:
    details = _TestDetails(index)
    yield matrix_start("tests", "test", index.labels)
    for area, group in groupby(index.rows, key=lambda row: row.test.area):
        rows = list(group)
        yield _area_head(area, f"{len(rows)} tests", index)
        for row in rows:
            yield _test_row(row, index, details)
        yield "</tbody>"
    yield "</table></div>"


def _test_row(row: Row, index: Index, details: _TestDetails) -> str:
    test = row.test
    known = index.run.requirements
    levels = dict.fromkeys(known[item].level for item in test.requirements if item in known)
    cells = "".join(map(cell, row.states))
    return (
        f'<tr id="{test.name}" data-level="{" ".join(levels)}"><th scope=row>'
        f'<a class=id href="#{test.name}" aria-label="link to {test.name}">#</a>'
        f"<details><summary>{text(test.name.partition('/')[2])}</summary>"
        f"<div class=more>{details.of(row)}</div></details></th>{cells}</tr>"
    )


class _TestDetails:
    """What a test's row opens to; keeps count of the room that guests' words take."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._items: dict[str, Requirement | Gap] = {**index.run.requirements, **index.run.gaps}
        self._room = ROOM

    def of(self, row: Row) -> str:
        """The parts, as one line of HTML."""
        parts = [f"<p>{text(row.test.why)}</p>"] if row.test.why else []
        parts.append(self._requirements(row.test))
        results = [
            (label, state, verdict)
            for label, state, verdict in zip(
                self._index.labels, row.states, row.verdicts, strict=True
            )
            if verdict is not None
        ]
        parts.append(f"<p class=src>{_checks(results)}</p>")
        lines = [
            f"<b>{text(label)}</b> {mark(state)} {said}"
            for label, state, verdict in results
            if (said := self._said(state, verdict))
        ]
        if lines:
            parts.append("<ul class=by>" + "".join(f"<li>{line}</li>" for line in lines) + "</ul>")
        parts.append(self._values(row))
        return "".join(parts)

    def _requirements(self, test: TestRecord) -> str:
        links = ", ".join(
            f'<a href="#{item}">{item}</a> {text(self._items[item].title)}'
            for item in test.requirements
        )
        return f"<p class=src>Covers {links}</p>" if links else ""

    def _said(self, state: State, verdict: Verdict) -> str:
        """What there is to say beyond the outcome."""
        test, parts = verdict.test, []
        if verdict.reason:
            parts.append(f"<p>{text(self._take(verdict.reason))}</p>")
        for key, value in test.details.items():
            if value not in verdict.reason and value != test.why:
                parts.append(f"<p><b>{text(key)}:</b> {text(self._take(value))}</p>")
        log = self._log(state, test)
        if log:
            parts.append(f"<pre>{text(log)}</pre>")
        return "".join(parts)

    def _log(self, state: State, test: TestRecord) -> str:
        """The end of the log of a test that failed; of others, what is more than protocol."""
        lines = [line for line in test.log if not line.startswith("# value ")]
        if state not in (State.FAIL, State.UNEXPECTED, State.DEVIATION):
            lines = [line for line in lines if not line.startswith(_PROTOCOL)]
        return self._take("\n".join(line[:LOG_WIDTH] for line in lines[-LOG_LINES:]))

    def _values(self, row: Row) -> str:
        values = [
            {} if verdict is None else self._some(verdict.test.values) for verdict in row.verdicts
        ]
        return values_table(self._index.labels, values)

    def _some(self, values: dict[str, str]) -> dict[str, str]:
        return {key: self._take(value) for key, value in _trimmed(values)}

    def _take(self, words: str) -> str:
        if len(words) > self._room:
            return "(left out of this page, which has grown large; results.json has it)"
        self._room -= len(words)
        return words


def _trimmed(values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """As many values as a page shows, and of each no more than that."""
    for key, value in islice(values.items(), VALUES):
        yield key[:VALUE_WIDTH], value[:VALUE_WIDTH]


def _checks(results: Sequence[tuple[str, State, Verdict]]) -> str:
    """How many checks the test made; by target if they differ."""
    counts = [verdict.test.checks for _, state, verdict in results if state is not State.SKIP]
    if len(set(counts)) <= 1:
        return f"{counts[0] if counts else 0} checks"
    return "Checks: " + ", ".join(
        f"{text(label)} {verdict.test.checks}" for label, _, verdict in results
    )


# ---- gaps ---------------------------------------------------------------------------------------


def gaps(index: Index) -> Iterator[str]:
    """What implementations do where the TLFS is open."""
    observed = sum(bool(index.covering(gap.id)) for gap in index.gaps)
    intro = (
        f"Where the TLFS is silent or contradicts itself, nothing is right or wrong: tests record "
        f"what an implementation does. {observed} of {len(index.gaps)} such gaps in these areas "
        "were observed in this run."
    )
    yield from section("gaps", "Characterizations", intro, _gap_articles(index))


def _gap_articles(index: Index) -> Iterator[str]:
    yield "<div class=gaps data-view=gaps>"
    for gap in index.gaps:
        yield f'<article id="{gap.id}" data-area="{gap.area}">'
        yield f'<h3><a class=id href="#{gap.id}">{gap.id}</a> {text(gap.title)}</h3>'
        yield f"<p>{text(gap.text)}</p>"
        yield f"<p class=src>{gap.area}; {text(gap.source)}</p>"
        rows = index.covering(gap.id)
        for row in rows:
            yield from _observations(row, index)
        if not rows:
            yield f"<p>{mark(State.NONE, 'no test observes it in this run')}</p>"
        yield from _known(gap)
        yield "</article>"
    yield "</div>"


def _observations(row: Row, index: Index) -> Iterator[str]:
    yield f"<p>{_test_line(row, index.labels, SIGNS.keys() - {State.OBSERVED})}</p>"
    yield values_table(
        index.labels,
        [
            {} if verdict is None else dict(_trimmed(verdict.test.values))
            for verdict in row.verdicts
        ],
    )


def _known(gap: Gap) -> Iterator[str]:
    if not gap.known:
        return
    yield "<dl class=known>"
    for item in gap.known:
        yield (
            f"<div><dt>{text(item.implementation)}</dt>"
            f"<dd>{text(item.behaviour)} <small>{text(item.source)}</small></dd></div>"
        )
    yield "</dl>"
