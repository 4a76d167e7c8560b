# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What ./hvkit run boots unless it is given a description, with an archive of Debian of a few lines of sh."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import unittest
from pathlib import Path

from support import ROOT, DriverTestCase, ScriptTestCase

LINUX = ROOT / "sdk" / "samples" / "linux"


def read_archive(data: bytes) -> dict[str, tuple[int, bytes]]:
    """Mode and contents of the files in an archive of cpio's format newc."""
    files: dict[str, tuple[int, bytes]] = {}
    at = 0
    while True:
        assert data[at : at + 6] == b"070701"
        fields = [int(data[at + 6 + 8 * i : at + 14 + 8 * i], 16) for i in range(13)]
        name_size, size = fields[11], fields[6]
        name = data[at + 110 : at + 110 + name_size - 1].decode()
        begin = (at + 110 + name_size + 3) & ~3
        if name == "TRAILER!!!":
            assert not data[begin:].strip(b"\0")
            return files
        files[name] = (fields[1], data[begin : begin + size])
        at = (begin + size + 3) & ~3


class InitrdTest(DriverTestCase):
    def make(self, busybox: bytes) -> bytes:
        program, out = self.directory / "busybox", self.directory / "initrd"
        program.write_bytes(busybox)
        subprocess.run([sys.executable, LINUX / "make_initrd.py", program, out], check=True)
        return out.read_bytes()

    def test_what_is_in_it(self) -> None:
        files = read_archive(self.make(b"busybox"))
        self.assertEqual(files["bin/busybox"], (stat.S_IFREG | 0o755, b"busybox"))
        self.assertEqual(files["bin/sh"], (stat.S_IFLNK | 0o777, b"busybox"))
        self.assertEqual(files["dev/console"], (stat.S_IFCHR | 0o600, b""))
        self.assertEqual(files["init"], (stat.S_IFREG | 0o755, (LINUX / "init").read_bytes()))
        for script in ("check", "load"):
            self.assertEqual(
                files[f"scripts/{script}"][1], (LINUX / "scripts" / script).read_bytes()
            )
        # What a directory holds comes after it.
        names = list(files)
        for name in names:
            if "/" in name:
                self.assertLess(names.index(name.partition("/")[0]), names.index(name))

    def test_same_input_makes_the_same_bytes(self) -> None:
        first = self.make(b"odd")
        os.utime(LINUX / "init")
        self.assertEqual(self.make(b"odd"), first)
        self.assertEqual(len(first) % 4, 0)


class ScriptSyntaxTest(unittest.TestCase):
    def test_scripts_are_scripts(self) -> None:
        for script in (LINUX / "init", *(LINUX / "scripts").iterdir()):
            with self.subTest(script=script.name):
                subprocess.run(["sh", "-n", script], check=True)


class GetTest(ScriptTestCase):
    """get.sh, with programs in the place of apt and dpkg."""

    def setUp(self) -> None:
        super().setUp()
        self.out = self.directory / "out"
        self.told = self.directory / "told"
        self.cache = self.directory / "cache"
        # Each suite has a kernel of its own, whose name has that of the suite.
        suite = 'suite=$(for word; do case $word in */sources.list) set -- $(cat "${word#*=}"); echo "$4"; esac; done)'
        self.add_program(
            "apt-cache",
            f"{suite}\ncase $* in *depends*) echo '  Depends: linux-image-1-'$suite;; *) echo known;; esac",
        )
        self.add_program(
            "apt-get",
            f'{suite}\ncase $* in *download*) echo "$suite" >>{self.told};'
            " for word; do case $word in linux-image-*|busybox-*) : >${word}_1_amd64.deb;; esac; done;; esac",
        )
        self.add_program(
            "dpkg-deb",
            'mkdir -p "$3/boot" "$3/bin"; name=$(basename "$2" _1_amd64.deb)\n'
            'case $name in linux*) echo "$name" >"$3/boot/vmlinuz-1";; *) echo box >"$3/bin/busybox";; esac',
        )

    def get(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [LINUX / "get.sh", self.out],
            env=os.environ
            | {"PATH": f"{self.tools}:{os.environ['PATH']}", "HVKIT_CACHE": str(self.cache)},
            capture_output=True,
            text=True,
            check=False,
            timeout=20,
        )

    def written(self) -> dict[str, int]:
        """When each file was written."""
        return {path.name: path.stat().st_mtime_ns for path in self.out.iterdir()}

    def read(self, name: str) -> str:
        return (self.out / name).read_text()

    @unittest.skipUnless(
        Path("/usr/share/keyrings/debian-archive-keyring.gpg").exists(), "this is no Debian"
    )
    def test_kernels_of_two_suites(self) -> None:
        done = self.get()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.read("vmlinuz-debian-12"), "linux-image-1-bookworm\n")
        self.assertEqual(self.read("vmlinuz-debian-13"), "linux-image-1-trixie\n")
        self.assertEqual(read_archive((self.out / "initrd.img").read_bytes())["bin/busybox"][1], b"box\n")
        for name in ("shell.yaml", "check.yaml"):
            self.assertEqual(self.read(name), (LINUX / name).read_text())
        self.assertEqual(self.told.read_text(), "trixie\nbookworm\n")

        # What is there stays as it is, and nothing is downloaded again.
        before = self.written()
        self.assertEqual(self.get().returncode, 0)
        self.assertEqual(self.written(), before)
        self.assertEqual(self.told.read_text(), "trixie\nbookworm\n")

    def test_archive_out_of_reach(self) -> None:
        self.add_program("apt-get", "exit 100")
        done = self.get()
        self.assertEqual(done.returncode, 125)
        self.assertRegex(done.stderr, r"hvkit: error: cannot download .*; ")
        self.assertEqual(list(self.out.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
