#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Boots an artefact in QEMU, without isa-debug-exit, and looks for the end of the suite.

When the kernel asks for arguments it gets them over the serial port, as by run-hyperv.ps1. There is no interface of Hyper-V: what the tests say means nothing, that they end does.
"""

from __future__ import annotations

import argparse
import re
import selectors
import subprocess
import sys
import tempfile
import time
from pathlib import Path

OVMF = "/usr/share/OVMF/OVMF_CODE.fd"
MULTIBOOT_MAGIC = bytes.fromhex("02b0ad1b")
TIMEOUT = 110  # seconds; a busy host takes many times as long as an idle one
END = re.compile(rb"^# end passed=\d+ failed=\d+ skipped=\d+\r?$", re.MULTILINE)


class Machine:
    """QEMU, and what has come from its serial port."""

    def __init__(self, command: list[str]) -> None:
        self.output = b""
        self._deadline = time.monotonic() + TIMEOUT
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._stdout, selectors.EVENT_READ)

    def __enter__(self) -> Machine:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def answer(self, text: str) -> None:
        """Gives the kernel the arguments that it asks for."""
        while b"\n# ask " not in self.output:
            if not self._read_in_time():
                raise EOFError("the machine ended and asked for nothing")
        self._stdin.write(f"{text}\r".encode())
        while f"\n# arguments {text}\r\n".encode() not in self.output:
            if not self._read_in_time():
                raise EOFError("the kernel did not take the arguments")

    def wait_for_test(self) -> None:
        """Reads until the kernel, which gets no answer, begins its first test."""
        while b"\n# begin 1 " not in self.output:
            if not self._read_in_time():
                raise EOFError("the machine ended and ran no test")

    def finish(self) -> int:
        """Reads to the end; returns QEMU's exit status."""
        while self._read_in_time():
            pass
        return self._process.wait()

    def _read_in_time(self) -> bool:
        if not self._selector.select(max(0.0, self._deadline - time.monotonic())):
            raise TimeoutError(f"no end within {TIMEOUT} s")
        data = self._stdout.read(1 << 16)
        self.output += data
        return bool(data)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("image", type=Path)
    parser.add_argument("--how", choices=("bios", "uefi", "multiboot", "pvh"), default="bios")
    parser.add_argument("--cd", action="store_true", help="as a CD, not as a disk")
    parser.add_argument("--format", default="raw")
    parser.add_argument("--smp", type=int, default=1)
    parser.add_argument("--type", dest="arguments", help="words for the kernel's command line")
    parser.add_argument("--first", action="store_true", help="answer nothing, stop at a test")
    return parser.parse_args()


def command(options: argparse.Namespace) -> list[str]:
    qemu = [
        "qemu-system-x86_64", "-accel", "tcg,thread=single", "-cpu", "max", "-smp", str(options.smp), "-m", "512",
        "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-serial", "stdio",
    ]
    if options.how == "uefi":
        # OVMF itself needs the PIT, which it takes its timer ticks from.
        qemu += ["-machine", "q35"]
        qemu += ["-drive", f"if=pflash,format=raw,readonly=on,file={OVMF}"]
    if options.how in ("multiboot", "pvh"):
        return [*qemu, "-kernel", str(options.image), "-append", options.arguments or ""]
    if options.cd:
        return [*qemu, "-cdrom", str(options.image)]
    return [*qemu, "-drive", f"file={options.image},format={options.format},snapshot=on"]


def without_multiboot(kernel: Path, directory: str) -> Path:
    """QEMU prefers multiboot where it finds it, and then never looks for the PVH note."""
    image = kernel.read_bytes()
    path = Path(directory, "pvh.elf")
    path.write_bytes(image.replace(MULTIBOOT_MAGIC, bytes(4), 1))
    return path


def run(options: argparse.Namespace) -> str:
    """Boots; returns what is wrong, or nothing."""
    with Machine(command(options)) as machine:
        try:
            if options.first:
                machine.wait_for_test()
                return ""
            if options.arguments is not None and options.how in ("bios", "uefi"):
                machine.answer(options.arguments)
            status = machine.finish()
        except (TimeoutError, EOFError) as error:
            return f"{machine.output.decode(errors='replace')}\n{error}"
    return judge(machine.output, status, options.smp)


def judge(output: bytes, status: int, smp: int) -> str:
    """What is wrong with the output of a machine that ended."""
    banner = re.search(rb"^# hvkit-conformance .* vps=(\d+)\r?$", output, re.MULTILINE)
    if banner is None or int(banner[1]) != smp:
        return f"{output.decode(errors='replace')}\nno banner that tells of {smp} processors"
    end = END.search(output)
    if end is None or status != 0:
        return f"{output.decode(errors='replace')}\nno end; QEMU's status is {status}"
    print(end[0].decode().strip())
    return ""


def main() -> int:
    options = parse_arguments()
    with tempfile.TemporaryDirectory(prefix="hvkit-media-") as directory:
        if options.how == "pvh":
            options.image = without_multiboot(options.image, directory)
        why = run(options)
    if why:
        print(f"FAILED: {why}")
    return 1 if why else 0


if __name__ == "__main__":
    sys.exit(main())
