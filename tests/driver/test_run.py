# SPDX-License-Identifier: BSD-2-Clause-Patent
"""./hvkit run, with a few lines of sh in the place of QEMU and hvkit-machine."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import termios
import time
import unittest

from support import CommandTestCase, ScriptTestCase

SHOWN = """\
machines:
  - {name: "one", vps: 2, memory: 256 MiB, devices: {com1: {console: "com1", show: all}}}
  - {name: "two", vps: 1, memory: 1 GiB, devices: {}}
"""
MACHINE = f"""\
case $1 in
compile) printf module >"$4" ;;
show) cat <<'END'
{SHOWN}END
esac
"""


class RunTestCase(CommandTestCase, ScriptTestCase):
    def setUp(self) -> None:
        super().setUp()
        (self.directory / "images").mkdir()
        for name in ("hvkit-type1.elf", "hvkit-root.elf"):
            (self.directory / "images" / name).touch()
        self.add_machine_tool(MACHINE)
        self.description = self.write("machines.yaml", "")
        self.environment = {
            "PATH": f"{self.tools}:{os.environ['PATH']}",
            "TMPDIR": str(self.directory),
        }

    def add_machine_tool(self, code: str) -> None:
        tool = self.directory / "sdk" / "tools" / "machine" / "hvkit-machine"
        tool.parent.mkdir(parents=True, exist_ok=True)
        tool.write_text(f"#!/bin/sh\n{code}\n")
        tool.chmod(0o755)

    def add_qemu(self, code: str) -> None:
        self.add_program("qemu-system-x86_64", code)

    def arguments(self, *more: str) -> list[str]:
        return self.command("run", self.description, "--build-dir", self.directory, *more)

    def assert_nothing_left(self) -> None:
        self.assertEqual(list(self.directory.glob("hvkit-run-*")), [])


class BatchTest(RunTestCase):
    def batch(self, qemu: str, *more: str) -> subprocess.CompletedProcess[str]:
        self.add_qemu(qemu)
        done = subprocess.run(
            self.arguments("--batch", *more),
            env=os.environ | self.environment,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
            timeout=60,
        )
        self.assert_nothing_left()
        return done

    def words(self, *more: str) -> list[str]:
        return self.batch('for word; do echo "[$word]"; done; exit 1', *more).stdout.splitlines()

    def value(self, words: list[str], option: str) -> str:
        return words[words.index(f"[{option}]") + 1]

    def test_computer(self) -> None:
        words = self.words()
        self.assertEqual(self.value(words, "-initrd"), "[root batch,machines]")
        self.assertRegex(self.value(words, "-append"), r"^\[tsc=trust\b.*\]$")
        # As many processors as the largest machine, and room for all of their memory.
        self.assertEqual(self.value(words, "-smp"), "[2]")
        memory = int(self.value(words, "-m").strip("[M]"))
        self.assertGreater(memory, 1280 + 128)
        self.assertLess(memory, 1280 + 384)

    def test_computer_that_is_asked_for(self) -> None:
        words = self.words("--smp", "3", "--memory", "2GiB")
        self.assertEqual(self.value(words, "-smp"), "[3]")
        self.assertEqual(self.value(words, "-m"), "[2048M]")

    def test_files_are_where_qemu_looks(self) -> None:
        done = self.batch("cat machines; ls -L hypervisor root; exit 1")
        self.assertEqual(done.stdout, "modulehypervisor\nroot\n")

    def test_lines_are_shown_without_control_characters(self) -> None:
        done = self.batch(r"printf 'one| \033[2J\r\ntwo| no end'; exit 1")
        self.assertEqual(done.stdout, "one| \\x1b[2J\ntwo| no end\n")

    def test_ends(self) -> None:
        for qemu, status, words in (
            (1, 0, "each child reached an end"),
            (3, 1, "a child did not reach"),
            (5, 2, "no child could be run"),
            (7, 3, "the hypervisor stopped"),
            (0, 126, "reset or powered off"),
            (9, 2, "unknown status 4"),
        ):
            with self.subTest(qemu=qemu):
                done = self.batch(f"exit {qemu}")
                self.assertEqual(done.returncode, status)
                self.assertIn(words, done.stderr)

    def test_emulator_that_fails(self) -> None:
        done = self.batch("echo 'qemu: warning: old' >&2; echo 'no memory' >&2; exit 1")
        self.assert_refused(done, "QEMU failed: no memory")

    def test_time_limit(self) -> None:
        done = self.batch("echo begun; exec sleep 60", "--timeout", "0.5")
        self.assertEqual((done.returncode, done.stdout), (124, "begun\n"))
        self.assertIn("the time limit passed", done.stderr)

    def test_signal_ends_the_computer(self) -> None:
        self.add_qemu("sleep 0.2; echo $$; exec sleep 60")
        with subprocess.Popen(
            self.arguments("--batch"),
            env=os.environ | self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as driver:
            assert driver.stdout is not None
            computer = int(driver.stdout.readline())
            driver.send_signal(signal.SIGTERM)
            self.assertEqual(driver.wait(10), 130)
        self.assert_gone(computer)
        self.assert_nothing_left()

    def test_mistake_in_the_description(self) -> None:
        self.add_machine_tool("echo 'machines.yaml:2:5: error: vps' >&2; exit 1")
        self.assert_refused(self.batch("exit 1"), "machines.yaml:2:5: error: vps\n", "cannot be made")

    def test_what_is_missing(self) -> None:
        for path in ("sdk/tools/machine/hvkit-machine", "images/hvkit-root.elf"):
            with self.subTest(path=path):
                file = self.directory / path
                away = file.rename(file.with_suffix(".away"))
                self.assert_refused(self.batch("exit 1"), path, "build hvkit")
                away.rename(file)

    def test_no_qemu(self) -> None:
        self.environment["PATH"] = str(self.tools)
        (self.tools / "sh").symlink_to("/bin/sh")
        (self.tools / "cat").symlink_to("/bin/cat")
        done = subprocess.run(
            self.arguments("--batch"),
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        self.assert_refused(done, "qemu-system-x86_64 is missing")

    def test_arguments(self) -> None:
        for words, message in (
            (["--memory", "64"], "is not a size"),
            (["--memory", "0MiB"], "is not a size"),
            (["--console", "one"], "not allowed with argument --batch"),
        ):
            with self.subTest(words=words):
                self.assert_refused(self.batch("exit 1", *words), message)


class TerminalTest(RunTestCase):
    """The driver at a terminal of its own."""

    def start(self, qemu: str, *more: str) -> None:
        self.add_qemu(qemu)
        self.seen = b""
        self.master, slave = pty.openpty()
        self.addCleanup(os.close, self.master)
        self.settings = termios.tcgetattr(slave)
        self.driver = subprocess.Popen(
            self.arguments(*more),
            env=os.environ | self.environment,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        self.addCleanup(self.driver.wait)
        self.addCleanup(self.driver.kill)
        self.slave = slave
        self.addCleanup(os.close, slave)

    def expect(self, text: str) -> None:
        """Reads what is on the screen until the text has come; what is behind it is for the next."""
        deadline = time.monotonic() + 20
        while text.encode() not in self.seen:
            left = max(0.0, deadline - time.monotonic())
            ready, _, _ = select.select([self.master], [], [], left)
            self.assertTrue(ready, f"{text!r} not in {self.seen!r}")
            self.seen += os.read(self.master, 1024)
        self.seen = self.seen.partition(text.encode())[2]

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def is_raw(self) -> bool:
        return not termios.tcgetattr(self.slave)[3] & termios.ICANON

    def assert_ends(self, status: int) -> None:
        self.assertEqual(self.driver.wait(20), status)
        self.assertEqual(termios.tcgetattr(self.slave), self.settings)
        self.assert_nothing_left()

    # What is typed is echoed with a mark, key by key.
    ECHO = 'for word; do last=$word; done; echo "$last."; while key=$(head -c 1); do printf "<%s>" "$key"; done'

    def test_keys_reach_the_console_of_the_first_machine(self) -> None:
        self.start(self.ECHO)
        self.expect("root console=one,machines.")
        self.assertTrue(self.is_raw())
        # Ctrl-C is a key as any other.
        self.type("a\x03")
        self.expect("<a><\x03>")
        self.type("\x1d")
        self.assert_ends(0)

    def test_root_program_is_told_that_the_session_ends(self) -> None:
        self.start('echo up; key=$(head -c 1 | od -An -tx1); echo "got$key"; exit 3')
        self.expect("up")
        self.type("\x1d")
        self.expect("got 1d")
        self.expect("the session was ended")
        self.assert_ends(0)

    def test_computer_that_ends_by_itself(self) -> None:
        for qemu, status in ((1, 0), (3, 1), (7, 3)):
            with self.subTest(qemu=qemu):
                self.start(f"echo up; exit {qemu}")
                self.expect("hvkit: ")
                self.assert_ends(status)

    def test_signal_restores_the_terminal(self) -> None:
        self.start("echo $$; exec sleep 60")
        self.expect("\n")
        while not self.is_raw():
            time.sleep(0.02)
        self.driver.send_signal(signal.SIGTERM)
        self.assert_ends(130)

    def test_time_limit_restores_the_terminal(self) -> None:
        self.start("exec sleep 60", "--timeout", "1")
        self.expect("the time limit passed")
        self.assert_ends(124)

    def test_machine_that_does_not_exist(self) -> None:
        self.start("exit 1", "--console", "onee")
        self.expect("no machine is named 'onee'; did you mean 'one'?")
        self.assert_ends(2)

    def test_machine_without_a_console(self) -> None:
        self.start("exit 1", "--console", "two")
        self.expect("the machine 'two' has no console")
        self.assert_ends(2)

    def test_no_terminal(self) -> None:
        done = subprocess.run(
            self.arguments(),
            env=os.environ | self.environment,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
            timeout=60,
        )
        self.assert_refused(done, "there is no terminal", "--batch")


if __name__ == "__main__":
    unittest.main()
