# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Targets: how to run a guest on an implementation, and what is known to differ there."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from . import process, yamlfile
from .errors import DriverError, suggest
from .process import Stop
from .yamlfile import Field, Section

DIRECTORY = Path(__file__).resolve().parent.parent / "targets"
MAX_SMP = 64
_ERROR_PREFIX = "hvkit: error: "

_TARGET_FIELDS = {
    "name": Field(str),
    "description": Field(str),
    "run": Field(str),
    "smp": Field(int, required=False),
    "kernel-args": Field(str, required=False),
    "boot-timeout": Field((int, float), required=False),
    "test-timeout": Field((int, float), required=False),
    "strict-skips": Field(bool, required=False),
    "skips": Field(list, required=False),
    "deviations": Field(list, required=False),
}
_SKIP_FIELDS = {
    "test": Field(str),
    "reason": Field(str),
    "reference": Field(str, required=False),
    "when": Field(dict, required=False),
}
_DEVIATION_FIELDS = _SKIP_FIELDS | {"outcome": Field(str, choices=("fail", "skip"))}
_WHEN_FIELDS = {"smp": Field((int, list))}


@dataclass(frozen=True)
class Expectation:
    """A known deviation (outcome fail or skip), or an expected skip."""

    test: str
    outcome: str
    reason: str
    reference: str | None
    smp: frozenset[int] | None
    file: Path
    line: int

    def applies_to(self, name: str, smp: int) -> bool:
        """Whether it speaks of this test on a machine with that many processors."""
        return fnmatchcase(name, self.test) and (self.smp is None or smp in self.smp)

    def check_matches(self, names: Iterable[str]) -> None:
        """Raises unless the pattern matches one of the tests."""
        names = list(names)
        if not any(fnmatchcase(name, self.test) for name in names):
            raise DriverError(
                f"no test matches '{self.test}'", suggest(self.test, names), self.file, self.line
            )


@dataclass(frozen=True)
class Target:
    """The contents of a target file."""

    name: str
    description: str
    script: Path
    smp: int = 1
    kernel_args: str = ""
    boot_timeout: float = 60
    test_timeout: float = 10
    strict_skips: bool = False
    skips: list[Expectation] = field(default_factory=list)
    deviations: list[Expectation] = field(default_factory=list)

    def prepare(self, stop: Stop | None = None) -> None:
        """Lets the target do its one-time setup; it tells the user on stderr what it does.

        Raises Interrupted when a stop is requested.
        """
        status = process.run_setup([str(self.script), "prepare"], stop)
        if status != 0:
            raise DriverError(
                f"target '{self.name}' cannot be prepared (status {status})",
                "see the messages above",
            )

    def command(self, image: Path, smp: int, kernel_command: str) -> list[str]:
        """What is to be executed to run the guest."""
        return [str(self.script), "run", str(image.resolve()), str(smp), kernel_command]

    def setup_error(self, messages: str) -> DriverError:
        """The error for a run that ended with the status for a target that cannot run."""
        told = [line for line in messages.splitlines() if line.startswith(_ERROR_PREFIX)]
        what = told[-1].removeprefix(_ERROR_PREFIX) if told else messages or "it does not say why"
        return DriverError(f"target '{self.name}' cannot run", what)

    def environment(self, build: Path) -> Mapping[str, str]:
        """The environment of the command."""
        return os.environ | {"HVKIT_BUILD": str(build.resolve())}


def load(path: Path) -> Target:
    """Returns the checked target that the file defines."""
    section = yamlfile.check_section(yamlfile.load(path), _TARGET_FIELDS, path, "the target")
    if section["name"] != path.stem:
        section.fail(
            "name",
            f"the target is named '{section['name']}', its file '{path.name}'",
            "give both the same name",
        )
    return Target(
        name=section["name"],
        description=section["description"],
        script=_script(section, path),
        smp=_checked_smp(section),
        kernel_args=section.get("kernel-args", ""),
        boot_timeout=_positive(section, "boot-timeout", 60),
        test_timeout=_positive(section, "test-timeout", 10),
        strict_skips=section.get("strict-skips", False),
        skips=_read_skips(section),
        deviations=_read_deviations(section),
    )


def available(directory: Path = DIRECTORY) -> list[Path]:
    """The target files that come with hvkit."""
    return sorted(directory.glob("*.yaml"))


def find(name: str, directory: Path = DIRECTORY) -> Target:
    """Returns the target of that name, or the one in that file when the name is a path."""
    if "/" in name or name.endswith(".yaml"):
        return load(Path(name))
    path = directory / f"{name}.yaml"
    if not path.is_file():
        raise DriverError(
            f"unknown target '{name}'", suggest(name, (item.stem for item in available(directory)))
        )
    return load(path)


def _script(section: Section, path: Path) -> Path:
    script = Path(path.parent, section["run"]).resolve()
    if not script.is_file():
        section.fail("run", f"the script {script} does not exist", "correct 'run'")
    if not os.access(script, os.X_OK):
        section.fail("run", f"the script {script} cannot be executed", f"run: chmod +x {script}")
    return script


def _checked_smp(section: Section) -> int:
    smp: int = section.get("smp", 1)
    if not 1 <= smp <= MAX_SMP:
        section.fail("smp", f"'smp' is not from 1 to {MAX_SMP}", "correct the value")
    return smp


def _positive(section: Section, key: str, default: float) -> float:
    value: float = section.get(key, default)
    if value <= 0:
        section.fail(key, f"'{key}' is not positive", "give a number of seconds")
    return value


def _read_skips(target: Section) -> list[Expectation]:
    return [
        _expectation(
            yamlfile.check_section(
                item, _SKIP_FIELDS, target.file, "the skip", target.lines["skips"]
            ),
            "skip",
        )
        for item in target.get("skips", [])
    ]


def _read_deviations(target: Section) -> list[Expectation]:
    sections = [
        yamlfile.check_section(
            item, _DEVIATION_FIELDS, target.file, "the deviation", target.lines["deviations"]
        )
        for item in target.get("deviations", [])
    ]
    return [_expectation(section, section["outcome"]) for section in sections]


def _expectation(section: Section, outcome: str) -> Expectation:
    if not section["reason"].strip():
        section.fail("reason", "the reason is empty", "say why")
    return Expectation(
        section["test"],
        outcome,
        section["reason"].strip(),
        section.get("reference"),
        _smp_condition(section),
        section.file,
        section.lines["test"],
    )


def _smp_condition(section: Section) -> frozenset[int] | None:
    if "when" not in section:
        return None
    when = yamlfile.check_section(section["when"], _WHEN_FIELDS, section.file, "'when'")
    numbers = when["smp"] if isinstance(when["smp"], list) else [when["smp"]]
    if not numbers or not all(isinstance(number, int) and number > 0 for number in numbers):
        when.fail(
            "smp", "'smp' is not a number of processors, or a list of such", "correct the value"
        )
    return frozenset(numbers)
