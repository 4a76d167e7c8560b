# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Several targets, shards, and what is left when something goes wrong."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import subprocess
import time
import unittest
from pathlib import Path

from support import CommandTestCase, two_tests

FIRST = ("# begin 1 discovery/first", "ok 1 - discovery/first # checks=3 reqs=CPUID-001")
SECOND = ("# begin 2 synic/second", "ok 2 - synic/second # checks=1 reqs=SYNIC-001")
GOOD = two_tests(*FIRST, *SECOND, "# end passed=2 failed=0 skipped=0")

# A kernel with the tests a/t1 to a/t7, which takes its share of them.
SHARDED = """\
k=1 n=1
for word in $cmdline; do
    case $word in shard=*) k=${word#shard=} n=${k#*/} k=${k%/*};; esac
done
names=
for t in 1 2 3 4 5 6 7; do
    [ $(((t - 1) % n)) -ne $((k - 1)) ] || names="$names t$t"
done
set -- $names
echo "# hvkit-conformance 1 tests=$# vps=1"
i=0; for t; do i=$((i + 1)); echo "# meta $i a/$t reqs=CPUID-001 minvps=1"; done
i=0; for t; do
    i=$((i + 1)); echo "# begin $i a/$t"; echo "ok $i - a/$t # checks=1 reqs=CPUID-001"
done
echo "# end passed=$# failed=0 skipped=0"
"""


class ConformTestCase(CommandTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.image = self.write_image()
        self.report = self.directory / "report"

    def target(self, name: str, run: str, extra: str = "") -> Path:
        return self.write_target(run, extra, name)

    def good(self, name: str) -> Path:
        return self.target(name, f"cat {self.write('good', GOOD)}")

    def arguments(self, *more: str | Path) -> list[str | Path]:
        return ["conform", "--image", self.image, "--report", self.report, *more]

    def conform(self, *more: str | Path) -> subprocess.CompletedProcess[str]:
        return self.hvkit(*self.arguments(*more))

    def names(self) -> list[str]:
        document = json.loads((self.report / "results.json").read_text())
        return [target["name"] for target in document["targets"]]

    def numbered(self) -> list[tuple[int, str]]:
        [target] = json.loads((self.report / "results.json").read_text())["targets"]
        return [(test["index"], test["name"]) for test in target["tests"]]


class SideBySideTest(ConformTestCase):
    def test_lists_of_targets_keep_their_order(self) -> None:
        slow = self.target("slow", f"sleep 0.5; cat {self.write('good', GOOD)}")
        done = self.conform("--target", f"{slow},{self.good('quick')}", "--jobs", "2")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.last_line(done), "conform: 4 passed, 0 failed, 0 skipped")
        self.assertEqual(self.names(), ["slow", "quick"])

    def test_without_targets_the_sample_has_the_guest_as_child_and_as_root(self) -> None:
        # A build without a hypervisor, so that neither boots.
        program = self.directory / "images" / "hvkit-root.elf"
        program.parent.mkdir()
        program.touch()
        done = self.conform("--build-dir", self.directory)
        self.assert_refused(done, "'sample-child' cannot run", "'sample' cannot run")

    def test_without_a_parent_the_sample_has_the_guest_as_root(self) -> None:
        done = self.conform("--build-dir", self.directory)
        self.assert_refused(done, "'sample' cannot run")
        self.assertNotIn("sample-child", done.stderr)

    def test_targets_run_at_the_same_time(self) -> None:
        # Each waits for the other to have begun.
        def meet(name: str, other: str) -> Path:
            mark, awaited = self.directory / f"{name}.mark", self.directory / f"{other}.mark"
            good = self.write("good", GOOD)
            return self.target(
                name, f": > {mark}; while [ ! -e {awaited} ]; do sleep 0.05; done; cat {good}"
            )

        done = self.conform("--target", f"{meet('a', 'b')},{meet('b', 'a')}", "--jobs", "2")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_progress_says_which_run_it_is_about(self) -> None:
        done = self.conform("--target", f"{self.good('a')},{self.good('b')}", "--verbose")
        for line in done.stderr.splitlines():
            self.assertRegex(line, r"^hvkit: [ab]: ")
        self.assertIn("hvkit: b: [2/2] synic/second", done.stderr)

    def test_terminal_has_one_line_for_all_runs(self) -> None:
        half = self.write("half", two_tests(*FIRST, SECOND[0]))
        rest = self.write("rest", f"{SECOND[1]}\n# end passed=2 failed=0 skipped=0\n")
        slow = f"sleep 0.3; cat {half}; sleep 1; cat {rest}"
        names = f"{self.target('a', slow)},{self.target('b', slow)}"
        shown = self.on_terminal("--target", names, "--jobs", "2")
        self.assertIn("\r\x1b[Ka [2/2]  b [2/2]", shown)
        alone = self.on_terminal("--target", self.target("a", slow))
        self.assertIn("\r\x1b[Ka [2/2] synic/second", alone)

    def on_terminal(self, *arguments: str | Path) -> str:
        """What a run shows on stderr when that is a terminal."""
        ours, theirs = pty.openpty()
        with subprocess.Popen(
            self.command(*self.arguments(*arguments)), stdout=subprocess.DEVNULL, stderr=theirs
        ) as driver:
            os.close(theirs)
            shown = b""
            # Reading fails once the other side is closed.
            with contextlib.suppress(OSError):
                while data := os.read(ours, 4096):
                    shown += data
            os.close(ours)
            self.assertEqual(driver.wait(20), 0)
        return shown.decode()

    def test_target_named_twice(self) -> None:
        target = self.good("a")
        self.assert_refused(self.conform("--target", f"{target},{target}"), "'a' is named twice")

    def test_targets_are_prepared_one_at_a_time_and_once(self) -> None:
        log = self.directory / "log"
        for name in ("a", "b"):
            self.target(name, SHARDED)
            script = self.directory / f"{name}.sh"
            steps = f"echo + >> {log}; sleep 0.2; echo - >> {log}; exit 0"
            text = script.read_text().replace("|| exit 0", f"|| {{ {steps}; }}")
            script.write_text(text)
        names = f"{self.directory}/a.yaml,{self.directory}/b.yaml"
        done = self.conform("--target", names, "--shards", "2", "--jobs", "4")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(log.read_text(), "+\n-\n" * 2)


