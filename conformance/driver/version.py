# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Which hvkit this is: its version, and the commit where it can be told."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

UNKNOWN = "unknown"
# A release writes {"version": ..., "commit": ...} there, as it has neither CMake files nor git.
RELEASE_FILE = "release.json"
_PROJECT = Path(__file__).resolve().parent.parent.parent
_VERSION = re.compile(r"project\(hvkit VERSION ([0-9.]+)")


@dataclass(frozen=True)
class Version:
    """The version and the commit of hvkit."""

    version: str
    commit: str


def of_this_hvkit() -> Version:
    """Asks the release file, or else the source tree."""
    release = resources.files(__package__).joinpath(RELEASE_FILE)
    if release.is_file():
        return Version(**json.loads(release.read_text(encoding="utf-8")))
    return Version(_version_of_tree(), _commit_of_tree())


def _version_of_tree() -> str:
    try:
        match = _VERSION.search((_PROJECT / "CMakeLists.txt").read_text(encoding="utf-8"))
    except OSError:
        return UNKNOWN
    return match[1] if match else UNKNOWN


def _commit_of_tree() -> str:
    command = ["git", "-C", str(_PROJECT), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        # Without tags: a commit, never the distance from a name.
        done = subprocess.run(
            [*command, "--exclude=*"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return UNKNOWN
    return done.stdout.strip() or UNKNOWN
