#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""check_acpi_tables.py WRITER: ACPICA's iasl finds nothing wrong with the tables.

WRITER writes the tables of several machines. Each is disassembled, the source compiled again without
an error, warning or remark, and the result is the same table. The DSDT of the machine that has
everything is what iasl makes of machine.asl. Exits 77 (skipped) without iasl.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

# The bits of write_acpi_tables.c: nothing, everything, and some between.
EVERYTHING = 127
MACHINES = (0, 1, 2, 4, 36, 38, 63, 96, 111, EVERYTHING)
TABLES = ("APIC", "DSDT", "FACP", "FACS", "XSDT")
COMPLAINT = re.compile(r"\b(warning|error|invalid|incorrect)\b", re.IGNORECASE)
CLEAN = re.compile(r"0 Errors, 0 Warnings, 0 Remarks")
# What a compiler writes of its own: checksum, its name and version.
OWN = {9, *range(28, 36)}


def iasl(*arguments: str, directory: Path) -> str:
    """What iasl prints; its exit status does not tell all."""
    done = subprocess.run(["iasl", *arguments], cwd=directory, capture_output=True, text=True)
    return done.stdout + done.stderr + ("" if done.returncode == 0 else f"error: status {done.returncode}\n")


def differences(left: bytes, right: bytes, own: set[int]) -> list[int]:
    if len(left) != len(right):
        return [min(len(left), len(right))]
    return [i for i, (a, b) in enumerate(zip(left, right)) if a != b and i not in own]


def compiled(source: Path, directory: Path) -> tuple[bytes, str]:
    """The table that iasl makes of a source, or what it has to say against it."""
    said = iasl("-p", "compiled", str(source), directory=directory)
    return ((directory / "compiled.aml").read_bytes(), "") if CLEAN.search(said) else (b"", said)


def check_against(source: Path, table: str, directory: Path) -> list[str]:
    """How a table differs from what iasl makes of a source."""
    expected, complaint = compiled(source, directory)
    if complaint:
        return [complaint]
    where = differences((directory / f"{table}.aml").read_bytes(), expected, set() if table == "FACS" else OWN)
    return [f"{source.name} has other bytes at {where[:8]}"] if where else []


def check(table: str, directory: Path) -> list[str]:
    """What is wrong with one table."""
    said = iasl("-d", f"{table}.aml", directory=directory)
    source = directory / f"{table}.dsl"
    if COMPLAINT.search(said) or not source.exists():
        return [said]
    return check_against(source, table, directory)


def check_machine(writer: str, machine: int) -> list[str]:
    """What is wrong with the tables of one machine."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        subprocess.run([writer, str(machine), name], check=True)
        found = [f"{table}: {text}" for table in TABLES for text in check(table, directory)]
        if machine == EVERYTHING:
            found += check_against(Path(__file__).resolve().with_name("machine.asl"), "DSDT", directory)
    return found


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: check_acpi_tables.py WRITER", file=sys.stderr)
        return 2
    if shutil.which("iasl") is None:
        print("no iasl; install the Debian package: acpica-tools")
        return 77
    found = [f"machine {machine}, {text}" for machine in MACHINES for text in check_machine(arguments[0], machine)]
    print("\n".join([*found, f"{len(MACHINES) * len(TABLES)} tables, {len(found)} complaints"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
