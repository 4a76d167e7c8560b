#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Runs the self-test kernel of the guest runtime under QEMU and judges its TAP and exit status.

Ends with 0 if all is well, 1 if not, and 77 (skipped) if a tool or a CPU feature is missing.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
EXIT_FAULT = 0x7E
ICOUNT_HZ = 1_000_000_000  # with -icount shift=0 the TSC counts nanoseconds of QEMU's clock
MULTIBOOT1_MAGIC = bytes.fromhex("02b0ad1b")
OVMF = pathlib.Path("/usr/share/ovmf/OVMF.fd")
OPTIONS = "flag word=first word=second number=42 hex=0x1f"
PROTOCOL_LINES = {"multiboot1": "multiboot1", "multiboot2": "multiboot2", "pvh": "PVH"}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kernel", type=pathlib.Path)
    parser.add_argument("--protocol", choices=PROTOCOL_LINES, default="multiboot1")
    parser.add_argument("--grub", action="store_true", help="boot from a GRUB ISO")
    parser.add_argument("--firmware", choices=("bios", "efi"), default="bios")
    parser.add_argument("--cpus", type=int, default=1)
    parser.add_argument("--machine", default="pc")
    parser.add_argument("--memory", type=int, default=0, help="MiB; default 32, with EFI 256")
    # With one thread, a CPU that waits hands over at PAUSE; 64 of them need no 64 processors.
    parser.add_argument("--accel", default="tcg,thread=single")
    parser.add_argument("--qemu", default="qemu-system-x86_64")
    parser.add_argument("--clock", help="the clock that must have measured the TSC, to 1 %%")
    parser.add_argument("--x2apic", action="store_true", help="switch to x2APIC")
    parser.add_argument("--exit", default=None, help="end at once: a number, or 'fault'")
    parser.add_argument("--no-debug-exit", action="store_true", help="leave by ACPI power-off")
    parser.add_argument("--halt", action="store_true", help="HLT where there is no other end")
    parser.add_argument("--timeout", type=int, default=100)
    return parser.parse_args()


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def without_multiboot(kernel, directory):
    """QEMU prefers multiboot1 where it finds it, and then never looks for the PVH note."""
    image = bytearray(kernel.read_bytes())
    at = image.index(MULTIBOOT1_MAGIC)
    image[at : at + 4] = bytes(4)
    path = directory / "pvh.elf"
    path.write_bytes(image)
    return path


def make_iso(args, command_line, directory):
    if not shutil.which("grub-mkrescue"):
        skip("no grub-mkrescue")
    tree = directory / "iso"
    (tree / "boot/grub").mkdir(parents=True)
    shutil.copy(args.kernel, tree / "boot/kernel.elf")
    command = "multiboot" if args.protocol == "multiboot1" else "multiboot2"
    (tree / "boot/grub/grub.cfg").write_text(
        f"set timeout=0\nmenuentry kernel {{\n  {command} /boot/kernel.elf {command_line}\n}}\n"
    )
    iso = directory / "kernel.iso"
    subprocess.run(
        ["grub-mkrescue", "-o", iso, tree], check=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return iso


def qemu_command(args, directory):
    words = [OPTIONS, f"cpus={args.cpus}"]
    if args.x2apic:
        words.append("apic=x2")
    if args.halt:
        words.append("end=halt")
    if args.exit is not None:
        words.append(f"exit={args.exit}")
    command_line = " ".join(words)
    efi = args.firmware == "efi"
    memory = args.memory or (256 if efi else 32)
    command = [
        args.qemu, "-accel", args.accel, "-machine", args.machine,
        "-cpu", "host" if args.accel == "kvm" else "max",
        "-smp", str(args.cpus), "-m", str(memory),
        "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio",
    ]
    if args.clock:
        command += ["-icount", "shift=0,sleep=off"]
    if not args.no_debug_exit:
        command += ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
    if efi:
        if not OVMF.exists():
            skip(f"no {OVMF}")
        command += ["-bios", str(OVMF)]
    if args.grub:
        return command + ["-cdrom", str(make_iso(args, command_line, directory))]
    kernel = args.kernel
    if args.protocol == "pvh":
        kernel = without_multiboot(kernel, directory)
    return command + ["-kernel", str(kernel), "-append", command_line]


def expected_status(args):
    if args.halt:
        return None
    if args.no_debug_exit:
        return 0
    code = {None: 0, "fault": EXIT_FAULT}.get(args.exit)
    return (int(args.exit) if code is None else code) << 1 | 1


def judge_tap(lines, args):
    """The complaints about the TAP that the kernel printed."""
    results = [line for line in lines if line.startswith(("ok ", "not ok "))]
    complaints = [line for line in results if line.startswith("not ok ")]
    if f"1..{len(results)}" not in lines or not results:
        complaints.append(f"{len(results)} results and no plan for them")
    if not any(line.startswith(f"# protocol {PROTOCOL_LINES[args.protocol]},") for line in lines):
        complaints.append(f"not booted by {args.protocol}")
    if args.x2apic and not any("x2APIC" in line for line in lines):
        complaints.append("not in x2APIC mode")
    return complaints + (judge_clock(lines, args.clock) if args.clock else [])


def judge_clock(lines, clock):
    """The complaints about the frequency of the TSC, and whence it is."""
    told = re.search(r"TSC (\d+) Hz by ([a-z-]+)$", "\n".join(lines), re.MULTILINE)
    if told is None or told[2] != clock:
        return [f"the TSC was not measured by {clock}"]
    if abs(int(told[1]) - ICOUNT_HZ) > ICOUNT_HZ // 100:
        return [f"the TSC was found to have {told[1]} Hz, it has {ICOUNT_HZ}"]
    return []


def run(command, timeout):
    """What the kernel printed, and QEMU's exit status; None if it had to be stopped."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=timeout,
            env={**os.environ, "LC_ALL": "C"},
        )
    except subprocess.TimeoutExpired as late:
        output, status = late.stdout or b"", None
    else:
        output, status = done.stdout, done.returncode
    return output.decode(errors="replace").replace("\r", ""), status


def main():
    args = parse_arguments()
    if not shutil.which(args.qemu):
        skip(f"no {args.qemu}")
    with tempfile.TemporaryDirectory(prefix="guest-selftest-") as directory:
        text, status = run(qemu_command(args, pathlib.Path(directory)), args.timeout)
    print(text)
    if "there is no x2APIC" in text:
        skip("this QEMU emulates no x2APIC")
    complaints = [] if args.exit is not None else judge_tap(text.split("\n"), args)
    if args.exit == "fault" and "unexpected #UD" not in text:
        complaints.append("the fault was not reported")
    if status != expected_status(args):
        complaints.append(f"QEMU ended with {status}, not {expected_status(args)}")
    for complaint in complaints:
        print(f"FAILED: {complaint}")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
