# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The command bench: what the kernel writes is read, and what was read becomes tables, JSON and pages."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import unittest
import unittest.mock
from pathlib import Path
from typing import Any

import jsonschema
from support import CommandTestCase, DriverTestCase, ScriptTestCase

from driver import targets
from driver.bench import boot, document, library, listing, page, plot, table
from driver.bench.listing import Count, ListingError
from driver.errors import DriverError
from driver.process import Stop
from driver.report import schema
from driver.version import Version

OUTPUT = """\
a boot loader's banner
# hvkit-bench 1 rows=3 vps=2
# row cpuid least=500 most=500 repetitions=16
a line of somebody else
# row flush-1 least=2000 most=2010 repetitions=16
# row flush-8 none there are not so many virtual processors
# end rows=3
"""
SLOWER = OUTPUT.replace("500", "2000").replace("none there are not so many", "none too few")


def content() -> dict[str, Any]:
    listings = {"sample": listing.parse(OUTPUT), "kvm": listing.parse(SLOWER)}
    return document.of(listings, {"cpuid": 63}, Version("0.1.0", "0123456789ab"))


class ListingTest(unittest.TestCase):
    def test_rows_are_counts_or_reasons(self) -> None:
        read = listing.parse(OUTPUT)
        self.assertEqual(read.vps, 2)
        self.assertEqual(
            read.rows,
            {
                "cpuid": Count(500, 500),
                "flush-1": Count(2000, 2010),
                "flush-8": "there are not so many virtual processors",
            },
        )

    def test_row_has_a_unit(self) -> None:
        memory = OUTPUT.replace("row cpuid", "row cpuid unit=bytes")
        memory = memory.replace("row flush-8", "row flush-8 unit=bytes")
        self.assertEqual(
            listing.parse(memory).units,
            {"cpuid": "bytes", "flush-1": "instructions", "flush-8": "bytes"},
        )
        self.assert_refused(OUTPUT.replace("row cpuid", "row cpuid unit=miles"), "after 2 of 3 rows")

    def assert_refused(self, output: str, words: str) -> None:
        with self.assertRaisesRegex(ListingError, words):
            listing.parse(output)

    def test_run_that_did_not_come_to_its_end_is_refused(self) -> None:
        self.assert_refused("", "did not begin")
        self.assert_refused(OUTPUT.replace("# end rows=3\n", ""), "after 3 of 3 rows")
        self.assert_refused(OUTPUT.replace("# row cpuid", "# rov cpuid"), "after 2 of 3 rows")
        self.assert_refused(OUTPUT.replace("# row flush-8", "# row cpuid"), "cpuid is there twice")
        self.assert_refused(OUTPUT.replace("hvkit-bench 1", "hvkit-bench 2"), "version 2, not 1")

    def test_second_boot_begins_again(self) -> None:
        self.assertEqual(len(listing.parse(OUTPUT + OUTPUT).rows), 3)

    def test_reason_is_printable(self) -> None:
        rows = listing.parse(OUTPUT.replace("there are", "\x1b[31m")).rows
        self.assertEqual(rows["flush-8"], "\\x1b[31m not so many virtual processors")


