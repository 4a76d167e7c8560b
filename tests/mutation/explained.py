# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Mutants that survive by right: each with the reason why no test can or should notice it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from driver import yamlfile
from driver.errors import DriverError, suggest
from driver.yamlfile import Field, Section

from .mutants import Mutant

DEFAULT_PATH = Path(__file__).resolve().parent / "equivalent.yaml"

_FIELDS = {
    "file": Field(str),
    "function": Field(str),
    "code": Field(str),
    "mutants": Field(list),
    "reason": Field(str),
}


@dataclass(frozen=True)
class Key:
    """What names a mutant: its place and the change, but no line number, which moves."""

    file: str
    function: str
    before: str
    after: str


def key_of(mutant: Mutant) -> Key:
    """The name of a mutant in the list."""
    return Key(mutant.file, mutant.function, mutant.before, mutant.after)


def load(
    mutants: Mapping[str, Iterable[Mutant]], path: Path = DEFAULT_PATH
) -> dict[Key, str]:
    """Returns the reasons by mutant.

    The mutants, by file, are all that there are: what is explained and not among them is stale.
    """
    document = yamlfile.load(path)
    if document is None:
        return {}
    if not isinstance(document, list):
        raise DriverError("is not a list of mutants", "see the list that comes with hvkit", path)
    known = {key_of(mutant) for items in mutants.values() for mutant in items}
    reasons: dict[Key, str] = {}
    for item in document:
        section = yamlfile.check_section(item, _FIELDS, path, "the entry")
        if section["file"] not in mutants:
            file = section["file"]
            section.fail("file", f"no file '{file}' is tried", suggest(file, mutants))
        if not section["reason"].strip():
            section.fail("reason", "the reason is empty", "say why nothing can notice")
        for key in _keys(section):
            _check(section, key, known, reasons)
            reasons[key] = section["reason"].strip()
    return reasons


def _keys(section: Section) -> list[Key]:
    if not section["mutants"]:
        section.fail("mutants", "the entry has no mutant", "name those that survive")
    before = " ".join(section["code"].split())
    return [
        Key(section["file"], section["function"], before, " ".join(str(after).split()))
        for after in section["mutants"]
    ]


def _check(section: Section, key: Key, known: Collection[Key], reasons: Collection[Key]) -> None:
    if key in reasons:
        section.fail("mutants", f"'{key.after}' is explained twice", "remove one of them")
    if key in known:
        return
    same_line = sorted({k.after for k in known if (k.file, k.before) == (key.file, key.before)})
    if not same_line:
        section.fail(
            "code", f"no line of {key.file} is '{key.before}'", "remove the entry, or correct it"
        )
    section.fail("mutants", f"no mutant '{key.after}'", suggest(key.after, same_line))
