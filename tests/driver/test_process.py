# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Target scripts that do not do as the contract says, and how they are got rid of."""

from __future__ import annotations

import os
import threading
import time
import unittest
from pathlib import Path

from support import DriverTestCase

from driver import pool, process
from driver.errors import DriverError, Interrupted
from driver.process import GuestProcess, Stop


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and that nobody has waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class GuestProcessTest(DriverTestCase):
    def script(self, code: str) -> list[str]:
        path = self.write("script", f"#!/bin/sh\n{code}\n")
        path.chmod(0o755)
        return [str(path)]

    def start(self, code: str, stop: Stop | None = None) -> GuestProcess:
        return self.enterContext(GuestProcess(self.script(code), os.environ, stop))

    def read_number(self, guest: GuestProcess) -> int:
        """The number on the first line of the output."""
        data = b""
        while b"\n" not in data:
            data += guest.read(10) or b""
        return int(data.split()[0])

    def assert_ends(self, pid: int) -> None:
        deadline = time.monotonic() + 5
        while is_alive(pid) and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertFalse(is_alive(pid))

    def test_script_that_ignores_sigterm_is_killed(self) -> None:
        guest = self.start("trap '' TERM; echo $$; while :; do sleep 0.1; done")
        pid = self.read_number(guest)
        began = time.monotonic()
        guest.stop()
        self.assert_ends(pid)
        self.assertLess(time.monotonic() - began, 15)

    def test_children_end_with_the_script(self) -> None:
        guest = self.start("sleep 60 & echo $!; wait")
        pid = self.read_number(guest)
        guest.stop()
        self.assert_ends(pid)

    def test_children_in_a_session_of_their_own_end_too(self) -> None:
        guest = self.start("setsid sh -c 'echo $$; exec sleep 60' & exit 0")
        pid = self.read_number(guest)
        guest.stop()
        self.assert_ends(pid)

    def test_output_ends_with_the_script_though_a_child_holds_it_open(self) -> None:
        guest = self.start("sleep 60 & echo $!; exit 3")
        self.read_number(guest)
        began = time.monotonic()
        self.assertEqual(guest.read(30), b"")
        self.assertLess(time.monotonic() - began, 15)
        self.assertEqual(guest.wait(5), 3)

    def test_input_reaches_the_script(self) -> None:
        code = self.script("read -r word; echo got $word")
        guest = self.enterContext(GuestProcess(code, os.environ, has_input=True))
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        os.write(writer, b"key\n")
        with guest.listening(reader, lambda: guest.write(os.read(reader, 100))):
            self.assertEqual(guest.read(10), b"got key\n")
        os.close(writer)

    def test_input_that_finds_no_reader_is_lost(self) -> None:
        guest = self.enterContext(
            GuestProcess(self.script("exec sleep 60"), os.environ, has_input=True)
        )
        for _ in range(40):
            guest.write(bytes(1 << 16))
        guest.stop()
        guest.write(b"late")

    def test_stop_wakes_who_waits(self) -> None:
        stop = Stop()
        guest = self.start("sleep 60", stop)
        threading.Timer(0.2, stop.request).start()
        with self.assertRaises(Interrupted):
            guest.read(None)
        stop.request()

    def test_messages_cannot_steer_a_terminal(self) -> None:
        guest = self.start("printf '\\033[2Jred\\r\\nb\\303\\244d\\n' >&2")
        self.assertEqual(guest.read(10), b"")
        guest.wait(5)
        self.assertEqual(guest.messages, "\\x1b[2Jred\nb\\xe4d")

    def test_script_without_an_interpreter(self) -> None:
        path = self.write("script", "#!/no/such/interpreter\n")
        path.chmod(0o755)
        for start in (
            lambda: GuestProcess([str(path)], os.environ),
            lambda: process.run_setup([str(path)], None),
        ):
            with self.assertRaises(DriverError) as caught:
                start()
            self.assertEqual(caught.exception.file, str(path))
            self.assertIn("cannot be executed", str(caught.exception))

    def test_setup_is_stopped_with_what_it_started(self) -> None:
        stop, file = Stop(), self.directory / "pid"
        command = self.script(f"sleep 60 & echo $! > {file}.new; mv {file}.new {file}; wait")

        def stop_soon() -> None:
            while not file.exists():
                time.sleep(0.02)
            stop.request()

        threading.Thread(target=stop_soon).start()
        with self.assertRaises(Interrupted):
            process.run_setup(command, stop)
        self.assert_ends(int(file.read_text()))


class PoolTest(unittest.TestCase):
    def test_no_more_run_at_once_than_allowed(self) -> None:
        running, most, lock = 0, 0, threading.Lock()

        def task() -> None:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            time.sleep(0.05)
            with lock:
                running -= 1

        ended: list[int] = []
        pool.run([task] * 7, 3, ended.append, Stop())
        self.assertEqual((most, sorted(ended)), (3, list(range(7))))

    def test_interruption_waits_for_tasks_and_starts_no_more(self) -> None:
        stop, log = Stop(), []

        def task() -> None:
            while not stop.requested:
                time.sleep(0.01)
            log.append("ended")

        def interrupt(_number: int) -> None:
            raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            pool.run([lambda: None, task, task, task], 2, interrupt, stop)
        self.assertTrue(stop.requested)
        self.assertLess(len(log), 3)

    def test_task_that_raises_ends_the_run(self) -> None:
        def task() -> None:
            raise OSError("the disk is full")

        stop = Stop()
        with self.assertRaisesRegex(OSError, "the disk is full"):
            pool.run([task] * 5, 2, lambda _number: None, stop)
        self.assertTrue(stop.requested)


if __name__ == "__main__":
    unittest.main()
