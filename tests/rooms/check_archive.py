#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Check a library archive against the rules of its room.

No writable data, no undefined symbol but the four memory functions and what the libraries that it
may use define, no privileged instruction.
Prints each breach on a line of its own; exits 1 when there is any.
"""

from __future__ import annotations

import re
import subprocess
import sys

ALLOWED_UNDEFINED = {"memcpy", "memmove", "memset", "memcmp", "_GLOBAL_OFFSET_TABLE_"}
# .data.rel.ro holds constants that contain addresses; it is read-only once they are relocated.
WRITABLE_SECTION = re.compile(r"^(\.data(?!\.rel\.ro)|\.bss|\.tdata|\.tbss|\*COM\*)")
DEFINED = set("tTrRdDbBvVwWuCi")

PRIVILEGED = re.compile(
    r"^(?:rep[a-z]* )?(?:"
    r"(?P<plain>cli|sti|hlt|clts|invd|wbinvd|wbnoinvd|rdmsr|wrmsr|rdpmc|lgdt[lq]?|lidt[lq]?|lldt|ltr|lmsw|invlpg"
    r"|invpcid|invlpgb|tlbsync|swapgs|sysret[lq]?|sysexit[lq]?|iret[lqw]?|monitor|mwait|xsetbv|xsaves\w*|xrstors\w*"
    r"|vm\w+|stgi|clgi|skinit|invept|invvpid|rdpru|in[bwl]?|out[bwl]?|ins[bwl]|outs[bwl])\b"
    r"|(?P<control>mov[lq]?\s.*%(?:cr\d+|db\d+|dr\d+)\b))"
)


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def symbols(archive: str) -> tuple[set[str], set[str]]:
    """Names that the archive defines, names that it needs."""
    defined: set[str] = set()
    needed: set[str] = set()
    for line in run("nm", archive).splitlines():
        fields = line.split()
        if len(fields) < 2 or line.endswith(":"):
            continue
        if fields[-2] == "U":
            needed.add(fields[-1])
        elif fields[-2] in DEFINED:
            defined.add(fields[-1])
    return defined, needed


def writable_data(archive: str) -> list[str]:
    """Names of objects in sections that stay writable."""
    found = []
    for line in run("objdump", "-t", archive).splitlines():
        match = re.match(r"^[0-9a-f]+ .{7} (\S+)\s+([0-9a-f]+)\s+(?:\.hidden )?(\S+)$", line)
        if match and WRITABLE_SECTION.match(match.group(1)) and not match.group(3).startswith("."):
            found.append(match.group(3))
    return found


def privileged(archive: str) -> list[str]:
    """Each privileged instruction, with the function that it stands in."""
    found = []
    function = "?"
    for line in run("objdump", "-d", "--no-show-raw-insn", archive).splitlines():
        header = re.match(r"^[0-9a-f]+ <([^>]+)>:$", line)
        if header:
            function = header.group(1)
            continue
        match = re.match(r"^\s*[0-9a-f]+:\s+(.*)$", line)
        if match and PRIVILEGED.match(match.group(1).strip()):
            found.append(f"{match.group(1).strip()} in {function}")
    return found


def main(arguments: list[str]) -> int:
    if not arguments:
        print("usage: check_archive.py ARCHIVE [LIBRARY...]", file=sys.stderr)
        return 2
    archive, *libraries = arguments
    defined, needed = symbols(archive)
    for library in libraries:
        needed -= symbols(library)[0]
    breaches = [f"writable data: {name}" for name in sorted(writable_data(archive))]
    breaches += [f"undefined symbol: {name}" for name in sorted(needed - defined - ALLOWED_UNDEFINED)]
    breaches += [f"privileged instruction: {text}" for text in privileged(archive)]
    if not defined:
        breaches.append("no symbol at all: is this an archive of ours?")
    for breach in breaches:
        print(f"{archive}: {breach}")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
