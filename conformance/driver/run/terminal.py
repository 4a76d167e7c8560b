# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A terminal that is a machine's console for a while."""

from __future__ import annotations

import contextlib
import os
import sys
import termios
import time
import tty
from collections.abc import Iterator

from ..errors import DriverError
from ..process import GuestProcess

END_SESSION = b"\x1d"  # Ctrl-]
# How long the root program may take to end all children when the user leaves.
LEAVE_GRACE = 5.0


class _Left(Exception):
    """The user wants to leave, or the terminal has gone."""


def check() -> None:
    """Raises unless there is a terminal to attach."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise DriverError("there is no terminal to be the console", "give --batch")


def attach(guest: GuestProcess, deadline: float | None) -> tuple[bool, bool]:
    """Relays until the guest's output ends; returns whether it did so in time, and by the user's will."""
    keyboard = sys.stdin.fileno()
    with _raw(keyboard), guest.listening(keyboard, lambda: _type(guest, keyboard)):
        try:
            return _show(guest, deadline), False
        except _Left:
            # Leaving twice is not to wait.
            with contextlib.suppress(_Left):
                _show(guest, time.monotonic() + LEAVE_GRACE)
            return True, True


def _show(guest: GuestProcess, deadline: float | None) -> bool:
    while data := guest.read(None if deadline is None else max(0.0, deadline - time.monotonic())):
        while data:
            data = data[os.write(sys.stdout.fileno(), data) :]
    return data is not None


def _type(guest: GuestProcess, keyboard: int) -> None:
    typed = b""
    # A terminal that has hung up has no more to say.
    with contextlib.suppress(OSError):
        typed = os.read(keyboard, 1024)
    before, end, _ = typed.partition(END_SESSION)
    guest.write(before + end)
    if end or not typed:
        raise _Left


@contextlib.contextmanager
def _raw(terminal: int) -> Iterator[None]:
    """Every key reaches the guest, Ctrl-C too, until the context is left in any way."""
    settings = termios.tcgetattr(terminal)
    try:
        tty.setraw(terminal, termios.TCSANOW)
        yield
    finally:
        # It may have hung up.
        with contextlib.suppress(termios.error):
            termios.tcsetattr(terminal, termios.TCSANOW, settings)
