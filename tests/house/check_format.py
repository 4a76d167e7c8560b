#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Every C file is as clang-format 14 would write it. Exits 77 (skipped) without that version."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

TOPS = ("include", "lib", "sdk", "conformance", "fuzz", "tests")


def formatter() -> str | None:
    """Versions of clang-format differ in what they write, so one of them decides."""
    for name in ("clang-format-14", "clang-format"):
        path = shutil.which(name)
        if path and "version 14." in subprocess.run([path, "--version"], capture_output=True, text=True).stdout:
            return path
    return None


def main(arguments: list[str]) -> int:
    root = Path(arguments[0] if arguments else ".").resolve()
    tool = formatter()
    if tool is None:
        print("clang-format 14 is not installed")
        return 77
    sources = [str(p) for top in TOPS for p in sorted((root / top).rglob("*")) if p.suffix in (".c", ".h")]
    if not sources:
        print(f"{root}: no source file found")
        return 1
    return subprocess.run([tool, "--dry-run", "-Werror", *sources]).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
