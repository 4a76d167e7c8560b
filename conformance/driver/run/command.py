# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The command: child partitions of a description, on the sample in QEMU."""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import DriverError
from ..process import STATUS_NONE, STATUS_TIMEOUT, GuestProcess
from ..protocol import LineSplitter
from . import linux, machines, qemu, terminal

if TYPE_CHECKING:
    from ..cli import Commands, Parser

# How long QEMU may take to end after its last output.
END_GRACE = 15.0

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
    build = options.build_dir
    description = options.description or linux.description(build, options.batch)
    with tempfile.TemporaryDirectory(prefix="hvkit-run-") as name:
        directory = Path(name)
        module = machines.compile_description(description, build, directory / "machines")
        option = "batch" if options.batch else f"console={module.watched(options.console)}"
        qemu.link_images(build, directory)
        smp, memory = options.smp or module.vps(), options.memory or module.memory()
        return _boot(qemu.command(directory, option, smp, memory), options)


def _boot(command: list[str], options: argparse.Namespace) -> int:
    deadline = None if options.timeout is None else time.monotonic() + options.timeout
    left = False
    with GuestProcess(command, os.environ, has_input=not options.batch) as guest:
        if options.batch:
            complete = _print_lines(guest, deadline)
        else:
            print("hvkit: Ctrl-] ends the session, Ctrl-^ shows the next machine", file=sys.stderr)
            complete, left = terminal.attach(guest, deadline)
        status = guest.wait(END_GRACE) if complete and not left else None
        guest.stop()
        messages = guest.messages
    if left:
        print("\nhvkit: the session was ended", file=sys.stderr)
        return 0
    if not complete:
        print("hvkit: the computer was stopped: the time limit passed", file=sys.stderr)
        return STATUS_TIMEOUT
    return _tell_end(STATUS_NONE if status is None else status, messages)


def _print_lines(guest: GuestProcess, deadline: float | None) -> bool:
    """Prints the lines of the serial port; returns whether it came to its end in time."""
    splitter = LineSplitter()
    while True:
        data = guest.read(None if deadline is None else max(0.0, deadline - time.monotonic()))
        for line in splitter.feed(data) if data else splitter.finish():
            print(line, flush=True)
        if not data:
            return data is not None


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
