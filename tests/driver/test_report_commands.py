# SPDX-License-Identifier: BSD-2-Clause-Patent
"""`report merge`, `report compare` and `report show`."""

from __future__ import annotations

import json
import unittest
from dataclasses import replace
from pathlib import Path

import runs
from support import DriverTestCase
from test_cli import CommandTestCase
from test_report import checked

from driver import report
from driver.errors import DriverError
from driver.report import compare, compare_page, merge
from driver.report.compare import Kind
from driver.report.run import Invocation
from driver.verdict import Outcome, Verdict


def one(*verdicts: Verdict, **facts: str) -> report.Run:
    """A run on one target."""
    return runs.run(runs.result("one", verdicts, **facts))


class MergeTest(DriverTestCase):
    def merge(self, *parts: report.Run) -> report.Run:
        return merge.merge([(Path(f"{number}.json"), run) for number, run in enumerate(parts)])

    def test_shards_become_one_result(self) -> None:
        shared = runs.verdict("discovery/b", requirements=["HC-001"])
        first = one(runs.verdict("discovery/a"), shared)
        second = one(shared, runs.verdict("synic/c"))
        second = replace(second, invocations=(Invocation("2026-01-02T04:00:00Z", ("x",)),))
        merged = self.merge(first, second)
        [result] = merged.results
        self.assertEqual(
            [test.name for test in result.tests], ["discovery/a", "discovery/b", "synic/c"]
        )
        self.assertEqual((result.boots, len(merged.invocations)), (2, 2))
        self.assertEqual(merged.coverage["guest"].whole.covered, 2)

    def test_targets_and_processors_stand_side_by_side(self) -> None:
        test = [runs.verdict("discovery/a")]
        merged = self.merge(
            runs.run(runs.result("one", test, 1)),
            runs.run(runs.result("one", test, 2), runs.result("two", test)),
        )
        self.assertEqual(merged.labels, ["one (1 VP)", "one (2 VP)", "two"])

    def assert_conflict(self, first: report.Run, second: report.Run, *words: str) -> None:
        with self.assertRaises(DriverError) as caught:
            self.merge(first, second)
        self.assert_error(caught.exception, Path("1.json"), None, "0.json", *words)

    def test_conflicts_are_errors(self) -> None:
        good = runs.verdict("discovery/a")
        bad = runs.verdict("discovery/a", Outcome.FAIL, reason="broken")
        other = runs.verdict("discovery/a", requirements=["CPUID-002"])
        base = one(good)
        fewer = dict(list(base.requirements.items())[1:])
        cases = [
            (one(bad), "discovery/a has the outcome fail", "pass"),
            (one(other), "discovery/a is not the same test"),
            (one(good, vendor="Other"), "the facts differ", "Other"),
            (replace(base, kernel="cd" * 32), "ran the guest image cdcd"),
            (replace(base, hvkit=replace(base.hvkit, commit="fff")), "is of the commit fff"),
            (replace(base, hvkit=replace(base.hvkit, version="9")), "is of hvkit 9"),
            (replace(base, requirements=fewer), "does not say the same of CPUID-001"),
            (replace(base, gaps={}), "does not say the same of GAP-"),
        ]
        for second, *words in cases:
            with self.subTest(words=words):
                self.assert_conflict(base, second, *words)


