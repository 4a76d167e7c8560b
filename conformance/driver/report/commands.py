# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The commands on reports: show, merge, compare."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .. import summary
from ..errors import DriverError
from ..result import EXIT_FAILED, exit_status
from . import compare, compare_page, files, merge, write


def add(commands: Any) -> None:
    """Adds the command `report` to the parser of commands."""
    report = commands.add_parser("report", allow_abbrev=False, help="show, merge, compare reports")
    actions = report.add_subparsers(required=True, metavar="ACTION")

    show = actions.add_parser("show", allow_abbrev=False, help="print what a run came to")
    show.add_argument("report", type=Path, metavar="DIR|JSON")
    show.add_argument("--verbose", action="store_true", help="also list skips and deviations")
    show.set_defaults(command=_show)

    merging = actions.add_parser(
        "merge", allow_abbrev=False, help="make one report of those of shards, targets, machines"
    )
    merging.add_argument("reports", type=Path, nargs="+", metavar="DIR|JSON")
    merging.add_argument("-o", dest="output", type=Path, required=True, metavar="DIR")
    merging.set_defaults(command=_merge)

    comparing = actions.add_parser(
        "compare",
        allow_abbrev=False,
        help="tell what changed from one run to another; the exit code is 1 if something got worse",
    )
    comparing.add_argument("before", type=Path, metavar="DIR|JSON")
    comparing.add_argument("after", type=Path, metavar="DIR|JSON")
    comparing.add_argument("-o", dest="output", type=Path, metavar="FILE.html")
    comparing.set_defaults(command=_compare)


def _show(options: argparse.Namespace) -> int:
    run = files.read(options.report)
    summary.show_run(run.results, run.coverage, options.verbose, selected=False)
    summary.show_total(run.results)
    return exit_status(run.results)


def _merge(options: argparse.Namespace) -> int:
    run = merge.merge([(path, files.read(path)) for path in options.reports])
    write(options.output, run)
    print(f"report: {options.output}")
    summary.show_total(run.results)
    return 0


def _compare(options: argparse.Namespace) -> int:
    comparison = compare.compare(files.read(options.before), files.read(options.after))
    if options.output is not None:
        _write_page(options.output, compare_page.of(comparison))
    print(compare.as_text(comparison))
    return EXIT_FAILED if comparison.worse else 0


def _write_page(path: Path, page: str) -> None:
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise DriverError(
            f"cannot write the page: {error.strerror}", "choose another file", path
        ) from error
