# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Targets: how to run a guest on an implementation, and what is known to differ there."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from . import process, yamlfile
from .errors import DriverError, suggest
from .process import Stop
from .yamlfile import Field, Section

DIRECTORY = Path(__file__).resolve().parent.parent / "targets"
MAX_SMP = 255
_ERROR_PREFIX = "hvkit: error: "
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FLAG = re.compile(r"[A-Za-z0-9._=:-]+")
# kvm, kvm+hv-time+hv-synic, path/to/mine.yaml, path/to/mine.yaml+flag
_NAME_AND_FLAGS = re.compile(r"(.*\.yaml|[^+]*)(?:\+(.*))?", re.DOTALL)

_TARGET_FIELDS = {
    "name": Field(str),
    "description": Field(str),
    "extends": Field(str, required=False),
    "run": Field(str, required=False),
    "flags": Field(list, required=False),
    "environment": Field(dict, required=False),
    "smp": Field(int, required=False),
    "bench-smp": Field(int, required=False),
    "linux": Field(str, required=False),
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
_DEVIATION_FIELDS = _SKIP_FIELDS | {"outcome": Field(str, choices=("fail", "skip", "pass"))}
_WHEN_FIELDS = {"smp": Field((int, list))}


@dataclass(frozen=True)
class Expectation:
    """A known deviation, by the outcome that is expected; or an expected skip."""

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
    flags: tuple[str, ...] | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    smp: int = 1
    bench_smp: int = 1
    linux: str | None = None
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
        status = process.run_setup(
            [str(self.script), "prepare"], stop, self._own_environment()
        )
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
        return self._own_environment() | {"HVKIT_BUILD": str(build.resolve())}

    def _own_environment(self) -> dict[str, str]:
        flags = {} if self.flags is None else {"HVKIT_TARGET_FLAGS": " ".join(self.flags)}
        return dict(self.variables) | os.environ | flags

    def of_linux(self) -> Target | None:
        """The target that boots Linux where this one is measured, if there is any."""
        if self.linux is None or self.linux == "self":
            return self if self.linux else None
        return find(self.linux)

    def with_flags(self, flags: list[str]) -> Target:
        """The target as NAME+FLAG+FLAG asks for it."""
        if self.flags is None:
            raise DriverError(f"the target '{self.name}' takes no flags", "leave out the '+'")
        for flag in flags:
            if not _FLAG.fullmatch(flag):
                raise DriverError(
                    f"'{flag}' is not a flag", f"write them as in {self.name}+flag+other=value"
                )
        return replace(self, name="+".join([self.name, *flags]), flags=tuple(flags))


def load(path: Path, extending: tuple[Path, ...] = ()) -> Target:
    """Returns the checked target that the file defines, for the files that extend it."""
    section = yamlfile.check_section(yamlfile.load(path), _TARGET_FIELDS, path, "the target")
    if section["name"] != path.stem:
        section.fail(
            "name",
            f"the target is named '{section['name']}', its file '{path.name}'",
            "give both the same name",
        )
    base = _base(section, path, extending)
    given = {name: read(section) for key, (name, read) in _READERS.items() if key in section}
    deviations = _read_deviations(section)
    _check_taken_back(section, deviations, base)
    return replace(
        base,
        name=section["name"],
        description=section["description"],
        # The first that applies counts: those of this file come before what it inherits.
        skips=_read_skips(section) + base.skips,
        deviations=deviations + base.deviations,
        variables={**base.variables, **_variables(section)},
        **given,
    )


def available(directory: Path = DIRECTORY) -> list[Path]:
    """The target files that come with hvkit."""
    return sorted(directory.glob("*.yaml"))


def find(name: str, directory: Path = DIRECTORY) -> Target:
    """Returns the target of that name, or in that file when the name is a path, with its flags."""
    match = _NAME_AND_FLAGS.fullmatch(name)
    assert match is not None
    target = _find(match[1], directory)
    return target if match[2] is None else target.with_flags(match[2].split("+"))


def _find(name: str, directory: Path) -> Target:
    if "/" in name or name.endswith(".yaml"):
        return load(Path(name))
    path = directory / f"{name}.yaml"
    if not path.is_file():
        raise DriverError(
            f"unknown target '{name}'", suggest(name, (item.stem for item in available(directory)))
        )
    return load(path)


def _base(section: Section, path: Path, extending: tuple[Path, ...]) -> Target:
    """What the target is before its own keys say otherwise."""
    if "extends" not in section:
        if "run" not in section:
            section.fail(None, "the target has no 'run'", "add the key, or 'extends'")
        return Target(section["name"], section["description"], _script(section))
    name = section["extends"]
    beside = path.parent / f"{name}.yaml"
    base = beside if beside.is_file() else DIRECTORY / f"{name}.yaml"
    if not base.is_file():
        known = {item.stem for item in (*available(path.parent), *available())} - {path.stem}
        section.fail("extends", f"unknown target '{name}'", suggest(name, known))
    extending = (*extending, path.resolve())
    if base.resolve() in extending:
        section.fail("extends", f"'{section['name']}' extends itself", "break the circle")
    return load(base, extending)


def _script(section: Section) -> Path:
    script = Path(section.file.parent, section["run"]).resolve()
    if not script.is_file():
        section.fail("run", f"the script {script} does not exist", "correct 'run'")
    if not os.access(script, os.X_OK):
        section.fail("run", f"the script {script} cannot be executed", f"run: chmod +x {script}")
    return script


def _flags(section: Section) -> tuple[str, ...]:
    for flag in section["flags"]:
        if not isinstance(flag, str) or not _FLAG.fullmatch(flag):
            section.fail("flags", f"'{flag}' is not a flag", "write words such as other=value")
    return tuple(section["flags"])


def _variables(section: Section) -> dict[str, str]:
    variables = section.get("environment", {})
    for name, value in variables.items():
        if not _VARIABLE.fullmatch(name) or not isinstance(value, str):
            variables.fail(
                name, f"'{name}' is not a variable with a text", 'write it as NAME: "value"'
            )
    return dict(variables)


def _processors(key: str) -> Callable[[Section], int]:
    def read(section: Section) -> int:
        smp: int = section[key]
        if not 1 <= smp <= MAX_SMP:
            section.fail(key, f"'{key}' is not from 1 to {MAX_SMP}", "correct the value")
        return smp

    return read


def _positive(key: str) -> Callable[[Section], float]:
    def read(section: Section) -> float:
        value: float = section[key]
        if value <= 0:
            section.fail(key, f"'{key}' is not positive", "give a number of seconds")
        return value

    return read


# The keys that a target inherits unless it has them: the name in Target, and how they are read.
_READERS: dict[str, tuple[str, Callable[[Section], Any]]] = {
    "run": ("script", _script),
    "flags": ("flags", _flags),
    "smp": ("smp", _processors("smp")),
    "bench-smp": ("bench_smp", _processors("bench-smp")),
    "linux": ("linux", lambda section: section["linux"]),
    "kernel-args": ("kernel_args", lambda section: section["kernel-args"]),
    "boot-timeout": ("boot_timeout", _positive("boot-timeout")),
    "test-timeout": ("test_timeout", _positive("test-timeout")),
    "strict-skips": ("strict_skips", lambda section: section["strict-skips"]),
}


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


def _check_taken_back(section: Section, deviations: list[Expectation], base: Target) -> None:
    for item in deviations:
        if item.outcome == "pass" and not any(
            fnmatchcase(inherited.test, item.test) for inherited in base.deviations
        ):
            raise DriverError(
                f"no inherited deviation is named '{item.test}'",
                "'outcome: pass' takes back one of the target that this one extends",
                section.file,
                item.line,
            )


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
