# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Boots Linux, up to its first program, where a machine counts instructions."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from pathlib import Path

from ..errors import DriverError
from ..process import GuestProcess, Stop
from ..protocol import LineSplitter
from ..run import linux
from ..targets import Target
from .listing import Count
from .measure import SHIFT

ROW = "linux-boot"
KERNEL = "vmlinuz-debian-12"
INITRD = "initrd.img"
# sdk/samples/linux/shell.yaml has the same but for the script; without it the console is what takes longest.
WORDS = "console=ttyS0 panic=-1 quiet hvkit.script=boot"

# The kernel's clock, in seconds: of microseconds, in each of which the machine executes a thousand.
_REACHED = re.compile(r"\[ *([0-9]{1,6})\.([0-9]{6})\] hvkit: shell reached, ([0-9.]+) s of it idle")
_INSTRUCTIONS = 1000


def get(build: Path) -> Path | str:
    """The directory that has Linux; or why there is none."""
    try:
        return linux.description(build, True).parent
    except DriverError as error:
        return error.what


def measure(
    target: Target, directory: Path | str, build: Path, timeout: float, stop: Stop
) -> Count | str:
    """How long it takes on one processor, or why that is not known."""
    runner = target.of_linux()
    if runner is None:
        return "this target boots no Linux"
    if isinstance(directory, str):
        return directory
    runner.prepare(stop)
    command = runner.command(directory / KERNEL, 1, WORDS)
    environment = {
        **runner.environment(build),
        "HVKIT_ICOUNT": SHIFT,
        "HVKIT_INITRD": str((directory / INITRD).resolve()),
    }
    return _run(command, environment, timeout, stop)


def _run(
    command: list[str], environment: Mapping[str, str], timeout: float, stop: Stop
) -> Count | str:
    deadline, splitter, last = time.monotonic() + timeout, LineSplitter(), ""
    with GuestProcess(command, environment, stop) as guest:
        while data := guest.read(max(0.0, deadline - time.monotonic())):
            for line in splitter.feed(data):
                if match := _REACHED.search(line):
                    return _count(match)
                last = line or last
        return f"it ends before it has a shell: {last}" if data is not None else "it takes too long"


def _count(match: re.Match[str]) -> Count:
    count = (int(match[1]) * 1_000_000 + int(match[2])) * _INSTRUCTIONS
    return Count(count, count)
