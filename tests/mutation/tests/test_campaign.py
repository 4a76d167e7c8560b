# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What becomes of mutants: a small campaign with a build tree that is made up."""

from __future__ import annotations

import contextlib
import io
import json
import unittest
from pathlib import Path
from unittest import mock

from support import CODE, ToolTestCase

from driver.errors import DriverError
from mutation import campaign, cli, mutants, mutation_report, suite
from mutation.bench import SAMPLE, UNIT_TESTS
from mutation.campaign import Campaign, Fate, Trial
from mutation.explained import Key, key_of
from mutation.suite import Notice, Run


class FakeBench:
    """Compiles a file by writing its words: what differs in blanks alone gives the same object."""

    unit_tests = Path("unit-tests")

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.text = CODE

    def put(self, _file: str, text: str) -> None:
        self.text = text

    def object_of(self, file: str) -> Path:
        return self.directory / f"{file}.o"

    def build(self, target: str) -> str | None:
        if target in (SAMPLE, UNIT_TESTS):
            return None
        if "BROKEN" in self.text:
            return "error"
        self.object_of("small.c").write_text(" ".join(self.text.split()).replace("SAME", "2"))
        return None


class CampaignTest(ToolTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.bench = FakeBench(self.directory)
        self.bench.build("small.c.o")

    def mutant(self, replacement: str) -> mutants.Mutant:
        """The mutant of the last line that returns something else than 2."""
        begin = CODE.rindex("> 2") + 2
        after = f"return sum[0] > {replacement};"
        return mutants.Mutant(
            "small.c", "is_small", begin, begin + 1, replacement, 18, "return sum[0] > 2;", after
        )

    def unit_tests(self, command: list[str | Path], _seconds: float) -> tuple[int | None, str]:
        """Notice 3 by failing and 4 by hanging."""
        if "> 3" in self.bench.text:
            return 1, "/t.c:12:F:small:keeps_small:0: Assertion failed"
        return (None, "") if "> 4" in self.bench.text else (0, "")

    def conformance(self, *_: object) -> Notice | None:
        """Notices 5."""
        return Notice("a/b", "bad", Run("sample")) if "> 5" in self.bench.text else None

    def run_all(self, *replacements: str, seconds: float | None = None) -> list[Trial]:
        chosen = [self.mutant(replacement) for replacement in replacements]
        reasons: dict[Key, str] = {key_of(self.mutant("7")): "nobody sees 7"}
        tried = Campaign({"small.c": CODE}, Path("image"), reasons, False)
        with (
            mock.patch.object(campaign, "run_limited", self.unit_tests),
            mock.patch.object(suite, "notice", self.conformance),
        ):
            tried.measure(self.bench, ["small.c"])
            trials = tried.run(chosen, [self.bench], seconds, lambda _: None)
        tried.explain(trials)
        return trials

    def test_fates(self) -> None:
        trials = self.run_all("SAME", "BROKEN", "3", "4", "5", "6", "7")
        self.assertEqual(
            [(trial.fate, trial.by) for trial in trials],
            [
                (Fate.SAME, "the original"),
                (Fate.INVALID, ""),
                (Fate.UNIT, "small:keeps_small"),
                (Fate.UNIT, "time limit"),
                (Fate.SUITE, "a/b"),
                (Fate.SURVIVED, ""),
                (Fate.EXPLAINED, "nobody sees 7"),
            ],
        )

    def test_twin_counts_once_and_may_be_the_one_that_is_explained(self) -> None:
        trials = self.run_all("  7", "7")
        self.assertEqual([trial.fate for trial in trials], [Fate.EXPLAINED, Fate.SAME])

    def test_time_is_up(self) -> None:
        [trial] = self.run_all("3", seconds=-1)
        self.assertIs(trial.fate, Fate.UNTRIED)

    def test_unit_tests_that_fail_without_a_mutant_prove_nothing(self) -> None:
        self.bench.text = CODE.replace("> 2", "> 3")
        with self.assertRaises(DriverError):
            self.run_all("5")

    def test_suite_that_fails_without_a_mutant_proves_nothing(self) -> None:
        self.bench.text = CODE.replace("> 2", "> 5")
        with self.assertRaises(DriverError):
            self.run_all("3")

    def test_report(self) -> None:
        trials = self.run_all("SAME", "3", "5", "6", "7")
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            mutation_report.show(trials)
        self.assertIn(f"survived  {self.mutant('6')}\n", output.getvalue())
        self.assertRegex(output.getvalue(), r"\nall +4 +1 +1 +1 +1 +66.7%\n")
        path = self.directory / "out" / "report.json"
        mutation_report.write(path, trials, {"seed": 1})
        document = json.loads(path.read_text())
        self.assertEqual(document["share"], 66.67)
        self.assertEqual([item["fate"] for item in document["mutants"]][:2], ["same", "unit"])

    def test_share_is_too_low_where_it_is_no_chance(self) -> None:
        for killed, survived, percent, below in (
            (4, 3, 70, False),
            (0, 3, 70, False),
            (0, 4, 70, True),
            (60, 40, 70, False),
            (55, 45, 70, True),
            (500, 500, 50, False),
            (0, 9, 0, False),
            (9, 0, 100, False),
            (9, 1, 100, True),
            (0, 0, 70, True),
            (0, 0, 0, False),
        ):
            counts = mutation_report.Counter(
                {Fate.UNIT: killed, Fate.SURVIVED: survived, Fate.EXPLAINED: 7}
            )
            with self.subTest(killed=killed, survived=survived, percent=percent):
                self.assertIs(mutation_report.is_below(counts, percent), below)

    def test_settled_trials_of_a_report(self) -> None:
        trials = self.run_all("SAME", "3", "5", "6", "7")
        path = self.directory / "report.json"
        mutation_report.write(path, trials, {})
        chosen = [trial.mutant for trial in trials] + [self.mutant("8")]
        settled = mutation_report.read_settled(path, chosen)
        self.assertEqual(settled, trials[:3])
        path.write_text("{}")
        with self.assertRaises(DriverError):
            mutation_report.read_settled(path, chosen)


class CommandTest(ToolTestCase):
    def main(self, *arguments: str) -> tuple[int, str]:
        output = io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            return cli.main(list(arguments)), output.getvalue()

    def test_typing_mistakes(self) -> None:
        self.assertEqual(
            self.main("mutate", "overlays.c"),
            (2, "hvkit: error: no file 'overlays.c' in lib/core and lib/insn, or of the back end for SVM; "
             "did you mean 'overlay.c'?\n"),
        )
        status, output = self.main("faults", "page-is-writeable")
        self.assertEqual(status, 2)
        self.assertIn("did you mean 'page-is-writable'?", output)

    def test_sample_is_the_same_for_the_same_seed(self) -> None:
        first = self.main("mutate", "--list", "--sample", "20", "--seed", "3")
        self.assertEqual(first, self.main("mutate", "--list", "--sample", "20", "--seed", "3"))
        self.assertNotEqual(first, self.main("mutate", "--list", "--sample", "20", "--seed", "4"))
        self.assertEqual(first[1].count("=>"), 20)

    def test_back_end_is_mutated_when_asked_for(self) -> None:
        self.assertIn("svm_mtrr.c", self.main("mutate", "--list", "svm_mtrr.c")[1])
        self.assertNotIn("svm_", self.main("mutate", "--list")[1])


if __name__ == "__main__":
    unittest.main()
