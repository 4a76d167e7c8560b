# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A comparison of two runs as a page; it has no script."""

from __future__ import annotations

from collections.abc import Iterator

from ..verdict import Verdict
from . import html
from .compare import Change, Comparison, Kind, TargetChange, ValueChange
from .html import mark, text, value_cell
from .overview import date_text, origin
from .run import Run
from .signs import State, state_of


def of(comparison: Comparison) -> str:
    """The HTML of the page."""
    return html.frame("hvkit conformance: what changed", _body(comparison))


def _body(comparison: Comparison) -> Iterator[str]:
    yield "<header><h1>Hyper-V interface conformance: what changed</h1>"
    yield _run_line("Before", comparison.before)
    yield _run_line("After", comparison.after)
    worse = comparison.worse
    verdict = f"Got worse: {worse}" if worse else "Nothing got worse"
    state = State.FAIL if worse else State.PASS
    yield f"<p class=verdict>{mark(state, verdict)}</p>"
    for labels, which in ((comparison.only_before, "first"), (comparison.only_after, "second")):
        if labels:
            yield f"<p>Only in the {which} run: {text(', '.join(labels))}.</p>"
    yield "</header>"
    yield "<main>"
    yield from _counts(comparison)
    for number, target in enumerate(comparison.targets):
        yield from _target(number, target)
    yield "</main>"


def _run_line(which: str, run: Run) -> str:
    dates = ", ".join(date_text(item.date) for item in run.invocations)
    return f"<p class=meta><b>{which}:</b> {origin(run)} · {dates}</p>"


def _counts(comparison: Comparison) -> Iterator[str]:
    kinds = "".join(f"<th scope=col>{kind}</th>" for kind in Kind)
    yield "<div class=scroll><table class=totals><thead><tr><th scope=col>implementation</th>"
    yield f"{kinds}<th scope=col>changed values</th></tr></thead><tbody>"
    for number, target in enumerate(comparison.targets):
        numbers = [*(len(target.of(kind)) for kind in Kind), len(target.values)]
        cells = "".join(f"<td>{count}</td>" for count in numbers)
        name = f'<a href="#target-{number}">{text(target.label)}</a>'
        yield f"<tr><th scope=row>{name}</th>{cells}</tr>"
    yield "</tbody></table></div>"


def _target(number: int, target: TargetChange) -> Iterator[str]:
    yield f"<section id=target-{number} aria-labelledby=target-{number}-title>"
    yield f"<h2 id=target-{number}-title>{text(target.label)}</h2>"
    if not target.changes and not target.values:
        yield "<p>Nothing changed.</p>"
    for kind in Kind:
        changes = target.of(kind)
        if changes:
            yield f"<h3>{kind}: {len(changes)}</h3>"
            yield from _changes(changes)
    if target.values:
        yield f"<h3>changed values: {len(target.values)}</h3>"
        yield from _values(target.values)
    yield "</section>"


def _changes(changes: list[Change]) -> Iterator[str]:
    yield "<div class=scroll><table class=changes><thead><tr><th scope=col>test</th>"
    yield "<th scope=col>before</th><th scope=col>after</th></tr></thead><tbody>"
    for change in changes:
        sides = "".join(_side(verdict) for verdict in (change.before, change.after))
        yield f"<tr><th scope=row><code>{change.name}</code></th>{sides}</tr>"
    yield "</tbody></table></div>"


def _side(verdict: Verdict | None) -> str:
    if verdict is None:
        return "<td>–</td>"
    reason = f"<p>{text(verdict.reason)}</p>" if verdict.reason else ""
    return f"<td>{mark(state_of(verdict))}{reason}</td>"


def _values(values: list[ValueChange]) -> Iterator[str]:
    yield "<div class=scroll><table class=changes><thead><tr><th scope=col>where</th>"
    yield "<th scope=col>before</th><th scope=col>after</th></tr></thead><tbody>"
    for value in values:
        sides = value_cell(value.before) + value_cell(value.after)
        where = f"<code>{text(value.place)} {text(value.key)}</code>"
        yield f"<tr><th scope=row>{where}</th>{sides}</tr>"
    yield "</tbody></table></div>"
