# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Mistakes in the catalogue are found, and found at their line."""

from __future__ import annotations

import unittest

from support import REQUIREMENT, DriverTestCase

from driver import catalogue
from driver.errors import DriverError


class CatalogueTest(DriverTestCase):
    def load_text(self, text: str) -> dict[str, catalogue.Requirement]:
        return catalogue.load(self.write("tlfs.yaml", text))

    def assert_rejected(self, text: str, line: int | None, *words: str) -> None:
        with self.assertRaises(DriverError) as caught:
            self.load_text(text)
        self.assert_error(caught.exception, self.directory / "tlfs.yaml", line, *words)

    def requirement(
        self, id: str = "CPUID-001", area: str = "discovery", level: str = "must"
    ) -> str:
        return REQUIREMENT.format(id=id, area=area, level=level)

    def test_gaps_of_the_project_are_valid(self) -> None:
        gaps = catalogue.load_gaps()
        self.assertIn("GAP-220", gaps)
        self.assertEqual(gaps["GAP-220"].known[0].implementation, "KVM")
        self.assertFalse(set(gaps) & set(catalogue.load()))

    def test_gap_with_a_malformed_id_or_an_unknown_key_is_an_error(self) -> None:
        gap = "- id: {}\n  area: synic\n  title: a\n  text: b\n  source: c\n"
        for text, line, word in (
            (gap.format("SYNIC-001"), 1, "malformed"),
            (gap.format("GAP-201") + "  known: [{implementation: KVM}]\n", 6, "behaviour"),
            (gap.format("GAP-201") + "  level: must\n", 6, "level"),
        ):
            path = self.write("gaps.yaml", text)
            with self.assertRaises(DriverError) as caught:
                catalogue.load_gaps(path)
            self.assert_error(caught.exception, path, line, word)

    def test_requirement_may_not_pose_as_a_gap(self) -> None:
        with self.assertRaises(DriverError):
            self.load_text(REQUIREMENT.format(id="GAP-001", area="synic", level="must"))

    def test_catalogue_of_the_project_is_valid(self) -> None:
        requirements = catalogue.load()
        self.assertGreater(len(requirements), 800)
        self.assertEqual(requirements["CPUID-001"].area, "discovery")
        self.assertEqual({item.area for item in requirements.values()}, set(catalogue.AREAS))

    def test_requirement_knows_its_line(self) -> None:
        loaded = self.load_text(
            "# remark\n" + self.requirement() + self.requirement(id="CPUID-002")
        )
        self.assertEqual([item.line for item in loaded.values()], [2, 11])

    def test_unknown_key(self) -> None:
        text = self.requirement().replace("observable:", "obsrvable:")
        self.assert_rejected(text, 8, "obsrvable", "did you mean 'observable'")

    def test_missing_key(self) -> None:
        text = self.requirement() + self.requirement(id="CPUID-002").replace(
            "  basis: stated\n", ""
        )
        self.assert_rejected(text, 10, "no 'basis'")

    def test_key_twice(self) -> None:
        self.assert_rejected(self.requirement() + "  level: may\n", 10, "'level'", "twice")

    def test_duplicate_id(self) -> None:
        self.assert_rejected(self.requirement() * 2, 10, "CPUID-001", "line 1")

    def test_malformed_id(self) -> None:
        self.assert_rejected(self.requirement(id="CPUID-1"), 1, "CPUID-1", "malformed")

    def test_wrong_level(self) -> None:
        self.assert_rejected(self.requirement(level="shoud"), 7, "shoud", "should")

    def test_wrong_area(self) -> None:
        self.assert_rejected(self.requirement(area="synik"), 2, "synik", "synic")

    def test_wrong_observable(self) -> None:
        self.assert_rejected(self.requirement().replace("guest", "gust"), 8, "gust", "guest")

    def test_value_of_wrong_type(self) -> None:
        self.assert_rejected(
            self.requirement().replace("A title", "[a]"), 3, "'title' is not a text"
        )

    def test_empty_text(self) -> None:
        self.assert_rejected(self.requirement().replace("A text", '" "'), 4, "'text'", "empty")

    def test_syntax_error(self) -> None:
        self.assert_rejected(
            self.requirement().replace("title: A", "title: A: b"), 3, "YAML syntax"
        )

    def test_not_a_list(self) -> None:
        self.assert_rejected("id: CPUID-001\n", None, "not a list")

    def test_missing_file(self) -> None:
        with self.assertRaises(DriverError) as caught:
            catalogue.load(self.directory / "none.yaml")
        self.assert_error(caught.exception, self.directory / "none.yaml", None, "No such file")

    def test_not_text(self) -> None:
        path = self.directory / "tlfs.yaml"
        path.write_bytes(b"\xff\xfe\x00")
        with self.assertRaises(DriverError) as caught:
            catalogue.load(path)
        self.assert_error(caught.exception, path, None, "UTF-8")


if __name__ == "__main__":
    unittest.main()
