# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The targets whose hypervisor runs on an emulated processor, with a QEMU of a few lines of sh."""

from __future__ import annotations

import os
import shutil
import signal
import struct
import subprocess
import unittest
from pathlib import Path

from support import ROOT, ScriptTestCase

TARGETS = ROOT / "conformance" / "targets"

# What L0's QEMU does with its serial ports: $console is the file that the first one writes to.
QEMU = """\
for word; do case $word in file:*) console=${word#file:};; esac; done
"""


def kernel_with_pvh_entry() -> bytes:
    """A 32-bit ELF file with one segment, and the note that names its entry."""
    note = struct.pack("<3I4sI", 4, 4, 18, b"Xen\0", 0x100000)
    header = struct.pack(
        "<4sBBB9xHHIIIIIHHHHHH", b"\x7fELF", 1, 1, 1, 2, 3, 1, 0, 52, 0, 0, 52, 32, 2, 0, 0, 0
    )
    load = struct.pack("<8I", 1, 116, 0x100000, 0x100000, 4, 4, 7, 1)
    named = struct.pack("<8I", 4, 120, 0, 0, len(note), len(note), 4, 4)
    return header + load + named + b"code" + note


class NestedTestCase(ScriptTestCase):
    """run, with a prepared cache that has nothing in it."""

    def setUp(self) -> None:
        super().setUp()
        self.image = self.directory / "guest.elf"
        self.image.write_bytes(kernel_with_pvh_entry())
        self.cache = self.directory / "cache"
        self.environment = os.environ | {
            "PATH": f"{self.tools}:{os.environ['PATH']}",
            "HVKIT_CACHE": str(self.cache),
            "TMPDIR": str(self.directory),
        }
        self.environment.pop("HVKIT_TARGET_FLAGS", None)

    def make_cache(self, target: str) -> None:
        """What prepare would have made."""
        host = self.cache / target / "host"
        host.mkdir(parents=True)
        for name in ("base.cpio", "kernel", "xen"):
            (host / name).write_text(f"[{name}]")
        # Packs a directory into the texts of its files.
        busybox = self.cache / target / "packages" / "busybox-static" / "bin" / "busybox"
        busybox.parent.mkdir(parents=True)
        busybox.write_text('#!/bin/sh\ngrep -a "" $(find job -type f)\n')
        busybox.chmod(0o755)

    def run_target(
        self, target: str, qemu: str, smp: str = "2", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        self.add_program("qemu-system-x86_64", QEMU + qemu)
        return subprocess.run(
            [TARGETS / f"{target}.sh", "run", self.image, smp, "tests=a,b  start=1"],
            env=self.environment | environment,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=20,
        )


class KvmTest(NestedTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.make_cache("kvm")

    def end_l2(self, status: int, *messages: str) -> subprocess.CompletedProcess[str]:
        lines = [
            "boot noise",
            "hvkit-l2-begin",
            *messages,
            f"hvkit-l2-status {status}",
            "[ 1.2] reboot: Power down",
        ]
        text = "".join(f"{line}\\r\\n" for line in lines)
        return self.run_target("kvm", f"printf serial; printf '{text}' >$console; exit 0")

    def test_status_is_the_guests(self) -> None:
        for qemu, status in ((1, 0), (11, 5), (247, 123), (0, 126), (2, 126)):
            with self.subTest(qemu=qemu):
                done = self.end_l2(qemu)
                self.assertEqual((done.returncode, done.stdout), (status, "serial"))

    def test_emulator_of_the_guest_that_fails(self) -> None:
        done = self.end_l2(1, "qemu-system-x86_64: no such enlightenment")
        self.assertEqual(done.returncode, 125)
        self.assertIn("failed: qemu-system-x86_64: no such enlightenment; ", done.stderr)

    def test_triple_fault_shows_what_the_emulator_said(self) -> None:
        done = self.end_l2(0, "KVM: entry failed")
        self.assertEqual(done.returncode, 126)
        self.assertIn("KVM: entry failed", done.stderr)
        self.assertNotIn("boot noise", done.stderr)

    def test_hypervisor_that_dies_shows_its_console(self) -> None:
        done = self.run_target("kvm", "echo 'Kernel panic' >$console; kill -9 $$")
        self.assertEqual(done.returncode, 124)
        self.assertIn("L1: Kernel panic", done.stderr)

    def test_emulator_of_the_hypervisor_that_fails(self) -> None:
        done = self.run_target("kvm", "echo 'no memory' >&2; exit 1")
        self.assertEqual(done.returncode, 125)
        self.assertIn("hvkit: error: QEMU failed: no memory; ", done.stderr)

    def test_job_has_what_was_asked_for(self) -> None:
        qemu = 'while [ "$1" != -initrd ]; do shift; done; cat "$2"'
        done = self.run_target("kvm", qemu, HVKIT_TARGET_FLAGS="hv-time hv-synic")
        lines = done.stdout.splitlines()
        self.assertIn("job/smp:2", lines)
        self.assertIn("job/cmdline:tests=a,b  start=1", lines)
        self.assertIn("job/cpu:host,hv-time,hv-synic", lines)
        done = self.run_target("kvm", qemu, HVKIT_TARGET_FLAGS="all +vmx")
        cpu = next(line for line in done.stdout.splitlines() if line.startswith("job/cpu"))
        self.assertRegex(cpu, r"^job/cpu:host,hv-relaxed,.*,hv-emsr-bitmap,\+vmx$")

    def test_machine_that_counts_has_a_processor_for_each_of_the_guest(self) -> None:
        self.make_cache("xen")
        qemu = 'printf "[%s] " "$@"; exit 0'
        for target in ("kvm", "xen"):
            done = self.run_target(target, qemu, "5")
            self.assertNotIn("[-icount]", done.stdout)
            self.assertIn("[-smp] [2]", done.stdout)
            done = self.run_target(target, qemu, "5", HVKIT_ICOUNT="0")
            self.assertIn("[-icount] [shift=0,sleep=off] [-rtc] [base=2026-01-01,clock=vm]", done.stdout)
            self.assertIn("[-smp] [5]", done.stdout)

    def test_terminated_script_stops_the_emulator(self) -> None:
        # A signal that meets timeout right after its fork (coreutils 9.1) kills timeout alone.
        self.add_program("qemu-system-x86_64", "sleep 0.2; echo $$; exec sleep 60")
        command = [str(TARGETS / "kvm.sh"), "run", str(self.image), "2", ""]
        with subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as script:
            assert script.stdout is not None
            emulator = int(script.stdout.readline())
            script.send_signal(signal.SIGTERM)
            self.assertEqual(script.wait(5), 124)
        self.assert_gone(emulator)
        self.assertEqual(list(self.directory.glob("hvkit-*")), [])

    def test_time_limit(self) -> None:
        done = self.run_target("kvm", "echo begun; sleep 60", HVKIT_TIMEOUT="0.3")
        self.assertEqual((done.returncode, done.stdout), (124, "begun\n"))

    def test_other_suites_have_their_own_cache(self) -> None:
        done = self.run_target("kvm", "exit 1", HVKIT_KVM_SUITE="sid")
        self.assertEqual(done.returncode, 125)
        self.assertIn("the target kvm-sid is not prepared; run: ", done.stderr)


class XenTest(NestedTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.make_cache("xen")

    def test_status_is_that_of_the_machine(self) -> None:
        for qemu, status in ((1, 0), (11, 5), (247, 123)):
            with self.subTest(qemu=qemu):
                done = self.run_target("xen", f"printf serial; exit {qemu}")
                self.assertEqual((done.returncode, done.stdout), (status, "serial"))

    def test_guest_that_resets(self) -> None:
        done = self.run_target(
            "xen",
            r"printf 'hvkit-l2-begin\r\nDomain 1 has shut down\r\nhvkit-l2-status 0\r\n' >$console",
        )
        self.assertEqual(done.returncode, 126)
        self.assertIn("Domain 1 has shut down", done.stderr)

    def test_toolstack_that_refuses(self) -> None:
        done = self.run_target(
            "xen",
            r"printf '(XEN) noise\nhvkit-l2-begin\nxl: no viridian\nhvkit-l2-status 1\n' >$console",
        )
        self.assertEqual(done.returncode, 125)
        self.assertIn("failed: xl: no viridian; ", done.stderr)

    def test_domain_is_what_was_asked_for(self) -> None:
        qemu = 'while [ "$1" != -initrd ]; do shift; done; cat "${2##*,}"'
        done = self.run_target("xen", qemu, HVKIT_TARGET_FLAGS="base freq")
        self.assertIn("job/domain.cfg:vcpus = 2\n", done.stdout)
        self.assertIn('job/domain.cfg:viridian = ["base","freq",]\n', done.stdout)
        self.assertIn("tests=a,b  start=1\0", done.stdout)
        self.assertIn('job/domain.cfg:tsc_mode = "native"\n', done.stdout)

    def test_image_that_xen_cannot_start(self) -> None:
        self.image.write_bytes(b"\x7fELF and more")
        done = self.run_target("xen", "exit 1")
        self.assertEqual((done.returncode, done.stdout), (125, ""))
        self.assertRegex(done.stderr, r"^hvkit: error: .*: Xen cannot start this image: .*; ")


class MshvTestCase(NestedTestCase):
    """A target on Linux as the sample's root."""

    TARGET: str

    def setUp(self) -> None:
        super().setUp()
        self.make_cache("linux-root")
        host = self.cache / self.TARGET
        host.mkdir()
        for name in ("base.cpio", "vmlinux-root"):
            (host / name).write_text(f"[{name}]")
        (self.directory / "images").mkdir()
        (self.directory / "images" / "hvkit-type1.elf").touch()
        self.environment["HVKIT_BUILD"] = str(self.directory)

    def end_l2(self, status: int, message: str) -> subprocess.CompletedProcess[str]:
        text = f"hvkit-l2-begin\\n{message}\\nhvkit-l2-status {status}\\n"
        return self.run_target(self.TARGET, f"printf serial; printf '{text}' >$console; exit 0")


class MshvVmmTest(MshvTestCase):
    TARGET = "mshv-vmm"

    def test_guest_gives_no_status(self) -> None:
        done = self.end_l2(0, "vmm| child guest ended: shutdown")
        self.assertEqual((done.returncode, done.stdout), (126, "serial"))

    def test_machine_that_cannot_be_run(self) -> None:
        done = self.end_l2(1, "hvkit-vmm: error: /dev/mshv: none")
        self.assertEqual(done.returncode, 125)
        self.assertIn("hvkit-vmm failed: hvkit-vmm: error: /dev/mshv: none; ", done.stderr)

    def test_job_has_what_was_asked_for(self) -> None:
        done = self.run_target("mshv-vmm", "cat initrd linux; echo $*", smp="3", HVKIT_MSHV_LPS="4")
        self.assertIn("[base.cpio]", done.stdout)
        self.assertIn("[vmlinux-root]", done.stdout)
        self.assertIn("command-line: 'tests=a,b  start=1'", done.stdout)
        self.assertIn("vps: 3", done.stdout)
        self.assertIn("-smp 4 ", done.stdout)
        self.assertIn("hvkit.script=job,initrd", done.stdout)

    def test_target_that_is_not_prepared(self) -> None:
        (self.cache / "mshv-vmm" / "base.cpio").unlink()
        done = self.run_target("mshv-vmm", "exit 0")
        self.assertEqual(done.returncode, 125)
        self.assertIn("the target mshv-vmm is not prepared", done.stderr)


class KvmVmmTest(NestedTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.make_cache("kvm")
        (self.cache / "kvm" / "host").rename(self.cache / "kvm-vmm")
        program = self.directory / "sdk" / "samples" / "vmm" / "hvkit-vmm"
        program.parent.mkdir(parents=True)
        program.write_text("[hvkit-vmm]")
        program.chmod(0o755)
        self.environment["HVKIT_BUILD"] = str(self.directory)

    def end_l2(self, status: int, message: str) -> subprocess.CompletedProcess[str]:
        text = f"hvkit-l2-begin\\n{message}\\nhvkit-l2-status {status}\\n"
        return self.run_target("kvm-vmm", f"printf serial; printf '{text}' >$console; exit 0")

    def test_guest_gives_no_status(self) -> None:
        done = self.end_l2(0, "vmm| child guest ended: shutdown")
        self.assertEqual((done.returncode, done.stdout), (126, "serial"))

    def test_machine_that_cannot_be_run(self) -> None:
        done = self.end_l2(1, "hvkit-vmm: error: /dev/kvm: none")
        self.assertEqual(done.returncode, 125)
        self.assertIn("hvkit-vmm failed: hvkit-vmm: error: /dev/kvm: none; ", done.stderr)

    def test_job_has_what_was_asked_for(self) -> None:
        qemu = 'echo $*; while [ "$1" != -initrd ]; do shift; done; cat "$2"'
        done = self.run_target("kvm-vmm", qemu, smp="3")
        self.assertIn("[hvkit-vmm]", done.stdout)
        self.assertIn("command-line: 'tests=a,b  start=1'", done.stdout)
        self.assertIn("vps: 3", done.stdout)
        self.assertIn("-smp 2 ", done.stdout)
        self.assertIn("tsc=reliable", done.stdout)

    def test_program_that_is_not_built(self) -> None:
        (self.directory / "sdk" / "samples" / "vmm" / "hvkit-vmm").unlink()
        done = self.run_target("kvm-vmm", "exit 0")
        self.assertEqual(done.returncode, 125)
        self.assertIn("hvkit-vmm is missing; build it", done.stderr)

    def test_target_that_is_not_prepared(self) -> None:
        (self.cache / "kvm-vmm" / "base.cpio").unlink()
        done = self.run_target("kvm-vmm", "exit 0")
        self.assertEqual(done.returncode, 125)
        self.assertIn("the target kvm-vmm is not prepared", done.stderr)


class MshvQemuTest(MshvTestCase):
    TARGET = "mshv-qemu"

    def test_status_is_the_guests(self) -> None:
        for qemu, status in ((1, 0), (11, 5), (0, 126)):
            with self.subTest(qemu=qemu):
                done = self.end_l2(qemu, "")
                self.assertEqual((done.returncode, done.stdout), (status, "serial"))

    def test_accelerator_that_fails(self) -> None:
        done = self.end_l2(1, "qemu-system-x86_64: failed to open /dev/mshv")
        self.assertEqual(done.returncode, 125)
        self.assertIn("failed: qemu-system-x86_64: failed to open /dev/mshv; ", done.stderr)

    def test_guest_that_ends_itself_in_spite_of_what_the_emulator_said(self) -> None:
        said = "Unimplemented handler for LIDT"
        for qemu, status in ((1, 0), (0, 126)):
            with self.subTest(qemu=qemu):
                done = self.end_l2(qemu, f"{said}\\nhvkit-l2-ended")
                self.assertEqual(done.returncode, status)
                self.assertEqual(f"[L2] {said}\n" in done.stderr, status == 126)

    def test_emulator_that_aborts(self) -> None:
        done = self.end_l2(134, "qemu-system-x86_64: Failed to run on vcpu 0\\nAborted")
        self.assertEqual(done.returncode, 126)
        self.assertIn("Failed to run on vcpu 0\nAborted\n", done.stderr)

    def test_job_has_what_was_asked_for(self) -> None:
        # The job packs texts of its files.
        done = self.run_target("mshv-qemu", "cat initrd linux; echo $*", smp="3", HVKIT_MSHV_LPS="4")
        self.assertIn("[base.cpio]", done.stdout)
        self.assertIn("[vmlinux-root]", done.stdout)
        self.assertIn("job/cmdline:tests=a,b  start=1\n", done.stdout)
        self.assertIn("-smp 4 ", done.stdout)
        self.assertIn("hvkit.script=job,initrd", done.stdout)

    def test_script_of_the_root(self) -> None:
        busybox = self.cache / "linux-root" / "packages" / "busybox-static" / "bin" / "busybox"
        busybox.write_text("#!/bin/sh\ncat scripts/job\n")
        done = self.run_target("mshv-qemu", "cat initrd", smp="3")
        self.assertIn("\nset -- 3 -cpu host -m 256 ", done.stdout)
        self.assertIn("\nconsole=/dev/ttyS1\nrun_qemu \"$@\"\nstatus=$?\n! is_ending || echo ", done.stdout)
        self.assertIn("'\\nhvkit-l2-status %d\\n' \"$status\"\n", done.stdout)


class PrepareTest(ScriptTestCase):
    """prepare, with an apt of a few lines of sh."""

    def prepare(self, target: str, **environment: str) -> subprocess.CompletedProcess[str]:
        self.add_program("qemu-system-x86_64", "echo QEMU 0.0")
        self.add_program("dpkg-deb", "exit 1")
        return subprocess.run(
            [TARGETS / f"{target}.sh", "prepare"],
            env=os.environ
            | {"PATH": f"{self.tools}:{os.environ['PATH']}", "HVKIT_CACHE": str(self.directory)}
            | environment,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
            timeout=20,
        )

    def add_archive(self, get: str) -> None:
        """An archive with all metapackages, where apt-get does this with its last words."""
        self.add_program(
            "apt-cache",
            'for word; do last=$word; done\ncase "$*" in\n'
            '*depends*linux-image-amd64) echo "  Depends: linux-image-1-amd64" ;;\n'
            '*depends*xen-system-amd64) echo "  Depends: xen-hypervisor-1-amd64" ;;\n'
            "*) echo Package: $last ;;\nesac",
        )
        self.add_program("apt-get", get)

    def partial_files(self) -> list[Path]:
        return [path for path in self.directory.glob("*/packages/*") if path.is_dir()]

    def test_no_network(self) -> None:
        self.add_archive("echo 'E: Could not resolve deb.debian.org' >&2; exit 100")
        for target in ("kvm", "xen"):
            with self.subTest(target=target):
                done = self.prepare(target)
                self.assertEqual((done.returncode, done.stdout), (125, ""))
                self.assertIn("E: Could not resolve", done.stderr)
                self.assertIn("hvkit: error: cannot download busybox-static ", done.stderr)
                self.assertIn("; check the network", done.stderr)
        self.assertEqual(self.partial_files(), [])

    def test_no_network_for_another_suite(self) -> None:
        self.add_archive("exit 100")
        self.add_program("apt-cache", "exit 0")
        done = self.prepare("kvm", HVKIT_KVM_SUITE="trixie")
        self.assertEqual(done.returncode, 125)
        self.assertIn("cannot fetch the package lists of trixie; check the network", done.stderr)

    def test_damaged_package(self) -> None:
        self.add_archive("touch busybox-static_1_amd64.deb")
        done = self.prepare("kvm")
        self.assertEqual(done.returncode, 125)
        self.assertIn("the package busybox-static is damaged", done.stderr)
        self.assertEqual(self.partial_files(), [])

    def test_archive_without_the_package(self) -> None:
        self.add_archive("exit 0")
        self.add_program("apt-cache", "echo Package: other")
        done = self.prepare("xen")
        self.assertEqual(done.returncode, 125)
        self.assertIn("xen-system-amd64 is not in the archive", done.stderr)

    def test_system_that_is_not_debian(self) -> None:
        for tool in ("sh", "dirname"):
            (self.tools / tool).symlink_to(shutil.which(tool) or tool)
        done = self.prepare("kvm", PATH=str(self.tools))
        self.assertEqual(done.returncode, 125)
        self.assertIn("this target is made of Debian packages; ", done.stderr)


if __name__ == "__main__":
    unittest.main()
