# SPDX-License-Identifier: BSD-2-Clause-Patent
"""How the runs get on, told on stderr while they do."""

from __future__ import annotations

import shutil
import sys
from threading import Lock

from .transcript import TestRecord, Transcript


class Progress:
    """The stderr that all runs share; on a terminal its last line changes, and shows them all."""

    def __init__(self, verbose: bool) -> None:
        self.verbose = verbose
        self.live = sys.stderr.isatty()
        self._states: dict[str, tuple[str, str]] = {}
        self._lock = Lock()

    def say(self, text: str) -> None:
        """Prints a line."""
        with self._lock:
            self._clear()
            print(f"hvkit: {text}", file=sys.stderr)
            self._draw()

    def show(self, label: str, state: str, detail: str = "") -> None:
        """Changes what the last line says of a run; an empty state takes the run out of it.

        The detail is for a run that has the line for itself.
        """
        with self._lock:
            self._states.pop(label, None)
            if state:
                self._states[label] = state, detail
            self._draw()

    def _draw(self) -> None:
        if self.live:
            self._clear()
            sys.stderr.write(self._line()[: shutil.get_terminal_size().columns - 1])
            sys.stderr.flush()

    def _line(self) -> str:
        if len(self._states) == 1:
            [(label, (state, detail))] = self._states.items()
            return f"{label} {state} {detail}".rstrip()
        return "  ".join(f"{label} {state}" for label, (state, _) in sorted(self._states.items()))

    def _clear(self) -> None:
        if self.live:
            sys.stderr.write("\r\x1b[K")


class RunProgress:
    """What one run has to tell."""

    def __init__(self, progress: Progress, label: str) -> None:
        self._progress = progress
        self._label = label
        self._shown: TestRecord | None = None
        self._announced = False

    def say(self, text: str) -> None:
        """Prints a line that says which run it is about."""
        self._progress.say(f"{self._label}: {text}")

    def booting(self, boot: int, start: int) -> None:
        """A boot begins."""
        self.say(f"boot {boot}" + (f", from test {start}" if start > 1 else ""))
        self._progress.show(self._label, "boots")

    def progressed(self, transcript: Transcript) -> None:
        """Some lines arrived."""
        test = transcript.last_touched
        if test is None or test is self._shown:
            return
        if not self._announced:
            self._announced = True
            self.say(f"{transcript.planned} tests, {transcript.vps} virtual processors")
        self._shown = test
        state = f"[{test.index}/{transcript.planned}]"
        self._progress.show(self._label, state, test.name)
        if self._progress.verbose and not self._progress.live:
            self.say(f"{state} {test.name}")

    def interrupted(self, test: TestRecord | None, reason: str) -> None:
        """A boot came to a bad end."""
        where = "before the first test" if test is None else f"in {test.name}"
        self.say(f"{where}: {reason}")

    def finish(self) -> None:
        """The run is over."""
        self._progress.show(self._label, "")
