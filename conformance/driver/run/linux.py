# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The machines that run unless others are described: Linux, out of Debian's archive."""

from __future__ import annotations

from pathlib import Path

from .. import process
from ..errors import DriverError

_GET = Path(__file__).resolve().parents[3] / "sdk" / "samples" / "linux" / "get.sh"


def description(build: Path, batch: bool) -> Path:
    """The description, when all that it names is there; what takes long is told on stderr."""
    directory = build / "linux"
    if process.run_setup([str(_GET), str(directory)], None) != 0:
        raise DriverError("there is no Linux to run", "see the message above, or give a description")
    return directory / ("check.yaml" if batch else "shell.yaml")
