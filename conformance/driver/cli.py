# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The commands: conform, boot, run, bench, report, targets."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from . import conform, targets
from .bench import command as bench
from .errors import DriverError
from .process import STATUS_NONE, STATUS_SETUP, STATUS_TIMEOUT, GuestProcess
from .report import commands as report_commands
from .run import command as run_command
from .shards import Shard
from .targets import Target

EXIT_INTERRUPTED = 130

MAX_REPEAT = 1_000_000
MAX_JOBS = 256
MAX_SHARDS = 256

_PROJECT = Path(__file__).resolve().parent.parent.parent
_GLOBS = re.compile(r"[A-Za-z0-9*?/,-]+")


class Parser(argparse.ArgumentParser):
    """Tells a mistake in the words of all errors."""

    def error(self, message: str) -> NoReturn:
        print(f"hvkit: error: {message}; see {self.prog} --help", file=sys.stderr)
        sys.exit(conform.EXIT_ERROR)


if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[Parser]
    Arguments = argparse._ActionsContainer


def main(arguments: list[str]) -> int:
    """Runs a command and returns the exit status."""
    _catch_signals()
    options = _parse(arguments)
    try:
        status: int = options.command(options)
        sys.stdout.flush()
    except DriverError as error:
        print(f"hvkit: error: {error}", file=sys.stderr)
        return conform.EXIT_ERROR
    except KeyboardInterrupt:
        print("hvkit: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except OSError as error:
        return _lose_output(error)
    return status


def _lose_output(error: OSError) -> int:
    # Whoever read it has gone; of anything else the user should hear.
    if not isinstance(error, BrokenPipeError):
        with contextlib.suppress(OSError):
            print(f"hvkit: error: cannot write the output: {error.strerror}", file=sys.stderr)
    # Python would complain once more when it closes stdout.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return conform.EXIT_ERROR


def _catch_signals() -> None:
    signal.signal(signal.SIGTERM, terminated)
    # nohup lets it be ignored, and so it stays.
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, terminated)


