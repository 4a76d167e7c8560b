# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The numbers as Markdown, for a terminal and for the README."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .listing import INSTRUCTIONS

NOTHING = "–"


def of(document: dict[str, Any]) -> Iterator[str]:
    """The lines of both tables, and what is to be said of single numbers."""
    yield from _table(*operations(document))
    notes = [f"- {note['target']}, {note['row']}: {note['text']}" for note in document["notes"]]
    if notes:
        yield from ("", *notes)
    if document["library"]:
        yield ""
        yield from _table(
            ["operation", "lib/core alone"],
            [[item["name"], number(item["count"])] for item in document["library"]],
        )


def operations(document: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """The heads and the cells of the table of operations by targets."""
    labels = [target["name"] for target in document["targets"]]
    heads = ["operation", *labels, *(f"{labels[0]} / {label}" for label in labels[1:])]
    rows = [
        [
            row["name"],
            *(number(row[label], row["unit"]) for label in labels),
            *_ratios(row, labels),
        ]
        for row in document["rows"]
    ]
    return heads, rows


def number(value: int | None, unit: str = INSTRUCTIONS) -> str:
    """A count, which is of instructions unless it says otherwise; or that there is none."""
    if value is None:
        return NOTHING
    return f"{value:,}" if unit == INSTRUCTIONS else f"{value:,} {unit}"


def _ratios(row: dict[str, Any], labels: Sequence[str]) -> list[str]:
    """What share of each other target's number the first target's is."""
    ours = row[labels[0]]
    return [
        NOTHING if ours is None or not row[label] else f"{ours / row[label]:.2f}"
        for label in labels[1:]
    ]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    yield _line(head, widths)
    yield "| " + " | ".join(
        "-" * width if first else "-" * (width - 1) + ":"
        for width, first in zip(widths, [True, *[False] * (len(widths) - 1)], strict=True)
    ) + " |"
    for row in rows:
        yield _line(row, widths)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    words = [cells[0].ljust(widths[0])]
    words += [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
    return "| " + " | ".join(words) + " |"
