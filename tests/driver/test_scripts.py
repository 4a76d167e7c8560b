# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The contract of a target script, with programs in the place of QEMU and apt."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import unittest

from support import ROOT, ScriptTestCase

SCRIPT = ROOT / "conformance" / "targets" / "sample.sh"


class RunTest(ScriptTestCase):
    """run, with a QEMU that is a few lines of sh."""

    def setUp(self) -> None:
        super().setUp()
        self.image = self.write_image()
        (self.directory / "images").mkdir()
        (self.directory / "images" / "hvkit-type1.elf").touch()
        self.environment = os.environ | {
            "PATH": f"{self.tools}:{os.environ['PATH']}",
            "HVKIT_BUILD": str(self.directory),
            "TMPDIR": str(self.directory),
        }
        self.command = [str(SCRIPT), "run", str(self.image), "2", "tests=a,b  start=1"]

    def run_script(self, qemu: str, **environment: str) -> subprocess.CompletedProcess[str]:
        self.add_program("qemu-system-x86_64", qemu)
        return subprocess.run(
            self.command,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=20,
        )

    def test_status_is_the_guests(self) -> None:
        for qemu, status in ((1, 0), (11, 5), (247, 123), (0, 126), (2, 126)):
            with self.subTest(qemu=qemu):
                done = self.run_script(f"printf serial; exit {qemu}")
                self.assertEqual((done.returncode, done.stdout), (status, "serial"))

    def test_emulator_that_fails_is_no_guest_that_exits(self) -> None:
        done = self.run_script("echo 'qemu: warning: old' >&2; echo 'no such cpu' >&2; exit 1")
        self.assertEqual(done.returncode, 125)
        self.assertIn("hvkit: error: QEMU failed: no such cpu; ", done.stderr)

    def test_warnings_are_no_failure(self) -> None:
        done = self.run_script("echo 'qemu: warning: old' >&2; exit 1")
        self.assertEqual(done.returncode, 0)

    def test_commas_of_the_command_line_are_doubled(self) -> None:
        done = self.run_script('for word; do echo "[$word]"; done; exit 1')
        words = done.stdout.splitlines()
        self.assertIn("[guest tests=a,,b  start=1]", words)
        self.assertEqual(words[words.index("[-smp]") + 1], "[2]")
        self.assertNotIn("[-icount]", words)

    def test_clocks_count_instructions_when_asked_to(self) -> None:
        done = self.run_script('for word; do echo "[$word]"; done; exit 1', HVKIT_ICOUNT="3")
        words = done.stdout.splitlines()
        self.assertEqual(words[words.index("[-icount]") + 1], "[shift=3,sleep=off]")
        self.assertIn("[base=2026-01-01,clock=vm]", words)

    def test_time_limit(self) -> None:
        done = self.run_script("echo begun; sleep 60", HVKIT_TIMEOUT="0.3")
        self.assertEqual((done.returncode, done.stdout), (124, "begun\n"))

    def test_terminated_script_stops_the_emulator(self) -> None:
        # A signal that meets timeout right after its fork (coreutils 9.1) kills timeout alone.
        self.add_program("qemu-system-x86_64", "sleep 0.2; echo $$; exec sleep 60")
        with subprocess.Popen(
            self.command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as script:
            assert script.stdout is not None
            emulator = int(script.stdout.readline())
            script.send_signal(signal.SIGTERM)
            self.assertEqual(script.wait(5), 124)
        self.assert_gone(emulator)

    def test_nothing_is_left_behind(self) -> None:
        self.run_script("exit 1")
        self.assertEqual([path.name for path in self.directory.glob("hvkit-*")], [])

    def test_missing_files(self) -> None:
        self.image.unlink()
        self.assertIn("cannot read the guest image", self.run_script("exit 1").stderr)
        (self.directory / "images" / "hvkit-type1.elf").unlink()
        done = self.run_script("exit 1")
        self.assertEqual(done.returncode, 125)
        self.assertIn("the sample hypervisor is missing", done.stderr)

    def test_unknown_command(self) -> None:
        self.command[1] = "runn"
        done = self.run_script("exit 1")
        self.assertEqual(done.returncode, 125)
        self.assertIn("unknown command 'runn'", done.stderr)


class PrepareTest(ScriptTestCase):
    """prepare on a machine without QEMU: PATH has these programs alone."""

    def prepare(self, **programs: str) -> subprocess.CompletedProcess[str]:
        for tool in ("sh", "dirname", "chmod"):
            (self.tools / tool).symlink_to(shutil.which(tool) or tool)
        for name, code in programs.items():
            self.add_program(name.replace("_", "-"), code)
        return subprocess.run(
            ["/bin/sh", SCRIPT, "prepare"],
            env={"PATH": str(self.tools)},
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
            timeout=20,
        )

    def test_no_package_manager(self) -> None:
        done = self.prepare()
        self.assertEqual((done.returncode, done.stdout), (125, ""))
        self.assertIn("hvkit: error: qemu-system-x86_64 is missing; ", done.stderr)

    def test_user_who_may_not_install_is_told_the_command(self) -> None:
        done = self.prepare(apt_get="exit 1", apt_cache="echo known", id="echo 1000")
        self.assertEqual(done.returncode, 125)
        self.assertIn(
            "run as root: apt-get install -y -q --no-install-recommends qemu-system-x86\n",
            done.stderr,
        )

    def test_root_installs(self) -> None:
        qemu, told = self.tools / "qemu-system-x86_64", self.directory / "told"
        done = self.prepare(
            apt_get=f'echo "$1" >> {told}; echo "#!/bin/sh" > {qemu}; chmod 755 {qemu}',
            apt_cache="exit 0",
            id="echo 0",
        )
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        self.assertEqual(told.read_text(), "update\ninstall\n")

    def test_failed_installation_is_an_error(self) -> None:
        done = self.prepare(apt_get="exit 100", apt_cache="echo known", id="echo 0")
        self.assertEqual(done.returncode, 125)
        self.assertIn("apt-get install", done.stderr)


if __name__ == "__main__":
    unittest.main()
