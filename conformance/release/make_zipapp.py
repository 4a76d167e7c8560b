#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Packs the driver, the catalogue and the targets into one file that python3 runs.

usage: make_zipapp.py CONFORMANCE_DIR OUTPUT.pyz EPOCH VERSION COMMIT

The same sources give the same bytes, which python3's own zipapp module does not promise.
"""

from __future__ import annotations

import json
import sys
import time
import zipfile
from pathlib import Path

PARTS = ("catalogue", "driver", "targets")
LEFT_OUT = ("__pycache__", ".pyc")
RELEASE_FILE = "driver/release.json"  # driver/version.py reads it
SHEBANG = b"#!/usr/bin/env python3\n"


def members(root: Path) -> list[tuple[str, Path]]:
    """Names in the archive and where their contents are."""
    found = [("__main__.py", root / "release" / "zipapp_main.py")]
    for part in PARTS:
        for path in sorted((root / part).rglob("*")):
            if path.is_file() and not any(word in str(path) for word in LEFT_OUT):
                found.append((path.relative_to(root).as_posix(), path))
    return found


def add(archive: zipfile.ZipFile, name: str, epoch: int, mode: int, content: bytes) -> None:
    """Adds a file of that date and mode."""
    entry = zipfile.ZipInfo(name, time.gmtime(epoch)[:6])
    entry.create_system = 3  # of Unix: the attributes are a mode
    entry.external_attr = mode << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)


def pack(root: Path, output: Path, epoch: int, release: dict[str, str]) -> None:
    """Writes the archive; the driver reads of which release it is."""
    with output.open("wb") as file:
        file.write(SHEBANG)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for name, path in members(root):
                mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
                add(archive, name, epoch, mode, path.read_bytes())
            add(archive, RELEASE_FILE, epoch, 0o644, json.dumps(release).encode())
    output.chmod(0o755)


if __name__ == "__main__":
    conformance, pyz, seconds, version, commit = sys.argv[1:]
    pack(Path(conformance), Path(pyz), int(seconds), {"version": version, "commit": commit})
