# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What bench.json holds (bench.schema.json)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..report import schema
from ..version import Version
from .listing import INSTRUCTIONS, Count, Listing

SCHEMA = 1
NAME = "bench.json"
SCHEMA_FILE = "bench.schema.json"


def of(
    listings: Mapping[str, Listing], library: Mapping[str, int], hvkit: Version
) -> dict[str, Any]:
    """The document: a row for each operation that any target knows."""
    units = {name: unit for listing in listings.values() for name, unit in listing.units.items()}
    return {
        "schema": SCHEMA,
        "hvkit": asdict(hvkit),
        "targets": [
            {"name": label, "vps": listing.vps} for label, listing in listings.items()
        ],
        "rows": [_row(name, unit, listings) for name, unit in units.items()],
        "notes": [
            {"target": label, "row": name, "text": text}
            for label, listing in listings.items()
            for name in units
            if (text := _note(listing.rows.get(name)))
        ],
        "library": [
            {"name": name, "unit": INSTRUCTIONS, "count": count} for name, count in library.items()
        ],
    }


def _row(name: str, unit: str, listings: Mapping[str, Listing]) -> dict[str, Any]:
    row: dict[str, Any] = {"name": name, "unit": unit}
    for label, listing in listings.items():
        value = listing.rows.get(name)
        row[label] = value.least if isinstance(value, Count) else None
    return row


def _note(value: Count | str | None) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Count) and value.most != value.least:
        return f"up to {value.most}: not the same in each repetition"
    return ""


def write(directory: Path, content: dict[str, Any]) -> None:
    """Writes bench.json, which keeps to the schema."""
    schema.check(content, schema.load(__name__.rpartition(".")[0], SCHEMA_FILE))
    (directory / NAME).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
