# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Checks a document against a schema such as results.schema.json, by the part of JSON Schema that it uses."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from importlib import resources
from typing import Any

FILE = "results.schema.json"
_SHOWN = 60


class SchemaError(Exception):
    """The document breaks the schema at a place."""

    def __init__(self, place: str, what: str) -> None:
        super().__init__(f"{place}: {what}")


@lru_cache
def load(package: str = __name__.rpartition(".")[0], name: str = FILE) -> dict[str, Any]:
    """A schema that lies in a package; that of results.json, if none is named."""
    text = resources.files(package).joinpath(name).read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def check(document: object, schema: dict[str, Any] | None = None) -> None:
    """Raises SchemaError at the first thing that the schema, that of results.json, does not allow."""
    schema = load() if schema is None else schema
    _Checker(schema.get("$defs", {})).check(document, schema, "")


class _Checker:
    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions

    def check(self, value: object, schema: Mapping[str, Any], place: str) -> None:
        """Applies each keyword that the schema has."""
        for keyword, argument in schema.items():
            rule = _RULES.get(keyword)
            if rule is None:
                raise ValueError(f"a schema uses the keyword {keyword}, which this checker lacks")
            rule(self, value, argument, place, schema)

    def reference(self, value: object, target: str, place: str, _: object) -> None:
        """$ref, into $defs alone."""
        self.check(value, self._definitions[target.removeprefix("#/$defs/")], place)

    def any_of(self, value: object, schemas: Sequence[Any], place: str, _: object) -> None:
        """anyOf: the last error tells, if none fits."""
        for number, schema in enumerate(schemas, 1):
            try:
                return self.check(value, schema, place)
            except SchemaError:
                if number == len(schemas):
                    raise

    def properties(self, value: object, schemas: Mapping[str, Any], place: str, _: object) -> None:
        """properties: those that are there."""
        if isinstance(value, dict):
            for key, schema in schemas.items():
                if key in value:
                    self.check(value[key], schema, _member(place, key))

    def additional(
        self, value: object, rule: Any, place: str, parent: Mapping[str, Any]
    ) -> None:
        """additionalProperties: false, or the schema of each."""
        if not isinstance(value, dict):
            return
        for key in value.keys() - parent.get("properties", {}).keys():
            if rule is False:
                raise SchemaError(place or "the document", f"unknown key {_show(key)}")
            self.check(value[key], rule, _member(place, key))

    def names(self, value: object, schema: Any, place: str, _: object) -> None:
        """propertyNames: each key."""
        for key in value if isinstance(value, dict) else ():
            self.check(key, schema, _member(place, ascii(key)))

    def items(self, value: object, schema: Any, place: str, _: object) -> None:
        """items: each of a list."""
        if isinstance(value, list):
            for number, item in enumerate(value):
                self.check(item, schema, f"{place}[{number}]")


def _member(place: str, key: str) -> str:
    return f"{place}.{key[:_SHOWN]}" if place else key[:_SHOWN]


def _show(value: object) -> str:
    text = ascii(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


_TYPES: dict[str, Callable[[object], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "null": lambda value: value is None,
}


def _check_type(_: _Checker, value: object, names: str | list[str], place: str, __: object) -> None:
    names = [names] if isinstance(names, str) else names
    if not any(_TYPES[name](value) for name in names):
        wanted = " or ".join(names)
        raise SchemaError(place or "the document", f"{_show(value)} is no {wanted}")


def _check_required(
    _: _Checker, value: object, keys: Sequence[str], place: str, __: object
) -> None:
    for key in keys if isinstance(value, dict) else ():
        if key not in value:  # type: ignore[operator]
            raise SchemaError(place or "the document", f"has no '{key}'")


def _check_const(_: _Checker, value: object, wanted: object, place: str, __: object) -> None:
    if value != wanted:
        raise SchemaError(place, f"is {_show(value)}, not {_show(wanted)}")


def _check_enum(
    _: _Checker, value: object, choices: Sequence[object], place: str, __: object
) -> None:
    if value not in choices:
        raise SchemaError(place, f"{_show(value)} is none of {', '.join(map(str, choices))}")


@lru_cache
def _compiled(pattern: str) -> re.Pattern[str]:
    # JSON Schema's $ is the very end, Python's may have a line feed behind it.
    return re.compile(pattern.removesuffix("$") + r"\Z" if pattern.endswith("$") else pattern)


def _check_pattern(_: _Checker, value: object, pattern: str, place: str, __: object) -> None:
    if isinstance(value, str) and not _compiled(pattern).search(value):
        raise SchemaError(place, f"{_show(value)} has characters that may not be there")


def _check_max_length(_: _Checker, value: object, limit: int, place: str, __: object) -> None:
    if isinstance(value, str) and len(value) > limit:
        raise SchemaError(place, f"is longer than {limit} characters")


def _check_min_items(_: _Checker, value: object, limit: int, place: str, __: object) -> None:
    if isinstance(value, list) and len(value) < limit:
        raise SchemaError(place, f"has fewer than {limit} entries")


def _is_number(value: object) -> bool:
    return _TYPES["number"](value)


def _check_minimum(_: _Checker, value: object, limit: float, place: str, __: object) -> None:
    if _is_number(value) and not value >= limit:  # type: ignore[operator]
        raise SchemaError(place, f"{_show(value)} is less than {limit}")


def _check_maximum(_: _Checker, value: object, limit: float, place: str, __: object) -> None:
    if _is_number(value) and not value <= limit:  # type: ignore[operator]
        raise SchemaError(place, f"{_show(value)} is more than {limit}")


def _says_nothing(*_: object) -> None:
    """A keyword for people."""


_RULES: dict[str, Callable[..., None]] = {
    "$schema": _says_nothing,
    "$comment": _says_nothing,
    "$defs": _says_nothing,
    "title": _says_nothing,
    "description": _says_nothing,
    "$ref": _Checker.reference,
    "anyOf": _Checker.any_of,
    "type": _check_type,
    "required": _check_required,
    "const": _check_const,
    "enum": _check_enum,
    "pattern": _check_pattern,
    "maxLength": _check_max_length,
    "minItems": _check_min_items,
    "minimum": _check_minimum,
    "maximum": _check_maximum,
    "properties": _Checker.properties,
    "additionalProperties": _Checker.additional,
    "propertyNames": _Checker.names,
    "items": _Checker.items,
}
