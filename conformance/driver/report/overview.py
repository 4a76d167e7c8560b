# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The head of the page: what ran on what, and how it came out by area."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from ..coverage import Count
from ..result import TargetResult
from .html import mark, text
from .index import Index
from .run import Run, in_order
from .signs import SIGNS, State, state_of


def head(run: Run) -> Iterator[str]:
    """The title, and where the results come from."""
    yield "<header>"
    yield "<h1>Hyper-V interface conformance</h1>"
    yield f"<p class=meta>{origin(run)}</p>"
    for item in run.invocations:
        command = " ".join(item.command)
        yield f"<p class=meta><code>{text(command)}</code> · <span>{_date(item.date)}</span></p>"
    yield "</header>"


def origin(run: Run) -> str:
    """Which hvkit and which kernel."""
    hvkit = run.hvkit
    return (
        f"hvkit {text(hvkit.version)}, commit <code>{text(hvkit.commit)}</code>, "
        f"guest image <code>{run.kernel[:12]}</code>"
    )


def date_text(date: str) -> str:
    """A date for people."""
    return date.replace("T", " ").replace("Z", " UTC")


def _date(date: str) -> str:
    return f'<time datetime="{date}">{date_text(date)}</time>'


def cards(run: Run) -> Iterator[str]:
    """A card for each implementation."""
    yield "<section id=overview aria-labelledby=overview-title>"
    yield "<h2 id=overview-title>Implementations</h2>"
    yield "<div class=cards>"
    for label, result in zip(run.labels, run.results, strict=True):
        yield from _card(label, result)
    yield "</div>"
    yield "</section>"


def _card(label: str, result: TargetResult) -> Iterator[str]:
    counts = Counter(state_of(verdict) for verdict in result.verdicts)
    yield "<article>"
    yield f"<h3>{text(label)}</h3>"
    yield f"<p>{text(result.target.description)}</p>"
    yield _bar(counts)
    yield f"<p class=counts>{_counts(counts, always=(State.PASS, State.FAIL))}</p>"
    yield "<dl>"
    facts = dict(result.facts)
    facts["processors"] = f"{result.vps}" + (
        "" if result.vps == result.smp else f" of {result.smp} asked for"
    )
    if result.boots > 1:
        facts["boots"] = f"{result.boots}; after a hang or crash the guest is booted again"
    for key, value in facts.items():
        yield f"<div><dt>{text(key)}</dt><dd>{text(value)}</dd></div>"
    yield "</dl>"
    for warning in result.warnings:
        yield f"<p class=warning><b>Warning:</b> {text(warning)}</p>"
    yield "</article>"


def _bar(counts: Counter[State]) -> str:
    """The shares as a bar; the numbers below say the same."""
    total, left, parts = max(1, counts.total()), 0.0, []
    for state in SIGNS:
        width = 100 * counts[state] / total
        if width:
            parts.append(f'<rect class="{state}" x="{left:.2f}" width="{width:.2f}" height="4"/>')
        left += width
    return (
        '<svg class=bar viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">'
        + "".join(parts)
        + "</svg>"
    )


def _counts(counts: Counter[State], always: Iterable[State] = ()) -> str:
    # None at all is no reason for a colour.
    return " ".join(
        mark(state, f"{counts[state]} {sign.words}", plain=not counts[state])
        for state, sign in SIGNS.items()
        if counts[state] or state in always
    )


def totals(index: Index) -> Iterator[str]:
    """The table by area: requirements that have a test, and outcomes of tests for each target."""
    yield "<section id=areas aria-labelledby=areas-title>"
    yield "<h2 id=areas-title>Areas</h2>"
    yield (
        "<p>How many requirements of the catalogue have a test in this run, by who can see them; "
        "and how the tests came out.</p>"
    )
    yield "<div class=scroll><table class=totals>"
    heads = "".join(f"<th scope=col>{text(label)}</th>" for label in index.labels)
    yield (
        "<thead><tr><th scope=col>area</th><th scope=col>tested, seen by guest</th>"
        f"<th scope=col>seen by root</th>{heads}</tr></thead><tbody>"
    )
    every = {item.area for item in index.run.requirements.values()} | set(index.areas)
    for area in in_order(every):
        yield _totals_row(index, area)
    yield "</tbody><tfoot>"
    yield _totals_row(index, None)
    yield "</tfoot></table></div>"
    yield _legend()
    yield "</section>"


def _totals_row(index: Index, area: str | None) -> str:
    cells = []
    for kind in ("guest", "root"):
        coverage = index.run.coverage[kind]
        count = coverage.whole if area is None else coverage.areas.get(area, Count())
        cells.append(f"<td>{count}</td>")
    for result in index.run.results:
        states = [
            state_of(verdict)
            for verdict in result.verdicts
            if area is None or verdict.test.area == area
        ]
        cells.append(f"<td>{_short_counts(Counter(states)) or 'none'}</td>")
    name = "all" if area is None else text(area)
    if area in index.requirement_areas:
        name = f'<a href="#area-{name}">{name}</a>'
    return f"<tr><th scope=row>{name}</th>{''.join(cells)}</tr>"


def _short_counts(counts: Counter[State]) -> str:
    return " ".join(
        f'<span class={state}><b aria-hidden="true">{sign.symbol}</b>{counts[state]}'
        f"<span class=sr> {sign.words}</span></span>"
        for state, sign in SIGNS.items()
        if counts[state]
    )


def _legend() -> str:
    items = "".join(
        f"<div><dt>{mark(state)}</dt><dd>{sign.meaning}</dd></div>" for state, sign in SIGNS.items()
    )
    return f"<dl class=legend>{items}</dl>"
