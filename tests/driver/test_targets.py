# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Target files: what they say is understood, and what is wrong in them is found."""

from __future__ import annotations

import unittest
import unittest.mock
from pathlib import Path

from support import DriverTestCase

from driver import targets
from driver.errors import DriverError

DEVIATION = """\
deviations:
  - test: synic/*
    outcome: fail
    reason: It does so
"""


class TargetsTest(DriverTestCase):
    def assert_rejected(self, extra: str, line: int | None, *words: str) -> None:
        path = self.write_target("exit 0", extra)
        with self.assertRaises(DriverError) as caught:
            targets.load(path)
        self.assert_error(caught.exception, path, line, *words)

    def test_targets_of_the_project_are_valid(self) -> None:
        names = {targets.load(path).name for path in targets.available()}
        self.assertLessEqual({"sample", "kvm", "xen"}, names)

    def test_defaults(self) -> None:
        target = self.make_target("exit 0")
        self.assertEqual(
            (target.smp, target.test_timeout, target.strict_skips, target.deviations),
            (1, 10, False, []),
        )

    def test_deviation_applies_to_pattern_and_processors(self) -> None:
        target = self.make_target("exit 0", DEVIATION + "    when: {smp: [2, 4]}\n")
        deviation = target.deviations[0]
        self.assertTrue(deviation.applies_to("synic/slot", 2))
        self.assertFalse(deviation.applies_to("synic/slot", 1))
        self.assertFalse(deviation.applies_to("discovery/slot", 2))

    def test_pattern_that_matches_no_test(self) -> None:
        target = self.make_target("exit 0", DEVIATION)
        target.deviations[0].check_matches(["discovery/a", "synic/b"])
        with self.assertRaises(DriverError) as caught:
            target.deviations[0].check_matches(["discovery/a", "sinyc/b"])
        self.assert_error(
            caught.exception, self.directory / "fake.yaml", 5, "no test matches 'synic/*'"
        )

    def write_child(self, extra: str, base: str = "fake") -> Path:
        """The file of a target that extends another."""
        head = f"name: child\ndescription: Its child\nextends: {base}\n"
        return self.write("child.yaml", head + extra)

    def assert_child_rejected(self, extra: str, line: int, *words: str) -> None:
        path = self.write_child(extra)
        with self.assertRaises(DriverError) as caught:
            targets.load(path)
        self.assert_error(caught.exception, path, line, *words)

    def test_child_has_what_it_does_not_say(self) -> None:
        own = "smp: 2\nflags: [a]\nenvironment: {A: x, B: y}\n"
        base = self.make_target("exit 0", own + DEVIATION)
        child = targets.load(self.write_child("flags: [b, c=1]\nenvironment: {B: z}\n"))
        self.assertEqual((child.name, child.description), ("child", "Its child"))
        self.assertEqual((child.script, child.smp), (base.script, 2))
        self.assertEqual(child.flags, ("b", "c=1"))
        self.assertEqual(child.variables, {"A": "x", "B": "z"})
        self.assertEqual(child.deviations, base.deviations)

    def test_deviations_of_the_child_come_first(self) -> None:
        self.make_target("exit 0", DEVIATION)
        child = targets.load(self.write_child(DEVIATION.replace("It does so", "It does otherwise")))
        reasons = [item.reason for item in child.deviations]
        self.assertEqual(reasons, ["It does otherwise", "It does so"])

    def test_child_of_a_target_of_the_project(self) -> None:
        child = targets.load(self.write_child("", "kvm"))
        self.assertEqual(child.script, targets.find("kvm").script)

    def test_base_that_does_not_exist(self) -> None:
        path = self.write_child("", "kwm")
        with self.assertRaises(DriverError) as caught:
            targets.load(path)
        self.assert_error(caught.exception, path, 3, "unknown target 'kwm'", "did you mean 'kvm'?")

    def test_target_that_extends_itself(self) -> None:
        path = self.write("fake.yaml", "name: fake\ndescription: x\nextends: child\n")
        self.write_child("")
        with self.assertRaises(DriverError) as caught:
            targets.load(path)
        self.assertIn("extends itself", str(caught.exception))

    def test_deviation_is_taken_back(self) -> None:
        self.make_target("exit 0", DEVIATION)
        child = targets.load(self.write_child(DEVIATION.replace("fail", "pass")))
        self.assertEqual(child.deviations[0].outcome, "pass")

    def test_only_what_is_inherited_can_be_taken_back(self) -> None:
        self.make_target("exit 0")
        self.assert_child_rejected(DEVIATION.replace("fail", "pass"), 5, "no inherited deviation")

    def test_target_without_script_and_base(self) -> None:
        path = self.write("fake.yaml", "name: fake\ndescription: x\n")
        with self.assertRaises(DriverError) as caught:
            targets.load(path)
        self.assert_error(caught.exception, path, 1, "no 'run'", "'extends'")

    def test_flags_reach_the_script(self) -> None:
        path = self.write_target("exit 0", "flags: [one, two=2]\n")
        self.assertEqual(
            targets.load(path).environment(self.directory)["HVKIT_TARGET_FLAGS"], "one two=2"
        )
        target = targets.find(f"{path}+three+four=4.5")
        self.assertEqual(target.environment(self.directory)["HVKIT_TARGET_FLAGS"], "three four=4.5")
        self.assertEqual(target.name, "fake+three+four=4.5")

    def test_target_without_flags(self) -> None:
        path = self.write_target("exit 0")
        self.assertNotIn("HVKIT_TARGET_FLAGS", targets.load(path).environment(self.directory))
        with self.assertRaises(DriverError) as caught:
            targets.find(f"{path}+three")
        self.assertIn("takes no flags", str(caught.exception))

    def test_flags_that_are_none(self) -> None:
        path = self.write_target("exit 0", "flags: []\n")
        for name in (f"{path}+", f"{path}+a++b", f"{path}+a b", f"{path}+$(reboot)"):
            with self.subTest(name=name), self.assertRaises(DriverError) as caught:
                targets.find(name)
            self.assertIn("is not a flag", str(caught.exception))
        self.assert_rejected("flags: [1]\n", 4, "'1' is not a flag")

    def test_environment_of_the_user_goes_before_that_of_the_target(self) -> None:
        target = self.make_target("exit 0", "environment: {HVKIT_FAKE: target, HVKIT_FAKE_2: x}\n")
        with unittest.mock.patch.dict("os.environ", {"HVKIT_FAKE": "user"}):
            environment = target.environment(self.directory)
        self.assertEqual((environment["HVKIT_FAKE"], environment["HVKIT_FAKE_2"]), ("user", "x"))

    def test_environment_reaches_prepare(self) -> None:
        self.make_target("exit 0", "environment: {HVKIT_FAKE: seen}\nflags: [one]\n")
        told = self.directory / "told"
        script = self.directory / "fake.sh"
        script.write_text(f'#!/bin/sh\necho "$HVKIT_FAKE $HVKIT_TARGET_FLAGS" > {told}\n')
        targets.load(self.directory / "fake.yaml").prepare()
        self.assertEqual(told.read_text(), "seen one\n")

    def test_variable_of_wrong_type(self) -> None:
        self.assert_rejected("environment:\n  A: 1\n", 5, "'A' is not a variable")
        self.assert_rejected("environment: {a-b: x}\n", 4, "'a-b'")

    def test_unknown_target(self) -> None:
        with self.assertRaises(DriverError) as caught:
            targets.find("kwm")
        self.assertIn("did you mean 'kvm'?", str(caught.exception))

    def test_unknown_key(self) -> None:
        self.assert_rejected("smpp: 2\n", 4, "smpp", "did you mean 'smp'?")

    def test_unknown_key_of_a_deviation(self) -> None:
        self.assert_rejected(DEVIATION + "    refrence: x\n", 8, "refrence", "'reference'")

    def test_unknown_condition(self) -> None:
        self.assert_rejected(DEVIATION + "    when: {cpus: 2}\n", 8, "cpus")

    def test_condition_of_wrong_type(self) -> None:
        self.assert_rejected(DEVIATION + "    when: {smp: [two]}\n", 8, "number of processors")

    def test_unknown_outcome(self) -> None:
        self.assert_rejected(DEVIATION.replace("fail", "fial"), 6, "fial", "'fail'")

    def test_deviation_without_reason(self) -> None:
        self.assert_rejected(DEVIATION.replace("    reason: It does so\n", ""), 5, "no 'reason'")

    def test_deviation_that_is_no_mapping(self) -> None:
        self.assert_rejected("deviations: [synic/slot]\n", 4, "not a mapping")

    def test_value_out_of_range(self) -> None:
        self.assert_rejected("smp: 0\n", 4, "from 1 to 255")
        self.assert_rejected("smp: true\n", 4, "whole number")
        self.assert_rejected("test-timeout: -1\n", 4, "positive")

    def test_syntax_error(self) -> None:
        self.assert_rejected("smp: [2\n", 5, "YAML syntax")

    def test_name_differs_from_file(self) -> None:
        path = self.write_target("exit 0").rename(self.directory / "other.yaml")
        with self.assertRaises(DriverError) as caught:
            targets.load(path)
        self.assert_error(caught.exception, path, 1, "'fake'", "other.yaml")

    def test_missing_script(self) -> None:
        path = self.write_target("exit 0")
        (self.directory / "fake.sh").unlink()
        with self.assertRaises(DriverError) as caught:
            targets.load(path)
        self.assert_error(caught.exception, path, 3, "fake.sh does not exist")

    def test_script_that_cannot_be_executed(self) -> None:
        path = self.write_target("exit 0")
        (self.directory / "fake.sh").chmod(0o644)
        with self.assertRaises(DriverError) as caught:
            targets.load(path)
        self.assert_error(caught.exception, path, 3, "chmod +x")


if __name__ == "__main__":
    unittest.main()