def terminated(_number: int, _frame: FrameType | None) -> NoReturn:
    """Handles a signal by an exception, so that the guest is stopped on the way out."""
    raise KeyboardInterrupt


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = Parser(
        prog="hvkit", allow_abbrev=False, description="Runs guests on Hyper-V implementations."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    common = Parser(add_help=False)
    common.add_argument(
        "--smp",
        type=_number(targets.MAX_SMP),
        metavar="N",
        help="virtual processors; default: the target's",
    )
    common.add_argument(
        "--build-dir",
        type=Path,
        metavar="DIR",
        default=_default_build(),
        help="where hvkit is built; default: $HVKIT_BUILD, or build/dev",
    )
    common.add_argument("--timeout", type=_seconds, metavar="S")

    _add_conform(commands, common)
    _add_boot(commands, common)
    run_command.add(commands, common)
    _add_bench(commands, common)
    report_commands.add(commands)
    listing = commands.add_parser("targets", allow_abbrev=False, help="list the targets")
    listing.set_defaults(command=_targets)
    return parser.parse_args(arguments)


def _add_conform(commands: Commands, common: Parser) -> None:
    parser = commands.add_parser(
        "conform",
        parents=[common],
        allow_abbrev=False,
        help="run the conformance suite; --timeout is for a silent test",
    )
    parser.set_defaults(command=conform.conform)
    _add_selection(parser.add_argument_group("what runs"))
    _add_manner(parser.add_argument_group("how it runs"))
    parser.add_argument(
        "--report", type=Path, metavar="DIR", help="write JSON, JUnit XML, TAP, HTML and logs there"
    )
    parser.add_argument(
        "--verbose", action="store_true", help="also list tests as they run, and skips"
    )


def _add_selection(group: Arguments) -> None:
    group.add_argument(
        "--target",
        action="append",
        metavar="NAME[,NAME...]",
        help="what to run on, names or YAML files, with other flags as NAME+FLAG+FLAG; "
        "may be repeated; "
        f"default: {conform.DEFAULT_TARGETS}",
    )
    group.add_argument(
        "--tests", type=_globs, metavar="GLOB", help="area/name; several separated by commas"
    )
    group.add_argument("--image", type=Path, metavar="FILE", help="the conformance kernel")
    group.add_argument(
        "--log",
        type=Path,
        action="append",
        metavar="FILE",
        help="nothing: judge this output of a serial port, which was collected elsewhere",
    )


def _add_manner(group: Arguments) -> None:
    group.add_argument(
        "--jobs",
        type=_number(MAX_JOBS),
        metavar="N",
        default=os.environ.get("HVKIT_JOBS") or None,
        help="run so many targets or shards side by side; default: $HVKIT_JOBS, or one a processor",
    )
    shares = group.add_mutually_exclusive_group()
    shares.add_argument(
        "--shards",
        type=_number(MAX_SHARDS),
        metavar="N",
        default=1,
        help="run each target's tests in N shares, each on a machine of its own",
    )
    shares.add_argument(
        "--shard", type=_shard, metavar="K/N", help="run the K-th of N shares of the tests alone"
    )
    group.add_argument(
        "--repeat",
        type=_number(MAX_REPEAT),
        metavar="N",
        help="run each test N times, or until it fails",
    )
    group.add_argument(
        "--shuffle",
        type=_number(conform.MAX_SEED),
        nargs="?",
        const=0,
        metavar="SEED",
        help="run the tests in an order that the number decides; without one it is drawn and shown",
    )
    group.add_argument(
        "--busy", action="store_true", help="keep the other processors busy while a test runs"
    )


def _add_boot(commands: Commands, common: Parser) -> None:
    parser = commands.add_parser(
        "boot",
        parents=[common],
        allow_abbrev=False,
        help="boot a Multiboot or PVH kernel; --timeout is for the whole run",
    )
    parser.add_argument("--target", default=conform.DEFAULT_TARGET, metavar="NAME")
    parser.add_argument("image", type=Path, metavar="IMAGE.elf")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARGUMENTS")
    parser.set_defaults(command=_boot)


def _add_bench(commands: Commands, common: Parser) -> None:
    parser = commands.add_parser(
        "bench",
        parents=[common],
        allow_abbrev=False,
        help="count the instructions of operations; --timeout is for a target's whole run",
    )
    parser.add_argument(
        "--target",
        default=bench.DEFAULT_TARGETS,
        metavar="NAME[,NAME...]",
        help="what to run on, the first being what the others are compared with; "
        f"default: {bench.DEFAULT_TARGETS}",
    )
    parser.add_argument("--jobs", type=_number(MAX_JOBS), metavar="N", default=1)
    parser.add_argument(
        "--report", type=Path, metavar="DIR", help="write bench.json, bench.svg and a page there"
    )
    parser.add_argument(
        "--without-library", action="store_true", help="leave out lib/core under callgrind"
    )
    parser.add_argument(
        "--without-linux", action="store_true", help="leave out the boot of Linux, which is fetched"
    )
    parser.set_defaults(command=bench.bench)


def _default_build() -> Path:
    return Path(os.environ.get("HVKIT_BUILD") or _PROJECT / "build" / "dev")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= 86400:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of seconds")
    return seconds


def _number(largest: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isdecimal() or not 1 <= int(text) <= largest:
            raise argparse.ArgumentTypeError(f"'{text}' is not a number from 1 to {largest}")
        return int(text)

    return parse


def _shard(text: str) -> Shard:
    match = re.fullmatch(r"([1-9][0-9]{0,3})/([1-9][0-9]{0,3})", text)
    if match is None or not int(match[1]) <= int(match[2]) <= MAX_SHARDS:
        raise argparse.ArgumentTypeError(f"'{text}' is not of the form 2/4, up to {MAX_SHARDS}")
    return Shard(int(match[1]), int(match[2]))


def _globs(text: str) -> str:
    if not _GLOBS.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f"'{text}' is not a list of patterns such as synic/*,discovery/*"
        )
    return text


# ---- boot ---------------------------------------------------------------------------------------


def _boot(options: argparse.Namespace) -> int:
    target = targets.find(options.target)
    conform.check_image(options.image, "give the path of a Multiboot or PVH kernel")
    target.prepare()
    command = target.command(options.image, options.smp or target.smp, " ".join(options.arguments))
    with GuestProcess(command, target.environment(options.build_dir)) as guest:
        complete = _stream(guest, options.timeout)
        status = guest.wait(5) if complete else STATUS_TIMEOUT
        guest.stop()
        messages = guest.messages
    return _tell_end(STATUS_NONE if status is None else status, messages, target)


def _stream(guest: GuestProcess, timeout: float | None) -> bool:
    """Copies the serial port to stdout; returns whether it came to its end in time."""
    deadline = None if timeout is None else time.monotonic() + timeout
    while True:
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            return False
        data = guest.read(left)
        if data is None:
            return False
        if not data:
            return True
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def _tell_end(status: int, messages: str, target: Target) -> int:
    if status == STATUS_SETUP:
        raise target.setup_error(messages)
    if messages:
        print(messages, file=sys.stderr)
    how = {
        STATUS_TIMEOUT: "the guest was stopped: the time limit passed",
        STATUS_NONE: "the guest ended without a status: reset, power off or crash",
    }.get(status, f"the guest exited with status {status}")
    print(f"hvkit: {how}", file=sys.stderr)
    return status


# ---- targets ------------------------------------------------------------------------------------


def _targets(_options: argparse.Namespace) -> int:
    listed = [targets.load(path) for path in targets.available()]
    width = max(len(target.name) for target in listed)
    for target in listed:
        print(f"{target.name:<{width}}  {target.description}")
    return 0
