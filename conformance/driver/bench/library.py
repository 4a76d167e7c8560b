# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The same operations in lib/core alone: bench_core under callgrind."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from ..errors import DriverError

PROGRAM = Path("lib/core/bench_core")
_COLLECTED = re.compile(r"Collected : (\d+)")
_CALLGRIND = (
    "valgrind",
    "--tool=callgrind",
    "--callgrind-out-file=/dev/null",
    "--toggle-collect=measured",
)


def measure(build: Path) -> dict[str, int]:
    """Instructions of each operation, in the program's order."""
    program = build / PROGRAM
    if not program.is_file():
        raise DriverError(f"{program} is missing", "build hvkit with its tests")
    names = _run([str(program)]).stdout.split()
    return {name: _count(program, name) for name in names}


def _count(program: Path, name: str) -> int:
    done = _run([*_CALLGRIND, str(program), name])
    match = _COLLECTED.search(done.stderr)
    if done.returncode != 0 or match is None:
        raise DriverError(f"{program} {name}: it does not do what it should", "see its source")
    return int(match[1])


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    except OSError as error:
        raise DriverError(
            f"{command[0]} cannot be executed: {error.strerror}", "install the package valgrind"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise DriverError(f"{command[-1]} takes longer than 300 s", "try again") from error
