# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The catalogue of requirements: what it may contain, and what is in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from . import yamlfile
from .errors import DriverError
from .yamlfile import Field, Section

DEFAULT_PATH = Path(__file__).resolve().parent.parent / "catalogue" / "tlfs.yaml"
GAPS_PATH = DEFAULT_PATH.with_name("gaps.yaml")

AREAS = (
    "discovery",
    "hypercall-abi",
    "synthetic-msrs",
    "reference-time",
    "virtual-processor",
    "local-apic",
    "synthetic-ipi",
    "synic",
    "synthetic-timers",
    "tlb-and-virtual-mmu",
    "gpa-space-and-overlays",
    "crash-enlightenment",
    "guest-idle",
    "guest-debugging",
    "partitions",
    "memory-pools",
    "ports-connections",
    "scheduler",
    "intercepts-and-messages",
    "statistics",
    "virtual-secure-mode",
    "nested-virtualization",
    "root-management",
)
LEVELS = ("must", "should", "may")
OBSERVABLES = ("guest", "root", "internal")
BASES = ("stated", "derived")

_ID = re.compile(r"[A-Z][A-Z0-9]*-[0-9]{3}")
_FIELDS = {
    "id": Field(str),
    "area": Field(str, choices=AREAS),
    "title": Field(str),
    "text": Field(str),
    "source": Field(str),
    "gated_by": Field((str, type(None))),
    "level": Field(str, choices=LEVELS),
    "observable": Field(str, choices=OBSERVABLES),
    "basis": Field(str, choices=BASES),
    "note": Field(str, required=False),
}
_GAP_ID = re.compile(r"GAP-[0-9]{3}")
_GAP_FIELDS = {
    "id": Field(str),
    "area": Field(str, choices=AREAS),
    "title": Field(str),
    "text": Field(str),
    "source": Field(str),
    "known": Field(list, required=False),
}
_KNOWN_FIELDS = {"implementation": Field(str), "behaviour": Field(str), "source": Field(str)}


@dataclass(frozen=True)
class Requirement:
    """One rule of the specification; `line` is where the catalogue states it."""

    id: str
    area: str
    title: str
    text: str
    source: str
    gated_by: str | None
    level: str
    observable: str
    basis: str
    line: int
    note: str = ""


@dataclass(frozen=True)
class KnownBehaviour:
    """What an implementation is known to do where the specification is open."""

    implementation: str
    behaviour: str
    source: str


@dataclass(frozen=True)
class Gap:
    """Where the documents are silent or contradict each other; tests observe it without a verdict."""

    id: str
    area: str
    title: str
    text: str
    source: str
    line: int
    known: tuple[KnownBehaviour, ...] = ()


_Item = TypeVar("_Item", Requirement, Gap)


def load(path: Path = DEFAULT_PATH) -> dict[str, Requirement]:
    """Returns the checked requirements by id, in the order of the file."""
    return _load_list(path, "requirements", _read_requirement)


def load_gaps(path: Path = GAPS_PATH) -> dict[str, Gap]:
    """Returns the checked gaps by id, in the order of the file."""
    return _load_list(path, "gaps", _read_gap)


def _load_list(
    path: Path, what: str, read: Callable[[object, Path], _Item]
) -> dict[str, _Item]:
    document = yamlfile.load(path)
    if not isinstance(document, list) or not document:
        raise DriverError(f"is not a list of {what}", "see the catalogue that comes with hvkit", path)
    items: dict[str, _Item] = {}
    for entry in document:
        item = read(entry, path)
        known = items.get(item.id)
        if known is not None:
            entry.fail("id", f"the id {item.id} is taken by line {known.line}", "give it a new id")
        items[item.id] = item
    return items


def _read_requirement(item: object, path: Path) -> Requirement:
    section = yamlfile.check_section(item, _FIELDS, path, "the requirement")
    # Whoever reads GAP- in a list knows that nothing is required.
    if not _ID.fullmatch(section["id"]) or _GAP_ID.fullmatch(section["id"]):
        section.fail("id", f"the id '{section['id']}' is malformed", "write it like SYNIC-042")
    _check_texts(section)
    return Requirement(line=section.line, **section)


def _read_gap(item: object, path: Path) -> Gap:
    section = yamlfile.check_section(item, _GAP_FIELDS, path, "the gap")
    if not _GAP_ID.fullmatch(section["id"]):
        section.fail("id", f"the id '{section['id']}' is malformed", "write it like GAP-207")
    _check_texts(section)
    known = tuple(
        KnownBehaviour(**yamlfile.check_section(entry, _KNOWN_FIELDS, path, "the known behaviour"))
        for entry in section.pop("known", [])
    )
    return Gap(line=section.line, known=known, **section)


def _check_texts(section: Section) -> None:
    for key in ("title", "text", "source"):
        if not section[key].strip():
            section.fail(key, f"'{key}' of {section['id']} is empty", "fill it in")