class DocumentTest(DriverTestCase):
    def test_each_target_has_its_number_or_none(self) -> None:
        rows = {row["name"]: row for row in content()["rows"]}
        self.assertEqual((rows["cpuid"]["sample"], rows["cpuid"]["kvm"]), (500, 2000))
        self.assertIsNone(rows["flush-8"]["sample"])

    def test_notes_say_what_is_missing_or_not_the_same(self) -> None:
        notes = [(note["target"], note["row"]) for note in content()["notes"]]
        self.assertEqual(
            notes,
            [("sample", "flush-1"), ("sample", "flush-8"), ("kvm", "flush-1"), ("kvm", "flush-8")],
        )

    def test_row_that_one_target_lacks_is_null_there(self) -> None:
        fewer = OUTPUT.replace("rows=3", "rows=2").replace(
            "# row cpuid least=500 most=500 repetitions=16\n", ""
        )
        listings = {"one": listing.parse(OUTPUT), "two": listing.parse(fewer)}
        rows = document.of(listings, {}, Version("0", "0"))["rows"]
        self.assertEqual(rows[0], {"name": "cpuid", "unit": "instructions", "one": 500, "two": None})

    def test_memory_is_in_bytes_wherever_it_stands(self) -> None:
        memory = listing.parse(OUTPUT.replace("row cpuid", "row cpuid unit=bytes"))
        made = document.of({"sample": memory}, {}, Version("0", "0"))
        document.write(self.directory, made)
        self.assertEqual([row["unit"] for row in made["rows"]][:2], ["bytes", "instructions"])
        self.assertIn("500 bytes |", "\n".join(table.of(made)))
        self.assertIn(">500 bytes</text>", plot.of(made))

    def test_file_keeps_to_the_schema(self) -> None:
        document.write(self.directory, content())
        written = json.loads((self.directory / document.NAME).read_text())
        rules = schema.load("driver.bench", document.SCHEMA_FILE)
        jsonschema.Draft202012Validator.check_schema(rules)
        jsonschema.Draft202012Validator(rules).validate(written)
        self.assertIn(f"version {document.SCHEMA}", rules["title"])

    def test_document_that_breaks_the_schema_is_not_written(self) -> None:
        broken = content()
        broken["rows"][0]["kvm"] = "many"
        with self.assertRaises(schema.SchemaError):
            document.write(self.directory, broken)
        self.assertEqual(list(self.directory.iterdir()), [])


class OutputTest(unittest.TestCase):
    def test_table_has_counts_and_ratios(self) -> None:
        lines = list(table.of(content()))
        self.assertEqual(lines[0], "| operation | sample |   kvm | sample / kvm |")
        self.assertEqual(lines[2], "| cpuid     |    500 | 2,000 |         0.25 |")
        self.assertEqual(lines[4], "| flush-8   |      – |     – |            – |")
        self.assertEqual(lines[-1], "| cpuid     |             63 |")
        self.assertEqual({len(line) for line in lines[:5]}, {len(lines[0])})

    def test_plot_has_a_bar_for_each_number(self) -> None:
        # Two of the legend.
        self.assertEqual(plot.of(content()).count("<rect"), 2 + 4)
        self.assertIn(">2,000</text>", plot.of(content()))

    def test_plot_of_nothing_is_still_a_picture(self) -> None:
        self.assertIn("</svg>", plot.of(document.of({}, {}, Version("0", "0"))))

    def test_page_holds_plot_tables_and_notes(self) -> None:
        text = page.of(content())
        for words in ("<svg", "<td>0.25</td>", "too few virtual processors", "lib/core alone"):
            self.assertIn(words, text)


class CommandTest(CommandTestCase):
    def setUp(self) -> None:
        super().setUp()
        (self.directory / "images").mkdir()
        (self.directory / "images" / "hvkit-bench.elf").write_bytes(b"\x7fELF")
        (self.directory / "output").write_text(OUTPUT)

    def bench(self, target: Path, *arguments: str | Path) -> Any:
        return self.hvkit(
            "bench", "--build-dir", self.directory, "--target", target, "--without-library",
            "--without-linux", *arguments,
        )  # fmt: skip

    def target(self, code: str, extra: str = "bench-smp: 3\n") -> Path:
        return self.write_target(code, extra)

    def test_report_and_table(self) -> None:
        report = self.directory / "report"
        done = self.bench(self.target(f"cat {self.directory}/output"), "--report", report)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("| cpuid     |   500 |", done.stdout)
        self.assertEqual(
            sorted(path.name for path in report.iterdir()), ["bench.json", "bench.svg", "index.html"]
        )

    def test_target_counts_instructions_with_its_own_processors(self) -> None:
        told = self.directory / "told"
        code = f'echo "$HVKIT_ICOUNT $3" >{told}; cat {self.directory}/output'
        self.bench(self.target(code))
        self.assertEqual(told.read_text(), "0 3\n")
        self.bench(self.target(code), "--smp", "5")
        self.assertEqual(told.read_text(), "0 5\n")

    def test_target_that_fails_is_an_error(self) -> None:
        self.assert_refused(self.bench(self.target("echo nothing")), "fake: the kernel did not begin")
        self.assert_refused(
            self.bench(self.target("echo 'hvkit: error: no machine; buy one' >&2; exit 125")),
            "no machine; buy one",
        )
        self.assert_refused(
            self.bench(self.target("sleep 60"), "--timeout", "0.5"), "no end within"
        )

    def test_terminated_command_stops_the_guests(self) -> None:
        target = self.target("echo $$ >$HVKIT_BUILD/guest; exec sleep 60")
        words = ("bench", "--build-dir", self.directory, "--target", target, "--without-library")
        words += ("--without-linux",)
        with subprocess.Popen(self.command(*words), stderr=subprocess.DEVNULL) as command:
            while not (self.directory / "guest").is_file() or not (
                self.directory / "guest"
            ).read_text():
                time.sleep(0.02)
            command.send_signal(signal.SIGTERM)
            self.assertEqual(command.wait(10), 130)
        with self.assertRaises(ProcessLookupError):
            os.kill(int((self.directory / "guest").read_text()), 0)

    def test_missing_image_is_an_error(self) -> None:
        (self.directory / "images" / "hvkit-bench.elf").unlink()
        self.assert_refused(self.bench(self.target("exit 0")), "hvkit-bench.elf")

    def test_number_of_processors_is_checked(self) -> None:
        self.assert_refused(self.bench(self.target("exit 0", "bench-smp: 256\n")), "bench-smp")


