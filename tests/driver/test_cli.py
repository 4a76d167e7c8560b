# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The program as its users see it: output, reports, exit status."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import time
import unittest
from pathlib import Path
from xml.etree import ElementTree

from support import ROOT, CommandTestCase, two_tests

GOOD = two_tests(
    "# begin 1 discovery/first",
    "ok 1 - discovery/first # checks=3 reqs=CPUID-001",
    "# begin 2 synic/second",
    "ok 2 - synic/second # SKIP no SynIC",
    "# end passed=1 failed=0 skipped=1",
)
BAD = two_tests(
    "# begin 1 discovery/first",
    "# value leaf=<&\x01>",
    "not ok 1 - discovery/first # checks=3 reqs=CPUID-001",
    "  ---",
    "  message: wrong leaf",
    "  at: cpuid.c:5",
    "  ...",
    "# begin 2 synic/second",
    "ok 2 - synic/second # checks=1 reqs=SYNIC-001,SYNIC-002",
    "# end passed=1 failed=1 skipped=0",
)
KNOWN = "deviations:\n  - {test: discovery/first, outcome: fail, reason: known}\n"


class ConformTest(CommandTestCase):
    def conform(
        self, output: str, *arguments: str | Path, extra: str = ""
    ) -> subprocess.CompletedProcess[str]:
        log = self.write("output", output)
        target = self.write_target(f"cat {log}", extra)
        return self.hvkit("conform", "--target", target, "--image", self.write_image(), *arguments)

    def test_good_run(self) -> None:
        done = self.conform(GOOD)
        self.assertEqual(
            (done.returncode, self.last_line(done)), (0, "conform: 1 passed, 0 failed, 1 skipped")
        )

    def told(self, *arguments: str) -> str:
        """The command line that the kernel gets."""
        log, told = self.write("output", GOOD), self.directory / "told"
        target = self.write_target(f'echo "$cmdline" > {told}; cat {log}')
        done = self.hvkit(
            "conform", "--target", target, "--image", self.write_image(), *arguments
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return told.read_text() + done.stderr

    def test_ways_to_run_the_tests_reach_the_kernel(self) -> None:
        told = self.told("--repeat", "5", "--shuffle", "7", "--busy")
        self.assertIn(" repeat=5 shuffle=7 busy\n", told)

    def test_seed_that_is_drawn_is_shown(self) -> None:
        told = self.told("--shuffle")
        (seed,) = re.findall(r"shuffle=(\d+)\n", told)
        self.assertIn(f"hvkit: --shuffle {seed}\n", told)

    def test_numbers_out_of_range_are_refused(self) -> None:
        for arguments in (("--repeat", "0"), ("--shuffle", "x"), ("--repeat", "9999999")):
            self.assert_refused(self.hvkit("conform", *arguments), "is not a number from 1")

    def test_failure_is_explained(self) -> None:
        done = self.conform(BAD)
        self.assertEqual(
            (done.returncode, self.last_line(done)), (1, "conform: 1 passed, 1 failed, 0 skipped")
        )
        self.assertIn("FAILED discovery/first: wrong leaf (cpuid.c:5)", done.stdout)
        self.assertIn("    | # value leaf=<&\\x01>", done.stdout)
        self.assertIn("checks CPUID-001", done.stdout)

    def test_known_deviation_passes(self) -> None:
        done = self.conform(BAD, "--verbose", extra=KNOWN)
        self.assertEqual(
            (done.returncode, self.last_line(done)), (0, "conform: 2 passed, 0 failed, 0 skipped")
        )
        self.assertIn("known deviation discovery/first: known", done.stdout)

    def test_unexpected_pass_fails(self) -> None:
        done = self.conform(GOOD, extra=KNOWN)
        self.assertEqual(
            (done.returncode, self.last_line(done)), (1, "conform: 0 passed, 1 failed, 1 skipped")
        )
        self.assertIn("UNEXPECTED PASS discovery/first", done.stdout)

    def test_unexpected_skip_fails(self) -> None:
        done = self.conform(GOOD, extra="strict-skips: true\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn("unexpected skip: no SynIC", done.stdout)

    def test_several_targets(self) -> None:
        log = self.write("other", BAD)
        other = self.directory / "other.yaml"
        script = self.write("other.sh", f"#!/bin/sh\n[ $1 = prepare ] || cat {log}\n")
        script.chmod(0o755)
        other.write_text("name: other\ndescription: Another\nrun: other.sh\n")
        report = self.directory / "report"
        done = self.conform(GOOD, "--target", other, "--report", report)
        self.assertEqual(
            (done.returncode, self.last_line(done)), (1, "conform: 2 passed, 1 failed, 1 skipped")
        )
        names = [
            target["name"]
            for target in json.loads((report / "results.json").read_text())["targets"]
        ]
        self.assertEqual(names, ["fake", "other"])

    def test_coverage_is_told(self) -> None:
        done = self.conform(GOOD)
        self.assertRegex(done.stdout, r"(?m)^discovery +1/\d+ ")
        self.assertRegex(done.stdout, r"(?m)^synic +2/\d+ ")

    def test_nothing_ran(self) -> None:
        nothing = "# hvkit-conformance 1 tests=0 vps=1\n1..0\n# end passed=0 failed=0 skipped=0\n"
        self.assert_refused(
            self.conform(nothing, "--tests", "nosuch/*"), "no test that matches 'nosuch/*'"
        )

    def test_deviation_of_an_unknown_test(self) -> None:
        done = self.conform(BAD, extra=KNOWN.replace("discovery/first", "discovery/frist"))
        self.assert_refused(
            done,
            f"{self.directory}/fake.yaml:5: no test matches 'discovery/frist'",
            "did you mean 'discovery/first'?",
        )

    def test_unknown_requirement(self) -> None:
        self.assert_refused(
            self.conform(GOOD.replace("CPUID-001", "CPUID-999")), "CPUID-999", "discovery/first"
        )

    def test_bad_arguments(self) -> None:
        image = self.write_image()
        text = self.write("text.elf", "no image")
        cases = [
            (("--target", "kwm"), "unknown target 'kwm'; did you mean 'kvm'?"),
            (("--target", self.directory / "none.yaml"), "none.yaml: cannot read"),
            (("--image", self.directory / "none.elf"), "none.elf: cannot read the guest image"),
            (("--image", text), "text.elf: the guest image is not an ELF file"),
            (("--smp", "0"), "--smp"),
            (("--smp", "two"), "--smp"),
            (("--timeout", "-1"), "--timeout"),
            (("--tests", "a b"), "--tests"),
            (("--image", image, "--report", image / "x"), "cannot write reports"),
            (("--nonsense",), "--nonsense"),
        ]
        for arguments, words in cases:
            with self.subTest(arguments=arguments):
                self.assert_refused(self.hvkit("conform", *arguments), words)

    def test_target_that_cannot_be_prepared(self) -> None:
        path = self.write_target("exit 0")
        script = self.write(
            "fake.sh", "#!/bin/sh\necho 'hvkit: error: qemu is missing; run: apt' >&2\nexit 125\n"
        )
        script.chmod(0o755)
        done = self.hvkit("conform", "--target", path, "--image", self.write_image())
        self.assert_refused(done, "qemu is missing; run: apt", "cannot be prepared")

    def test_terminated_driver_stops_the_guest(self) -> None:
        pid_file = self.directory / "pid"
        target = self.write_target(
            f"echo $$ > {pid_file}.new; mv {pid_file}.new {pid_file}; sleep 60"
        )
        command = self.command("conform", "--target", target, "--image", self.write_image())
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as driver:
            deadline = time.monotonic() + 20
            while not pid_file.exists() and time.monotonic() < deadline:
                time.sleep(0.02)
            driver.send_signal(signal.SIGTERM)
            self.assertEqual(driver.wait(20), 130)
        with self.assertRaises(ProcessLookupError):
            os.kill(int(pid_file.read_text()), 0)


class ReportTest(CommandTestCase):
    def report(self, output: str, extra: str = "") -> Path:
        log = self.write("output", output)
        directory = self.directory / "new" / "report"
        self.hvkit(
            "conform",
            "--target",
            self.write_target(f"cat {log}", extra),
            "--image",
            self.write_image(),
            "--report",
            directory,
        )
        return directory

    def test_json(self) -> None:
        document = json.loads((self.report(BAD) / "results.json").read_text())
        [target] = document["targets"]
        first, second = target["tests"]
        self.assertEqual((document["schema"], target["name"]), (2, "fake"))
        self.assertEqual(
            {
                key: first[key]
                for key in ("name", "area", "outcome", "checks", "requirements", "reason")
            },
            {
                "name": "discovery/first",
                "area": "discovery",
                "outcome": "fail",
                "checks": 3,
                "requirements": ["CPUID-001"],
                "reason": "wrong leaf (cpuid.c:5)",
            },
        )
        self.assertEqual((second["outcome"], second["reason"]), ("pass", ""))
        guest = document["coverage"]["guest"]
        self.assertEqual(guest["covered"], sum(area["covered"] for area in guest["areas"].values()))
        self.assertEqual(guest["total"], sum(area["total"] for area in guest["areas"].values()))
        self.assertEqual(guest["areas"]["discovery"]["covered"], 1)
        self.assertEqual(document["coverage"]["root"]["covered"], 0)

    def test_junit(self) -> None:
        suites = ElementTree.parse(self.report(BAD) / "junit.xml").getroot()
        self.assertEqual(
            [(suite.get("name"), suite.get("tests"), suite.get("failures")) for suite in suites],
            [("fake.discovery", "1", "1"), ("fake.synic", "1", "0")],
        )
        failure = suites.find("testsuite/testcase/failure")
        self.assertIsNotNone(failure)
        self.assertEqual(failure.get("message"), "wrong leaf (cpuid.c:5)")
        self.assertIn("<&\\x01>", failure.text)

    def test_html(self) -> None:
        page = (self.report(BAD.replace("wrong leaf", "wrong <leaf>")) / "index.html").read_text()
        cell = "<td class=f><b>✗</b><span> fail</span></td></tr>"
        self.assertRegex(page, rf'<tr id="CPUID-001".*{cell}')
        self.assertIn("<p>wrong &lt;leaf&gt; (cpuid.c:5)</p>", page)

    def test_report_says_where_it_comes_from(self) -> None:
        document = json.loads((self.report(GOOD) / "results.json").read_text())
        image = (self.directory / "guest.elf").read_bytes()
        self.assertEqual(document["kernel"], hashlib.sha256(image).hexdigest())
        [invocation] = document["invocations"]
        self.assertEqual(invocation["command"][:2], ["hvkit", "conform"])

    def test_tap(self) -> None:
        tap = (self.report(GOOD) / "results.tap").read_text().splitlines()
        self.assertEqual(
            tap,
            [
                "TAP version 13",
                "1..2",
                "ok 1 - fake: discovery/first",
                "ok 2 - fake: synic/second # SKIP no SynIC",
            ],
        )

    def test_known_deviation_is_a_todo(self) -> None:
        directory = self.report(BAD, KNOWN)
        self.assertIn(
            "not ok 1 - fake: discovery/first # TODO known", (directory / "results.tap").read_text()
        )
        suites = ElementTree.parse(directory / "junit.xml").getroot()
        self.assertEqual(suites.find("testsuite").get("failures"), "0")

    def test_raw_log(self) -> None:
        self.assertEqual((self.report(GOOD) / "serial-fake-1.log").read_text(), GOOD)


class BootTest(CommandTestCase):
    def boot(self, run: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.hvkit(
            "boot", "--target", self.write_target(run), self.write_image(), *arguments
        )

    def test_serial_port_and_status_are_the_guests(self) -> None:
        done = self.boot('printf "hello\\r\\n"; echo "[$cmdline]"; exit 5', "a=1", "--list", "b,c")
        self.assertEqual((done.returncode, done.stdout), (5, "hello\n[a=1 --list b,c]\n"))
        self.assertIn("the guest exited with status 5", done.stderr)

    def test_guest_without_status(self) -> None:
        done = self.boot("echo hi; echo emulator broke >&2; exit 126")
        self.assertEqual((done.returncode, done.stdout), (126, "hi\n"))
        self.assertIn("emulator broke", done.stderr)
        self.assertIn("without a status", done.stderr)

    def test_time_limit(self) -> None:
        done = self.hvkit(
            "boot",
            "--timeout",
            "0.5",
            "--target",
            self.write_target("echo hi; sleep 60"),
            self.write_image(),
        )
        self.assertEqual((done.returncode, done.stdout), (124, "hi\n"))

    def test_output_is_live(self) -> None:
        target = self.write_target(
            f"echo first; while [ ! -e {self.directory}/go ]; do sleep 0.05; done; exit 0"
        )
        command = self.command("boot", "--timeout", "20", "--target", target, self.write_image())
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as driver:
            assert driver.stdout is not None
            self.assertEqual(driver.stdout.readline(), b"first\n")
            self.write("go", "")
            self.assertEqual(driver.wait(20), 0)

    def test_missing_boot_module(self) -> None:
        done = self.hvkit("boot", "--build-dir", self.directory, self.write_image())
        self.assert_refused(done, "hvkit-type1.elf: the sample hypervisor is missing; build it")

    def test_no_image(self) -> None:
        self.assert_refused(
            self.hvkit("boot", self.write("x", "text")), "x: the guest image is not an ELF file"
        )
        self.assert_refused(self.hvkit("boot"), "IMAGE.elf")


class TargetsTest(CommandTestCase):
    def test_list(self) -> None:
        done = self.hvkit("targets")
        self.assertEqual(done.returncode, 0)
        self.assertLessEqual(
            {"kvm", "sample"}, {line.split()[0] for line in done.stdout.splitlines()}
        )


class HelpTest(unittest.TestCase):
    """The script that a newcomer runs."""

    def test_help_of_a_command_builds_nothing(self) -> None:
        for command, first in (
            ("conform", "usage: hvkit conform "),
            ("bench", "usage: hvkit bench "),
            ("mutate", "usage: ./hvkit COMMAND "),
        ):
            for option in ("--help", "-h"):
                with self.subTest(command=command, option=option):
                    done = subprocess.run(
                        [ROOT / "hvkit", command, option],
                        env=os.environ | {"HVKIT_NO_INSTALL": "1"},
                        capture_output=True,
                        text=True,
                        check=False,
                        timeout=20,
                    )
                    self.assertEqual((done.returncode, done.stderr), (0, ""))
                    self.assertTrue(done.stdout.startswith(first), done.stdout)


if __name__ == "__main__":
    unittest.main()
