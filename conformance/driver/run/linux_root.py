# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Linux as the root partition: ./hvkit run --root linux, or linux-qemu."""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ..errors import DriverError
from . import linux, qemu, session

_MIB = 1 << 20
_SMP = 2
_DISK_SIZE = 1 * _MIB



@dataclass(frozen=True)
class _Root:
    """What runs in the root partition."""

    sample: str  # whose get.sh makes it
    initrd: str
    script: str  # of --batch
    memory: int
    right: str  # what is told when all is well


ROOTS = {
    "linux": _Root(
        "linux-root",
        "initrd-root.img",
        "root",
        512 * _MIB,
        "Linux has found all that it needs of a root",
    ),
    "linux-qemu": _Root(
        "linux-qemu", "initrd-qemu.img", "qemu", 1024 * _MIB, "QEMU has run its guests on /dev/mshv"
    ),
}

# A kernel that says such a thing is not content, whatever it does later.
_COMPLAINT = re.compile(r"WARNING:|BUG:|Oops|Kernel panic|Call Trace:|general protection fault")
# What the script of the root says at its end, and the kernel after it.
_CHECKS = re.compile(r"checks: ([0-9]+) of \1 ok")
_FAILED = re.compile(r"check \S+ FAILED: ")
_OFF = "reboot: Power down"


class _Log:
    """What matters of the lines, which are shown as they come."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self.checked = False
        self.off = False

    def add(self, line: str) -> None:
        session.show(line)
        if _COMPLAINT.search(line) or _FAILED.match(line):
            self.complaints.append(line)
        self.checked |= _CHECKS.fullmatch(line) is not None
        self.off |= _OFF in line

    def verdict(self) -> str | None:
        """What is wrong, if anything."""
        if self.complaints:
            return f"Linux complains: {self.complaints[0]}"
        if not self.checked:
            return "the checks did not come to their end"
        return None if self.off else "Linux did not power off"


def run(options: argparse.Namespace) -> int:
    """Runs it to its end and returns the exit status."""
    if options.description is not None or options.console is not None:
        raise DriverError(
            "Linux as the root runs no machine description", "leave out DESCRIPTION and --console"
        )
    root = ROOTS[options.root]
    kernel, initrd = linux.root(options.build_dir, root.sample, root.initrd)
    with tempfile.TemporaryDirectory(prefix="hvkit-run-") as name:
        directory = Path(name)
        qemu.link(options.build_dir / "images" / qemu.HYPERVISOR, directory / "hypervisor")
        qemu.link(kernel, directory / "linux")
        qemu.link(initrd, directory / "initrd")
        (directory / "disk").write_bytes(_disk())
        command = qemu.command(
            directory,
            [f"linux {_words(root, options)}", "initrd"],
            options.smp or _SMP,
            options.memory or root.memory,
            _devices(),
        )
        log = _Log()
        end = session.run(command, options, "Ctrl-] ends the session", log.add)
    return _tell_end(end, log, root if options.batch else None)


def _words(root: _Root, options: argparse.Namespace) -> str:
    """The kernel's command line."""
    words = "console=ttyS0 panic=-1"
    if options.batch:
        words += f" hvkit.script={root.script}"
    return f"{words} hvkit.long=1" if options.long else words


def _disk() -> bytes:
    """Each sector begins with its number."""
    return b"".join(b"%-511d\n" % number for number in range(_DISK_SIZE // 512))


def _devices() -> list[str]:
    """A disk and a network card whose interrupts are messages; nobody is on the network but QEMU."""
    return [
        *("-drive", "file=disk,format=raw,if=none,id=disk"),
        *("-device", "virtio-blk-pci,drive=disk"),
        *("-netdev", "user,id=net,restrict=on"),
        *("-device", "virtio-net-pci,netdev=net,romfile="),
    ]


def _tell_end(end: session.End, log: _Log, checked: _Root | None) -> int:
    early = end.early_status()
    if early is not None:
        return early
    if end.messages:
        print(end.messages, file=sys.stderr)
    told = qemu.debug_exit(end.status, end.messages)
    if told is not None:
        print("hvkit: the hypervisor stopped; what it said is above", file=sys.stderr)
        return told
    wrong = log.verdict() if checked else None
    right = checked.right if checked else "Linux has ended"
    print(f"hvkit: {wrong or right}", file=sys.stderr)
    return 1 if wrong else 0
