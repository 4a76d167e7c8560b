# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Which mutants a small C file has, and which it has not."""

from __future__ import annotations

import unittest

from support import CODE, ToolTestCase

from driver.errors import DriverError
from mutation import explained, mutants

CONDITION = "if (value < LIMIT && value != 0)"
ENTRY = """\
- file: small.c
  function: is_small
  code: "sum[1] += value;"
  mutants: ["sum[1] -= value;"]
  reason: Nobody looks at it
"""


class MutantsTest(ToolTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.made = mutants.generate("small.c", CODE)
        self.after = [mutant.after for mutant in self.made]

    def of_line(self, before: str) -> set[str]:
        return {mutant.after for mutant in self.made if mutant.before == before}

    def test_condition(self) -> None:
        self.assertEqual(
            self.of_line(CONDITION),
            {
                "if (!(value < LIMIT && value != 0))",
                "if (value <= LIMIT && value != 0)",
                "if (value < (LIMIT + 1) && value != 0)",
                "if (value < LIMIT || value != 0)",
                "if (true && value != 0)",
                "if (value < LIMIT && true)",
                "if (value < LIMIT && value == 0)",
                "if (value < LIMIT && value != 1)",
            },
        )

    def test_statements_are_dropped(self) -> None:
        self.assertEqual(
            self.of_line("sum[1] += value;"),
            {";", "sum[1] -= value;", "sum[2] += value;", "sum[0] += value;"},
        )
        self.assertIn(";", self.of_line('do_it(&sum[i], "a < b");'))
        self.assertNotIn(";", self.of_line("(void)text;"))

    def test_return_values(self) -> None:
        self.assertEqual(self.of_line("return true;"), {";", "return false;"})
        self.assertIn("return !(sum[0] > 2);", self.of_line("return sum[0] > 2;"))

    def test_status_that_is_forgotten(self) -> None:
        code = "hv_status f(void)\n{\n    return g();\n}\n"
        after = [mutant.after for mutant in mutants.generate("f.c", code)]
        self.assertEqual(after, [";", "return ((g()), HV_STATUS_SUCCESS);"])

    def test_constants_of_files_and_tables(self) -> None:
        self.assertEqual(self.of_line("#define LIMIT 5u"), {"#define LIMIT 6u", "#define LIMIT 4u"})
        self.assertIn("static const int table[] = { 1, (LIMIT + 1) };", self.after)
        self.assertEqual({m.function for m in self.made if "table" in m.before}, {""})

    def test_flags_become_their_neighbours(self) -> None:
        [mutant] = mutants.generate("f.c", "static const int f = HV_ACCESS_WRITE;\n")
        self.assertEqual(mutant.after, "static const int f = (HV_ACCESS_WRITE << 1);")

    def test_what_says_nothing_at_run_time_stays(self) -> None:
        for text in ("comment", "#include", "SQUARE", "char text[", "int sum[4]"):
            changed = [m for m in self.made if text in m.before and text not in m.after]
            self.assertEqual(changed, [], text)
        self.assertEqual(self.of_line("int sum[4] = { 0 };"), {"int sum[4] = { 1 };"})
        self.assertTrue(all('"a < b"' in after or "a <= b" not in after for after in self.after))

    def test_one_change_each(self) -> None:
        self.assertEqual(len({mutant.apply(CODE) for mutant in self.made}), len(self.made))
        self.assertNotIn(CODE, [mutant.apply(CODE) for mutant in self.made])

    def test_explained_survivor(self) -> None:
        reasons = explained.load({"small.c": self.made}, self.write("e.yaml", ENTRY))
        [mutant] = [m for m in self.made if explained.key_of(m) in reasons]
        self.assertEqual(mutant.after, "sum[1] -= value;")

    def test_stale_explanations(self) -> None:
        for old, new, line, word in (
            ("sum[1] += value;", "sum[1] += values;", 3, "no line of small.c"),
            ("sum[1] -= value;", "sum[1] *= value;", 4, "no mutant"),
            ("small.c", "smal.c", 1, "no file"),
            ("Nobody looks at it", "''", 5, "reason is empty"),
            ("reason:", "raeson:", 5, "raeson"),
        ):
            with self.subTest(new=new), self.assertRaises(DriverError) as caught:
                explained.load(
                    {"small.c": self.made}, self.write("e.yaml", ENTRY.replace(old, new))
                )
            self.assert_error(caught.exception, self.directory / "e.yaml", line, word)

    def test_list_that_comes_with_hvkit(self) -> None:
        from mutation.faultlist import files_of

        sources = {name: path for name, path in files_of().items() if path.suffix == ".c"}
        made = {name: mutants.generate(name, path.read_text()) for name, path in sources.items()}
        explained.load(made)


if __name__ == "__main__":
    unittest.main()
