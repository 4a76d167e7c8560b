# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What the bench kernel writes, as PROTOCOL.md defines it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..protocol import MAX_LINE, printable

VERSION = 1
MAX_ROWS = 200
INSTRUCTIONS = "instructions"

# A number of 64 bits.
_NUMBER = "[0-9]{1,20}"
_NAME = "(?P<name>[a-z][a-z0-9-]{0,60})"
_BANNER = re.compile(
    rf"# hvkit-bench (?P<version>{_NUMBER}) rows=(?P<rows>{_NUMBER}) vps=(?P<vps>{_NUMBER})"
)
_UNIT = "(?: unit=(?P<unit>bytes))?"
_COUNT = re.compile(
    rf"# row {_NAME}{_UNIT} least=(?P<least>{_NUMBER}) most=(?P<most>{_NUMBER}) repetitions={_NUMBER}"
)
_NONE = re.compile(rf"# row {_NAME}{_UNIT} none (?P<reason>.+)")
_END = re.compile(rf"# end rows=(?P<rows>{_NUMBER})")


@dataclass(frozen=True)
class Count:
    """What an operation took, at least and at most, of several repetitions."""

    least: int
    most: int


@dataclass
class Listing:
    """The rows of one run, in their order: a count, or why there is none; and their units."""

    vps: int = 0
    rows: dict[str, Count | str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    complete: bool = False


class ListingError(Exception):
    """The output is not that of a bench kernel which came to its end."""


def parse(output: str) -> Listing:
    """Reads the output of a run; lines of others in between do not matter."""
    listing, announced = Listing(), None
    for line in output.splitlines():
        line = line[:MAX_LINE]
        if match := _BANNER.fullmatch(line):
            if int(match["version"]) != VERSION:
                raise ListingError(f"the kernel speaks version {match['version']}, not {VERSION}")
            announced, listing = int(match["rows"]), Listing(int(match["vps"]))
        elif match := _COUNT.fullmatch(line):
            _add(listing, match, Count(int(match["least"]), int(match["most"])))
        elif match := _NONE.fullmatch(line):
            _add(listing, match, printable(match["reason"]))
        elif match := _END.fullmatch(line):
            listing.complete = int(match["rows"]) == len(listing.rows) == announced
    if announced is None:
        raise ListingError("the kernel did not begin")
    if not listing.complete:
        raise ListingError(f"the kernel ended after {len(listing.rows)} of {announced} rows")
    return listing


def _add(listing: Listing, match: re.Match[str], value: Count | str) -> None:
    name = match["name"]
    if name in listing.rows or len(listing.rows) == MAX_ROWS:
        raise ListingError(f"row {name} is there twice, or one too many")
    listing.rows[name] = value
    listing.units[name] = match["unit"] or INSTRUCTIONS
