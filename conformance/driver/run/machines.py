# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A machine description, compiled by hvkit-machine into the module that the root partition reads."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from ..errors import DriverError, suggest

_TOOL = Path("sdk", "tools", "machine", "hvkit-machine")
_UNITS = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
_MIB = 1 << 20
# Hypervisor, root program, firmware's part of the first MiB, and what children need beside their memory.
_BASE = 192 * _MIB
_STEP = 64 * _MIB


@dataclass(frozen=True)
class Machine:
    """What the command needs to know of a machine."""

    name: str
    vps: int
    memory: int
    has_console: bool


@dataclass(frozen=True)
class Module:
    """A boot module, and what is in it."""

    path: Path
    machines: Sequence[Machine]

    def memory(self) -> int:
        """Bytes that a machine should have to run all of it."""
        size = self.path.stat().st_size
        children = sum(machine.memory for machine in self.machines)
        # The hypervisor moves the module away from where QEMU has loaded it. Page tables of children
        # take a 512th of their memory, and a record of each page as much again.
        needed = _BASE + 2 * size + children + children // 64
        return -(-needed // _STEP) * _STEP

    def vps(self) -> int:
        """Virtual processors of the largest of its machines."""
        return max(machine.vps for machine in self.machines)

    def watched(self, name: str | None) -> str:
        """The machine of that name, or else the first, whose console is to be shown."""
        if name is None:
            name = self.machines[0].name
        for machine in self.machines:
            if machine.name == name:
                if not machine.has_console:
                    raise DriverError(
                        f"the machine '{name}' has no console", "give it the device com1"
                    )
                return name
        raise DriverError(
            f"no machine is named '{name}'", suggest(name, (item.name for item in self.machines))
        )


def compile_description(description: Path, build: Path, module: Path) -> Module:
    """Writes the module; mistakes in the description are told on stderr with their lines."""
    tool = build / _TOOL
    _run(tool, "compile", str(description), "-o", str(module))
    shown = yaml.safe_load(_run(tool, "show", str(module)))
    return Module(module, [_machine(item) for item in shown["machines"]])


def _machine(shown: dict[str, object]) -> Machine:
    number, unit = str(shown["memory"]).split()
    return Machine(
        str(shown["name"]),
        int(str(shown["vps"])),
        int(number) * _UNITS[unit],
        bool(shown["devices"]),
    )


def _run(tool: Path, *arguments: str) -> str:
    try:
        done = subprocess.run([str(tool), *arguments], capture_output=True, text=True, check=False)
    except OSError as error:
        raise DriverError(
            f"cannot be executed: {error.strerror}", "build hvkit, or name the build with --build-dir", tool
        ) from error
    if done.returncode != 0:
        print(done.stderr, end="", file=sys.stderr)
        raise DriverError("the machines cannot be made", "see the messages above")
    return done.stdout
