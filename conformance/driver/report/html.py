# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Pieces of HTML. Whatever comes from a guest passes through text(); nothing else may hold it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib import resources

from .signs import SIGNS, State

text = escape
# Of so many targets a wide page shows the outcomes in words, of more by symbols.
MANY = 6


def asset(name: str) -> str:
    """A file that becomes part of the page, without the comment at its head."""
    content = resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
    return content.partition("*/\n")[2]


def frame(title: str, body: Iterable[str], script: str = "") -> str:
    """A whole page, which runs no script and loads no style but its own."""
    style = asset("page.css")
    scripts = f"'{_digest(script)}'" if script else "'none'"
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src {scripts}; "
        "base-uri 'none'; form-action 'none'"
    )
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{text(title)}</title>",
            f"<style>{style}</style>",
            "</head>",
            "<body>",
            *body,
            *([f"<script>{script}</script>"] if script else []),
            "</body>",
            "</html>",
            "",
        ]
    )


def _digest(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def cell(state: State, note: str = "") -> str:
    """A cell of a matrix; a narrow page hides the words from the eye alone."""
    sign = SIGNS[state]
    note = f" {text(note)}" if note else ""
    return f"<td class={state}><b>{sign.symbol}</b><span> {sign.words}{note}</span></td>"


def mark(state: State, words: str | None = None, *, plain: bool = False) -> str:
    """A state within a line, in its colour unless that is not wanted."""
    sign = SIGNS[state]
    words = sign.words if words is None else words
    shown = State.NONE if plain else state
    return f"<span class={shown}><b>{sign.symbol}</b> {text(words)}</span>"


def matrix_start(view: str, first: str, labels: Sequence[str]) -> str:
    """The head of a matrix: a wide column of words, a narrow one for each target."""
    many = " many" if len(labels) > MANY else ""
    columns = "<col class=t>" * len(labels)
    heads = "".join(f"<th scope=col><span>{text(label)}</span></th>" for label in labels)
    return (
        f'<div class=box><table class="matrix{many}" data-view={view}>'
        f"<colgroup><col>{columns}</colgroup>"
        f"<thead><tr><th scope=col>{text(first)}</th>{heads}</tr></thead>"
    )


def value_cell(value: str | None) -> str:
    """A cell with something that was observed, or was not."""
    return "<td>–</td>" if value is None else f"<td><code>{text(value)}</code></td>"


def values_table(labels: Sequence[str], values: Sequence[Mapping[str, str]]) -> str:
    """What was observed, side by side; of a target that observed nothing there is no column."""
    columns = [(label, item) for label, item in zip(labels, values, strict=True) if item]
    if not columns:
        return ""
    heads = "".join(f"<th scope=col>{text(label)}</th>" for label, _ in columns)
    keys = dict.fromkeys(key for _, item in columns for key in item)
    rows = "\n".join(_values_row(key, [item.get(key) for _, item in columns]) for key in keys)
    return (
        "<div class=scroll><table class=values><thead><tr><th scope=col>observed</th>"
        f"{heads}</tr></thead><tbody>\n{rows}\n</tbody></table></div>"
    )


def _values_row(key: str, values: Sequence[str | None]) -> str:
    differs = " <i>differs</i>" if len(set(values)) > 1 else ""
    cells = "".join(map(value_cell, values))
    return f"<tr><th scope=row><code>{text(key)}</code>{differs}</th>{cells}</tr>"
