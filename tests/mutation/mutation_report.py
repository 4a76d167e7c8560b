# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What a mutation campaign found, as a table and as JSON."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from driver.errors import DriverError

from .campaign import Fate, Trial
from .explained import Key, key_of
from .mutants import Mutant

_COLUMNS = ("mutants", "unit", "suite", "explained", "survived", "killed")
_KILLED = (Fate.UNIT, Fate.SUITE)
_IMPROBABLE = 0.01
_SETTLED = (*_KILLED, Fate.INVALID, Fate.SAME)


def share(counts: Counter[Fate]) -> float:
    """Killed ones among all that are mutants of their own and not explained, in percent."""
    killed = sum(counts[fate] for fate in _KILLED)
    all_of_them = killed + counts[Fate.SURVIVED]
    return 100 * killed / all_of_them if all_of_them else 100.0


def is_below(counts: Counter[Fate], percent: float) -> bool:
    """Whether so few were killed that it is no chance: if that share of all mutants were killed, less
    than one sample in a hundred would have so many survivors. Also when there is none to judge by."""
    killed = sum(counts[fate] for fate in _KILLED)
    survived = counts[Fate.SURVIVED]
    drawn = killed + survived
    if not drawn:
        return percent > 0
    lives = 1 - percent / 100
    tail = sum(
        math.comb(drawn, k) * lives**k * (1 - lives) ** (drawn - k)
        for k in range(survived, drawn + 1)
    )
    return tail < _IMPROBABLE


def count(trials: Iterable[Trial]) -> Counter[Fate]:
    """How many had which fate."""
    return Counter(trial.fate for trial in trials)


def show(trials: Sequence[Trial]) -> None:
    """Prints the survivors and a table by file."""
    for trial in trials:
        if trial.fate is Fate.SURVIVED:
            print(f"survived  {trial.mutant}")
    files = sorted({trial.mutant.file for trial in trials})
    width = max(len(file) for file in [*files, "file"])
    print(f"\n{'file':{width}}" + "".join(f"{column:>10}" for column in _COLUMNS))
    for file in files:
        _show_row(file, width, (trial for trial in trials if trial.mutant.file == file))
    _show_row("all", width, trials)


def _show_row(name: str, width: int, trials: Iterable[Trial]) -> None:
    counts = count(trials)
    total = sum(number for fate, number in counts.items() if fate.counts)
    numbers = [total, *(counts[fate] for fate in Fate if fate.counts)]
    print(f"{name:{width}}" + "".join(f"{n:>10}" for n in numbers) + f"{share(counts):>9.1f}%")


def write(path: Path, trials: Sequence[Trial], options: dict[str, object]) -> None:
    """Writes every trial."""
    document = {
        "options": options,
        "counts": dict(count(trials)),
        "share": round(share(count(trials)), 2),
        "mutants": [
            {
                "file": trial.mutant.file,
                "line": trial.mutant.line,
                "function": trial.mutant.function,
                "before": trial.mutant.before,
                "after": trial.mutant.after,
                "fate": trial.fate,
                "by": trial.by,
            }
            for trial in trials
        ],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def read_settled(path: Path, mutants: Iterable[Mutant]) -> list[Trial]:
    """The trials of a report that another run would not change, of these mutants."""
    settled: dict[Key, tuple[Fate, str]] = {}
    open_ones: set[Key] = set()
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        for item in document["mutants"]:
            key = Key(item["file"], item["function"], item["before"], item["after"])
            settled[key] = (Fate(item["fate"]), item["by"])
            # The same line may stand twice in a function.
            if settled[key][0] not in _SETTLED:
                open_ones.add(key)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DriverError(
            f"cannot read the report: {error}", "run once without --again", path
        ) from error
    return [
        Trial(mutant, *settled[key])
        for mutant in mutants
        if (key := key_of(mutant)) in settled and key not in open_ones
    ]
