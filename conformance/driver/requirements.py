# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Writes the catalogue as C, so that a test that names an unknown requirement does not compile.

    PYTHONPATH=conformance python3 -m driver.requirements --header FILE.h --source FILE.c
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from . import catalogue
from .catalogue import Gap, Requirement
from .errors import DriverError

_NOTICE = """\
/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Generated from the catalogue of requirements. Do not edit. */
"""


def constant(requirement_id: str) -> str:
    """The C name of a requirement: HV_REQ_CPUID_001 for CPUID-001."""
    return "HV_REQ_" + requirement_id.replace("-", "_")


def header(requirements: Sequence[Requirement], gaps: Sequence[Gap]) -> str:
    """The text of requirements.h; the gaps come last, so that one comparison tells them."""
    lines = [
        _NOTICE + "#ifndef HVKIT_CONFORMANCE_REQUIREMENTS_H",
        "#define HVKIT_CONFORMANCE_REQUIREMENTS_H",
        "",
        "enum hv_requirement {",
        "    HV_REQ_NONE = 0, /* ends a list */",
    ]
    lines += [
        f"    {constant(item.id)}, /* {_comment(item.title)} */" for item in [*requirements, *gaps]
    ]
    lines += [
        "    HV_REQ_COUNT,",
        f"    HV_REQ_FIRST_GAP = {constant(gaps[0].id) if gaps else 'HV_REQ_COUNT'},",
        "};",
        "",
        "/* The catalogue's id of each requirement; an empty string for HV_REQ_NONE. */",
        "extern const char *const hv_requirement_ids[HV_REQ_COUNT];",
        "",
        "#endif",
        "",
    ]
    return "\n".join(lines)


def source(items: Sequence[Requirement | Gap], header_name: str) -> str:
    """The text of requirements.c."""
    lines = [
        _NOTICE + f'#include "{header_name}"',
        "",
        "const char *const hv_requirement_ids[HV_REQ_COUNT] = {",
        '    [HV_REQ_NONE] = "",',
    ]
    lines += [f'    [{constant(item.id)}] = "{item.id}",' for item in items]
    lines += ["};", ""]
    return "\n".join(lines)


def _comment(text: str) -> str:
    return text.replace("*/", "* /").replace("/*", "/ *").replace("\n", " ")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="driver.requirements", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--catalogue", type=Path, default=catalogue.DEFAULT_PATH, metavar="FILE")
    parser.add_argument("--gaps", type=Path, default=catalogue.GAPS_PATH, metavar="FILE")
    parser.add_argument("--header", type=Path, required=True, metavar="FILE")
    parser.add_argument("--source", type=Path, required=True, metavar="FILE")
    options = parser.parse_args(arguments)
    try:
        requirements = list(catalogue.load(options.catalogue).values())
        gaps = list(catalogue.load_gaps(options.gaps).values())
    except DriverError as error:
        print(f"hvkit: error: {error}", file=sys.stderr)
        return 2
    options.header.write_text(header(requirements, gaps), encoding="utf-8")
    options.source.write_text(
        source([*requirements, *gaps], options.header.name), encoding="utf-8"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
