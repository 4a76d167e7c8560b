# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What the tests of the tools share: the path, a directory of their own, a little room."""

from __future__ import annotations

import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "conformance")]

from driver.errors import DriverError  # noqa: E402

CODE = """\
/* A comment with a < b and 17. */
#include <stdbool.h>
#define LIMIT 5u
#define SQUARE(x) ((x) * (x))

static const int table[] = { 1, LIMIT };

bool is_small(int value, char text[8])
{
    int sum[4] = { 0 };

    (void)text;
    if (value < LIMIT && value != 0)
        return true;
    sum[1] += value;
    for (int i = 0; i < 4; i++)
        do_it(&sum[i], "a < b");
    return sum[0] > 2;
}
"""


class ToolTestCase(unittest.TestCase):
    """A test with a directory of its own, in it a room of one file."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory(prefix="hvkit-test-")
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)
        self.core = self.directory / "core"
        self.core.mkdir()
        (self.core / "small.c").write_text(CODE, encoding="utf-8")

    def write(self, name: str, text: str) -> Path:
        """Writes a file and returns its path."""
        path = self.directory / name
        path.write_text(text, encoding="utf-8")
        return path

    def assert_error(self, error: DriverError, file: Path, line: int, *words: str) -> None:
        """The error names the file and the line, and says these words."""
        self.assertEqual((error.file, error.line), (file, line))
        for word in words:
            self.assertIn(word, str(error))
