#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Two runs of the bench on the sample count the same, and no operation takes more than it may.

What a root has no use for is counted in a child.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
DRIVER = HERE.parent.parent / "conformance" / "driver"
# Operations that reach as many VPs as their names say.
GROWING = ("cluster-ipi", "flush")


def rows(build: str) -> dict[str, int | None]:
    """What one run counts."""
    with tempfile.TemporaryDirectory(prefix="hvkit-bench-") as report:
        command = [sys.executable, str(DRIVER), "bench", "--target", "sample,sample-child"]
        command += ["--without-library", "--without-linux"]
        subprocess.run([*command, "--build-dir", build, "--report", report], check=True)
        content: dict[str, Any] = json.loads(Path(report, "bench.json").read_text(encoding="utf-8"))
    return {
        row["name"]: row["sample-child"] if row["sample"] is None else row["sample"]
        for row in content["rows"]
    }


def complaints(first: dict[str, int | None], second: dict[str, int | None]) -> list[str]:
    """What is not as it should be."""
    limits: dict[str, int | None] = yaml.safe_load((HERE / "limits.yaml").read_text(encoding="utf-8"))
    found = [
        f"{name}: {first.get(name)}, then {second.get(name)}"
        for name in first.keys() | second.keys()
        if first.get(name) != second.get(name)
    ]
    for name in first.keys() | limits.keys():
        count, limit = first.get(name), limits.get(name)
        if (count is None) != (limit is None):
            found.append(f"{name}: {count}, but limits.yaml has {limit}")
        elif count is not None and count > limit:
            found.append(f"{name}: {count}, the limit is {limit}")
    return sorted(found) + growth(first)


def growth(counts: dict[str, int | None]) -> list[str]:
    """Operations that grow faster than the number of VPs that they reach."""
    found = []
    for kind in GROWING:
        one = counts.get(f"{kind}-1")
        for vps in (8, 64):
            many = counts.get(f"{kind}-{vps}")
            if one is not None and many is not None and many > one * vps:
                found.append(f"{kind}-{vps}: {many} instructions, more than {vps} times {one}")
    return found


def main(arguments: list[str]) -> int:
    """Compares two runs of that build."""
    found = complaints(rows(arguments[0]), rows(arguments[0]))
    print("\n".join(found) or "the same twice, and within the limits")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
