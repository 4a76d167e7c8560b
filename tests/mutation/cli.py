# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The commands: faults, mutate, seed."""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
from pathlib import Path

from driver.cli import EXIT_INTERRUPTED, Parser, terminated
from driver.conform import EXIT_ERROR
from driver.errors import DriverError, suggest
from driver.result import EXIT_FAILED

from . import explained, faultlist, faults, mutants, mutation_report, suite, workers
from .bench import CHILDREN, SAMPLE, UNIT_TESTS, Bench
from .campaign import Campaign, Fate, Trial
from .faultlist import ROOT, TYPE1, files_of

BUILD = ROOT / "build"
REPORT = BUILD / "mutation" / "report.json"
IMAGE = BUILD / "release" / "images" / "hvkit-conformance.elf"


def main(arguments: list[str]) -> int:
    """Runs a command and returns the exit status."""
    # By an exception, so that what has been found is written.
    signal.signal(signal.SIGTERM, terminated)
    options = _parse(arguments)
    try:
        status: int = options.command(options)
    except DriverError as error:
        print(f"hvkit: error: {error}", file=sys.stderr)
        return EXIT_ERROR
    except KeyboardInterrupt:
        print("hvkit: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    return status


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = Parser(prog="mutation", allow_abbrev=False, description="Tests of the tests.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    common = Parser(add_help=False)
    common.add_argument(
        "--jobs", type=_positive, metavar="N", default=_default_jobs(), help="work side by side"
    )
    common.add_argument(
        "--image", type=Path, metavar="FILE", default=IMAGE, help="the conformance kernel"
    )

    command = commands.add_parser(
        "faults", parents=[common], allow_abbrev=False, help="prove that seeded faults are noticed"
    )
    command.add_argument("--list", action="store_true", help="print the faults, run nothing")
    command.add_argument(
        "--turn", type=_turn, metavar="K/N", help="only every Nth fault, from number K on"
    )
    command.add_argument("names", nargs="*", metavar="NAME")
    command.set_defaults(command=_faults)

    command = commands.add_parser(
        "mutate", parents=[common], allow_abbrev=False, help="measure how many mutants are killed"
    )
    command.add_argument("--sample", type=_positive, metavar="N", help="only N of them, at random")
    command.add_argument("--seed", type=_number, metavar="N", default=0, help="of the choice")
    command.add_argument(
        "--time", type=_positive, metavar="SECONDS", help="begin no further mutant after that time"
    )
    command.add_argument(
        "--min", type=_percent, metavar="PERCENT", default=0.0,
        help="fail if a share as low is improbable where this one of all mutants is killed",
    )
    command.add_argument("--report", type=Path, metavar="FILE", default=REPORT, help="as JSON")
    command.add_argument(
        "--again", action="store_true", help="only those that the report does not call killed"
    )
    command.add_argument("--list", action="store_true", help="print the mutants, run nothing")
    command.add_argument(
        "--units-only", action="store_true", help="leave the conformance suite out"
    )
    command.add_argument(
        "files", nargs="*", metavar="FILE", help="of lib/core or lib/insn (default: all), or svm*.c"
    )
    command.set_defaults(command=_mutate)

    command = commands.add_parser(
        "seed", allow_abbrev=False, help="write the libraries' files with a fault into a directory"
    )
    command.add_argument("name", metavar="NAME")
    command.add_argument("directory", type=Path, metavar="DIRECTORY")
    command.set_defaults(command=_seed)
    return parser.parse_args(arguments)


def _default_jobs() -> int:
    return int(os.environ.get("HVKIT_JOBS") or os.cpu_count() or 1)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number above 0")
    return int(text)


def _number(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"'{text}' is not a number")
    return int(text)


def _percent(text: str) -> float:
    try:
        percent = float(text)
    except ValueError:
        percent = -1
    if not 0 <= percent <= 100:
        raise argparse.ArgumentTypeError(f"'{text}' is not a percentage")
    return percent


def _turn(text: str) -> tuple[int, int]:
    index, _, count = text.partition("/")
    if not (index.isdecimal() and count.isdecimal() and int(index) < int(count)):
        raise argparse.ArgumentTypeError(f"'{text}' is not like 3/10")
    return int(index), int(count)


def _benches(kind: str, count: int, *targets: str) -> list[Bench]:
    benches = [Bench(BUILD / kind / str(index)) for index in range(count)]
    workers.run_all(benches, benches, lambda _, bench: bench.prepare(*targets), lambda _: None)
    return benches


def _own_image(kind: str, image: Path) -> Path:
    """A copy of the kernel, so that a build meanwhile does not change what is measured."""
    copy = BUILD / kind / image.name
    try:
        shutil.copyfile(image, copy)
    except OSError as error:
        raise DriverError(
            f"cannot copy the conformance kernel: {error.strerror}",
            "build hvkit first, or name the kernel with --image",
            image,
        ) from error
    return copy


# ---- commands -----------------------------------------------------------------------------------


def _seed(options: argparse.Namespace) -> int:
    [fault] = faultlist.choose(faultlist.load(), [options.name])
    faultlist.seed(fault, options.directory)
    return 0


def _faults(options: argparse.Namespace) -> int:
    chosen = faultlist.load()
    if options.names:
        chosen = faultlist.choose(chosen, options.names)
    if options.turn:
        index, count = options.turn
        chosen = chosen[index::count]
        print(f"faults: turn {index}/{count}, {len(chosen)} faults", flush=True)
    if options.list:
        for fault in chosen:
            print(f"{fault.name}  ({fault.file})\n    {fault.why}")
        return 0
    benches = _benches("faults", min(options.jobs, len(chosen)), SAMPLE, *CHILDREN)
    image = _own_image("faults", options.image)
    wrong = suite.notice(benches[0].directory, image)
    if wrong is not None:
        raise DriverError(
            f"without any fault {wrong.test} fails: {wrong.reason}",
            "mend that first; faults say nothing while the suite fails",
        )
    results = faults.run(chosen, image, benches)
    missed = sum(not result.caught for result in results)
    print(f"faults: {len(results) - missed} caught, {missed} missed")
    return 0 if all(result.good for result in results) else EXIT_FAILED


def _mutate(options: argparse.Namespace) -> int:
    sources = {
        name: path.read_text(encoding="utf-8")
        for name, path in files_of().items()
        if path.suffix == ".c"
    }
    made = {file: mutants.generate(file, text) for file, text in sources.items()}
    reasons = explained.load(made)
    chosen = _choose_mutants(options, made)
    settled: list[Trial] = []
    if options.again:
        settled = mutation_report.read_settled(options.report, chosen)
        chosen = [m for m in chosen if m not in {trial.mutant for trial in settled}]
    if options.list:
        print("\n".join(str(mutant) for mutant in chosen))
        return 0
    benches = _benches("mutation", max(1, min(options.jobs, len(chosen))), SAMPLE, UNIT_TESTS)
    campaign = Campaign(sources, _own_image("mutation", options.image), reasons, options.units_only)
    campaign.measure(benches[0], list(sources))
    follow = _Follower(len(chosen))
    try:
        campaign.run(chosen, benches, options.time, follow)
    finally:
        # Also what an interrupted run has found, to go on with --again.
        trials = sorted([*follow.trials, *settled], key=lambda t: (t.mutant.file, t.mutant.begin))
        campaign.explain(trials)
        mutation_report.write(
            options.report,
            trials,
            {"files": options.files, "sample": options.sample, "seed": options.seed},
        )
    mutation_report.show(trials)
    counted = mutation_report.count(trials)
    share = mutation_report.share(counted)
    print(f"mutate: {share:.1f} % killed, {counted[Fate.SURVIVED]} survived")
    return EXIT_FAILED if mutation_report.is_below(counted, options.min) else 0


def _choose_mutants(
    options: argparse.Namespace, made: dict[str, list[mutants.Mutant]]
) -> list[mutants.Mutant]:
    # No unit test knows the back end, so that its mutants take long: they are tried when asked for.
    libraries = [name for name, path in files_of().items() if name in made and path.parent != TYPE1]
    files = [Path(name).name for name in options.files] or libraries
    for file in files:
        if file not in made:
            raise DriverError(
                f"no file '{file}' in lib/core and lib/insn, or of the back end for SVM",
                suggest(file, made),
            )
    chosen = [mutant for file in files for mutant in made[file]]
    if options.sample is None or options.sample >= len(chosen):
        return chosen
    print(f"mutate: {options.sample} of {len(chosen)} mutants, seed {options.seed}", flush=True)
    return random.Random(options.seed).sample(chosen, options.sample)


class _Follower:
    """Keeps what has been found, and says how far it has come."""

    def __init__(self, total: int) -> None:
        self.trials: list[Trial] = []
        self._total = total

    def __call__(self, trial: Trial) -> None:
        self.trials.append(trial)
        count = f"[{len(self.trials)}/{self._total}]"
        if trial.fate is Fate.SURVIVED:
            print(f"{count} lives  {trial.mutant}", file=sys.stderr, flush=True)
        elif len(self.trials) % 100 == 0:
            print(count, file=sys.stderr, flush=True)
