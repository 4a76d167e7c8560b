# SPDX-License-Identifier: BSD-2-Clause-Patent
"""How QEMU on Linux as the root is brought to its end, with a process that waits for its VPs in the place of QEMU."""

from __future__ import annotations

import os
import subprocess

from support import ROOT, ScriptTestCase

SCRIPT = ROOT / "sdk" / "samples" / "linux" / "scripts" / "qemu.sh"

# One thread is a VP's: it has not blocked the signal. A handler runs in it, and writes to the pipe.
BEGIN = """
import os, select, signal, sys, threading, time
ended, ending = os.pipe()
os.set_blocking(ending, False)
signal.set_wakeup_fd(ending)
signal.signal(signal.SIGUSR1, lambda *_: None)
threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
"""
SAY_END = """
with open(sys.argv[sys.argv.index("-D") + 1], "a") as log:
    log.write("qemu_system_shutdown_request reason=6\\n")
"""


class QemuEndsTest(ScriptTestCase):
    def run_qemu(self, code: str) -> int:
        """The exit status of run_qemu for a QEMU of that Python code."""
        program = self.write("qemu.py", code)
        self.add_program("qemu-system-x86_64", f'exec /usr/bin/python3 {program} "$@"')
        done = subprocess.run(
            ["sh", "-c", f". {SCRIPT}; trace={self.directory}/trace; run_qemu 1"],
            env=os.environ | {"PATH": f"{self.tools}:{os.environ['PATH']}"},
            check=False,
            timeout=60,
        )
        return done.returncode

    def test_vps_are_kicked_once_the_machine_ends(self) -> None:
        waits = "sys.exit(5 if select.select([ended], [], [], 30)[0] else 2)"
        self.assertEqual(self.run_qemu(BEGIN + SAY_END + waits), 5)

    def test_no_vp_is_kicked_before(self) -> None:
        # The trace may have other words than that of the end.
        works = SAY_END.replace("shutdown", "wakeup") + "sys.exit(2 if select.select([ended], [], [], 2.5)[0] else 5)"
        self.assertEqual(self.run_qemu(BEGIN + works), 5)

    def test_signal_that_would_kill_is_not_sent(self) -> None:
        self.assertEqual(self.run_qemu("import sys, time" + SAY_END + "time.sleep(2.5)\nsys.exit(5)"), 5)
