#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Packs the driver, the catalogue and the targets into one file that python3 runs.

usage: make_zipapp.py CONFORMANCE_DIR OUTPUT.pyz EPOCH

The same sources give the same bytes, which python3's own zipapp module does not promise.
"""

from __future__ import annotations

import sys
import time
import zipfile
from pathlib import Path

PARTS = ("catalogue", "driver", "targets")
LEFT_OUT = ("__pycache__", ".pyc")
SHEBANG = b"#!/usr/bin/env python3\n"


def members(root: Path) -> list[tuple[str, Path]]:
    """Names in the archive and where their contents are."""
    found = [("__main__.py", root / "release" / "zipapp_main.py")]
    for part in PARTS:
        for path in sorted((root / part).rglob("*")):
            if path.is_file() and not any(word in str(path) for word in LEFT_OUT):
                found.append((path.relative_to(root).as_posix(), path))
    return found


def pack(root: Path, output: Path, epoch: int) -> None:
    """Writes the archive."""
    date = time.gmtime(epoch)[:6]
    with output.open("wb") as file:
        file.write(SHEBANG)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for name, path in members(root):
                entry = zipfile.ZipInfo(name, date)
                entry.create_system = 3  # of Unix: the attributes are a mode
                mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
                entry.external_attr = mode << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())
    output.chmod(0o755)


if __name__ == "__main__":
    pack(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
