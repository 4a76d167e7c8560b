# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What the tests of the driver share: its path, temporary files, targets of a few lines of sh."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "conformance"))

from driver.errors import DriverError  # noqa: E402
from driver.targets import Target, load  # noqa: E402
from driver.transcript import Transcript  # noqa: E402

REQUIREMENT = """\
- id: {id}
  area: {area}
  title: A title
  text: A text
  source: A source
  gated_by: null
  level: {level}
  observable: guest
  basis: stated
"""

TWO_TESTS = """\
# hvkit-conformance 1 tests=2 vps=1
TAP version 13
1..2
# meta 1 discovery/first reqs=CPUID-001 minvps=1
# meta 2 synic/second reqs=SYNIC-001,SYNIC-002 minvps=1
"""


def two_tests(*lines: str) -> str:
    """The output of a kernel with two tests: its head, and these lines."""
    return TWO_TESTS + "".join(line + "\n" for line in lines)


def transcript_of(text: str) -> Transcript:
    """A transcript that has taken all lines of the text, one a second."""
    transcript = Transcript()
    for now, line in enumerate(text.splitlines()):
        transcript.add_line(line, float(now))
    return transcript


class DriverTestCase(unittest.TestCase):
    """A test with a directory of its own."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory(prefix="hvkit-test-")
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)

    def write(self, name: str, text: str) -> Path:
        """Writes a file and returns its path."""
        path = self.directory / name
        path.write_text(text, encoding="utf-8")
        return path

    def write_image(self) -> Path:
        """A file that passes for a guest image."""
        path = self.directory / "guest.elf"
        path.write_bytes(b"\x7fELF and more")
        return path

    def make_target(self, run: str, extra: str = "") -> Target:
        """A target `fake` that runs the sh code; the kernel's command line is in $cmdline."""
        return load(self.write_target(run, extra))

    def write_target(self, run: str, extra: str = "", name: str = "fake") -> Path:
        """The file of such a target."""
        script = self.write(
            f"{name}.sh", f'#!/bin/sh\n[ "$1" = run ] || exit 0\ncmdline=$4\n{run}\n'
        )
        script.chmod(0o755)
        return self.write(
            f"{name}.yaml", f"name: {name}\ndescription: A fake\nrun: {name}.sh\n{extra}"
        )

    def assert_error(self, error: DriverError, file: Path, line: int | None, *words: str) -> None:
        """The error names the file and the line, and says these words."""
        self.assertEqual(error.file, file)
        self.assertEqual(error.line, line)
        self.assertTrue(error.remedy)
        for word in words:
            self.assertIn(word, str(error))


class CommandTestCase(DriverTestCase):
    """A test of the program as a whole."""

    def command(self, *arguments: str | Path) -> list[str]:
        """What is to be executed."""
        return [sys.executable, str(ROOT / "conformance" / "driver"), *map(str, arguments)]

    def hvkit(self, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs the program to its end."""
        return subprocess.run(
            self.command(*arguments),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env=os.environ | environment,
        )

    def last_line(self, done: subprocess.CompletedProcess[str]) -> str:
        """The line with the totals."""
        return done.stdout.splitlines()[-1]

    def assert_refused(self, done: subprocess.CompletedProcess[str], *words: str) -> None:
        """It ended with status 2 and an error that says these words."""
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("hvkit: error: ", done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)


class ScriptTestCase(DriverTestCase):
    """A test of a script, with programs of its own in front of PATH."""

    def setUp(self) -> None:
        super().setUp()
        self.tools = self.directory / "bin"
        self.tools.mkdir()

    def add_program(self, name: str, code: str) -> None:
        """Puts a program of sh code where the script will find it."""
        path = self.tools / name
        path.write_text(f"#!/bin/sh\n{code}\n")
        path.chmod(0o755)

    def assert_gone(self, process: int) -> None:
        """The process ends, soon."""
        deadline = time.monotonic() + 5
        with self.assertRaises(ProcessLookupError):
            while time.monotonic() < deadline:
                os.kill(process, 0)
                time.sleep(0.02)
