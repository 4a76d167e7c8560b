# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Runs the bench kernel on a target whose machine counts instructions."""

from __future__ import annotations

import time
from pathlib import Path

from ..errors import DriverError
from ..process import STATUS_SETUP, GuestProcess, Stop
from ..targets import Target
from . import listing
from .listing import Listing, ListingError

# The scripts hand it to QEMU: a nanosecond for each instruction, so that the TSC, at 1 GHz, counts them.
SHIFT = "0"
MAX_OUTPUT = 1 << 20


def measure(
    target: Target, image: Path, smp: int, build: Path, timeout: float, stop: Stop
) -> Listing:
    """The rows of one run, which are the same in each."""
    command = target.command(image, smp, target.kernel_args)
    environment = {**target.environment(build), "HVKIT_ICOUNT": SHIFT}
    with GuestProcess(command, environment, stop) as guest:
        output, complete = _read(guest, timeout)
        status = guest.wait(5) if complete else None
        guest.stop()
        messages = guest.messages
    if status == STATUS_SETUP:
        raise target.setup_error(messages)
    if not complete:
        raise DriverError(
            f"{target.name}: no end within {timeout:.0f} s", "give it more time by --timeout"
        )
    try:
        return listing.parse(output)
    except ListingError as error:
        raise DriverError(f"{target.name}: {error}", messages or "the target says no more") from error


def _read(guest: GuestProcess, timeout: float) -> tuple[str, bool]:
    """The output, and whether it came to its end in time."""
    deadline, output = time.monotonic() + timeout, bytearray()
    while len(output) < MAX_OUTPUT:
        data = guest.read(max(0.0, deadline - time.monotonic()))
        if data is None:
            return "", False
        if not data:
            break
        output += data
    return output.decode("ascii", "replace").replace("\r", ""), True
