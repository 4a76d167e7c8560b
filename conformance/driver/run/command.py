# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The command: child partitions of a description, on the sample in QEMU."""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import DriverError
from ..process import STATUS_NONE
from . import linux, linux_root, machines, qemu, session, terminal

if TYPE_CHECKING:
    from ..cli import Commands, Parser

# What the hypervisor and the root program say at the end, by isa-debug-exit.
_ENDS = {
    0: "each child reached an end that its description names",
    1: "a child did not reach an end that its description names",
    2: "no child could be run",
    3: "the hypervisor stopped by a fault of its own",
}


def add(commands: Commands, common: Parser) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "run",
        parents=[common],
        allow_abbrev=False,
        help="run the child partitions of a machine description; --timeout is for the whole run",
    )
    parser.add_argument(
        "description",
        type=Path,
        nargs="?",
        metavar="DESCRIPTION",
        help="a file as docs/machines.md says; default: two machines with Linux",
    )
    manner = parser.add_mutually_exclusive_group()
    manner.add_argument(
        "--batch", action="store_true", help="print the lines of all consoles, and take no input"
    )
    manner.add_argument(
        "--console", metavar="NAME", help="the machine to attach the terminal to; default: the first"
    )
    parser.add_argument(
        "--memory",
        type=_memory,
        metavar="M",
        help="memory of the computer, as 512MiB or 2GiB; default: what the machines need",
    )
    parser.add_argument(
        "--root",
        choices=("hvkit", *linux_root.ROOTS),
        default="hvkit",
        help="what the root partition runs: the program that makes the machines (default), Linux, or "
        "Linux with QEMU",
    )
    parser.add_argument(
        "--long", action="store_true", help="with --batch and Linux as the root: the long checks"
    )
    parser.set_defaults(command=run)


def _memory(text: str) -> int:
    match = re.fullmatch(r"([1-9][0-9]{0,6}) ?(MiB|GiB)", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"'{text}' is not a size such as 512MiB or 2GiB")
    return int(match[1]) << (20 if match[2] == "MiB" else 30)


def run(options: argparse.Namespace) -> int:
    """Runs the machines to their end and returns the exit status."""
    if not options.batch:
        terminal.check()
    if options.root in linux_root.ROOTS:
        return linux_root.run(options)
    if options.long:
        raise DriverError("the long checks are those of Linux as the root", "add --root linux")
    build = options.build_dir
    description = options.description or linux.description(build, options.batch)
    with tempfile.TemporaryDirectory(prefix="hvkit-run-") as name:
        directory = Path(name)
        module = machines.compile_description(description, build, directory / "machines")
        option = "batch" if options.batch else f"console={module.watched(options.console)}"
        images = build / "images"
        qemu.link(images / qemu.HYPERVISOR, directory / "hypervisor")
        qemu.link(images / qemu.ROOT, directory / "root")
        smp, memory = options.smp or module.vps(), options.memory or module.memory()
        command = qemu.command(directory, [f"root {option}", "machines"], smp, memory)
        end = session.run(
            command, options, "Ctrl-] ends the session, Ctrl-^ shows the next machine"
        )
    early = end.early_status()
    return _tell_end(end.status, end.messages) if early is None else early


def _tell_end(status: int, messages: str) -> int:
    end = qemu.debug_exit(status, messages)
    if messages:
        print(messages, file=sys.stderr)
    if end is None:
        print("hvkit: the computer was reset or powered off, or broke", file=sys.stderr)
        return STATUS_NONE
    if end not in _ENDS:
        raise DriverError(f"the computer ended with the unknown status {end}", "report it")
    print(f"hvkit: {_ENDS[end]}", file=sys.stderr)
    return end
