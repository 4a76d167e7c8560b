# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The command bench."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import Any

from .. import pool, report, targets, version
from ..conform import check_image
from ..process import Stop
from . import boot, document, library, measure, page, plot, table
from .listing import INSTRUCTIONS, Listing

DEFAULT_TARGETS = "sample,kvm,kvm-newer,xen"
IMAGE_NAME = "hvkit-bench.elf"
DEFAULT_TIMEOUT = 3600.0


def bench(options: argparse.Namespace) -> int:
    """Runs the command and returns the exit status."""
    found = [targets.find(name) for name in options.target.split(",")]
    image = options.build_dir / "images" / IMAGE_NAME
    check_image(image, "build hvkit, or name the build with --build-dir")
    stop = Stop()
    for target in found:
        target.prepare(stop)
    listings: dict[str, Listing] = {}
    timeout = options.timeout or DEFAULT_TIMEOUT
    linux = None if options.without_linux else boot.get(options.build_dir)

    def run(target: targets.Target) -> None:
        listing = measure.measure(
            target, image, options.smp or target.bench_smp, options.build_dir, timeout, stop
        )
        if linux is not None:
            listing.rows[boot.ROW] = boot.measure(target, linux, options.build_dir, timeout, stop)
            listing.units[boot.ROW] = INSTRUCTIONS
        listings[target.name] = listing

    def tell(number: int) -> None:
        print(f"hvkit: measured {found[number].name}", file=sys.stderr)

    pool.run([partial(run, target) for target in found], options.jobs, tell, stop)
    in_order = {target.name: listings[target.name] for target in found}
    counts = {} if options.without_library else library.measure(options.build_dir)
    content = document.of(in_order, counts, version.of_this_hvkit())
    print("\n".join(table.of(content)))
    if options.report is not None:
        _write(options.report, content)
        print(f"\nreport: {options.report}")
    return 0


def _write(directory: Path, content: dict[str, Any]) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        document.write(directory, content)
        (directory / "bench.svg").write_text(plot.of(content) + "\n", encoding="utf-8")
        (directory / "index.html").write_text(page.of(content), encoding="utf-8")
    except OSError as error:
        raise report.cannot_write(directory, error) from error
