# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The targets that run a program of this machine: kvm-host, command, openvmm."""

from __future__ import annotations

import os
import subprocess
import unittest

from support import ROOT, ScriptTestCase

TARGETS = ROOT / "conformance" / "targets"


class LocalTestCase(ScriptTestCase):
    target = ""

    def setUp(self) -> None:
        super().setUp()
        self.image = self.write_image()
        self.environment = os.environ | {
            "PATH": f"{self.tools}:{os.environ['PATH']}",
            "TMPDIR": str(self.directory),
        }

    def script(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [TARGETS / f"{self.target}.sh", *arguments],
            env=self.environment | environment,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
            timeout=20,
        )
        self.assertEqual(list(self.directory.glob(f"hvkit-{self.target}.*")), [])
        return done

    def boot(self, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.script("run", str(self.image), "2", "tests=a,b*  start=1", **environment)

    def assert_refused(self, done: subprocess.CompletedProcess[str], *words: str) -> None:
        self.assertEqual((done.returncode, done.stdout), (125, ""))
        self.assertRegex(done.stderr, r"(^|\n)hvkit: error: .*; .*\n$")
        for word in words:
            self.assertIn(word, done.stderr)


class CommandTest(LocalTestCase):
    target = "command"

    def test_command_finds_its_words(self) -> None:
        done = self.boot(HVKIT_COMMAND='echo "$IMAGE,$SMP,$CMDLINE"; ls -d "$DIRECTORY" >&2')
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stdout, f"{self.image},2,tests=a,b*  start=1\n")
        self.assertIn("hvkit-command.", done.stderr)

    def test_ends(self) -> None:
        for status, result in ((0, 0), (1, 126), (33, 126), (124, 124), (125, 125)):
            with self.subTest(status=status):
                done = self.boot(HVKIT_COMMAND=f"echo why >&2; exit {status}")
                self.assertEqual((done.returncode, done.stderr), (result, "why\n"))

    def test_time_limit(self) -> None:
        done = self.boot(HVKIT_COMMAND="echo begun; sleep 60", HVKIT_TIMEOUT="0.3")
        self.assertEqual((done.returncode, done.stdout), (124, "begun\n"))

    def test_no_command(self) -> None:
        self.environment.pop("HVKIT_COMMAND", None)
        self.assert_refused(self.script("prepare"), "HVKIT_COMMAND names no command")
        self.assert_refused(self.boot(HVKIT_COMMAND=""), "HVKIT_COMMAND names no command")

    def test_command_with_a_mistake(self) -> None:
        self.assert_refused(self.script("prepare", HVKIT_COMMAND="vmm ("), "no command that sh")

    def test_missing_program(self) -> None:
        self.assert_refused(self.boot(HVKIT_COMMAND="no-such-vmm"), "no-such-vmm", "missing")


class KvmHostTest(LocalTestCase):
    target = "kvm-host"

    def setUp(self) -> None:
        super().setUp()
        device = self.write("kvm", "")
        self.environment["HVKIT_KVM_DEVICE"] = str(device)
        self.environment["HVKIT_TARGET_FLAGS"] = "hv-passthrough"

    def test_kvm_with_enlightenments(self) -> None:
        self.add_program("qemu-system-x86_64", "cat >/dev/null; echo QEMU monitor")
        done = self.script("prepare")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_kvm_without_enlightenments(self) -> None:
        self.add_program(
            "qemu-system-x86_64", "echo 'qemu: Hyper-V clocksources are not supported' >&2; exit 1"
        )
        self.assert_refused(self.script("prepare"), "clocksources are not supported", "target kvm")

    def test_machine_without_kvm(self) -> None:
        self.add_program("qemu-system-x86_64", "exit 0")
        device = str(self.directory / "nothing")
        self.assert_refused(self.script("prepare", HVKIT_KVM_DEVICE=device), f"no {device}")

    def test_run(self) -> None:
        self.add_program("qemu-system-x86_64", 'for word; do echo "[$word]"; done; exit 11')
        done = self.boot()
        self.assertEqual(done.returncode, 5)
        words = done.stdout.splitlines()
        for name, value in (
            ("-cpu", "host,hv-passthrough"),
            ("-smp", "2"),
            ("-append", "tests=a,b*  start=1"),
        ):
            self.assertEqual(words[words.index(f"[{name}]") + 1], f"[{value}]")

    def test_flag_that_kvm_refuses(self) -> None:
        self.add_program("qemu-system-x86_64", "echo 'hv-evmcs is not supported' >&2; exit 1")
        self.assert_refused(self.boot(), "hv-evmcs is not supported")


