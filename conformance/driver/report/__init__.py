# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The results as files: JSON for programs, TAP and JUnit XML for tools, HTML for people."""

from __future__ import annotations

from pathlib import Path

from ..errors import DriverError
from . import document, files, junit, page, tap
from .run import Run, finished

__all__ = ["PAGE", "Run", "finished", "write"]

PAGE = "index.html"


def write(directory: Path, run: Run) -> None:
    """Writes results.json, results.tap, junit.xml and the page."""
    content = files.clean(document.of(run))
    try:
        directory.mkdir(parents=True, exist_ok=True)
        files.write(directory, content)
        # From what was written: so the others hold nothing that the JSON lacks.
        run = files.read(directory)
        for name, text in (
            ("results.tap", tap.of(run)),
            ("junit.xml", junit.of(run)),
            (PAGE, page.of(run)),
        ):
            (directory / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise DriverError(
            f"cannot write reports there: {error.strerror}", "choose another directory", directory
        ) from error
