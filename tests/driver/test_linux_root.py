# SPDX-License-Identifier: BSD-2-Clause-Patent
"""./hvkit run --root linux and linux-qemu, with a few lines of sh in the place of QEMU, of apt and of the kernel's build."""

from __future__ import annotations

import os
import subprocess
import unittest
from pathlib import Path

from support import ROOT, CommandTestCase, ScriptTestCase
from test_linux import read_archive

SAMPLE = ROOT / "sdk" / "samples" / "linux-root"
GOOD = "echo 'check root ok'; echo 'checks: 9 of 9 ok'; echo 'reboot: Power down'"

# The build of a kernel: what olddefconfig makes of the configuration is $CONFIG, if that is there.
MAKE = r"""
for word; do case $word in O=*) tree=${word#O=};; esac; done
case $* in
*tinyconfig*) : >"$tree/.config";;
*olddefconfig*) [ -z "${CONFIG:-}" ] || cp "$CONFIG" "$tree/.config";;
*vmlinux*) [ -z "${BROKEN:-}" ] || { echo 'error: broken'; exit 1; }
    echo kernel >"$tree/vmlinux"; mkdir -p "$tree/usr/include";;
esac
"""


class LinuxRootTestCase(CommandTestCase, ScriptTestCase):
    def setUp(self) -> None:
        super().setUp()
        (self.directory / "images").mkdir()
        for image in ("hvkit-type1.elf", "hvkit-conformance.elf", "guest_selftest.elf"):
            (self.directory / "images" / image).touch()
        self.cache = self.directory / "cache"
        self.told = self.directory / "told"
        self.told.touch()
        self.add_program(
            "apt-cache",
            "case $* in *depends*linux-source*) echo '  Depends: linux-source-1';;"
            " *depends*) echo '  Depends: linux-image-1';; *) echo known;; esac",
        )
        self.add_program(
            "apt-get",
            f"case $* in *download*linux-source-*) echo fetched >>{self.told};; esac;"
            " case $* in *download*) for word; do case $word in linux-source-*|linux-image-*|busybox-*)"
            " : >${word}_1_amd64.deb;; esac; done;; esac",
        )
        self.add_program(
            "dpkg-deb",
            'mkdir -p "$3/usr/src" "$3/bin" "$3/boot"; : >"$3/usr/src/linux-source-1.tar.xz";'
            ' echo box >"$3/bin/busybox"; echo image >"$3/boot/vmlinuz-1"',
        )
        self.add_program("tar", "exit 0")
        self.add_program("make", MAKE + f'echo "$*" | grep -o vmlinux >>{self.told} || :')
        self.add_program("strip", 'cp "$3" "$2"')
        self.add_program("gcc", 'while [ "$1" != -o ]; do shift; done; echo vmm >"$2"')
        for name in ("bison", "flex", "bc", "xz"):
            self.add_program(name, "exit 0")

    def run_command(self, *command: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            list(map(str, command)),
            env=os.environ
            | {
                "PATH": f"{self.tools}:{os.environ['PATH']}",
                "HVKIT_CACHE": str(self.cache),
                "TMPDIR": str(self.directory),
                "HVKIT_BUILD": str(self.directory),
            }
            | more,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
            timeout=60,
        )


