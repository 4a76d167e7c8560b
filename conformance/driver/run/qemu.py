# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The computer that all of it runs on: QEMU with the sample hypervisor, the root program, the module."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from ..errors import DriverError

_IMAGES = {"hypervisor": "hvkit-type1.elf", "root": "hvkit-root.elf"}

# QEMU's remarks that are no reason to end.
_REMARK = re.compile(r"warning: |info: |terminating on signal")


def link_images(build: Path, directory: Path) -> None:
    """Gives the images of the build names in the directory that QEMU does not misread."""
    for name, file in _IMAGES.items():
        image = build / "images" / file
        if not image.is_file():
            raise DriverError("is missing", "build hvkit, or name the build with --build-dir", image)
        (directory / name).symlink_to(image.resolve())


def command(directory: Path, option: str, smp: int, memory: int) -> list[str]:
    """What is to be executed, given `hypervisor`, `root` and `machines` in the directory.

    `option` is the root program's, `memory` in bytes.
    """
    if shutil.which("qemu-system-x86_64") is None:
        raise DriverError("qemu-system-x86_64 is missing", "install the package qemu-system-x86")
    # QEMU's TSC is constant, but CPUID does not say so: tsc=trust.
    words = f"tsc=trust {os.environ.get('HVKIT_SAMPLE_OPTIONS', '')}".strip()
    return [
        *("env", "-C", str(directory), "qemu-system-x86_64"),
        *("-accel", _accelerator(), "-cpu", "max", "-smp", str(smp), "-m", f"{memory >> 20}M"),
        *("-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-serial", "stdio"),
        *("-device", "isa-debug-exit,iobase=0xf4,iosize=4"),
        *("-kernel", "hypervisor", "-append", words, "-initrd", f"root {option},machines"),
    ]


def _accelerator() -> str:
    # conformance/targets/common.sh says why.
    return os.environ.get("HVKIT_SAMPLE_ACCEL") or "tcg,thread=single"


def debug_exit(status: int, messages: str) -> int | None:
    """What was written to isa-debug-exit, of QEMU's status; None if nothing was.

    Raises if QEMU itself failed.
    """
    complaints = [line for line in messages.splitlines() if line and not _REMARK.search(line)]
    if status == 1 and complaints:
        raise DriverError(f"QEMU failed: {complaints[0]}", "check --smp and --memory")
    return status >> 1 if status & 1 else None