class BootTest(CommandTestCase):
    def measure(self, code: str, extra: str = "linux: self\n", timeout: float = 30) -> Any:
        target = targets.find(str(self.write_target(code, extra)))
        return boot.measure(target, self.directory, self.directory, timeout, Stop())

    def test_kernel_tells_how_long_it_took(self) -> None:
        line = "[   12.345678] hvkit: shell reached, 0.50 s of it idle"
        told = self.directory / "told"
        code = f'echo "$HVKIT_ICOUNT $HVKIT_INITRD $2 $3" >{told}; echo; echo "{line}"; sleep 60'
        self.assertEqual(self.measure(code), Count(12_345_678_000, 12_345_678_000))
        words = f"0 {self.directory}/initrd.img {self.directory}/vmlinuz-debian-12 1\n"
        self.assertEqual(told.read_text(), words)

    def test_boot_that_does_not_come_to_its_end_has_a_reason(self) -> None:
        self.assertEqual(
            self.measure("echo 'Kernel panic'"), "it ends before it has a shell: Kernel panic"
        )
        self.assertEqual(self.measure("sleep 60", timeout=0.5), "it takes too long")

    def test_target_that_boots_no_linux_is_not_asked(self) -> None:
        self.assertEqual(self.measure("exit 0", ""), "this target boots no Linux")

    def test_linux_that_is_not_there_is_a_reason(self) -> None:
        target = targets.find(str(self.write_target("exit 0", "linux: self\n")))
        self.assertEqual(
            boot.measure(target, "no network", self.directory, 30, Stop()), "no network"
        )

    def test_other_target_may_do_it(self) -> None:
        by = {name: targets.find(name).of_linux() for name in ("sample", "kvm-newer", "xen")}
        self.assertEqual(
            {name: target.name if target else None for name, target in by.items()},
            {"sample": "sample-child", "kvm-newer": "kvm-newer", "xen": None},
        )


class LibraryTest(ScriptTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.program = self.directory / library.PROGRAM
        self.program.parent.mkdir(parents=True)
        self.program.write_text('#!/bin/sh\n[ $# -gt 0 ] || printf "cpuid\\nflush-1\\n"\n')
        self.program.chmod(0o755)

    def measure(self, valgrind: str) -> dict[str, int]:
        self.add_program("valgrind", valgrind)
        with unittest.mock.patch.dict("os.environ", {"PATH": f"{self.tools}:/usr/bin:/bin"}):
            return library.measure(self.directory)

    def test_each_operation_is_counted(self) -> None:
        counts = self.measure('for last; do :; done; echo "==1== Collected : ${#last}" >&2')
        self.assertEqual(counts, {"cpuid": 5, "flush-1": 7})

    def test_operation_that_fails_is_an_error(self) -> None:
        for valgrind in ("exit 1", 'echo "Collected : 5" >&2; exit 1', "exit 0"):
            with self.assertRaisesRegex(DriverError, "does not do what it should"):
                self.measure(valgrind)

    def test_missing_program_is_an_error(self) -> None:
        self.program.unlink()
        with self.assertRaisesRegex(DriverError, "build hvkit with its tests"):
            self.measure("exit 0")


if __name__ == "__main__":
    unittest.main()
