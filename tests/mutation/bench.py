# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A build tree that compiles copies of the libraries' files, to be spoiled one at a time."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from driver.errors import DriverError

from .faultlist import ROOMS, ROOT, copy_files, files_of, place_of

SAMPLE = "hvkit-type1"
# What runs the suite in a child partition of it.
CHILDREN = ("hvkit-root", "hvkit-machine")
UNIT_TESTS = "core_unit_tests"


class Bench:
    """One build tree and the copies that it compiles; used by one thread at a time."""

    def __init__(self, directory: Path, rooms: Sequence[Path] = ROOMS) -> None:
        self.directory = directory
        self.copies = directory / "lib" / "copy"
        self.unit_tests = directory / "tests" / "mutation" / UNIT_TESTS
        self._rooms = rooms
        self._spoiled: tuple[Path, str] | None = None

    def prepare(self, *targets: str) -> None:
        """Builds the targets with nothing spoiled. What changes in the rooms later is not seen."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self._lock = (self.directory / "in-use").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DriverError(
                "is in use by another run", "let that end first", self.directory
            ) from error
        copy_files(self.copies, self._rooms)
        # A tree that is there may be of a time when this had another name.
        self._run_or_fail(
            "cmake", "-S", ROOT, "--preset", "release", "-B", self.directory,
            f"-DHVKIT_COPIES={self.copies}",
        )  # fmt: skip
        self._run_or_fail("ninja", "-C", self.directory, *targets)

    def put(self, file: str, text: str) -> None:
        """Makes that file alone differ from the one in its room."""
        copy = self._copy_of(file)
        if self._spoiled is not None and self._spoiled[0] != copy:
            self._spoiled[0].write_text(self._spoiled[1], encoding="utf-8")
            self._spoiled = None
        if self._spoiled is None:
            self._spoiled = copy, copy.read_text(encoding="utf-8")
        copy.write_text(text, encoding="utf-8")

    def build(self, target: str) -> str | None:
        """Builds a target; returns the complaints of the compiler, None if there are none."""
        done = self._run("ninja", "-C", self.directory, target)
        return None if done.returncode == 0 else done.stdout

    def object_of(self, file: str) -> Path:
        """The object of a source file in the sample's flavour."""
        end = self._copy_of(file).relative_to(self.copies)
        libraries = (self.directory / "lib").glob(f"*/CMakeFiles/hv_*_bare.dir/**/copy/{end}.o")
        sample = (self.directory / "sdk" / "samples" / "type1" / "CMakeFiles").glob(
            f"type1_objects.dir/**/copy/{end}.o"
        )
        [found] = [*libraries, *sample]
        return found

    def _copy_of(self, file: str) -> Path:
        return self.copies / place_of(files_of(self._rooms)[file])

    def _run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def _run_or_fail(self, *command: str | Path) -> None:
        done = self._run(*command)
        if done.returncode != 0:
            tail = "\n".join(done.stdout.splitlines()[-30:])
            raise DriverError(
                f"'{command[0]}' failed in {self.directory}:\n{tail}", "mend the build"
            )


def run_limited(command: list[str | Path], seconds: float) -> tuple[int | None, str]:
    """Runs a program in a group of its own; its status (None: time was up), its output."""
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
        env=os.environ | {"CK_FORK": "no", "CK_VERBOSITY": "normal"},
    ) as process:
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return None, process.communicate()[0]
        return process.returncode, output
