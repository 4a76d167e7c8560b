# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The commands: conform, boot, report, targets."""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import sys
import time
from collections.abc import Collection, Iterable
from pathlib import Path
from types import FrameType
from typing import NoReturn

from . import catalogue, coverage, report, summary, targets, verdict
from .errors import DriverError
from .process import STATUS_NONE, STATUS_SETUP, STATUS_TIMEOUT, GuestProcess
from .report import commands as report_commands
from .result import TargetResult
from .runner import Options, Runner
from .summary import Progress
from .targets import Target
from .transcript import TestRecord

EXIT_FAILED = 1
EXIT_ERROR = 2
EXIT_INTERRUPTED = 130

MAX_REPEAT = 1_000_000
MAX_SEED = (1 << 32) - 1

DEFAULT_TARGET = "sample"
IMAGE_NAME = "hvkit-conformance.elf"
_PROJECT = Path(__file__).resolve().parent.parent.parent
_GLOBS = re.compile(r"[A-Za-z0-9*?/,-]+")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        print(f"hvkit: error: {message}; see {self.prog} --help", file=sys.stderr)
        sys.exit(EXIT_ERROR)


def main(arguments: list[str]) -> int:
    """Runs a command and returns the exit status."""
    signal.signal(signal.SIGTERM, _terminated)
    options = _parse(arguments)
    try:
        status: int = options.command(options)
    except DriverError as error:
        print(f"hvkit: error: {error}", file=sys.stderr)
        return EXIT_ERROR
    except KeyboardInterrupt:
        print("hvkit: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has gone; python would complain once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_ERROR
    return status


def _terminated(_number: int, _frame: FrameType | None) -> NoReturn:
    # An exception, so that the guest is stopped on the way out.
    raise KeyboardInterrupt


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = _Parser(
        prog="hvkit", allow_abbrev=False, description="Runs guests on Hyper-V implementations."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    common = _Parser(add_help=False)
    common.add_argument(
        "--smp", type=_processors, metavar="N", help="virtual processors; default: the target's"
    )
    common.add_argument(
        "--build-dir",
        type=Path,
        metavar="DIR",
        default=_default_build(),
        help="where hvkit is built; default: $HVKIT_BUILD, or build/dev",
    )
    common.add_argument("--timeout", type=_seconds, metavar="S")

    conform = commands.add_parser(
        "conform",
        parents=[common],
        allow_abbrev=False,
        help="run the conformance suite; --timeout is for a silent test",
    )
    conform.add_argument(
        "--target",
        action="append",
        metavar="NAME",
        help=f"what to run on, a name or a YAML file; may be repeated; default: {DEFAULT_TARGET}",
    )
    conform.add_argument(
        "--tests", type=_globs, metavar="GLOB", help="area/name; several separated by commas"
    )
    conform.add_argument(
        "--report", type=Path, metavar="DIR", help="write JSON, JUnit XML, TAP and logs there"
    )
    conform.add_argument(
        "--repeat", type=_count, metavar="N", help="run each test N times, or until it fails"
    )
    conform.add_argument(
        "--shuffle",
        type=_seed,
        nargs="?",
        const=0,
        metavar="SEED",
        help="run the tests in an order that the number decides; without one it is drawn and shown",
    )
    conform.add_argument(
        "--busy", action="store_true", help="keep the other processors busy while a test runs"
    )
    conform.add_argument("--image", type=Path, metavar="FILE", help="the conformance kernel")
    conform.add_argument(
        "--verbose", action="store_true", help="also list tests as they run, and skips"
    )
    conform.set_defaults(command=_conform)

    boot = commands.add_parser(
        "boot",
        parents=[common],
        allow_abbrev=False,
        help="boot a Multiboot or PVH kernel; --timeout is for the whole run",
    )
    boot.add_argument("--target", default=DEFAULT_TARGET, metavar="NAME")
    boot.add_argument("image", type=Path, metavar="IMAGE.elf")
    boot.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARGUMENTS")
    boot.set_defaults(command=_boot)

    report_commands.add(commands)

    listing = commands.add_parser("targets", allow_abbrev=False, help="list the targets")
    listing.set_defaults(command=_targets)
    return parser.parse_args(arguments)


def _default_build() -> Path:
    return Path(os.environ.get("HVKIT_BUILD") or _PROJECT / "build" / "dev")


def _processors(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= targets.MAX_SMP:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 1 to {targets.MAX_SMP}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= 86400:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of seconds")
    return seconds


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MAX_REPEAT:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 1 to {MAX_REPEAT}")
    return int(text)


def _seed(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MAX_SEED:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 1 to {MAX_SEED}")
    return int(text)


def _globs(text: str) -> str:
    if not _GLOBS.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f"'{text}' is not a list of patterns such as synic/*,discovery/*"
        )
    return text


def _check_image(image: Path, remedy: str) -> None:
    try:
        with image.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise DriverError(
            f"cannot read the guest image: {error.strerror}", remedy, image
        ) from error
    if magic != b"\x7fELF":
        raise DriverError("the guest image is not an ELF file", remedy, image)


# ---- conform ------------------------------------------------------------------------------------


def _conform(options: argparse.Namespace) -> int:
    requirements, gaps = catalogue.load(), catalogue.load_gaps()
    words = _kernel_words(options)
    chosen = [targets.find(name) for name in options.target or [DEFAULT_TARGET]]
    image = options.image or options.build_dir / "images" / IMAGE_NAME
    _check_image(image, "build hvkit, or name the image with --image or the build with --build-dir")
    _make_report_directory(options.report)
    results = []
    for target in chosen:
        results.append(_conform_target(target, image, options, [*requirements, *gaps], words))
    run = report.finished(results, requirements, gaps, image, ["hvkit", *sys.argv[1:]])
    summary.show_run(results, run.coverage, options.verbose, options.tests is not None)
    if options.report is not None:
        report.write(options.report, run)
        print(f"\nreport: {options.report}")
    summary.show_total(results)
    return EXIT_FAILED if any(result.count()[1] for result in results) else 0


def _kernel_words(options: argparse.Namespace) -> tuple[str, ...]:
    """How the kernel is to run the tests, beyond which."""
    words = []
    if options.repeat is not None:
        words.append(f"repeat={options.repeat}")
    if options.shuffle is not None:
        # Seed 0 stands for any; whoever wants the same order again must be told which it was.
        seed = options.shuffle or random.randint(1, MAX_SEED)
        print(f"hvkit: --shuffle {seed}", file=sys.stderr)
        words.append(f"shuffle={seed}")
    if options.busy:
        words.append("busy")
    return tuple(words)


def _make_report_directory(directory: Path | None) -> None:
    if directory is None:
        return
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for stale in directory.glob("serial-*.log"):
            stale.unlink()
    except OSError as error:
        raise DriverError(
            f"cannot write reports there: {error.strerror}", "choose another directory", directory
        ) from error


def _conform_target(
    target: Target,
    image: Path,
    options: argparse.Namespace,
    known: Collection[str],
    words: tuple[str, ...],
) -> TargetResult:
    def check(tests: Iterable[TestRecord]) -> None:
        names = [test.name for test in tests]
        coverage.check_known(tests, known)
        # What a selection leaves out cannot be told from what does not exist.
        for expectation in [*target.deviations, *target.skips] if options.tests is None else []:
            expectation.check_matches(names)

    smp = options.smp or target.smp
    progress = Progress(options.verbose)
    progress.preparing(target)
    target.prepare()
    runner = Runner(
        target,
        Options(
            image,
            options.build_dir,
            smp,
            options.tests,
            words,
            options.timeout or target.test_timeout,
            options.report,
            check,
        ),
        progress,
    )
    try:
        transcript = runner.run()
    finally:
        progress.finish()
    if not transcript.tests:
        what = (
            "has no tests"
            if options.tests is None
            else f"has no test that matches '{options.tests}'"
        )
        raise DriverError(f"the guest image {what}", "tests are named area/name", image)
    return TargetResult(
        target,
        smp,
        transcript.vps,
        runner.boots,
        transcript.facts,
        verdict.judge(transcript.tests.values(), target, smp),
        transcript.warnings,
    )


# ---- boot ---------------------------------------------------------------------------------------


def _boot(options: argparse.Namespace) -> int:
    target = targets.find(options.target)
    _check_image(options.image, "give the path of a Multiboot or PVH kernel")
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
    for path in targets.available():
        target = targets.load(path)
        print(f"{target.name:<10} {target.description}")
    return 0