class CompareTest(unittest.TestCase):
    def changes(self, before: Outcome, after: Outcome) -> list[tuple[Kind, bool]]:
        comparison = compare.compare(
            one(runs.verdict("discovery/a", before)), one(runs.verdict("discovery/a", after))
        )
        [target] = comparison.targets
        return [(change.kind, bool(comparison.worse)) for change in target.changes]

    def test_kinds_of_change(self) -> None:
        cases = [
            (Outcome.PASS, Outcome.PASS, []),
            (Outcome.PASS, Outcome.FAIL, [(Kind.FAILING, True)]),
            (Outcome.SKIP, Outcome.FAIL, [(Kind.FAILING, True)]),
            (Outcome.XFAIL, Outcome.FAIL, [(Kind.FAILING, True)]),
            (Outcome.PASS, Outcome.SKIP, [(Kind.LOST, True)]),
            (Outcome.PASS, Outcome.XFAIL, [(Kind.LOST, True)]),
            (Outcome.XPASS, Outcome.XFAIL, [(Kind.LOST, True)]),
            (Outcome.FAIL, Outcome.PASS, [(Kind.PASSING, False)]),
            (Outcome.XFAIL, Outcome.XPASS, [(Kind.PASSING, False)]),
            (Outcome.FAIL, Outcome.SKIP, [(Kind.MENDED, False)]),
            (Outcome.SKIP, Outcome.XFAIL, [(Kind.OTHER, False)]),
            (Outcome.PASS, Outcome.XPASS, [(Kind.OTHER, False)]),
        ]
        for before, after, expected in cases:
            with self.subTest(before=before, after=after):
                self.assertEqual(self.changes(before, after), expected)

    def comparison(self) -> compare.Comparison:
        before = runs.run(
            runs.result("one", [
                runs.verdict("discovery/breaks"),
                runs.verdict("discovery/goes", Outcome.FAIL, reason="r"),
                runs.verdict("discovery/stays", values={"a": "1", "b": "2"}),
            ], version="1"),
            runs.result("old", [runs.verdict("discovery/breaks")]),
        )
        after = runs.run(
            runs.result("one", [
                runs.verdict("discovery/breaks", Outcome.FAIL, reason=runs.HOSTILE),
                runs.verdict("discovery/comes", Outcome.FAIL, reason="r"),
                runs.verdict("discovery/stays", values={"a": "1", "b": runs.HOSTILE, "c": "3"}),
            ], version="2"),
            runs.result("new", [runs.verdict("discovery/breaks")]),
        )
        return compare.compare(before, after)

    def test_text(self) -> None:
        self.assertEqual(
            compare.as_text(self.comparison()).splitlines(),
            [
                "one",
                "  newly failing: 1",
                f"    discovery/breaks: pass -> fail, {runs.HOSTILE}",
                "  new tests: 1",
                "    discovery/comes: fail, r",
                "  tests that are gone: 1",
                "    discovery/goes: fail",
                "  changed values: 3",
                "    implementation version: 1 -> 2",
                f"    discovery/stays b: 2 -> {runs.HOSTILE}",
                "    discovery/stays c: (nothing) -> 3",
                "only in the first run: old",
                "only in the second run: new",
                "compare: 1 worse",
            ],
        )

    def test_page(self) -> None:
        content = compare_page.of(self.comparison())
        page = checked(content)
        self.assertEqual((page.open, page.handlers, page.addresses), ([], [], []))
        self.assertEqual((page.tags["img"], page.tags["script"]), (0, 0))
        self.assertEqual("".join(page.text).count(runs.HOSTILE), 2)
        self.assertIn("script-src 'none'", content)
        self.assertIn("Got worse: 1", content)
        self.assertEqual([link for link in page.links if link[1:] not in page.ids], [])

    def test_runs_without_a_common_target_are_refused(self) -> None:
        test = [runs.verdict("discovery/a")]
        with self.assertRaisesRegex(DriverError, "no target in common"):
            compare.compare(runs.run(runs.result("a", test)), runs.run(runs.result("b", test)))


class CommandsTest(CommandTestCase):
    def store(self, name: str, run: report.Run) -> Path:
        report.write(self.directory / name, run)
        return self.directory / name

    def test_compare(self) -> None:
        good = self.store("good", one(runs.verdict("discovery/a")))
        bad = self.store("bad", one(runs.verdict("discovery/a", Outcome.FAIL, reason="broken")))
        page = self.directory / "page.html"
        done = self.hvkit("report", "compare", good, bad / "results.json", "-o", page)
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        self.assertTrue(done.stdout.endswith("compare: 1 worse\n"))
        self.assertIn("discovery/a", page.read_text())
        done = self.hvkit("report", "compare", bad, good)
        self.assertEqual(done.returncode, 0)
        self.assertTrue(done.stdout.endswith("compare: nothing got worse\n"))

    def test_merge_and_show(self) -> None:
        first = self.store("first", one(runs.verdict("discovery/a")))
        second = self.store("second", one(runs.verdict("discovery/b", Outcome.SKIP, reason="r")))
        both = self.directory / "both"
        done = self.hvkit("report", "merge", first, second, "-o", both)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("conform: 1 passed, 0 failed, 1 skipped", done.stdout)
        names = sorted(path.name for path in both.iterdir())
        self.assertEqual(names, ["index.html", "junit.xml", "results.json", "results.tap"])
        done = self.hvkit("report", "show", both, "--verbose")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("skipped discovery/b: r", done.stdout)
        self.assertIn("conform: 1 passed, 0 failed, 1 skipped", done.stdout)

    def test_bad_input(self) -> None:
        good = self.store("good", one(runs.verdict("discovery/a")))
        text = (good / "results.json").read_text()
        cut = self.write("cut.json", text[: len(text) // 3])
        wrong = json.loads(text)
        wrong["targets"][0]["tests"][0]["outcome"] = "splendid"
        broken = self.write("broken.json", json.dumps(wrong))
        done = self.hvkit("report", "merge", good, cut, "-o", self.directory / "x")
        self.assert_refused(done, f"{cut}:", "column ", "is not JSON")
        self.assertFalse((self.directory / "x").exists())
        done = self.hvkit("report", "compare", good, broken)
        self.assert_refused(done, f"{broken}: targets[0].tests[0].outcome: 'splendid' is none of")
        done = self.hvkit("report", "show", self.directory / "none")
        self.assert_refused(done, "none: cannot read")
        done = self.hvkit("report", "compare", good, good, "-o", self.directory / "no" / "file")
        self.assert_refused(done, "cannot write the page")
        done = self.hvkit("report", "merge", good, "-o", cut)
        self.assert_refused(done, f"{cut}: cannot write reports there")


if __name__ == "__main__":
    unittest.main()
