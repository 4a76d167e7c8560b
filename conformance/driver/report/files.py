# SPDX-License-Identifier: BSD-2-Clause-Patent
"""results.json, written and read back as if a stranger had written it."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any, NoReturn

from ..errors import DriverError
from . import document, schema
from .run import Run
from .schema import SchemaError

NAME = "results.json"
MAX_BYTES = 256 << 20
_REMEDY = "run the suite again with --report, or leave this file out"
# What neither XML nor a terminal should get; the schema does not allow it.
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def clean(value: Any) -> Any:
    """The value with characters escaped that may not stand in a report."""
    match value:
        case str():
            return _FORBIDDEN.sub(lambda match: f"\\x{ord(match[0]):02x}", value)
        case dict():
            return {clean(key): clean(item) for key, item in value.items()}
        case list():
            return [clean(item) for item in value]
    return value


def write(directory: Path, content: dict[str, Any]) -> None:
    """Writes results.json."""
    (directory / NAME).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def read(path: Path) -> Run:
    """The run in that file, or in the results.json of that directory."""
    path = path / NAME if path.is_dir() else path
    content = _parse(path, _text(path))
    _check_version(path, content)
    try:
        schema.check(content)
    except SchemaError as error:
        raise DriverError(str(error), _REMEDY, path) from error
    except RecursionError as error:
        raise DriverError("is nested too deeply", _REMEDY, path) from error
    _check_references(path, content)
    return document.to_run(content)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise DriverError(
            f"cannot read: {error.strerror}", "name a report directory or its results.json", path
        ) from error
    if len(data) > MAX_BYTES:
        raise DriverError(f"is larger than {MAX_BYTES >> 20} MiB", _REMEDY, path)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DriverError("is not UTF-8 text", _REMEDY, path, line) from error


def _parse(path: Path, text: str) -> Any:
    try:
        return json.loads(
            text,
            object_pairs_hook=_without_repetition,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
    except json.JSONDecodeError as error:
        end = "it ends too early" if error.pos >= len(text.rstrip()) else error.msg
        raise DriverError(
            f"column {error.colno}: is not JSON: {end}", _REMEDY, path, error.lineno
        ) from error
    except RecursionError as error:
        raise DriverError("is nested too deeply", _REMEDY, path) from error
    except ValueError as error:
        raise DriverError(f"is not JSON: {error}", _REMEDY, path) from error


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {ascii(twice)} is there twice in one object")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"the number {text[:40]} is too large")
    return number


def _check_version(path: Path, content: Any) -> None:
    version = content.get("schema") if isinstance(content, dict) else None
    if isinstance(version, int) and version != document.SCHEMA:
        raise DriverError(
            f"is of version {version} of the format, this hvkit reads version {document.SCHEMA}",
            "use the hvkit that wrote it, or run the suite again",
            path,
        )


def _check_references(path: Path, content: dict[str, Any]) -> None:
    """What a schema cannot say: names that are there once, and ids that mean something."""
    known = _unique(path, "requirements and gaps", content["requirements"] + content["gaps"], "id")
    _unique(path, "targets", content["targets"], "name", "smp")
    for target in content["targets"]:
        _unique(path, f"the tests of {target['name']}", target["tests"], "name")
        for test in target["tests"]:
            _check_test(path, test, known)


def _check_test(path: Path, test: dict[str, Any], known: set[tuple[Any, ...]]) -> None:
    if test["area"] != test["name"].partition("/")[0]:
        raise DriverError(f"{test['name']} is not of the area {test['area']}", _REMEDY, path)
    for requirement in test["requirements"]:
        if (requirement,) not in known:
            raise DriverError(
                f"{test['name']} names {requirement}, which the file does not have", _REMEDY, path
            )


def _unique(
    path: Path, what: str, items: list[dict[str, Any]], *keys: str
) -> set[tuple[Any, ...]]:
    seen: set[tuple[Any, ...]] = set()
    for item in items:
        name = tuple(item[key] for key in keys)
        if name in seen:
            raise DriverError(
                f"{what}: {' '.join(map(str, name))} is there twice", _REMEDY, path
            )
        seen.add(name)
    return seen
