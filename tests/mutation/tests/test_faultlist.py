# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The list of faults: what is taken, and what mistakes in it are told."""

from __future__ import annotations

import unittest
from unittest import mock

from support import CODE, ToolTestCase

from driver.errors import DriverError
from mutation import faultlist
from mutation.faultlist import Fault

FAULT = """\
- name: limit-off-by-one
  file: small.c
  find: "value < LIMIT
    && value != 0"
  replace: value <= LIMIT && value != 0
  why: The limit is taken for a value
"""


class FaultListTest(ToolTestCase):
    def load(self, text: str) -> list[Fault]:
        return faultlist.load(self.write("faults.yaml", text), [self.core])

    def fails(self, text: str, line: int, *words: str) -> None:
        with self.assertRaises(DriverError) as caught:
            self.load(text)
        self.assert_error(caught.exception, self.directory / "faults.yaml", line, *words)

    def test_fault_changes_its_place_alone(self) -> None:
        [fault] = self.load(FAULT)
        self.assertEqual(fault.text, CODE.replace("value < LIMIT", "value <= LIMIT"))

    def test_blanks_do_not_matter(self) -> None:
        [fault] = self.load(FAULT.replace("value < LIMIT\n", "value\n      <   LIMIT\n"))
        self.assertIn("value <= LIMIT && value != 0)", fault.text)

    def test_seeded_directory_holds_the_rest_unchanged(self) -> None:
        (self.core / "other.h").write_text("int other;\n")
        copy = self.directory / "copy"
        copy.mkdir()
        (copy / "stale.c").write_text("")
        [fault] = self.load(FAULT)
        faultlist.seed(fault, copy, [self.core])
        self.assertEqual(sorted(path.name for path in copy.iterdir()), ["other.h", "small.c"])
        self.assertEqual((copy / "small.c").read_text(), fault.text)
        self.assertEqual((copy / "other.h").read_text(), "int other;\n")

    def test_back_end_of_the_sample_is_apart(self) -> None:
        type1 = self.directory / "type1"
        type1.mkdir()
        for name in ("svm.c", "svm.h", "small.h", "apic.c"):
            (type1 / name).write_text(f"/* {name} */\n")
        copy = self.directory / "copy"
        with mock.patch.object(faultlist, "TYPE1", type1):
            faultlist.copy_files(copy, [self.core, type1])
            self.assertEqual(sorted(faultlist.files_of([self.core, type1])), ["small.c", "svm.c"])
        copies = sorted(str(path.relative_to(copy)) for path in copy.rglob("*.*"))
        self.assertEqual(copies, ["small.c", "type1/svm.c"])

    def test_text_that_has_gone(self) -> None:
        gone = FAULT.replace("value < LIMIT", "value < MAXIMUM")
        self.fails(gone, 3, "does not occur in small.c")

    def test_text_that_is_there_twice(self) -> None:
        twice = FAULT.replace('"value < LIMIT\n    && value != 0"', "value")
        self.fails(twice, 3, "times in small.c")

    def test_typing_mistakes(self) -> None:
        self.fails(FAULT.replace("replace:", "repalce:"), 5, "repalce", "replace")
        self.fails(FAULT.replace("small.c", "smal.c"), 2, "no file 'smal.c'", "small.c")
        self.fails(FAULT.replace("limit-off", "Limit off"), 1, "malformed")
        self.fails(FAULT.replace("The limit is taken for a value", "''"), 6, "'why'")

    def test_fault_that_changes_nothing(self) -> None:
        self.fails(FAULT.replace("value <= LIMIT", "value < LIMIT"), 5, "changes nothing")

    def test_name_that_is_taken(self) -> None:
        self.fails(FAULT + FAULT, 7, "taken by line 1")

    def test_unknown_name(self) -> None:
        with self.assertRaises(DriverError) as caught:
            faultlist.choose(self.load(FAULT), ["limit-of-by-one"])
        self.assertIn("limit-off-by-one", str(caught.exception))

    def test_list_that_comes_with_hvkit(self) -> None:
        self.assertGreaterEqual(len(faultlist.load()), 60)


if __name__ == "__main__":
    unittest.main()
