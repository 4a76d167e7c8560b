# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The one kind of error that a user can do something about."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path


class DriverError(Exception):
    """Bad input or a target that cannot run; becomes one line on stderr and exit status 2."""

    def __init__(
        self, what: str, remedy: str, file: Path | str | None = None, line: int | None = None
    ) -> None:
        self.what = what
        self.remedy = remedy
        self.file = file
        self.line = line
        super().__init__(str(self))

    def __str__(self) -> str:
        place = "" if self.file is None else f"{self.file}:"
        if self.line is not None:
            place += f"{self.line}:"
        return f"{place} {self.what}; {self.remedy}".lstrip()


class Interrupted(DriverError):
    """The user wants the run to end."""

    def __init__(self) -> None:
        super().__init__("the run was interrupted", "run it again")


def suggest(word: str, known: Iterable[str]) -> str:
    """A remedy for a word that is not among the known ones."""
    known = sorted(known)
    close = difflib.get_close_matches(word, known, n=1)
    if close:
        return f"did you mean '{close[0]}'?"
    return "known are " + ", ".join(known)
