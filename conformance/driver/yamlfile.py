# SPDX-License-Identifier: BSD-2-Clause-Patent
"""YAML files whose mistakes can be reported with file and line."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import yaml

from .errors import DriverError, suggest

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Section(dict[str, Any]):
    """A YAML mapping that remembers where it and its values stand."""

    def __init__(self, file: Path, line: int) -> None:
        super().__init__()
        self.file = file
        self.line = line
        self.lines: dict[str, int] = {}

    def fail(self, key: str | None, what: str, remedy: str) -> NoReturn:
        """Raises the error at the line of the key, or of the mapping."""
        line = self.line if key is None else self.lines.get(key, self.line)
        raise DriverError(what, remedy, self.file, line)


@dataclass(frozen=True)
class Field:
    """What a key of a section may hold."""

    kind: type | tuple[type, ...]
    required: bool = True
    choices: Collection[str] | None = None


def load(path: Path) -> Any:
    """Returns the document in the file, each mapping of it a Section."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise DriverError(f"cannot read: {error.strerror}", "check the path", path) from error
    except UnicodeDecodeError as error:
        raise DriverError("is not UTF-8 text", "save it as UTF-8", path) from error
    loader = _Loader(text)
    try:
        return _convert(loader, loader.get_single_node(), path)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error).partition("\n")[0]
        raise DriverError(
            f"YAML syntax: {what}",
            "correct the syntax",
            path,
            None if mark is None else mark.line + 1,
        ) from error
    except RecursionError as error:
        raise DriverError("is nested too deeply", "remove the nesting", path) from error
    finally:
        loader.dispose()


def _convert(loader: Any, node: yaml.Node | None, path: Path) -> Any:
    if isinstance(node, yaml.MappingNode):
        return _convert_mapping(loader, node, path)
    if isinstance(node, yaml.SequenceNode):
        return [_convert(loader, item, path) for item in node.value]
    return None if node is None else loader.construct_object(node)


def _convert_mapping(loader: Any, node: yaml.MappingNode, path: Path) -> Section:
    section = Section(path, node.start_mark.line + 1)
    for key_node, value_node in node.value:
        key = str(key_node.value)
        line = key_node.start_mark.line + 1
        if key in section:
            raise DriverError(f"the key '{key}' is there twice", "remove one", path, line)
        section.lines[key] = line
        section[key] = _convert(loader, value_node, path)
    return section


def check_section(
    value: Any, fields: Mapping[str, Field], path: Path, what: str, line: int | None = None
) -> Section:
    """Returns the value as a section that has the required keys and no others than the known ones.

    The line is where the value begins, for the error if it is no mapping and so cannot tell.
    """
    if not isinstance(value, Section):
        raise DriverError(f"{what} is not a mapping", "write it as 'key: value' lines", path, line)
    for key in value:
        if key not in fields:
            value.fail(key, f"unknown key '{key}' in {what}", suggest(key, fields))
    for key, field in fields.items():
        if key in value:
            _check_value(value, key, field)
        elif field.required:
            value.fail(None, f"{what} has no '{key}'", "add the key")
    return value


def _check_value(section: Section, key: str, field: Field) -> None:
    value = section[key]
    kinds = field.kind if isinstance(field.kind, tuple) else (field.kind,)
    # A bool is an int in Python, not in these files.
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        names = " or ".join(_KIND_NAMES.get(kind, kind.__name__) for kind in kinds)
        section.fail(key, f"'{key}' is not {names}", "correct the value")
    if field.choices is not None and value not in field.choices:
        section.fail(key, f"unknown {key} '{value}'", suggest(str(value), field.choices))


_KIND_NAMES: dict[type, str] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "a mapping",
    type(None): "null",
}
