#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Makes a kernel into what Xen's toolstack loads as the firmware of an HVM guest.

usage: xen-image.py KERNEL OUT COMMAND_LINE

The toolstack loads a 32-bit ELF file there, enters it at its entry as it enters a PVH kernel, and
hands it a start info structure that never has a command line. So the file that is written has the
kernel's segments and one more: the command line, and a few instructions that put its address into the
structure and go on to the kernel's PVH entry.
"""

from __future__ import annotations

import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

EXIT_SETUP = 125
PT_LOAD = 1
PT_NOTE = 4
NOTE_PHYS32_ENTRY = 18
PAGE = 0x1000
# Offset of cmdline_paddr in struct hvm_start_info, xen/include/public/arch-x86/hvm/start_info.h.
START_INFO_CMDLINE = 0x18
FILE_HEADER = struct.Struct("<4sBBB9xHHIIIIIHHHHHH")
PROGRAM_HEADER = struct.Struct("<8I")


class BadImage(Exception):
    """The file is not a kernel that can be used."""


@dataclass(frozen=True)
class Segment:
    """A program header, and what it names in the file."""

    kind: int
    address: int
    data: bytes
    size: int


def parse(image: bytes) -> list[Segment]:
    """Returns the segments of an ELF file, 32-bit or 64-bit."""
    if image[:4] != b"\x7fELF" or len(image) < 64 or image[4] not in (1, 2) or image[5] != 1:
        raise BadImage("it is no little-endian ELF file")
    wide = image[4] == 2
    (table,) = struct.unpack_from("<Q" if wide else "<I", image, 32 if wide else 28)
    entry_size, count = struct.unpack_from("<HH", image, 54 if wide else 42)
    segments = []
    for at in range(table, table + entry_size * count, entry_size):
        if wide:
            kind, _, offset, _, address, filled, size = struct.unpack_from("<IIQQQQQ", image, at)
        else:
            kind, offset, _, address, filled, size = struct.unpack_from("<6I", image, at)
        data = image[offset : offset + filled]
        if len(data) != filled or address + size > 1 << 32:
            raise BadImage("a segment of it is truncated, or beyond 4 GiB")
        segments.append(Segment(kind, address, data, size))
    return segments


def pvh_entry(segments: list[Segment]) -> int:
    """Returns the physical address that the kernel's Xen note names."""
    for segment in segments:
        at = 0
        while segment.kind == PT_NOTE and at + 12 <= len(segment.data):
            name_size, size, kind = struct.unpack_from("<3I", segment.data, at)
            name = at + 12
            value = name + (name_size + 3) // 4 * 4
            if kind == NOTE_PHYS32_ENTRY and segment.data[name : name + 4] == b"Xen\0":
                return int.from_bytes(segment.data[value : value + 4], "little")
            at = value + (size + 3) // 4 * 4
    raise BadImage("it has no PVH entry (the ELF note XEN_ELFNOTE_PHYS32_ENTRY)")


def trampoline(address: int, entry: int, command_line: bytes) -> bytes:
    """Returns the code and the text of the segment at that address."""
    code_size = 19
    store = struct.pack("<BBBI", 0xC7, 0x43, START_INFO_CMDLINE, address + code_size)
    store += struct.pack("<BBBI", 0xC7, 0x43, START_INFO_CMDLINE + 4, 0)
    jump = struct.pack("<BI", 0xE9, (entry - address - code_size) % (1 << 32))
    return store + jump + command_line + b"\0"


def convert(image: bytes, command_line: bytes) -> bytes:
    """Returns the file for the toolstack."""
    segments = parse(image)
    entry = pvh_entry(segments)
    loads = [segment for segment in segments if segment.kind == PT_LOAD and segment.size > 0]
    if not loads:
        raise BadImage("it has nothing to load")
    start = -(-max(segment.address + segment.size for segment in loads) // PAGE) * PAGE
    code = trampoline(start, entry, command_line)
    loads.append(Segment(PT_LOAD, start, code, len(code)))
    offset = FILE_HEADER.size + PROGRAM_HEADER.size * len(loads)
    header = FILE_HEADER.pack(
        b"\x7fELF", 1, 1, 1, 2, 3, 1, start, FILE_HEADER.size, 0, 0,
        FILE_HEADER.size, PROGRAM_HEADER.size, len(loads), 0, 0, 0,
    )  # fmt: skip
    table, contents = b"", b""
    for load in loads:
        at = offset + len(contents)
        table += PROGRAM_HEADER.pack(
            PT_LOAD, at, load.address, load.address, len(load.data), load.size, 7, 1
        )
        contents += load.data
    return header + table + contents


def fail(what: str, remedy: str) -> NoReturn:
    """Ends the program as the contract of the target scripts wants it."""
    print(f"hvkit: error: {what}; {remedy}", file=sys.stderr)
    sys.exit(EXIT_SETUP)


def main(kernel: str, out: str, command_line: str) -> None:
    """Converts one file."""
    try:
        converted = convert(Path(kernel).read_bytes(), command_line.encode())
    except (BadImage, struct.error) as error:
        fail(f"{kernel}: Xen cannot start this image: {error}", "give a kernel with a PVH entry")
    except OSError as error:
        fail(f"cannot read the guest image {kernel}: {error.strerror}", "build it first")
    Path(out).write_bytes(converted)


if __name__ == "__main__":
    main(*sys.argv[1:])
