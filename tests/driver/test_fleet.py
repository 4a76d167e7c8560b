# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The descriptions of runs on fleets fit the commands and the kernel that there are."""

from __future__ import annotations

import re
import shlex
import subprocess
import unittest
from typing import Any

import yaml
from support import ROOT, CommandTestCase

DOCS = ROOT / "docs" / "fleet"
RESULTS = {
    "not ok": "fail",
    "ok": "pass",
    "SKIP": "skip",
}
# Lines as the kernel prints them, and one of a log that only looks so.
OUTPUT = """\
# hvkit-conformance 1 tests=3 vps=2
TAP version 13
1..3
# begin 1 discovery/vendor-leaf
# they said: ok 9 - a/b # checks=1 reqs=A-001
ok 1 - discovery/vendor-leaf # checks=4 reqs=CPUID-003,CPUID-004
not ok 2 - synic/message-slot # checks=2 reqs=SYNIC-010
  ---
  message: not ok
  ...
ok 3 - ipi/all-but-self # SKIP needs 4 virtual processors, there are 2
# end passed=1 failed=1 skipped=1
"""


def load(name: str) -> Any:
    return yaml.safe_load((DOCS / name).read_text(encoding="utf-8"))


class LavaTest(CommandTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.job = load("lava-job.yaml")
        self.actions = {name: value for item in self.job["actions"] for name, value in item.items()}
        [self.monitor] = self.actions["test"]["monitors"]

    def follow(self, output: str, chunk: int) -> list[tuple[str, str]]:
        """What LAVA makes of output that comes in pieces: it searches what came, and drops it."""
        patterns = [re.compile(self.monitor[key], re.DOTALL) for key in ("end", "pattern")]
        found, buffer = [], ""
        for position in range(0, len(output), chunk):
            buffer += output[position : position + chunk]
            while matches := [match for item in patterns if (match := item.search(buffer))]:
                match = min(matches, key=lambda match: match.start())
                buffer = buffer[match.end() :]
                if match.re is patterns[0]:
                    return found
                found.append((match["test_case_id"], self.monitor["fixupdict"][match["result"]]))
        self.fail("the end was not found")

    def test_results_are_found_however_the_output_comes(self) -> None:
        for ending in ("\n", "\r\n"):
            output = OUTPUT.replace("\n", ending)
            for chunk in (1, 7, 64, len(output)):
                with self.subTest(chunk=chunk):
                    self.assertEqual(
                        self.follow(output, chunk),
                        [
                            ("discovery/vendor-leaf", "pass"),
                            ("synic/message-slot", "fail"),
                            ("ipi/all-but-self", "skip"),
                        ],
                    )

    def test_start_and_end_are_the_kernels_and_come_once(self) -> None:
        self.assertEqual(len(re.findall(self.monitor["start"], OUTPUT)), 1)
        self.assertEqual(len(re.findall(self.monitor["end"], OUTPUT)), 1)

    def test_lines_are_those_that_the_kernel_prints(self) -> None:
        source = (ROOT / "conformance" / "kernel" / "main.c").read_text(encoding="utf-8")
        for line in (
            "# hvkit-conformance %d tests=%u vps=%u",
            "# end passed=%u failed=%u skipped=%u",
            "%s %u - %s # checks=%u reqs=%s",
            "ok %u - %s # SKIP %s",
        ):
            self.assertIn(line, source)

    def test_names_of_tests_stay_different_under_lavas_rules(self) -> None:
        names = set()
        for file in (ROOT / "conformance" / "tests").glob("*.c"):
            text = file.read_text(encoding="utf-8")
            names.update(re.findall(r"HV_(?:TEST|CHARACTERIZE)\((\w+),\s*(\w+),", text))
        self.assertGreater(len(names), 200)
        # LAVA puts one underscore for each run of other characters; the kernel a dash for each.
        cases = {re.sub(r"\W+", "_", "/".join(name).replace("_", "-")) for name in names}
        self.assertEqual(len(cases), len(names))

    def test_job_has_what_lava_asks_for(self) -> None:
        # The keys that LAVA's schema requires, and those of each action.
        self.assertLessEqual(
            {"device_type", "job_name", "timeouts", "priority", "visibility", "actions"},
            set(self.job),
        )
        self.assertEqual(list(self.actions), ["deploy", "boot", "test"])
        self.assertEqual(
            {self.monitor["fixupdict"][word] for word in RESULTS}, set(RESULTS.values())
        )
        shard = self.job["metadata"]["shard"]
        module = next(line for line in self.actions["boot"]["commands"] if "module2" in line)
        self.assertIn(f"shard={shard}", module)


class GitHubActionsTest(CommandTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.workflow = load("github-actions.yml")
        self.jobs = self.workflow["jobs"]

    def commands(self) -> list[list[str]]:
        """The words of each ./hvkit command, a value in place of each expression."""
        steps = [step for job in self.jobs.values() for step in job["steps"]]
        lines = [line for step in steps for line in step.get("run", "").splitlines()]
        known = {"matrix.target": "sample", "matrix.shard": "1"}
        return [
            shlex.split(
                re.sub(r"\$\{\{ (.*?) \}\}", lambda match: known[match[1]], line).replace(
                    "$SHARDS", str(self.workflow["env"]["SHARDS"])
                )
            )
            for line in lines
        ]

    def test_commands_are_those_of_hvkit(self) -> None:
        usage = subprocess.run(
            [ROOT / "hvkit", "--help"], capture_output=True, text=True, check=True
        ).stdout
        offered = {line.split()[0] for line in usage.splitlines() if re.match(r"  \w", line)}
        for command in self.commands():
            self.assertEqual(command[0], "./hvkit")
            self.assertIn(command[1], offered)

    def test_driver_takes_their_arguments(self) -> None:
        for _, command, *arguments in self.commands():
            # What is refused is a file that is not there, and no argument.
            if command == "conform":
                arguments += ["--image", "no/such/image"]
            done = self.hvkit(command, *arguments)
            self.assert_refused(done, "No such file or directory")

    def test_matrix_has_all_shards_and_known_targets(self) -> None:
        matrix = self.jobs["conform"]["strategy"]["matrix"]
        self.assertEqual(matrix["shard"], list(range(1, self.workflow["env"]["SHARDS"] + 1)))
        for target in matrix["target"]:
            self.assertTrue((ROOT / "conformance" / "targets" / f"{target}.yaml").exists(), target)

    def test_report_job_takes_what_the_others_leave(self) -> None:
        upload = self.jobs["conform"]["steps"][-1]
        download = self.jobs["report"]["steps"][1]["with"]
        prefix = download["pattern"].removesuffix("*")
        self.assertTrue(upload["with"]["name"].startswith(prefix))
        self.assertEqual(upload["if"], "always()")
        self.assertEqual(self.jobs["report"]["needs"], "conform")
        merge = next(words for words in self.commands() if words[1:3] == ["report", "merge"])
        self.assertIn(f"{download['path']}/*", merge)


if __name__ == "__main__":
    unittest.main()
