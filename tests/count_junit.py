#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Print how many tests of a JUnit file passed, failed and were skipped; with --failures, what the
failed ones said, each by its name.

A file that is missing or holds no test counts as one failure: nothing was shown.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree


LAST_LINES = 40  # of each failed test's output


def has_failed(case: ElementTree.Element) -> bool:
    return case.find("failure") is not None or case.find("error") is not None


def cases_of(path: str) -> list[ElementTree.Element]:
    try:
        return list(ElementTree.parse(path).getroot().iter("testcase"))
    except (OSError, ElementTree.ParseError):
        return []


def counts(cases: list[ElementTree.Element]) -> tuple[int, int, int]:
    if not cases:
        return 0, 1, 0
    failed = sum(1 for case in cases if has_failed(case))
    skipped = sum(1 for case in cases if case.find("skipped") is not None)
    return len(cases) - failed - skipped, failed, skipped


def failures(cases: list[ElementTree.Element]) -> list[str]:
    """The lines that tell which tests failed and how."""
    lines = [] if cases else ["there is no test"]
    for case in filter(has_failed, cases):
        lines.append(f"failed: {case.get('name')} after {case.get('time')} s")
        lines += ["  " + line for line in (case.findtext("system-out") or "").splitlines()[-LAST_LINES:]]
    return lines


if __name__ == "__main__":
    if sys.argv[1] == "--failures":
        print(*failures(cases_of(sys.argv[2])), sep="\n")
    else:
        print(*counts(cases_of(sys.argv[1])))
