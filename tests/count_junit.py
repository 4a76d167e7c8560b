#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Print how many tests of a JUnit file passed, failed and were skipped.

A file that is missing or holds no test counts as one failure: nothing was shown.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree


def counts(path: str) -> tuple[int, int, int]:
    try:
        cases = list(ElementTree.parse(path).getroot().iter("testcase"))
    except (OSError, ElementTree.ParseError):
        return 0, 1, 0
    failed = sum(1 for case in cases if case.find("failure") is not None or case.find("error") is not None)
    skipped = sum(1 for case in cases if case.find("skipped") is not None)
    if not cases:
        return 0, 1, 0
    return len(cases) - failed - skipped, failed, skipped


if __name__ == "__main__":
    print(*counts(sys.argv[1]))
