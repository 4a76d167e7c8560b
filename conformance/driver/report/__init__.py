# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The results as files: JSON for programs, TAP and JUnit XML for tools, HTML for people."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ..errors import DriverError
from . import document, files, junit, page, tap
from .run import Run, finished

__all__ = ["FILES", "PAGE", "Run", "cannot_write", "finished", "write"]

PAGE = "index.html"
FILES = (files.NAME, "results.tap", "junit.xml", PAGE)


def write(directory: Path, run: Run) -> None:
    """Writes results.json, results.tap, junit.xml and the page; a reader sees whole files."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=directory) as new:
            _write_all(Path(new), run)
            for name in FILES:
                Path(new, name).replace(directory / name)
    except OSError as error:
        raise cannot_write(directory, error) from error


def cannot_write(directory: Path, error: OSError) -> DriverError:
    """What to tell the user of a directory that takes no report."""
    return DriverError(
        f"cannot write reports there: {error.strerror}", "choose another directory", directory
    )


def _write_all(directory: Path, run: Run) -> None:
    files.write(directory, files.clean(document.of(run)))
    # From what was written: so the others hold nothing that the JSON lacks.
    run = files.read(directory)
    for name, text in (
        ("results.tap", tap.of(run)),
        ("junit.xml", junit.of(run)),
        (PAGE, page.of(run)),
    ):
        (directory / name).write_text(text, encoding="utf-8")
