# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The C form of the catalogue compiles, and a test that names an unknown requirement does not."""

from __future__ import annotations

import contextlib
import io
import shutil
import subprocess
import unittest
from pathlib import Path

from support import DriverTestCase

from driver import catalogue, requirements


class RequirementsTest(DriverTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.header = self.directory / "requirements.h"
        self.source = self.directory / "requirements.c"
        status = requirements.main(["--header", str(self.header), "--source", str(self.source)])
        self.assertEqual(status, 0)

    def compiles(self, source: Path) -> bool:
        compiler = shutil.which("cc")
        if compiler is None:
            self.skipTest("no C compiler")
        command = [
            compiler,
            "-std=c11",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-fsyntax-only",
            str(source),
        ]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def test_every_requirement_has_a_constant_and_an_id(self) -> None:
        header, source = self.header.read_text(), self.source.read_text()
        for requirement in catalogue.load():
            constant = "HV_REQ_" + requirement.replace("-", "_")
            self.assertIn(f"    {constant}, ", header)
            self.assertIn(f'[{constant}] = "{requirement}",', source)

    def test_gaps_follow_the_requirements(self) -> None:
        first = next(iter(catalogue.load_gaps()))
        header = self.header.read_text()
        self.assertIn(f"    HV_REQ_FIRST_GAP = HV_REQ_{first.replace('-', '_')},\n", header)
        self.assertIn('[HV_REQ_GAP_207] = "GAP-207",', self.source.read_text())
        last = list(catalogue.load())[-1].replace("-", "_")
        self.assertLess(header.index(f"HV_REQ_{last},"), header.index("HV_REQ_GAP_101,"))

    def test_generated_source_compiles(self) -> None:
        self.assertTrue(self.compiles(self.source))

    def test_unknown_requirement_does_not_compile(self) -> None:
        template = '#include "requirements.h"\nint requirement = {};\n'
        known = self.write("known.c", template.format("HV_REQ_CPUID_001"))
        unknown = self.write("unknown.c", template.format("HV_REQ_CPUID_999"))
        self.assertTrue(self.compiles(known))
        self.assertFalse(self.compiles(unknown))

    def test_title_cannot_end_the_comment(self) -> None:
        item = next(iter(catalogue.load().values()))
        evil = catalogue.Requirement(**{**vars(item), "title": "a */ b\n#error"})
        self.header.write_text(requirements.header([evil], []))
        self.assertTrue(self.compiles(self.header))

    def test_bad_catalogue_is_an_error(self) -> None:
        bad = self.write("bad.yaml", "- id: X\n")
        with contextlib.redirect_stderr(io.StringIO()) as stderr:
            status = requirements.main(
                [
                    "--catalogue",
                    str(bad),
                    "--header",
                    str(self.header),
                    "--source",
                    str(self.source),
                ]
            )
        self.assertEqual(status, 2)
        self.assertIn(f"hvkit: error: {bad}:1:", stderr.getvalue())


if __name__ == "__main__":
    unittest.main()