@unittest.skipUnless(
    Path("/usr/share/keyrings/debian-archive-keyring.gpg").exists(), "this is no Debian"
)
class RunTest(LinuxRootTestCase):
    def batch(self, qemu: str, *more: str) -> subprocess.CompletedProcess[str]:
        self.add_program("qemu-system-x86_64", qemu)
        return self.run_command(
            *self.command("run", "--root", "linux", "--batch", "--build-dir", self.directory, *more)
        )

    def test_computer(self) -> None:
        done = self.batch(f'for word; do echo "[$word]"; done; cat linux initrd | head -c 6; {GOOD}', "--smp", "3")
        words = done.stdout.splitlines()
        self.assertEqual(
            words[words.index("[-initrd]") + 1], "[linux console=ttyS0 panic=-1 hvkit.script=root,initrd]"
        )
        self.assertEqual(words[words.index("[-smp]") + 1], "[3]")
        self.assertEqual(words[words.index("[-m]") + 1], "[512M]")
        self.assertIn("kernel", done.stdout)

    def test_disk_has_the_numbers_of_its_sectors(self) -> None:
        done = self.batch(f"tail -c 512 disk; head -n 1 disk; {GOOD}")
        self.assertEqual([line.strip() for line in done.stdout.splitlines()[:2]], ["2047", "0"])

    def test_ends(self) -> None:
        for qemu, status, words in (
            (GOOD, 0, "found all that it needs"),
            (f"echo '[ 1.0] WARNING: CPU: 0'; {GOOD}", 1, "Linux complains: [ 1.0] WARNING"),
            (f"echo 'check mshv FAILED: none'; {GOOD}", 1, "Linux complains: check mshv FAILED"),
            ("echo 'reboot: Power down'", 1, "did not come to their end"),
            ("echo 'checks: 8 of 9 ok'; echo 'reboot: Power down'", 1, "did not come to their end"),
            ("echo 'checks: 9 of 9 ok'", 1, "did not power off"),
            (f"{GOOD}; exit 7", 3, "the hypervisor stopped"),
        ):
            with self.subTest(qemu=qemu):
                done = self.batch(qemu)
                self.assertEqual(done.returncode, status)
                self.assertIn(words, done.stderr)

    def test_time_limit(self) -> None:
        done = self.batch(f"{GOOD}; exec sleep 60", "--timeout", "5")
        self.assertEqual(done.returncode, 124)

    def test_long_checks(self) -> None:
        done = self.batch(f'echo "$*"; {GOOD}', "--long")
        self.assertIn(" hvkit.script=root hvkit.long=1,initrd", done.stdout)
        done = self.run_command(*self.command("run", "--long", "--batch", "--build-dir", self.directory))
        self.assert_refused(done, "those of Linux as the root")

    def test_what_linux_does_not_take(self) -> None:
        description = self.write("machines.yaml", "")
        self.assert_refused(self.batch(GOOD, str(description)), "runs no machine description")


@unittest.skipUnless(
    Path("/usr/share/keyrings/debian-archive-keyring.gpg").exists(), "this is no Debian"
)
class GetTest(LinuxRootTestCase):
    """get.sh."""

    def get(self, **more: str) -> subprocess.CompletedProcess[str]:
        return self.run_command(SAMPLE / "get.sh", self.directory / "out", **more)

    def test_kernel_is_built_once(self) -> None:
        done = self.get()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((self.directory / "out" / "vmlinux-root").read_text(), "kernel\n")
        files = read_archive((self.directory / "out" / "initrd-root.img").read_bytes())
        self.assertEqual(files["bin/hvkit-vmm"][1], b"vmm\n")
        self.assertEqual(files["bin/hvkit-mshv-check"][1], b"vmm\n")
        self.assertEqual(files["machines/vmlinuz-debian-12"][1], b"image\n")
        self.assertIn("machines/hvkit-conformance.elf", files)
        machines = (SAMPLE.parent / "vmm" / "machines.yaml").read_bytes()
        self.assertEqual(files["machines/machines.yaml"][1], machines)
        self.assertEqual(files["bin/busybox"][1], b"box\n")
        self.assertEqual(self.get().returncode, 0)
        self.assertEqual(self.told.read_text(), "fetched\nvmlinux\n")
        # The sources of the kernel take more than anybody wants to keep.
        self.assertEqual(list((self.cache / "linux-root").glob("source*")), [])

    def test_option_that_linux_does_not_take(self) -> None:
        config = SAMPLE / "kernel.config"
        for before, after in (
            ("CONFIG_MSHV_ROOT=y\n", ""),
            ("# CONFIG_MODULES is not set\n", "CONFIG_MODULES=y\n"),
        ):
            with self.subTest(before=before):
                text = config.read_text()
                self.assertIn(before, text)
                made = self.write("config", text.replace(before, after))
                done = self.get(CONFIG=str(made))
                self.assertEqual(done.returncode, 125)
                self.assertIn(f"does not take the line '{before.strip()}'", done.stderr)

    def test_build_that_fails(self) -> None:
        done = self.get(BROKEN="1")
        self.assertEqual(done.returncode, 125)
        self.assertIn("error: broken", done.stderr)
        self.assertIn("cannot build the kernel; the whole log is", done.stderr)


