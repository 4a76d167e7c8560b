# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The computer that all of it runs on: QEMU with the sample hypervisor, the root program, the module."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from ..errors import DriverError

HYPERVISOR = "hvkit-type1.elf"
ROOT = "hvkit-root.elf"

# QEMU's remarks that are no reason to end.
_REMARK = re.compile(r"warning: |info: |terminating on signal")


def link(image: Path, name: Path) -> None:
    """Gives an image of the build a name that QEMU does not misread."""
    if not image.is_file():
        raise DriverError("is missing", "build hvkit, or name the build with --build-dir", image)
    name.symlink_to(image.resolve())


def command(
    directory: Path, modules: Sequence[str], smp: int, memory: int, devices: Sequence[str] = ()
) -> list[str]:
    """What is to be executed, given `hypervisor` and the files of the modules in the directory.

    A module is a file, and words behind it; the first is the root's program. `memory` is in bytes, `devices`
    are more of QEMU's options.
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
        *devices,
        *("-kernel", "hypervisor", "-append", words),
        *("-initrd", ",".join(module.replace(",", ",,") for module in modules)),
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
