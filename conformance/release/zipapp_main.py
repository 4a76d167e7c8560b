# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The entry point of hvkit-conformance.pyz: unpacks it once, and runs the driver from there.

The targets are scripts, which can't run inside an archive. What is beside the archive counts as the
build directory, unless HVKIT_BUILD or --build-dir says otherwise.
"""

import atexit
import hashlib
import os
import runpy
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path


def _cache():
    base = os.environ.get("HVKIT_CACHE")
    if base:
        return Path(base)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hvkit"


def _extract(archive, directory):
    with zipfile.ZipFile(archive) as contents:
        for item in contents.infolist():
            # extract() forgets the mode, and the scripts must stay executable.
            os.chmod(contents.extract(item, directory), item.external_attr >> 16)


def _unpack(archive, cache):
    """The directory with the contents; it is complete or absent, and named after them."""
    directory = cache / ("driver-" + hashlib.sha256(archive.read_bytes()).hexdigest()[:16])
    if directory.is_dir():
        return directory
    cache.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=".driver-", dir=str(cache)))
    try:
        _extract(archive, partial)
        partial.rename(directory)
    except OSError:
        shutil.rmtree(partial, ignore_errors=True)
        if not directory.is_dir():  # else somebody else was faster
            raise
    return directory


def _unpack_anywhere(archive):
    try:
        return _unpack(archive, _cache())
    except OSError:
        directory = Path(tempfile.mkdtemp(prefix="hvkit-driver-"))
        atexit.register(shutil.rmtree, str(directory), ignore_errors=True)
        _extract(archive, directory)
        return directory


def main():
    """Runs the driver with this program's arguments."""
    archive = Path(sys.argv[0]).resolve()
    os.environ.setdefault("HVKIT_BUILD", str(archive.parent))
    runpy.run_path(str(_unpack_anywhere(archive) / "driver"), run_name="__main__")


main()
