#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Check who includes whom.

Each room has a list of patterns that its #include lines must match. Prints each breach with file
and line; exits 1 when there is any.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

FREESTANDING = r"<(stdint|stdbool|stddef|stdatomic|stdarg|limits)\.h>"
TEST_HOST = r"<[a-z_/0-9.]+\.h>|<Zydis/.*>|\".*\""

# First match wins; a room that is not listed may not exist.
ROOMS: list[tuple[str, list[str]]] = [
    (r"include/hv/abi/", [r"<stdint\.h>", r"<hv/abi/.*>"]),
    (r"include/hv/", [r"<(stdint|stdbool|stddef)\.h>", r"<hv/.*>"]),
    (r"lib/[a-z]+/tests/", [TEST_HOST]),
    (r"lib/insn/", [FREESTANDING, r"<hv/insn\.h>", r"\"[a-z_0-9]+\.h\""]),
    (r"lib/core/", [FREESTANDING, r"<hv/.*>", r"\"[a-z_0-9]+\.h\""]),
    (r"lib/vmbus/", [FREESTANDING, r"<hv/abi/.*>", r"<hv/(status|ring|vmbus).*\.h>", r"\"[a-z_0-9/]+\.h\""]),
    (r"lib/ic/", [FREESTANDING, r"<hv/abi/.*>", r"<hv/(status|ic).*\.h>", r"\"[a-z_0-9/]+\.h\""]),
    (
        r"lib/emu/",
        [
            FREESTANDING,
            r"<hv/(status|emu).*\.h>",
            r"<hv/(acpi_pm|acpi_tables|ioapic|pci|pic|pit|rtc|uart)\.h>",
            r"\"[a-z_0-9/]+\.h\"",
        ],
    ),
    (r"sdk/guest/tests/", [FREESTANDING, r"<hv/abi/.*>", r"<guest/.*>", r"\"[a-z_0-9/]+\.h\""]),
    (r"sdk/guest/", [FREESTANDING, r"<hv/abi/.*>", r"<guest/.*>", r"\"[a-z_0-9/]+\.h\""]),
    (r"sdk/boot/tests/", [TEST_HOST]),
    (r"sdk/boot/", [FREESTANDING, r"<boot/.*>", r"\"[a-z_0-9]+\.h\""]),
    (r"sdk/worker/tests/", [TEST_HOST]),
    (
        r"sdk/worker/",
        [
            FREESTANDING,
            r"<hv/abi/.*>",
            r"<hv/(status|insn)\.h>",
            r"<hv/(acpi_pm|acpi_tables|ioapic|pci|pic|pit|rtc|uart)\.h>",
            r"<(boot|worker)/.*>",
            r"\"[a-z_0-9]+\.h\"",
        ],
    ),
    (r"sdk/machine/tests/", [TEST_HOST]),
    (r"sdk/(machine|tools/[a-z]+)/tests/", [TEST_HOST]),
    (r"sdk/machine/", [FREESTANDING, r"<hv/abi/.*>", r"<hvkit/machine.*\.h>", r"\"[a-z_0-9]+\.h\""]),
    (r"sdk/tools/", [r"<(sys/)?[a-z]+\.h>", r"<hv/abi/.*>", r"<hvkit/.*>", r"<boot/.*>", r"\"[a-z_0-9]+\.h\""]),
    (r"sdk/samples/[a-z0-9]+/tests/", [TEST_HOST]),
    (r"sdk/samples/type1/root/tests/", [TEST_HOST]),
    (
        r"sdk/samples/type1/root/",
        [
            FREESTANDING,
            r"<hv/abi/.*>",
            r"<hv/status\.h>",
            r"<(guest|hvkit|worker)/.*>",
            r"\"[a-z_0-9]+\.h\"",
        ],
    ),
    (
        r"sdk/samples/vmm/",
        [
            r"<(sys/)?[a-z]+\.h>",
            r"<linux/(kvm|mshv|audit|filter|seccomp)\.h>",
            r"<hv/.*\.h>",
            r"<(hvkit|worker)/.*>",
            r"\"[a-z_0-9]+\.h\"",
        ],
    ),
    (r"sdk/samples/type1/", [FREESTANDING, r"<hv/.*>", r"<boot/.*>", r"\"[a-z_0-9/]+\.h\""]),
    (r"conformance/", [FREESTANDING, r"<hv/abi/.*>", r"<guest/.*>", r"<conformance/.*>", r"\"[a-z_0-9/]+\.h\""]),
    (r"fuzz/", [TEST_HOST]),
    (r"tests/", [TEST_HOST]),
]

INCLUDE = re.compile(r"^\s*#\s*include\s*([<\"][^>\"]+[>\"])")


def patterns_for(path: str) -> list[str] | None:
    for prefix, patterns in ROOMS:
        if re.match(prefix, path):
            return patterns
    return None


def breaches(path: str, text: str) -> list[str]:
    """The include lines of one file that its room does not allow."""
    patterns = patterns_for(path)
    if patterns is None:
        return [f"{path}:1: no room is known for this file"]
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if match and not any(re.fullmatch(pattern, match.group(1)) for pattern in patterns):
            found.append(f"{path}:{number}: may not include {match.group(1)}")
    return found


def main(arguments: list[str]) -> int:
    root = Path(arguments[0] if arguments else ".")
    found: list[str] = []
    files = 0
    for top in ("include", "lib", "sdk", "conformance", "fuzz", "tests"):
        for path in sorted((root / top).rglob("*")):
            if path.suffix in (".c", ".h", ".S") and path.is_file():
                files += 1
                found += breaches(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))
    if files == 0:
        found.append(f"{root}: no source file found")
    print("\n".join(found) if found else f"{files} files keep to their rooms")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
