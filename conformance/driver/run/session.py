# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A computer that runs: its serial port is printed line by line, or is the user's terminal."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from ..process import STATUS_NONE, STATUS_TIMEOUT, GuestProcess
from ..protocol import LineSplitter
from . import terminal

# How long QEMU may take to end after its last output.
END_GRACE = 15.0


@dataclass(frozen=True)
class End:
    """How it ended."""

    complete: bool  # in time
    left: bool  # by the user's will
    status: int  # QEMU's
    messages: str  # QEMU's

    def early_status(self) -> int | None:
        """The command's exit status if the computer was stopped; that is told on stderr."""
        if self.left:
            print("\nhvkit: the session was ended", file=sys.stderr)
            return 0
        if not self.complete:
            print("hvkit: the computer was stopped: the time limit passed", file=sys.stderr)
            return STATUS_TIMEOUT
        return None


def show(line: str) -> None:
    """Prints a line at once."""
    print(line, flush=True)


def run(
    command: list[str], options: argparse.Namespace, keys: str, on_line: Callable[[str], None] = show
) -> End:
    """Runs QEMU to its end. `keys` tells what keys of the terminal are not the guest's."""
    deadline = None if options.timeout is None else time.monotonic() + options.timeout
    left = False
    with GuestProcess(command, os.environ, has_input=not options.batch) as guest:
        if options.batch:
            complete = _read_lines(guest, deadline, on_line)
        else:
            print(f"hvkit: {keys}", file=sys.stderr)
            complete, left = terminal.attach(guest, deadline)
        status = guest.wait(END_GRACE) if complete and not left else None
        guest.stop()
        return End(complete, left, STATUS_NONE if status is None else status, guest.messages)


def _read_lines(guest: GuestProcess, deadline: float | None, on_line: Callable[[str], None]) -> bool:
    """Hands out the lines of the serial port; returns whether it came to its end in time."""
    splitter = LineSplitter()
    while True:
        data = guest.read(None if deadline is None else max(0.0, deadline - time.monotonic()))
        for line in splitter.feed(data) if data else splitter.finish():
            on_line(line)
        if not data:
            return data is not None
