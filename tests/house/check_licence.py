#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Every file that can hold a comment names its licence in its first five lines."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

LINE = "SPDX-License-Identifier: BSD-2-Clause-Patent"
# Formats without comments, or where a comment would become content.
EXEMPT_SUFFIXES = {".json", ".md", ".bin", ".png", ".svg", ".dict"}
EXEMPT_PARTS = {"corpus", "canned"}
EXEMPT_NAMES = {".gitignore"}


def files(root: Path) -> list[Path]:
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        check=True,
        capture_output=True,
    ).stdout.decode()
    return [root / name for name in listed.split("\0") if name]


def exempt(path: Path, root: Path) -> bool:
    relative = path.relative_to(root)
    return (
        path.suffix in EXEMPT_SUFFIXES
        or path.name in EXEMPT_NAMES
        or bool(EXEMPT_PARTS & set(relative.parts))
        or not path.is_file()
    )


def main(arguments: list[str]) -> int:
    root = Path(arguments[0] if arguments else ".").resolve()
    checked = [path for path in files(root) if not exempt(path, root)]
    missing = [
        path for path in checked if LINE not in "\n".join(path.read_text("utf-8", "replace").splitlines()[:5])
    ]
    for path in missing:
        print(f"{path.relative_to(root)}:1: no licence line; add '{LINE}'")
    if not checked:
        print(f"{root}: no file found")
    return 1 if missing or not checked else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
