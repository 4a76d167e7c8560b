# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The command conform: the suite on one target or several, as a whole or in shards."""

from __future__ import annotations

import argparse
import os
import random
import sys
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock

from . import catalogue, coverage, pool, report, serial_log, shards, summary, targets, verdict
from .errors import DriverError, Interrupted
from .process import Stop
from .progress import Progress, RunProgress
from .reportdir import ReportDirectory
from .result import TargetResult, exit_status
from .runner import Options, Runner
from .shards import Announcements, Part, Shard
from .targets import Target
from .transcript import TestRecord

EXIT_ERROR = 2

MAX_SEED = (1 << 32) - 1
DEFAULT_TARGET = "sample"
# What a guest sees is seen in a child; what only a root sees, and all else once more, in the root.
DEFAULT_TARGETS = "sample-child,sample"
# A release has no parent for a child, and the root alone.
PARENT = Path("images") / "hvkit-root.elf"
IMAGE_NAME = "hvkit-conformance.elf"


@dataclass
class _Job:
    """One shard of the suite on one target, and what it came to."""

    target: Target
    shard: Shard
    announcements: Announcements
    part: Part | None = None
    error: DriverError | None = None
    ended: bool = False

    @property
    def label(self) -> str:
        """The name for people."""
        return self.target.name if self.shard.whole else f"{self.target.name} {self.shard}"

    @property
    def file_label(self) -> str:
        """The name in the names of files."""
        return self.label.replace(" ", "-").replace("/", "of")


def conform(options: argparse.Namespace) -> int:
    """Runs the command and returns the exit status."""
    if options.log is not None:
        return _judge_logs(options)
    session = Session(options)
    try:
        session.run()
    except KeyboardInterrupt:
        session.write_report()
        session.tell_interruption()
        raise
    return session.tell()


def _judge_logs(options: argparse.Namespace) -> int:
    """Boots nothing: the output was collected elsewhere."""
    requirements, gaps = catalogue.load(), catalogue.load_gaps()
    found = _find_targets(options.target or [DEFAULT_TARGET])
    if len(found) != 1:
        raise DriverError("a log is of one target", "give one --target with --log")
    result = serial_log.judge(found[0], options.log, [*requirements, *gaps])
    run = report.finished([result], requirements, gaps, _image(options), _command())
    summary.show_run([result], run.coverage, options.verbose, False)
    if options.report is not None:
        report.write(ReportDirectory(options.report).path, run)
        print(f"\nreport: {options.report}")
    summary.show_total([result])
    return exit_status([result])