class ShardsTest(ConformTestCase):
    def test_shards_make_the_same_results_as_one_run(self) -> None:
        target = self.target("fake", SHARDED)
        self.conform("--target", target)
        whole = self.numbered()
        self.assertEqual(len(whole), 7)
        done = self.conform("--target", target, "--shards", "3")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.numbered(), whole)
        self.assertEqual(self.last_line(done), "conform: 7 passed, 0 failed, 0 skipped")
        self.assertIn("hvkit: fake 2/3: 2 tests", done.stderr)
        self.assertTrue((self.report / "serial-fake-3of3-1.log").exists())

    def test_one_shard_has_the_numbers_of_the_whole(self) -> None:
        self.conform("--target", self.target("fake", SHARDED), "--shard", "2/3")
        self.assertEqual(self.numbered(), [(2, "a/t2"), (5, "a/t5")])

    def test_merged_shards_make_the_same_results_as_one_run(self) -> None:
        target = self.target("fake", SHARDED)
        self.conform("--target", target)
        whole, parts = self.numbered(), []
        for shard in ("3/3", "1/3", "2/3"):
            self.conform("--target", target, "--shard", shard)
            parts.append(self.report.rename(self.directory / shard.replace("/", "of")))
        done = self.hvkit("report", "merge", *parts, "-o", self.report)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.numbered(), whole)

    def test_shard_without_tests_passes(self) -> None:
        done = self.conform("--target", self.target("fake", SHARDED), "--shard", "8/9")
        self.assertEqual(
            (done.returncode, self.last_line(done)), (0, "conform: 0 passed, 0 failed, 0 skipped")
        )

    def test_more_shards_than_tests(self) -> None:
        done = self.conform("--target", self.target("fake", SHARDED), "--shards", "9")
        self.assertEqual(
            (done.returncode, self.last_line(done)), (0, "conform: 7 passed, 0 failed, 0 skipped")
        )

    def test_image_that_knows_no_shards_fails(self) -> None:
        done = self.conform("--target", self.good("fake"), "--shards", "2")
        self.assertEqual(
            (done.returncode, self.last_line(done)), (1, "conform: 0 passed, 2 failed, 0 skipped")
        )
        self.assertIn("ran in shard 1/2 and in shard 2/2", done.stdout)

    def test_expectations_are_checked_against_all_shards(self) -> None:
        skip = "skips:\n  - {test: a/%s, reason: x}\n"
        done = self.conform(
            "--target", self.target("fake", SHARDED, skip % "t2"), "--shards", "3"
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        target = self.target("fake", SHARDED, skip % "t8")
        self.assert_refused(
            self.conform("--target", target, "--shards", "3"), "fake.yaml:5: no test matches 'a/t8'"
        )
        self.assertEqual(self.conform("--target", target, "--shard", "1/3").returncode, 0)

    def test_bad_shards(self) -> None:
        for arguments in (("--shard", "3/2"), ("--shard", "0/2"), ("--shards", "0")):
            self.assert_refused(self.conform(*arguments), arguments[0])
        self.assert_refused(self.conform("--shard", "1/2", "--shards", "2"), "not allowed with")


class PartialTest(ConformTestCase):
    """One thing fails; the rest is there."""

    def assert_others_kept(
        self, done: subprocess.CompletedProcess[str], *words: str, names: tuple[str, ...] = ("ok",)
    ) -> None:
        self.assert_refused(done, *words)
        self.assertEqual(self.names(), list(names))

    def test_target_that_cannot_be_prepared(self) -> None:
        broken = self.target("broken", "")
        (self.directory / "broken.sh").write_text("#!/bin/sh\nexit 125\n")
        done = self.conform("--target", f"{broken},{self.good('ok')}")
        self.assert_others_kept(done, "broken: target 'broken' cannot be prepared")
        self.assertIn("broken: no results: ", done.stdout)
        self.assertEqual(self.last_line(done), "conform: 2 passed, 0 failed, 0 skipped")

    def test_target_that_says_nothing_of_tests(self) -> None:
        broken = self.target("broken", "head -c 100000 /dev/urandom; printf '\\033[31m\\n'")
        done = self.conform("--target", f"{broken},{self.good('ok')}")
        self.assert_others_kept(done, "broken: the guest did not start its tests")
        self.assertRegex(done.stdout + done.stderr, r"\A[\t\n\x20-\x7e]*\Z")

    def test_script_that_cannot_be_executed(self) -> None:
        broken = self.target("broken", "")
        (self.directory / "broken.sh").write_text("#!/no/such/shell\n")
        done = self.conform("--target", f"{broken},{self.good('ok')}")
        self.assert_others_kept(done, "broken.sh: cannot be executed")

    def test_target_that_breaks_half_way(self) -> None:
        begun = two_tests("# begin 1 discovery/first")
        broken = self.target(
            "broken",
            f"case $cmdline in *start=2*) ;; *) cat {self.write('begun', begun)};; esac; "
            "echo 'hvkit: error: no more disk; free some' >&2; exit 125",
        )
        done = self.conform("--target", f"{broken},{self.good('ok')}")
        self.assert_others_kept(done, "no more disk; free some", names=("broken", "ok"))
        self.assertIn("broken: incomplete: target 'broken' cannot run", done.stdout)
        self.assertEqual(self.last_line(done), "conform: 2 passed, 2 failed, 0 skipped")

    def test_mistake_in_one_target_file(self) -> None:
        broken = self.target(
            "broken",
            f"cat {self.write('good', GOOD)}",
            "deviations:\n  - {test: discovery/frist, outcome: fail, reason: x}\n",
        )
        done = self.conform("--target", f"{self.good('ok')},{broken}")
        self.assert_others_kept(
            done,
            f"{broken}:5: no test matches 'discovery/frist'; did you mean 'discovery/first'?",
            names=("ok", "broken"),
        )

    def test_mistake_in_any_file_is_found_before_anything_runs(self) -> None:
        mark = self.directory / "ran"
        runs = self.target("runs", f": > {mark}")
        for extra, line, word in (
            ("smpp: 2\n", 4, "smpp"),
            ("smp: [2\n", 5, "YAML syntax"),
            ("deviations: [{test: a/b, outcome: fial, reason: x}]\n", 4, "fial"),
        ):
            broken = self.target("broken", "", extra)
            done = self.conform("--target", f"{runs},{broken}")
            self.assert_refused(done, f"{broken}:{line}:", word)
        self.assertFalse(mark.exists())


class ReportDirectoryTest(ConformTestCase):
    def limited(self, blocks: int, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """A run that may write so many KiB to a file: the next is an error, as on a full disk."""
        command = ["sh", "-c", f'ulimit -f {2 * blocks}; exec "$@"', "sh"]
        return subprocess.run(
            [*command, *self.command(*self.arguments(*arguments))],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def test_directory_that_is_full_is_noticed_before_anything_runs(self) -> None:
        mark = self.directory / "ran"
        done = self.limited(100, "--target", self.target("fake", f": > {mark}"))
        self.assert_refused(done, f"{self.report}: cannot write reports there: File too large")
        self.assertFalse(mark.exists())

    def test_directory_that_gets_full(self) -> None:
        # What the tests observe makes results.json and the serial log larger than the limit.
        values = [f"# value k{number}={'x' * 900}" for number in range(1000)]
        lines = ["# hvkit-conformance 1 tests=6 vps=1"]
        for index in range(1, 7):
            lines += [f"# begin {index} a/t{index}", *values]
            lines.append(f"ok {index} - a/t{index} # checks=1 reqs=CPUID-001")
        lines.append("# end passed=6 failed=0 skipped=0\n")
        fat = self.target("fat", f"cat {self.write('fat', chr(10).join(lines))}")
        done = self.limited(4500, "--target", f"{self.good('ok')},{fat}", "--jobs", "1")
        self.assert_refused(
            done, "cannot write reports there: File too large", "the serial log is incomplete"
        )
        # What is known is told, and the report of the target before is whole.
        self.assertEqual(self.last_line(done), "conform: 8 passed, 0 failed, 0 skipped")
        self.assertEqual(self.names(), ["ok"])
        self.assertEqual([path.name for path in self.report.glob(".*")], [])

    def test_earlier_report_is_removed_before_a_run(self) -> None:
        self.conform("--target", self.good("a"))
        self.conform("--target", self.target("b", "exit 125"))
        self.assertEqual([path.name for path in self.report.iterdir()], ["serial-b-1.log"])

    def test_output_that_cannot_be_written(self) -> None:
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                self.command(*self.arguments("--target", self.good("ok"))),
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
                timeout=60,
            )
        self.assertEqual(done.returncode, 2)
        self.assertIn("cannot write the output: No space left on device", done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        self.assertEqual(self.names(), ["ok"])


class SignalTest(ConformTestCase):
    def start_stuck(self, *arguments: str | Path) -> subprocess.Popen[str]:
        """Runs a good target and, when it has ended, one that is stuck in its second test."""
        self.pid_file = self.directory / "pid"
        half = self.write("half", two_tests(*FIRST, SECOND[0]))
        stuck = self.target("stuck", f"cat {half}; echo $$ > {self.pid_file}; sleep 60")
        driver = subprocess.Popen(
            self.command(*self.arguments("--target", f"{self.good('ok')},{stuck}", *arguments)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(driver.kill)
        deadline = time.monotonic() + 20
        while not self.is_stuck() and time.monotonic() < deadline:
            time.sleep(0.02)
        return driver

    def is_stuck(self) -> bool:
        return (
            self.pid_file.exists()
            and self.pid_file.read_text().endswith("\n")
            and (self.report / "results.json").exists()
        )

    def assert_guest_is_gone(self) -> None:
        with self.assertRaises(ProcessLookupError):
            os.kill(int(self.pid_file.read_text()), 0)

    def test_interruption_stops_guests_and_keeps_what_was_gathered(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(signal=number):
                driver = self.start_stuck("--jobs", "1")
                driver.send_signal(number)
                _, errors = driver.communicate(timeout=20)
                self.assertEqual(driver.returncode, 130)
                self.assertIn(f"what was gathered is in {self.report}", errors)
                self.assert_guest_is_gone()
                self.assertEqual(self.names(), ["ok", "stuck"])
                document = json.loads((self.report / "results.json").read_text())
                first, second = document["targets"][1]["tests"]
                self.assertEqual(first["outcome"], "pass")
                self.assertEqual(second["reason"], "not reached: the run was interrupted")
                self.pid_file.unlink()

    def test_driver_that_is_killed_leaves_what_it_had(self) -> None:
        driver = self.start_stuck("--jobs", "1")
        driver.kill()
        driver.communicate(timeout=20)
        self.addCleanup(os.kill, int(self.pid_file.read_text()), signal.SIGKILL)
        self.assertEqual(self.names(), ["ok"])
        self.assertIn(SECOND[0], (self.report / "serial-stuck-1.log").read_text())


if __name__ == "__main__":
    unittest.main()
