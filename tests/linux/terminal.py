#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""terminal.py BUILD: ./hvkit run at a terminal: both machines have a shell, and are switched off there."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 900.0
NUDGE_AFTER = 3.0
NEXT_CONSOLE = "\x1e"  # Ctrl-^


class Terminal:
    """A terminal with somebody before it."""

    def __init__(self, command: list[str]) -> None:
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave)
        os.close(slave)
        self.seen = ""

    def expect(self, pattern: str, nudge: str = "") -> None:
        """Waits until the pattern is shown; what stands behind it is for the next time.

        A nudge is typed now and then: a system that starts may not hear it.
        """
        end = time.monotonic() + PATIENCE
        while not (match := re.search(pattern, self.seen)):
            if time.monotonic() > end:
                sys.exit(f"terminal.py: '{pattern}' was not shown")
            if select.select([self.master], [], [], NUDGE_AFTER)[0]:
                self.read()
            elif nudge:
                self.type(nudge)
        self.seen = self.seen[match.end() :]

    def read(self) -> None:
        try:
            data = os.read(self.master, 4096)
        except OSError:
            sys.exit("terminal.py: the session has ended")
        text = data.decode(errors="replace")
        sys.stdout.write(text)
        sys.stdout.flush()
        self.seen += text

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())


def use_shell(terminal: Terminal, release: str) -> None:
    """Finds the prompt, and asks what runs there."""
    terminal.expect(r"debian-[0-9]+:/# ", nudge="\r")
    terminal.type("echo $((6 * 7)) $(uname -r | cut -d . -f 1,2)\r")
    terminal.expect(rf"\n42 {release}\r")


def main(build: str) -> int:
    driver = [sys.executable, str(ROOT / "conformance" / "driver"), "run", "--build-dir", build]
    terminal = Terminal([*driver, "--timeout", str(int(PATIENCE))])
    use_shell(terminal, r"6\.1")
    terminal.type(NEXT_CONSOLE)
    terminal.expect("console of debian-13")
    use_shell(terminal, r"6\.12")
    terminal.type("poweroff -f\r")
    terminal.expect("child debian-13 ended: shutdown")
    terminal.expect("console of debian-12")
    terminal.type("poweroff -f\r")
    terminal.expect("child debian-12 ended: shutdown")
    terminal.expect("all children have ended")
    return terminal.process.wait(60)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
