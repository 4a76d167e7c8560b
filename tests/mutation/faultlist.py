# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The list of seeded faults: what it may contain, and the libraries with one of them in them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from driver import yamlfile
from driver.errors import DriverError, suggest
from driver.yamlfile import Field, Section

ROOT = Path(__file__).resolve().parent.parent.parent
TYPE1 = ROOT / "sdk" / "samples" / "type1"
# Rooms that are tried, of the sample the back end for SVM; no two of these files have the same name.
ROOMS = (ROOT / "lib" / "core", ROOT / "lib" / "insn", TYPE1)
DEFAULT_PATH = Path(__file__).resolve().parent / "faults.yaml"

_NAME = re.compile(r"[a-z][a-z0-9-]*")
_FIELDS = {
    "name": Field(str),
    "file": Field(str),
    "find": Field(str),
    "replace": Field(str),
    "why": Field(str),
    "test": Field(str, required=False),
    "target": Field(str, required=False),
    "reference": Field(str, required=False),
}


@dataclass(frozen=True)
class Fault:
    """One thing wrong in one file; `line` is where the list states it."""

    name: str
    file: str
    why: str
    test: str | None  # the one that is known to notice, and where it runs
    target: str
    line: int
    text: str  # of the file, with the fault


def load(path: Path = DEFAULT_PATH, rooms: Sequence[Path] = ROOMS) -> list[Fault]:
    """Returns the checked faults in the order of the file."""
    document = yamlfile.load(path)
    if not isinstance(document, list) or not document:
        raise DriverError("is not a list of faults", "see the list that comes with hvkit", path)
    sources = files_of(rooms)
    faults: dict[str, Fault] = {}
    for item in document:
        section = yamlfile.check_section(item, _FIELDS, path, "the fault")
        fault = _read_fault(section, sources)
        known = faults.get(fault.name)
        if known is not None:
            section.fail(
                "name", f"the name {fault.name} is taken by line {known.line}", "give it a new one"
            )
        faults[fault.name] = fault
    return list(faults.values())


def choose(faults: list[Fault], names: Iterable[str]) -> list[Fault]:
    """Returns the faults of these names, in that order."""
    by_name = {fault.name: fault for fault in faults}
    chosen = []
    for name in names:
        if name not in by_name:
            raise DriverError(f"unknown fault '{name}'", suggest(name, by_name))
        chosen.append(by_name[name])
    return chosen


def files_of(rooms: Sequence[Path] = ROOMS) -> dict[str, Path]:
    """The files of the rooms by their names."""
    paths = sorted(path for room in rooms for path in room.iterdir())
    return {path.name: path for path in paths if _is_tried(path)}


def _is_tried(path: Path) -> bool:
    if path.parent == TYPE1:
        return fnmatchcase(path.name, "svm*.c")
    return path.suffix in (".c", ".h")


def place_of(path: Path) -> Path:
    """Where the copy of a file stands among the copies.

    Those of the sample are apart: its headers bear names of lib/core's.
    """
    return Path("type1", path.name) if path.parent == TYPE1 else Path(path.name)


def seed(fault: Fault, directory: Path, rooms: Sequence[Path] = ROOMS) -> None:
    """Makes the directory hold the files of the rooms, the fault in one of them."""
    copy_files(directory, rooms)
    _write(directory / place_of(files_of(rooms)[fault.file]), fault.text)


def copy_files(directory: Path, rooms: Sequence[Path] = ROOMS) -> None:
    """Makes the directory hold the files of the rooms; one that is the same is not touched."""
    wanted = {directory / place_of(path): path for path in files_of(rooms).values()}
    for folder in {directory, *(copy.parent for copy in wanted)}:
        folder.mkdir(parents=True, exist_ok=True)
    for stale in directory.rglob("*"):
        if stale.is_file() and stale not in wanted:
            stale.unlink()
    for copy, path in wanted.items():
        if not copy.is_file() or copy.read_bytes() != path.read_bytes():
            shutil.copyfile(path, copy)


def _write(path: Path, text: str) -> None:
    if path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def _read_fault(section: Section, sources: Mapping[str, Path]) -> Fault:
    if not _NAME.fullmatch(section["name"]):
        section.fail(
            "name", f"the name '{section['name']}' is malformed", "use lower-case words and '-'"
        )
    for key in ("find", "why"):
        if not section[key].strip():
            section.fail(key, f"'{key}' of {section['name']} is empty", "fill it in")
    return Fault(
        name=section["name"],
        file=section["file"],
        why=section["why"].strip(),
        test=section.get("test"),
        target=section.get("target", "sample"),
        line=section.line,
        text=_seeded(section, sources),
    )


def _seeded(section: Section, sources: Mapping[str, Path]) -> str:
    file: str = section["file"]
    if file not in sources:
        section.fail("file", f"no file '{file}' in lib/core and lib/insn, or of the back end for SVM", suggest(file, sources))
    text = sources[file].read_text(encoding="utf-8")
    # Blanks count as one: the same words broken into other lines are the same code.
    words = section["find"].split()
    found = list(re.finditer(r"\s+".join(re.escape(word) for word in words), text))
    if len(found) != 1:
        how = "does not occur" if not found else f"occurs {len(found)} times"
        section.fail(
            "find",
            f"the text of '{section['name']}' {how} in {file}",
            "let 'find' name what the code says now, once",
        )
    begin, end = found[0].span()
    if words == section["replace"].split():
        section.fail("replace", f"'{section['name']}' changes nothing", "put the fault there")
    replacement: str = section["replace"].strip()
    return text[:begin] + replacement + text[end:]