# What dpkg-deb unpacks: a busybox whose cpio lists names, a loader that names a library, drivers, firmware.
PACKAGES = r"""
tree=$3
put() { mkdir -p "$(dirname "$tree/$1")"; echo "$2" >"$tree/$1"; chmod 755 "$tree/$1"; }
case $2 in
*/busybox-static_*) put bin/busybox '#!/bin/sh
find . -type f | sort | sed "s/.*/[&]/"';;
*/linux-source-*) put usr/src/linux-source-1.tar.xz source;;
*/linux-image-*) put boot/vmlinuz-1 image
    for name in ${DRIVERS-drivers/block/virtio_blk drivers/net/virtio_net}; do
        put "lib/modules/1/kernel/$name.ko" driver
    done;;
*/qemu-system-x86_*) put usr/bin/qemu-system-x86_64 emulator
    put lib64/ld-linux-x86-64.so.2 '#!/bin/sh
echo "libx.so.1 => ${2%%/lib/*}/usr/lib/libx.so.1 (0x1)"';;
*/qemu-system-data_*) for name in linuxboot_dma multiboot_dma kvmvapic pvh; do put "usr/share/qemu/$name.bin" rom; done;;
*/seabios_*) put "usr/share/seabios/${BIOS-bios-256k.bin}" rom;;
*/libx1_*) put usr/lib/libx.so.1 library;;
esac
"""


@unittest.skipUnless(
    Path("/usr/share/keyrings/debian-archive-keyring.gpg").exists(), "this is no Debian"
)
class QemuTest(LinuxRootTestCase):
    """get.sh of linux-qemu, and what is run of it."""

    def setUp(self) -> None:
        super().setUp()
        self.add_program(
            "apt-cache",
            "case $* in *depends*linux-source*) echo '  Depends: linux-source-1';;"
            " *depends*qemu-*) echo qemu-system-data; echo libx1;;"
            " *depends*) echo '  Depends: linux-image-1';; *) echo known;; esac",
        )
        self.add_program(
            "apt-get",
            "case $* in *download*) downloading=; for word; do"
            ' [ -z "$downloading" ] || { : >"${word}_1_amd64.deb"; '
            f"echo $word >>{self.told}; }}; [ $word != download ] || downloading=1; done;; esac",
        )
        self.add_program("dpkg-deb", PACKAGES)
        self.add_program("tar", "case $1 in -xJf) ;; *) exec /usr/bin/tar \"$@\";; esac")

    def get(self, **more: str) -> subprocess.CompletedProcess[str]:
        get = SAMPLE.parent / "linux-qemu" / "get.sh"
        return self.run_command(get, self.directory / "out", **more)

    def test_qemu_is_added_to_the_ram_disk_of_the_root(self) -> None:
        done = self.get()
        self.assertEqual(done.returncode, 0, done.stderr)
        root = (self.directory / "out" / "initrd-root.img").read_bytes()
        made = (self.directory / "out" / "initrd-qemu.img").read_bytes()
        self.assertEqual(made[: len(root)], root)
        self.assertEqual(
            made[len(root) :].decode().split(),
            [
                "[./bin/qemu-system-x86_64]",
                *(
                    f"[./firmware/{name}.bin]"
                    for name in ("bios-256k", "kvmvapic", "linuxboot_dma", "multiboot_dma", "pvh")
                ),
                "[./lib64/ld-linux-x86-64.so.2]",
                "[./qemu/drivers.cpio]",
                "[./usr/lib/libx.so.1]",
                "[./qemu/selftest.elf]",
            ],
        )
        fetched = self.told.read_text()
        self.assertIn("qemu-system-x86\n", fetched)
        self.assertEqual(self.get().returncode, 0)
        self.assertEqual(self.told.read_text(), fetched)

    def test_package_without_firmware(self) -> None:
        done = self.get(BIOS="other.bin")
        self.assertEqual(done.returncode, 125)
        self.assertIn("firmware seabios/bios-256k.bin is missing; remove ", done.stderr)

    def test_kernel_without_drivers(self) -> None:
        done = self.get(DRIVERS="drivers/other")
        self.assertEqual(done.returncode, 125)
        self.assertIn("has no virtio_net; remove ", done.stderr)

    def test_computer(self) -> None:
        self.add_program("qemu-system-x86_64", f'echo "$*"; {GOOD}')
        done = self.run_command(
            *self.command("run", "--root", "linux-qemu", "--batch", "--build-dir", self.directory)
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("-initrd linux console=ttyS0 panic=-1 hvkit.script=qemu,initrd", done.stdout)
        self.assertIn(" -m 1024M ", done.stdout)
        self.assertIn("QEMU has run its guests", done.stderr)


if __name__ == "__main__":
    unittest.main()
