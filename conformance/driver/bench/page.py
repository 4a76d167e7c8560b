# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The numbers as a page in the look of the reports; it has no script."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..report import html
from ..report.html import text
from . import plot
from .table import number, operations


def of(document: dict[str, Any]) -> str:
    """The HTML of the page."""
    return html.frame("hvkit bench", _body(document))


def _body(document: dict[str, Any]) -> Iterator[str]:
    machines = ", ".join(
        f"{target['name']} with {target['vps']} VP{'' if target['vps'] == 1 else 's'}"
        for target in document["targets"]
    )
    yield "<header><h1>What operations take, in instructions</h1>"
    yield (
        "<p>Counted by an emulated processor, of the guest and of all that is below it: "
        f"{text(machines)}.</p></header>"
    )
    yield "<main><section>"
    yield "<h2>The same guest on each</h2>"
    yield plot.of(document)
    yield from _table(*operations(document))
    yield "</section>"
    yield from _notes(document["notes"])
    yield from _library(document["library"])
    yield "</main>"
    hvkit = document["hvkit"]
    yield f"<footer><p>hvkit {text(hvkit['version'])}, {text(hvkit['commit'])}</p></footer>"


def _notes(notes: Sequence[dict[str, Any]]) -> Iterator[str]:
    if notes:
        yield "<section><h2>Notes</h2>"
        yield from _table(
            ["operation", "on", "note"],
            [[note["row"], note["target"], note["text"]] for note in notes],
        )
        yield "</section>"


def _library(library: Sequence[dict[str, Any]]) -> Iterator[str]:
    if library:
        yield "<section><h2>lib/core alone</h2>"
        yield "<p>The same operations on this machine, with the platform of the unit tests.</p>"
        yield from _table(
            ["operation", "instructions"],
            [[item["name"], number(item["count"])] for item in library],
        )
        yield "</section>"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield "<div class=scroll><table class=totals><thead><tr>"
    yield "".join(f"<th scope=col>{text(head)}</th>" for head in heads)
    yield "</tr></thead><tbody>"
    for first, *rest in rows:
        cells = "".join(f"<td>{text(cell)}</td>" for cell in rest)
        yield f"<tr><th scope=row><code>{text(first)}</code></th>{cells}</tr>"
    yield "</tbody></table></div>"