class OpenvmmTest(LocalTestCase):
    """With a program in OpenVMM's place that shows its command line and writes to its COM1."""

    target = "openvmm"

    def setUp(self) -> None:
        super().setUp()
        self.told = self.directory / "told"
        self.add_program(
            "make-disk.sh", f'echo "$@" >{self.told}; cp "$3" {self.told}.cfg; : >"$2"'
        )
        firmware = self.write("MSVM.fd", "")
        self.environment |= {
            "OPENVMM": str(self.tools / "fake-openvmm"),
            "OPENVMM_UEFI_FIRMWARE": str(firmware),
            "HVKIT_MAKE_DISK": str(self.tools / "make-disk.sh"),
            "HVKIT_TARGET_FLAGS": "",
        }
        self.add_openvmm("exit 0")

    def add_openvmm(self, code: str) -> None:
        self.add_program(
            "fake-openvmm",
            f'for word; do echo "[$word]" >>{self.told}.words; done\n'
            'for word; do case $word in file=*) port=${word#file=};; esac; done\n' + code,
        )

    def words(self) -> list[str]:
        return (self.directory / "told.words").read_text().splitlines()

    def test_command_line(self) -> None:
        done = self.boot(HVKIT_TARGET_FLAGS="hypervisor=mshv")
        self.assertEqual(done.returncode, 0, done.stderr)
        words = self.words()
        self.assertEqual(words[:4], ["[--processors]", "[2]", "[--memory]", "[256M]"])
        self.assertIn(f"[{self.directory}/MSVM.fd]", words)
        for name, value in (
            ("guest-shutdown-action", "exit:0"),
            ("guest-reset-action", "exit:126"),
            ("guest-crash-action", "exit:126"),
        ):
            self.assertEqual(words[words.index(f"[--{name}]") + 1], f"[{value}]")
        self.assertRegex(words[words.index("[--com1]") + 1], r"^\[file=/.*/serial\]$")
        self.assertRegex(
            words[words.index("[--disk]") + 1], r"^\[memdiff:file:/.*/disk\.img,on=scsi0\]$"
        )
        self.assertEqual(words[-1], "[--hypervisor=mshv]")

    def test_disk_boots_the_image(self) -> None:
        self.boot()
        self.assertRegex(
            self.told.read_text(), r"^uefi \S+/disk\.img \S+/grub\.cfg \S+/guest\.elf\n$"
        )
        self.assertIn(
            "multiboot2 /boot/guest.elf 'tests=a,b*' 'start=1'\nboot\n",
            (self.directory / "told.cfg").read_text(),
        )

    def test_serial_port_is_stdout_and_nothing_else(self) -> None:
        self.add_openvmm('echo log; printf "a\\r\\nb" >"$port"')
        done = self.boot()
        # Text mode reads CR LF as LF.
        self.assertEqual((done.returncode, done.stdout), (0, "a\nb"))

    def test_terminal_for_its_console(self) -> None:
        # A read that ends within the time has found the end of the input.
        self.add_openvmm("[ -t 0 ] || exit 3; timeout 0.3 cat; [ $? -eq 124 ] || exit 4")
        self.assertEqual(self.boot().returncode, 0)

    def test_guest_that_crashes(self) -> None:
        self.add_openvmm('printf part >"$port"; exit 126')
        done = self.boot()
        self.assertEqual((done.returncode, done.stdout), (126, "part"))

    def test_failure_of_openvmm(self) -> None:
        self.add_openvmm("echo 'fatal error: failed to open /dev/kvm'; exit 1")
        self.assert_refused(self.boot(), "OpenVMM failed: fatal error: failed to open /dev/kvm; ")

    def test_time_limit(self) -> None:
        self.add_openvmm('echo begun >"$port"; exec sleep 60')
        done = self.boot(HVKIT_TIMEOUT="0.5")
        self.assertEqual((done.returncode, done.stdout), (124, "begun\n"))

    def test_what_is_missing(self) -> None:
        cases = {
            "no-such-openvmm": {"OPENVMM": "no-such-openvmm"},
            "OPENVMM_UEFI_FIRMWARE": {
                "OPENVMM_UEFI_FIRMWARE": "",
                "X86_64_OPENVMM_UEFI_FIRMWARE": "",
            },
            "/no/MSVM.fd": {"OPENVMM_UEFI_FIRMWARE": "/no/MSVM.fd"},
            "/no/make-disk": {"HVKIT_MAKE_DISK": "/no/make-disk"},
        }
        for words, environment in cases.items():
            with self.subTest(words=words):
                self.assert_refused(self.script("prepare", **environment), words)


if __name__ == "__main__":
    unittest.main()
