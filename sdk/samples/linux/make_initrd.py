#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""make_initrd.py BUSYBOX OUT [PROGRAM...] [-- FILE...]: an initial RAM disk.

It has busybox, what lies beside this file, more programs, and files for machines of its own in /machines.

The same input makes the same bytes: no time, no owner, no number of a file on this machine is in it.
"""

from __future__ import annotations

import stat
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
DIRECTORIES = ("bin", "dev", "proc", "root", "scripts", "sys", "tmp")
CONSOLE = (5, 1)


def entry(number: int, name: str, mode: int, data: bytes = b"", device: tuple[int, int] = (0, 0)) -> bytes:
    """One file in cpio's format newc."""
    path = name.encode() + b"\0"
    fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(path), 0)
    header = b"070701" + b"".join(b"%08X" % field for field in fields) + path
    return _padded(header) + _padded(data)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def files(
    busybox: Path, programs: list[Path], machines: list[Path]
) -> Iterator[tuple[str, int, bytes, tuple[int, int]]]:
    """Name, mode, contents and device number of each file, directories first."""
    for name in DIRECTORIES:
        yield name, stat.S_IFDIR | 0o755, b"", (0, 0)
    yield "dev/console", stat.S_IFCHR | 0o600, b"", CONSOLE
    yield "bin/busybox", stat.S_IFREG | 0o755, busybox.read_bytes(), (0, 0)
    for program in programs:
        yield f"bin/{program.name}", stat.S_IFREG | 0o755, program.read_bytes(), (0, 0)
    yield "bin/sh", stat.S_IFLNK | 0o777, b"busybox", (0, 0)
    yield "init", stat.S_IFREG | 0o755, (HERE / "init").read_bytes(), (0, 0)
    for script in sorted((HERE / "scripts").iterdir()):
        yield f"scripts/{script.name}", stat.S_IFREG | 0o755, script.read_bytes(), (0, 0)
    if machines:
        yield "machines", stat.S_IFDIR | 0o755, b"", (0, 0)
    for file in machines:
        yield f"machines/{file.name}", stat.S_IFREG | 0o644, file.read_bytes(), (0, 0)


def archive(busybox: Path, programs: list[Path], machines: list[Path]) -> bytes:
    """The whole RAM disk."""
    entries = [
        entry(number, name, mode, data, device)
        for number, (name, mode, data, device) in enumerate(
            files(busybox, programs, machines), start=1
        )
    ]
    return b"".join(entries) + entry(0, "TRAILER!!!", 0)


def main(arguments: list[str]) -> int:
    if len(arguments) < 2:
        sys.exit("usage: make_initrd.py BUSYBOX OUT [PROGRAM...] [-- FILE...]")
    end = arguments.index("--") if "--" in arguments else len(arguments)
    busybox, out, *programs = map(Path, arguments[:end])
    out.write_bytes(archive(busybox, programs, [Path(file) for file in arguments[end + 1 :]]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
