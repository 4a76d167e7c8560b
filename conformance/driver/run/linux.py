# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Linux, out of Debian's archive: in the machines that run unless others are described, and as the root."""

from __future__ import annotations

import os
from pathlib import Path

from .. import process
from ..errors import DriverError

_SAMPLES = Path(__file__).resolve().parents[3] / "sdk" / "samples"


def description(build: Path, batch: bool) -> Path:
    """The description, when all that it names is there; what takes long is told on stderr."""
    directory = _get("linux", build, "see the message above, or give a description")
    return directory / ("check.yaml" if batch else "shell.yaml")


def root(build: Path, sample: str, initrd: str) -> tuple[Path, Path]:
    """Kernel and initial RAM disk of a sample for the root partition; likewise."""
    directory = _get(sample, build, "see the message above")
    return directory / "vmlinux-root", directory / initrd


def _get(sample: str, build: Path, remedy: str) -> Path:
    directory = build / "linux"
    environment = os.environ | {"HVKIT_BUILD": str(build)}
    command = [str(_SAMPLES / sample / "get.sh"), str(directory)]
    if process.run_setup(command, None, environment) != 0:
        raise DriverError("there is no Linux to run", remedy)
    return directory
