# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The page: one file that needs nothing from elsewhere, and whose tables need no script."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..catalogue import LEVELS
from . import html, overview, views
from .html import text
from .index import Index
from .run import Run, in_order
from .signs import SIGNS


def of(run: Run) -> str:
    """The HTML of the page."""
    index = Index(run)
    title = "hvkit conformance: " + ", ".join(run.labels)
    return html.frame(title, _body(index), html.asset("page.js"))


def _body(index: Index) -> Iterator[str]:
    yield '<a class=skip href="#requirements">Skip to the requirements</a>'
    yield from overview.head(index.run)
    yield "<main>"
    yield from overview.cards(index.run)
    yield from overview.totals(index)
    yield from _bar(index)
    yield from views.requirements(index)
    yield from views.tests(index)
    yield from views.gaps(index)
    yield "</main>"
    yield f"<footer><p>{overview.origin(index.run)}</p></footer>"


def _bar(index: Index) -> Iterator[str]:
    """Navigation, and the filters that the script brings to life."""
    yield "<div class=tools id=tools>"
    yield (
        '<nav aria-label="Views"><a href="#overview">Overview</a> '
        '<a href="#requirements">Requirements</a> <a href="#tests">Tests</a> '
        '<a href="#gaps">Characterizations</a></nav>'
    )
    areas = in_order(set(index.areas) | index.requirement_areas)
    outcomes = [(str(state), f"{sign.symbol} {sign.words}") for state, sign in SIGNS.items()]
    columns = [(str(column), f"on {label}") for column, label in enumerate(index.labels)]
    yield '<form id=filters role=search aria-label="Filters" hidden>'
    yield (
        "<label><span class=sr>Search</span><input type=search name=q autocomplete=off "
        'spellcheck=false placeholder="Search id, word, test"></label>'
    )
    yield _select("area", "Area", "all areas", [(area, area) for area in areas])
    yield _select("level", "Level", "all levels", [(level, level) for level in LEVELS])
    yield _select("outcome", "Outcome", "all outcomes", [*outcomes, ("differ", "they differ")])
    yield _select("on", "Implementation that has the outcome", "on any", columns)
    yield "<button type=reset>Reset</button>"
    yield "</form>"
    yield "</div>"


def _select(name: str, label: str, every: str, options: Iterable[tuple[str, str]]) -> str:
    items = "".join(f'<option value="{value}">{text(words)}</option>' for value, words in options)
    return (
        f"<label><span class=sr>{label}</span><select name={name}>"
        f'<option value="">{every}</option>{items}</select></label>'
    )
