# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The file that Xen's toolstack gets in a kernel's place."""

from __future__ import annotations

import importlib.util
import struct
import sys
import unittest
from types import ModuleType

from support import ROOT

from test_nested import kernel_with_pvh_entry


def load_program() -> ModuleType:
    """The program as a module."""
    path = ROOT / "conformance" / "targets" / "xen-image.py"
    spec = importlib.util.spec_from_file_location("xen_image", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Its dataclasses look for their module there.
    sys.modules["xen_image"] = module
    spec.loader.exec_module(module)
    return module


xen_image = load_program()


def wide_kernel(entry: int, note_kind: int = 18) -> bytes:
    """A 64-bit ELF file with two notes, of which the second counts."""
    notes = struct.pack("<3I4sI", 4, 4, note_kind ^ 1, b"Xen\0", 1)
    notes += struct.pack("<3I4sQ", 4, 8, note_kind, b"Xen\0", entry)
    header = struct.pack(
        "<4sBBB9xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 2, 62, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0
    )
    offset = 64 + 2 * 56
    load = struct.pack("<IIQQQQQQ", 1, 7, offset, 1 << 63, 0x200000, 4, 0x2345, 1)
    named = struct.pack("<IIQQQQQQ", 4, 4, offset + 4, 0, 0, len(notes), len(notes), 4)
    return header + load + named + b"code" + notes


class XenImageTest(unittest.TestCase):
    def test_segments_of_the_kernel_and_one_more(self) -> None:
        for image, start, size in (
            (kernel_with_pvh_entry(), 0x100000, 4),
            (wide_kernel(0x200000), 0x200000, 0x2345),
        ):
            with self.subTest(start=start):
                converted = xen_image.convert(image, b"a b")
                kernel, trampoline = xen_image.parse(converted)
                self.assertEqual((kernel.address, kernel.data, kernel.size), (start, b"code", size))
                self.assertEqual(trampoline.address, (start + size + 0xFFF) & ~0xFFF)
                [entry] = struct.unpack_from("<I", converted, 24)
                self.assertEqual(entry, trampoline.address)
                self.assertEqual(converted[4], 1)

    def test_trampoline(self) -> None:
        code = xen_image.trampoline(0x5000, 0x100000, b"one two")
        # mov dword [ebx + 0x18], text; mov dword [ebx + 0x1c], 0; jmp entry
        self.assertEqual(code[:3], b"\xc7\x43\x18")
        [text] = struct.unpack_from("<I", code, 3)
        self.assertEqual(code[text - 0x5000 :], b"one two\0")
        self.assertEqual(code[7:14], b"\xc7\x43\x1c\0\0\0\0")
        [distance] = struct.unpack_from("<i", code, 15)
        self.assertEqual((code[14], 0x5000 + 19 + distance), (0xE9, 0x100000))

    def test_backward_jump(self) -> None:
        [distance] = struct.unpack_from("<i", xen_image.trampoline(0x300000, 0x100000, b""), 15)
        self.assertEqual(0x300000 + 19 + distance, 0x100000)

    def test_entry_is_that_of_the_note(self) -> None:
        self.assertEqual(xen_image.pvh_entry(xen_image.parse(wide_kernel(0x201234))), 0x201234)

    def test_what_is_no_kernel(self) -> None:
        kernel = kernel_with_pvh_entry()
        for image, words in (
            (b"", "no little-endian ELF"),
            (b"MZ" + bytes(100), "no little-endian ELF"),
            (kernel[:5] + b"\2" + kernel[6:], "no little-endian ELF"),
            (kernel[:-1], "truncated"),
            (kernel[:52] + bytes(4) + kernel[56:], "nothing to load"),
            (wide_kernel(0x200000, note_kind=6), "no PVH entry"),
        ):
            with self.subTest(words=words), self.assertRaises(xen_image.BadImage) as caught:
                xen_image.convert(image, b"")
            self.assertIn(words, str(caught.exception))


if __name__ == "__main__":
    unittest.main()
