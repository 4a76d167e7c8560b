# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Tries mutants: against the unit tests, and those that survive against the conformance suite."""

from __future__ import annotations

import hashlib
import math
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from driver.errors import DriverError

from . import suite
from .bench import SAMPLE, UNIT_TESTS, Bench, run_limited
from .explained import Key, key_of
from .mutants import Mutant
from .workers import run_all

# The program limits its processor time itself.
UNIT_SECONDS = 120.0
MEMORY_KIB = 4 << 20
# Unit tests that are most likely to notice, where their topic has another name than the file.
_TOPICS = {
    "features.c": ("cpuid",),
    "hypercall_registers.c": ("hypercall_registers", "hypercall", "request"),
    "property.c": ("partition",),
    "register.c": ("hypercall_registers",),
    "slat_ept.c": ("address",),
    "slat_npt.c": ("address",),
    "stats.c": ("msr_registers", "overlay"),
    "vp.c": ("partition", "request"),
}


class Fate(StrEnum):
    """What became of a mutant."""

    INVALID = "invalid"  # does not compile
    SAME = "same"  # as the original, or as another mutant: the compiler makes the same of it
    UNIT = "unit"  # killed by a unit test
    SUITE = "suite"  # killed by the conformance suite
    EXPLAINED = "explained"  # survived, and the list says why
    SURVIVED = "survived"
    UNTRIED = "untried"  # time was up

    @property
    def counts(self) -> bool:
        """Whether it is a mutant of its own."""
        return self not in (Fate.INVALID, Fate.SAME, Fate.UNTRIED)


@dataclass
class Trial:
    """One mutant and how it fared."""

    mutant: Mutant
    fate: Fate = Fate.SURVIVED
    by: str = ""  # who killed it, or why it may live
    twins: list[Mutant] = field(default_factory=list)  # of which the compiler makes the same


class Campaign:
    """All that workers share."""

    def __init__(
        self, sources: Mapping[str, str], image: Path, reasons: Mapping[Key, str], units_only: bool
    ) -> None:
        self._sources = sources
        self._image = image
        self._reasons = reasons
        self._units_only = units_only
        self._deadline = math.inf
        self._lock = threading.Lock()
        self._objects: dict[tuple[str, bytes], Trial | None] = {}

    def measure(self, bench: Bench, files: Sequence[str]) -> None:
        """Sees that all passes with no mutant, and learns what the compiler makes of that."""
        status, output = run_limited([bench.unit_tests, "request"], UNIT_SECONDS)
        if status != 0:
            raise DriverError(f"the unit tests fail:\n{output}", "mend that first")
        found = None if self._units_only else suite.notice(bench.directory, self._image)
        if found is not None:
            raise DriverError(
                f"without any mutant {found.test} fails: {found.reason}", "mend that first"
            )
        for file in files:
            self._objects[file, _digest(bench, file)] = None

    def run(
        self,
        mutants: Sequence[Mutant],
        benches: Sequence[Bench],
        seconds: float | None,
        done: Callable[[Trial], None],
    ) -> list[Trial]:
        """Tries all of them, or as many as there is time for."""
        if seconds is not None:
            self._deadline = time.monotonic() + seconds
        return run_all(benches, mutants, self._try, done)

    def _try(self, bench: Bench, mutant: Mutant) -> Trial:
        trial = Trial(mutant)
        if time.monotonic() > self._deadline:
            trial.fate = Fate.UNTRIED
            return trial
        bench.put(mutant.file, mutant.apply(self._sources[mutant.file]))
        target = str(bench.object_of(mutant.file).relative_to(bench.directory))
        if bench.build(target) is not None:
            trial.fate = Fate.INVALID
        elif self._is_known(bench, trial):
            trial.fate = Fate.SAME
        elif bench.build(UNIT_TESTS) is not None:
            trial.fate = Fate.INVALID
        else:
            self._judge(bench, trial)
        return trial

    def _is_known(self, bench: Bench, trial: Trial) -> bool:
        key = (trial.mutant.file, _digest(bench, trial.mutant.file))
        with self._lock:
            if key not in self._objects:
                self._objects[key] = trial
                return False
            twin = self._objects[key]
            if twin is not None:
                twin.twins.append(trial.mutant)
            trial.by = "the original" if twin is None else str(twin.mutant)
            return True

    def _judge(self, bench: Bench, trial: Trial) -> None:
        killer = self._unit_killer(bench, trial.mutant.file)
        if killer is not None:
            trial.fate, trial.by = Fate.UNIT, killer
            return
        if self._units_only:
            return
        if bench.build(SAMPLE) is not None:
            trial.fate = Fate.INVALID
            return
        found = suite.notice(bench.directory, self._image)
        if found is not None:
            trial.fate, trial.by = Fate.SUITE, found.test

    def explain(self, trials: Sequence[Trial]) -> None:
        """Marks the survivors that the list explains, themselves or by a twin."""
        for trial in trials:
            if trial.fate is Fate.SURVIVED:
                for mutant in (trial.mutant, *trial.twins):
                    reason = self._reasons.get(key_of(mutant))
                    if reason is not None:
                        trial.fate, trial.by = Fate.EXPLAINED, reason

    def _unit_killer(self, bench: Bench, file: str) -> str | None:
        topics = _TOPICS.get(file) or (file.removesuffix(".c").partition("_")[0],)
        # A mutant that allocates without end must not take the machine with it.
        limit = f'ulimit -v {MEMORY_KIB}; exec "$@"'
        status, output = run_limited(
            ["sh", "-c", limit, "sh", bench.unit_tests, *topics], UNIT_SECONDS
        )
        if status == 0:
            return None
        if status in (None, -signal.SIGPROF):
            return "time limit"
        failed = [line.split(":")[3:5] for line in output.splitlines() if ":F:" in line]
        return ":".join(failed[0]) if failed else f"status {status}"


def _digest(bench: Bench, file: str) -> bytes:
    return hashlib.sha256(bench.object_of(file).read_bytes()).digest()