class Session:
    """All runs of one command."""

    def __init__(self, options: argparse.Namespace) -> None:
        """Checks all that can be checked before anything runs."""
        self._options = options
        self._requirements, self._gaps = catalogue.load(), catalogue.load_gaps()
        self._targets = _find_targets(options.target or [_default_targets(options.build_dir)])
        self._image = _image(options)
        check_image(
            self._image, "build hvkit, or name the image with --image or the build with --build-dir"
        )
        self._directory = None if options.report is None else ReportDirectory(options.report)
        self._report_error: DriverError | None = None
        self._words = _kernel_words(options)
        self._jobs = [job for target in self._targets for job in self._split(target)]
        self._progress = Progress(options.verbose)
        self._stop = Stop()
        # Package managers and caches do not like to be used twice at once.
        self._preparing = Lock()
        self._prepared: set[str] = set()

    def run(self) -> None:
        """Runs all jobs to their end, good or bad."""
        tasks = [partial(self._run_job, job) for job in self._jobs]
        jobs = self._options.jobs or len(os.sched_getaffinity(0))
        pool.run(tasks, jobs, self._ended, self._stop)

    def write_report(self) -> None:
        """Writes the report of what there is, if one is wanted."""
        results = self.results()
        if self._directory is None or not results:
            return
        try:
            run = report.finished(results, self._requirements, self._gaps, self._image, _command())
            report.write(self._directory.path, run)
            self._report_error = None
        except DriverError as error:
            self._report_error = error

    def results(self) -> list[TargetResult]:
        """What each target came to of which a run has ended."""
        return [
            self._result(target, parts)
            for target in self._targets
            if (parts := [job.part for job in self._jobs_of(target) if job.part is not None])
        ]

    def tell(self) -> int:
        """Prints the results and returns the exit status."""
        results = self.results()
        errors = [job.error for job in self._jobs if job.error is not None]
        if results:
            self._summarize(results)
        if self._report_error is not None:
            print(f"hvkit: error: {self._report_error}", file=sys.stderr)
            errors.append(self._report_error)
        if errors:
            return EXIT_ERROR
        return exit_status(results)

    def tell_interruption(self) -> None:
        """Says where that is which was found until then."""
        if self._report_error is not None:
            self._progress.say(f"error: {self._report_error}")
        elif self._directory is not None and self.results():
            self._progress.say(f"what was gathered is in {self._directory.path}")

    # ---- before ---------------------------------------------------------------------------------

    def _split(self, target: Target) -> list[_Job]:
        options = self._options
        if options.shard is not None:
            parts = [options.shard]
        else:
            parts = [Shard(number, options.shards) for number in range(1, options.shards + 1)]
        announcements = Announcements(len(parts), partial(self._check_expectations, target))
        return [_Job(target, part, announcements) for part in parts]

    # ---- in the job's thread --------------------------------------------------------------------

    def _run_job(self, job: _Job) -> None:
        progress = RunProgress(self._progress, job.label)
        try:
            self._prepare(job.target, progress)
            self._run_suite(job, progress)
        except DriverError as error:
            job.error = error
        except Exception:
            # A mistake of the driver's own must not cost what the other jobs find.
            traceback.print_exc()
            job.error = DriverError("the driver failed", "please report the trace above")
        progress.finish()

    def _prepare(self, target: Target, progress: RunProgress) -> None:
        with self._preparing:
            if self._stop.requested:
                raise Interrupted
            if target.name not in self._prepared:
                progress.say(target.description)
                target.prepare(self._stop)
                self._prepared.add(target.name)

    def _run_suite(self, job: _Job, progress: RunProgress) -> None:
        options = self._options
        shard = () if job.shard.whole else (f"shard={job.shard}",)
        directory = self._directory
        runner = Runner(
            job.target,
            Options(
                image=self._image,
                build=options.build_dir,
                smp=options.smp or job.target.smp,
                patterns=options.tests,
                words=(*self._words, *shard),
                test_timeout=options.timeout or job.target.test_timeout,
                logs=None if directory is None else directory.log_prefix(job.file_label),
                check=partial(self._check_announced, job),
                repeat=options.repeat or 1,
                stop=self._stop,
            ),
            progress,
        )
        job.part = Part(job.shard, runner.run(), runner.boots)
        job.error = runner.error or self._log_error(runner)

    def _log_error(self, runner: Runner) -> DriverError | None:
        if runner.log_error is None:
            return None
        return DriverError(runner.log_error, "make room there", self._options.report)

    def _check_announced(self, job: _Job, tests: Iterable[TestRecord]) -> None:
        # Early, so that a mistake in a file does not cost a whole run.
        tests = list(tests)
        coverage.check_known(tests, [*self._requirements, *self._gaps])
        job.announcements.add(tests)

    def _check_expectations(self, target: Target, names: list[str]) -> None:
        if not names and self._options.shard is None:
            what = f" that matches '{self._options.tests}'" if self._options.tests else "s"
            raise DriverError(
                f"the guest image has no test{what}", "tests are named area/name", self._image
            )
        # What a selection leaves out cannot be told from what does not exist.
        if self._options.tests is None and self._options.shard is None:
            for expectation in [*target.deviations, *target.skips]:
                expectation.check_matches(names)

    # ---- in the main thread ---------------------------------------------------------------------

    def _ended(self, number: int) -> None:
        job = self._jobs[number]
        job.ended = True
        if job.error is not None:
            label = "" if job.error.file or len(self._jobs) == 1 else f"{job.label}: "
            self._progress.say(f"error: {label}{job.error}")
        # For a driver that is killed before the end, what has ended so far is there; with the last
        # job, it is the whole.
        if all(other.ended for other in self._jobs_of(job.target)):
            self.write_report()

    def _jobs_of(self, target: Target) -> list[_Job]:
        return [job for job in self._jobs if job.target is target]

    def _result(self, target: Target, parts: Sequence[Part]) -> TargetResult:
        whole = shards.merge(parts)
        smp = self._options.smp or target.smp
        return TargetResult(
            target,
            smp,
            whole.vps,
            whole.boots,
            whole.facts,
            verdict.judge(whole.tests, target, smp),
            whole.warnings,
        )

    def _summarize(self, results: Sequence[TargetResult]) -> None:
        selected = self._options.tests is not None or self._options.shard is not None
        tests = [test for result in results for test in result.tests]
        measured = coverage.measure(tests, self._requirements, self._gaps)
        summary.show_run(results, measured, self._options.verbose, selected)
        for job in self._jobs:
            if job.error is not None:
                what = "incomplete" if job.part else "no results"
                print(f"\n{job.label}: {what}: {job.error.what}")
        if self._directory is not None and self._report_error is None:
            print(f"\nreport: {self._directory.path}")
        summary.show_total(results)


def _image(options: argparse.Namespace) -> Path:
    image: Path = options.image or options.build_dir / "images" / IMAGE_NAME
    return image


def _command() -> list[str]:
    return ["hvkit", *sys.argv[1:]]


def check_image(image: Path, remedy: str) -> None:
    """Raises unless the file can be a guest image."""
    try:
        with image.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise DriverError(
            f"cannot read the guest image: {error.strerror}", remedy, image
        ) from error
    if magic != b"\x7fELF":
        raise DriverError("the guest image is not an ELF file", remedy, image)


def _default_targets(build_dir: Path) -> str:
    return DEFAULT_TARGETS if (build_dir / PARENT).exists() else DEFAULT_TARGET


def _find_targets(lists: Sequence[str]) -> list[Target]:
    names = [name for item in lists for name in item.split(",")]
    found = [targets.find(name) for name in names]
    for number, target in enumerate(found):
        if any(other.name == target.name for other in found[:number]):
            raise DriverError(f"the target '{target.name}' is named twice", "name it once")
    return found


def _kernel_words(options: argparse.Namespace) -> tuple[str, ...]:
    """How the kernel is to run the tests, beyond which and how often."""
    words = []
    if options.shuffle is not None:
        # Seed 0 stands for any; whoever wants the same order again must be told which it was.
        seed = options.shuffle or random.randint(1, MAX_SEED)
        print(f"hvkit: --shuffle {seed}", file=sys.stderr)
        words.append(f"shuffle={seed}")
    if options.busy:
        words.append("busy")
    return tuple(words)
