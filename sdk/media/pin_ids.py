#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Gives a new VHD or VHDX file, as qemu-img writes it, ids and a date that builds have in common.

usage: pin_ids.py FILE SEED EPOCH

The layouts are those of Microsoft's "Virtual Hard Disk Image Format Specification" and [MS-VHDX].
"""

from __future__ import annotations

import hashlib
import struct
import sys
import uuid
from pathlib import Path

VHD_COOKIE = b"conectix"
VHD_FOOTER_SIZE = 512
VHD_TIMESTAMP, VHD_CHECKSUM, VHD_ID = 24, 64, 68
VHD_EPOCH = 946684800  # 2000-01-01

VHDX_COOKIE = b"vhdxfile"
VHDX_HEADERS = (64 << 10, 128 << 10)
VHDX_HEADER_SIZE = 4096
VHDX_CHECKSUM, VHDX_SEQUENCE, VHDX_WRITE_IDS, VHDX_LOG_ID, VHDX_LOG = 4, 8, 16, 48, 68
VHDX_REGIONS = 192 << 10
VHDX_METADATA = uuid.UUID("8b7ca206-4790-4b9a-b8fe-575f050f886e")
VHDX_DISK_ID = uuid.UUID("beca12ab-b2e6-4523-93ef-c309e000c746")
ENTRY_SIZE = 32


def _crc32c_table() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


_CRC32C = _crc32c_table()


def crc32c(data: bytes | bytearray) -> int:
    """Castagnoli's CRC, which VHDX has in its headers."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC32C[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def pin_vhd(image: bytearray, identity: uuid.UUID, epoch: int) -> None:
    """The footer, and its copy at the head of a dynamic disk."""
    for at in (0, len(image) - VHD_FOOTER_SIZE):
        footer = image[at : at + VHD_FOOTER_SIZE]
        if not footer.startswith(VHD_COOKIE):
            sys.exit(f"hvkit: error: no VHD footer at {at:#x}")
        struct.pack_into(">I", footer, VHD_TIMESTAMP, epoch - VHD_EPOCH)
        footer[VHD_ID : VHD_ID + 16] = identity.bytes
        struct.pack_into(">I", footer, VHD_CHECKSUM, 0)
        struct.pack_into(">I", footer, VHD_CHECKSUM, ~sum(footer) & 0xFFFFFFFF)
        image[at : at + VHD_FOOTER_SIZE] = footer


def _entry(image: bytearray, table: int, header: int, count: int, wanted: uuid.UUID) -> int:
    """Where the entry with that id stands in a table of regions or of metadata."""
    for number in range(count):
        at = table + header + number * ENTRY_SIZE
        if image[at : at + 16] == wanted.bytes_le:
            return at
    sys.exit(f"hvkit: error: the VHDX has no {wanted}")


def _pin_headers(image: bytearray, identity: uuid.UUID) -> None:
    """Both headers; of the two, the one with the greater number stays in force."""
    headers = {at: image[at : at + VHDX_HEADER_SIZE] for at in VHDX_HEADERS}
    order = sorted(headers, key=lambda at: struct.unpack_from("<Q", headers[at], VHDX_SEQUENCE))
    for number, at in enumerate(order, 1):
        header = headers[at]
        if not header.startswith(b"head"):
            sys.exit(f"hvkit: error: no VHDX header at {at:#x}")
        struct.pack_into("<Q", header, VHDX_SEQUENCE, number)
        header[VHDX_WRITE_IDS : VHDX_WRITE_IDS + 32] = identity.bytes_le * 2
        struct.pack_into("<I", header, VHDX_CHECKSUM, 0)
        struct.pack_into("<I", header, VHDX_CHECKSUM, crc32c(header))
        image[at : at + VHDX_HEADER_SIZE] = header


def _clear_log(image: bytearray) -> None:
    """What is left in a log that has been replayed. No log id: nothing in it counts."""
    header = VHDX_HEADERS[0]
    length, offset = struct.unpack_from("<IQ", image, header + VHDX_LOG)
    if any(image[header + VHDX_LOG_ID : header + VHDX_LOG_ID + 16]):
        sys.exit("hvkit: error: the log of the VHDX has not been replayed")
    image[offset : offset + length] = bytes(length)


def pin_vhdx(image: bytearray, identity: uuid.UUID) -> None:
    """Headers and log, and the id of the disk among the metadata."""
    _pin_headers(image, identity)
    _clear_log(image)
    (regions,) = struct.unpack_from("<I", image, VHDX_REGIONS + 8)
    region = _entry(image, VHDX_REGIONS, 16, regions, VHDX_METADATA)
    (metadata,) = struct.unpack_from("<Q", image, region + 16)
    (items,) = struct.unpack_from("<H", image, metadata + 10)
    item = _entry(image, metadata, 32, items, VHDX_DISK_ID)
    (offset,) = struct.unpack_from("<I", image, item + 16)
    image[metadata + offset : metadata + offset + 16] = identity.bytes_le


def main(arguments: list[str]) -> None:
    path, seed, epoch = Path(arguments[0]), arguments[1], int(arguments[2])
    image = bytearray(path.read_bytes())
    identity = uuid.UUID(bytes=hashlib.sha256(seed.encode()).digest()[:16], version=4)
    if image.startswith(VHDX_COOKIE):
        pin_vhdx(image, identity)
    elif image.startswith(VHD_COOKIE):
        pin_vhd(image, identity, epoch)
    else:
        sys.exit(f"hvkit: error: {path} is neither a dynamic VHD nor a VHDX")
    path.write_bytes(image)


if __name__ == "__main__":
    main(sys.argv[1:])
