# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Writes down what the root partition of the sample calls: a line of JSON for each call.

gdb executes it, beside QEMU that was started with `-gdb tcp::PORT -S` and a hypervisor without link-time
optimisation (preset dev-clang), whose functions can be found:

    HVKIT_RECORD=calls.json HVKIT_RECORD_PORT=PORT gdb -q -batch -x record.py hvkit-type1.elf64

A line is [partition, hypercall input value, [RDX, R8], size of the input, input in hexadecimal].
"""

import json
import os

import gdb  # pylint: disable=import-error  # gdb has it

FAST = 1 << 16
PAGE = 4096


def _memory(address: int, size: int) -> bytes:
    """Physical memory, which is the root's, up to the end of the page."""
    gdb.execute("maint packet Qqemu.PhyMemMode:1", to_string=True)
    data = bytes(gdb.selected_inferior().read_memory(address, min(size, PAGE - address % PAGE)))
    gdb.execute("maint packet Qqemu.PhyMemMode:0", to_string=True)
    return data


def _xmm(size: int) -> bytes:
    """The first bytes of the XMM registers, which the hypervisor leaves alone."""
    values = (gdb.parse_and_eval(f"$xmm{i // 16}.v16_int8[{i % 16}]") for i in range(size))
    return bytes(int(value) & 0xFF for value in values)


class Call(gdb.Breakpoint):
    """Where the parameters have been checked and nothing has been done."""

    def __init__(self, out) -> None:
        super().__init__("hv_hypercall_read_input", type=gdb.BP_HARDWARE_BREAKPOINT)
        self._out = out

    def stop(self) -> bool:
        frame = gdb.parse_and_eval("*(struct hv_hypercall_frame *)$rdi")
        value, size = int(frame["value"]), int(frame["input_size"])
        words = [int(frame["words"][0]), int(frame["words"][1])]
        if value & FAST:
            data = b"".join(word.to_bytes(8, "little") for word in words) + _xmm(max(size - 16, 0))
        else:
            data = _memory(words[0], size)
        line = [int(frame["vp"]["partition"]["id"]), value, words, size, data[:size].hex()]
        self._out.write(json.dumps(line) + "\n")
        self._out.flush()
        return False


gdb.execute("set confirm off")
gdb.execute(f"target remote :{os.environ['HVKIT_RECORD_PORT']}")
with open(os.environ["HVKIT_RECORD"], "w", encoding="ascii") as calls:
    Call(calls)
    gdb.execute("continue")
