# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The numbers as bars: an SVG that stands alone, or in the page."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from ..report.html import text
from .table import number

COLOURS = ("#2da44e", "#0b57a4", "#8250df", "#e16f24", "#6e7781")
_WIDTH, _LEFT, _RIGHT = 960, 190, 90
_BAR, _GAP, _TOP = 9, 9, 34
_FONT = 'font-family="system-ui, sans-serif" font-size="12" fill="currentColor"'


def of(document: dict[str, Any]) -> str:
    """The SVG. Lengths are logarithms: operations differ by factors."""
    labels = [target["name"] for target in document["targets"]]
    rows = document["rows"]
    largest = max((row[label] or 1 for row in rows for label in labels), default=1)
    decades = max(1, math.ceil(math.log10(largest)))
    scale = (_WIDTH - _LEFT - _RIGHT) / decades
    step = len(labels) * _BAR + _GAP
    height = _TOP + len(rows) * step + 4
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
            f'aria-label="What each operation takes, on a logarithmic scale">',
            *_legend(labels),
            *_grid(decades, scale, height),
            *(
                line
                for place, row in enumerate(rows)
                for line in _row(row, labels, _TOP + place * step, scale)
            ),
            "</svg>",
        ]
    )


def _legend(labels: list[str]) -> Iterator[str]:
    for place, label in enumerate(labels):
        x = _LEFT + place * 130
        yield f'<rect x="{x}" y="2" width="10" height="10" fill="{_colour(place)}"/>'
        yield f'<text x="{x + 15}" y="11" {_FONT}>{text(label)}</text>'


def _grid(decades: int, scale: float, height: int) -> Iterator[str]:
    for decade in range(decades + 1):
        x = _LEFT + decade * scale
        yield f'<path d="M{x:.1f} {_TOP - 4}V{height}" stroke="#8c959f" stroke-opacity=".4"/>'
        yield f'<text x="{x:.1f}" y="{_TOP - 8}" text-anchor="middle" {_FONT}>{10**decade:,}</text>'


def _row(row: dict[str, Any], labels: list[str], top: int, scale: float) -> Iterator[str]:
    middle = top + len(labels) * _BAR / 2 + 4
    yield (
        f'<text x="{_LEFT - 8}" y="{middle:.1f}" text-anchor="end" {_FONT}>{text(row["name"])}</text>'
    )
    for place, label in enumerate(labels):
        value = row[label]
        if value is None:
            continue
        y, width = top + place * _BAR, max(1.0, math.log10(max(1, value)) * scale)
        yield (
            f'<rect x="{_LEFT}" y="{y}" width="{width:.1f}" height="{_BAR - 1}" '
            f'fill="{_colour(place)}"/>'
        )
        yield (
            f'<text x="{_LEFT + width + 4:.1f}" y="{y + _BAR - 1}" {_FONT.replace("12", "9")}>'
            f"{number(value, row['unit'])}</text>"
        )


def _colour(place: int) -> str:
    return COLOURS[place % len(COLOURS)]
