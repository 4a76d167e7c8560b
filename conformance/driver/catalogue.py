# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The catalogue of requirements: what it may contain, and what is in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from . import yamlfile
from .errors import DriverError
from .yamlfile import Field, Section

DEFAULT_PATH = Path(__file__).resolve().parent.parent / "catalogue" / "tlfs.yaml"

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


def load(path: Path = DEFAULT_PATH) -> dict[str, Requirement]:
    """Returns the checked requirements by id, in the order of the file."""
    document = yamlfile.load(path)
    if not isinstance(document, list) or not document:
        raise DriverError(
            "is not a list of requirements", "see the catalogue that comes with hvkit", path
        )
    requirements: dict[str, Requirement] = {}
    for item in document:
        requirement = _read_requirement(item, path)
        known = requirements.get(requirement.id)
        if known is not None:
            item.fail(
                "id", f"the id {requirement.id} is taken by line {known.line}", "give it a new id"
            )
        requirements[requirement.id] = requirement
    return requirements


def _read_requirement(item: object, path: Path) -> Requirement:
    section: Section = yamlfile.check_section(item, _FIELDS, path, "the requirement")
    if not _ID.fullmatch(section["id"]):
        section.fail("id", f"the id '{section['id']}' is malformed", "write it like SYNIC-042")
    for key in ("title", "text", "source"):
        if not section[key].strip():
            section.fail(key, f"'{key}' of {section['id']} is empty", "fill it in")
    return Requirement(line=section.line, **section)
