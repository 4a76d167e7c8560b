# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The files of a report: what they hold, and that what a guest wrote cannot break them."""

from __future__ import annotations

import json
import re
import unittest
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from unittest import mock
from xml.etree import ElementTree

import runs
from support import ROOT, DriverTestCase

from driver import report, version
from driver.errors import DriverError
from driver.report import document, files, html, junit, page, schema, tap
from driver.report.index import Index
from driver.report.schema import SchemaError
from driver.report.signs import State, combined
from driver.verdict import Outcome

try:
    import jsonschema
except ImportError:
    jsonschema = None

VOID = {"meta", "col", "input", "rect", "br"}


def small() -> report.Run:
    """A run with each outcome once, and an observed gap."""
    verdicts = [
        runs.verdict("discovery/passes", values={"leaf": runs.HOSTILE}),
        runs.verdict("discovery/fails", Outcome.FAIL, ["CPUID-002"], f"wrong {runs.HOSTILE}"),
        runs.verdict("discovery/skips", Outcome.SKIP, ["CPUID-003"], "needs # two\nthings"),
        runs.verdict("discovery/deviates", Outcome.XFAIL, ["CPUID-001", "CPUID-005"], "known"),
        runs.verdict("synic/surprises", Outcome.XPASS, ["SYNIC-001"], "passes, although"),
        runs.verdict("hypercall-abi/observes", Outcome.PASS, ["GAP-103"], values={"bits": "0x10"}),
    ]
    return runs.run(
        runs.result("one", verdicts, vendor=runs.HOSTILE),
        runs.result("two", [runs.verdict("discovery/passes", values={"leaf": "7"})]),
    )


class SchemaTest(unittest.TestCase):
    def document(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(json.dumps(document.of(small())))
        return content

    def test_document_passes(self) -> None:
        schema.check(self.document())

    @unittest.skipIf(jsonschema is None, "python3-jsonschema is not installed")
    def test_schema_is_one_that_others_understand(self) -> None:
        checker = jsonschema.Draft202012Validator
        checker.check_schema(schema.load())
        checker(schema.load()).validate(self.document())

    def test_each_breach_is_found_at_its_place(self) -> None:
        def change(path: str, value: Any) -> dict[str, Any]:
            content: Any = self.document()
            *way, last = [int(key) if key.isdecimal() else key for key in path.split("/")]
            owner = content
            for key in way:
                owner = owner[key]
            owner[last] = value
            return content

        test = "targets/0/tests/0"
        place = "targets[0].tests[0]"
        cases = [
            ("schema", "2", "schema: is '2', not 2"),
            ("kernel", "xyz", "kernel: "),
            ("invocations", [], "invocations: has fewer than 1"),
            ("targets/0/smp", True, "targets[0].smp: True is no integer"),
            ("targets/0/smp", -1, "targets[0].smp: -1 is less than 0"),
            ("targets/0/facts/a\0", "x", "targets[0].facts.'a\\x00': "),
            (f"{test}/outcome", "fine", f"{place}.outcome: 'fine' is none of pass"),
            (f"{test}/seconds", 1e9, f"{place}.seconds: 1000000000.0 is more"),
            (f"{test}/name", "x/y\n", f"{place}.name: 'x/y\\n' has characters"),
            (f"{test}/name", "<b>", f"{place}.name: '<b>' has characters"),
            (f"{test}/log", ["\ud800"], f"{place}.log[0]: "),
            (f"{test}/values", [], f"{place}.values: [] is no object"),
            (f"{test}/extra", 1, f"{place}: unknown key 'extra'"),
            (f"{test}/expectation", 3, f"{place}.expectation: 3 is no object or null"),
            (f"{test}/why", "x" * 100_001, f"{place}.why: is longer"),
            ("requirements/3/gated_by", 7, "requirements[3].gated_by: 7 is no null"),
        ]
        for path, value, words in cases:
            with self.subTest(path=path, value=str(value)[:40]):
                content = change(path, value)
                with self.assertRaises(SchemaError) as caught:
                    schema.check(content)
                self.assertTrue(str(caught.exception).startswith(words), str(caught.exception))
                if jsonschema is not None:
                    validator = jsonschema.Draft202012Validator(schema.load())
                    # Python's regular expressions take a line feed at the end for the end.
                    if value != "x/y\n":
                        self.assertFalse(validator.is_valid(content))

    def test_missing_member_is_named(self) -> None:
        content = self.document()
        del content["targets"][1]["tests"]
        with self.assertRaisesRegex(SchemaError, re.escape("targets[1]: has no 'tests'")):
            schema.check(content)

    def test_version_is_told_to_users(self) -> None:
        self.assertIn(f"version {document.SCHEMA}", schema.load()["title"])
        text = (ROOT / "docs" / "report.md").read_text(encoding="utf-8")
        self.assertIn(f"version {document.SCHEMA}", text)


class ReadingTest(DriverTestCase):
    def results(self, text: str) -> Path:
        return self.write("results.json", text)

    def good(self) -> str:
        return json.dumps(document.of(small()), indent=1)

    def assert_refused(self, text: str, line: int | None, *words: str) -> None:
        path = self.results(text)
        with self.assertRaises(DriverError) as caught:
            files.read(path)
        self.assert_error(caught.exception, path, line, *words)

    def test_what_is_read_is_what_was_written(self) -> None:
        run = small()
        self.results(json.dumps(files.clean(document.of(run))))
        again = files.read(self.directory)
        self.assertEqual(document.of(again), document.of(run))
        self.assertEqual(again.labels, ["one", "two"])

    def test_truncated_file_is_told_with_its_line(self) -> None:
        text = self.good()
        half = text[: len(text) // 2]
        with self.assertRaises(DriverError) as caught:
            files.read(self.results(half))
        self.assertEqual(caught.exception.file, self.directory / "results.json")
        self.assertIn(caught.exception.line, range(1, half.count("\n") + 2))
        self.assertIn("is not JSON", str(caught.exception))
        self.assert_refused('{"schema": 2,\n', 2, "column 1", "ends too early")
        self.assert_refused("", 1, "ends too early")

    def test_nonsense_is_refused(self) -> None:
        good = self.good()
        cases = [
            ('{"a": 1}}', 1, "column 9"),
            ("[]", None, "the document: [] is no object"),
            ('{"schema": 1}', None, "version 1", "reads version 2"),
            ('{"schema": 2, "schema": 2}', None, "the key 'schema' is there twice"),
            ("[" * 100_000, None, "nested too deeply"),
            (good.replace('"seconds": 0.25', '"seconds": NaN', 1), None, "NaN is no number"),
            (good.replace('"seconds": 0.25', '"seconds": 1e999', 1), None, "too large"),
            (good.replace('"smp": 2', '"smp": ' + "9" * 5000, 1), None, "is not JSON"),
        ]
        for text, line, *words in cases:
            with self.subTest(words=words):
                self.assert_refused(text, line, *words)

    def test_bytes_that_are_no_text_are_refused(self) -> None:
        path = self.directory / "results.json"
        path.write_bytes(b'{"schema":\n"\xff"}')
        with self.assertRaises(DriverError) as caught:
            files.read(path)
        self.assert_error(caught.exception, path, 2, "is not UTF-8")

    def test_file_that_is_too_large_is_refused(self) -> None:
        with mock.patch.object(files, "MAX_BYTES", 1 << 20):
            self.assert_refused(" " * (1 << 20) + "{}", None, "larger than 1 MiB")

    def test_names_must_be_there_once_and_mean_something(self) -> None:
        def changed(change: Any) -> str:
            content = document.of(small())
            change(content)
            return json.dumps(content)

        targets = "targets"
        cases = [
            (lambda c: c[targets].append(c[targets][0]), "targets: one 2 is there twice"),
            (
                lambda c: c[targets][0]["tests"].append(c[targets][0]["tests"][0]),
                "the tests of one: discovery/passes is there twice",
            ),
            (lambda c: c["requirements"].append(c["requirements"][0]), "CPUID-001 is there twice"),
            (
                lambda c: c[targets][0]["tests"][0].update(requirements=["ZZZ-999"]),
                "names ZZZ-999, which the file does not have",
            ),
            (lambda c: c[targets][0]["tests"][0].update(area="synic"), "is not of the area synic"),
        ]
        for change, words in cases:
            with self.subTest(words=words):
                self.assert_refused(changed(change), None, words)


class WritingTest(DriverTestCase):
    def test_all_formats_are_written(self) -> None:
        report.write(self.directory / "a" / "b", small())
        self.assertEqual(
            sorted(path.name for path in (self.directory / "a" / "b").iterdir()),
            ["index.html", "junit.xml", "results.json", "results.tap"],
        )

    def test_characters_that_xml_lacks_are_escaped(self) -> None:
        verdict = runs.verdict("discovery/x", Outcome.FAIL, reason="a\0b\x1b[31m\ud800\uffff")
        report.write(self.directory, runs.run(runs.result("one", [verdict])))
        [target] = json.loads((self.directory / "results.json").read_text())["targets"]
        self.assertEqual(target["tests"][0]["reason"], "a\\x00b\\x1b[31m\\xd800\\xffff")
        ElementTree.parse(self.directory / "junit.xml")

    def test_directory_that_cannot_be_written_is_an_error(self) -> None:
        blocked = self.write("file", "")
        with self.assertRaisesRegex(DriverError, "cannot write reports there"):
            report.write(blocked / "x", small())

    def test_version_is_known_in_this_tree(self) -> None:
        known = version.of_this_hvkit()
        self.assertRegex(known.version, r"^\d+\.\d+\.\d+$")
        self.assertNotEqual(known.commit, "")


class CoverageTest(unittest.TestCase):
    def test_gaps_are_counted_apart(self) -> None:
        coverage = small().coverage
        self.assertEqual(coverage["gaps"].whole.covered, 1)
        self.assertEqual(coverage["gaps"].areas["hypercall-abi"].covered, 1)
        self.assertEqual(coverage["guest"].whole.covered, 5)


class TapTest(unittest.TestCase):
    def test_lines(self) -> None:
        lines = tap.of(small()).splitlines()
        self.assertEqual(lines[:3], ["TAP version 13", "1..7", "ok 1 - one: discovery/passes"])
        self.assertIn("ok 3 - one: discovery/skips # SKIP needs # two things", lines)
        self.assertIn("not ok 4 - one: discovery/deviates # TODO known", lines)
        self.assertIn("not ok 5 - one: synic/surprises", lines)
        numbers = [int(n) for n in re.findall(r"(?m)^(?:not )?ok (\d+) - ", "\n".join(lines))]
        self.assertEqual(numbers, list(range(1, 8)))

    def test_failure_is_diagnosed(self) -> None:
        lines = tap.of(small()).splitlines()
        start = lines.index("not ok 2 - one: discovery/fails")
        block = lines[start + 1 : lines.index("  ...", start) + 1]
        self.assertEqual((block[0], block[-1]), ("  ---", "  ..."))
        message = block[1].removeprefix("  message: ")
        self.assertEqual(json.loads(message), f"wrong {runs.HOSTILE}")
        self.assertIn("# what discovery/fails did", "\n".join(block))


class JunitTest(unittest.TestCase):
    """The rules of the schema that Jenkins publishes, without the schema."""

    def setUp(self) -> None:
        self.root = ElementTree.fromstring(junit.of(small()))

    def test_attributes_and_order(self) -> None:
        allowed = {
            "testsuites": {"name", "tests", "failures", "errors", "skipped", "time"},
            "testsuite": {"name", "tests", "failures", "errors", "skipped", "time",
                          "timestamp", "hostname"},
            "properties": set(),
            "property": {"name", "value"},
            "testcase": {"name", "classname", "time"},
            "failure": {"message", "type"},
            "skipped": {"message"},
            "system-out": set(),
        }
        children = {
            "testsuites": ["testsuite"],
            "testsuite": ["properties", "testcase"],
            "properties": ["property"],
            "testcase": ["skipped", "failure", "system-out"],
        }
        for element in self.root.iter():
            self.assertLessEqual(set(element.attrib), allowed[element.tag])
            order = [children[element.tag].index(child.tag) for child in element]
            self.assertEqual(order, sorted(order), element.tag)
        for element in [self.root, *self.root.iter("testsuite"), *self.root.iter("testcase")]:
            self.assertGreaterEqual(float(element.attrib["time"]), 0)
            self.assertTrue(element.attrib["name"])

    def test_counts_are_those_of_the_cases(self) -> None:
        for element in [self.root, *self.root.iter("testsuite")]:
            cases = list(element.iter("testcase"))
            told = [element.get(key) for key in ("tests", "failures", "errors", "skipped")]
            seen = [
                len(cases),
                sum(case.find("failure") is not None for case in cases),
                0,
                sum(case.find("skipped") is not None for case in cases),
            ]
            self.assertEqual(told, [str(count) for count in seen])
        self.assertEqual([self.root.get("failures"), self.root.get("skipped")], ["2", "2"])

    def test_what_the_guest_wrote_is_text(self) -> None:
        failure = self.root.find(".//testcase[@name='fails']/failure")
        self.assertEqual(failure.get("message"), f"wrong {runs.HOSTILE}")
        self.assertIn("# what discovery/fails did", failure.text)
        output = self.root.find(".//testsuite[@name='one.discovery']/testcase/system-out")
        self.assertEqual(output.text, f"leaf={runs.HOSTILE}")


class _Checker(HTMLParser):
    """Notes elements and attributes; fails where tags do not match."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        for key, value in attrs:
            if key == "id":
                self.ids.append(value or "")
            if key == "href":
                self.links.append(value or "")
            if key in ("src", "srcset", "action", "data", "poster", "style"):
                self.addresses.append(f"{tag} {key}={value}")
            if key.startswith("on"):
                self.handlers.append(f"{tag} {key}={value}")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise AssertionError(f"</{tag}> at {self.getpos()} closes nothing")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def checked(content: str) -> _Checker:
    """The page, parsed."""
    checker = _Checker()
    checker.feed(content)
    checker.close()
    return checker


class PageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.content = page.of(small())
        cls.page = checked(cls.content)

    def test_tags_match_and_ids_are_unique(self) -> None:
        self.assertEqual(self.page.open, [])
        self.assertEqual([i for i, n in Counter(self.page.ids).items() if n > 1], [])

    def test_links_lead_to_rows_of_this_page_alone(self) -> None:
        self.assertEqual(self.page.addresses, [])
        for link in set(self.page.links):
            self.assertTrue(link.startswith("#"), link)
            self.assertIn(link[1:], self.page.ids)
        self.assertNotRegex(self.content, r"@import|url\(")

    def test_what_the_guest_wrote_stays_text(self) -> None:
        self.assertEqual(self.page.handlers, [])
        self.assertEqual(self.page.tags["img"], 0)
        self.assertEqual((self.page.tags["script"], self.page.tags["style"]), (1, 1))
        self.assertGreaterEqual("".join(self.page.text).count(runs.HOSTILE), 3)

    def test_policy_allows_the_script_of_the_page_alone(self) -> None:
        [policy] = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', self.content)
        self.assertIn("default-src 'none'", policy)
        self.assertNotIn("unsafe", policy)
        script = re.search(r"<script>(.*)</script>", self.content, re.DOTALL)
        self.assertIn(html._digest(script[1]), policy)

    def test_every_requirement_of_the_areas_shown_has_a_row(self) -> None:
        run = small()
        areas = {"discovery", "synic", "hypercall-abi"}
        for item in run.requirements.values():
            self.assertEqual(item.id in self.page.ids, item.area in areas, item.id)

    def row(self, identity: str) -> str:
        return re.search(rf'<tr id="{identity}".*', self.content)[0]

    def test_cell_shows_the_worst_of_its_tests(self) -> None:
        # CPUID-001 passes on both targets, and on the first another test of it deviates.
        row = self.row("CPUID-001")
        self.assertIn("<td class=d><b>≠</b><span> deviation 1/2</span></td>", row)
        self.assertTrue(row.endswith("<td class=p><b>✓</b><span> pass</span></td></tr>"), row)
        self.assertIn("<td class=f><b>✗</b>", self.row("CPUID-002"))
        self.assertIn("<td class=s><b>–</b>", self.row("CPUID-003"))
        self.assertIn("<td class=u><b>↑</b>", self.row("SYNIC-001"))
        self.assertEqual(self.row("CPUID-004").count("<td class=n>"), 2)

    def test_test_shows_why_reason_and_log(self) -> None:
        row = self.row("discovery/fails")
        for words in ("Why discovery/fails is there", "what discovery/fails did", "repetition:"):
            self.assertIn(words, row)
        self.assertIn('<a href="#CPUID-002">CPUID-002</a>', row)

    def test_gap_shows_values_beside_what_is_known(self) -> None:
        article = self.content.partition('<article id="GAP-103"')[2].partition("</article>")[0]
        self.assertIn("<code>0x10</code>", article)
        self.assertNotIn("class=p", article)
        known = next(gap for gap in small().gaps.values() if gap.known and gap.area == "discovery")
        article = self.content.partition(f'<article id="{known.id}"')[2].partition("</article>")[0]
        self.assertIn(f"<dt>{html.text(known.known[0].implementation)}</dt>", article)

    def test_page_of_a_flood_stays_small(self) -> None:
        verdicts = [
            runs.verdict(
                f"discovery/t{number}", Outcome.FAIL, reason="x" * 1000,
                values={f"k{key}": "v" * 1000 for key in range(200)},
            )
            for number in range(60)
        ]
        content = page.of(runs.run(runs.result("one", verdicts)))
        self.assertLess(len(content), 1_500_000)
        self.assertIn("results.json has it", content)

    def test_page_of_everything_is_below_two_megabytes(self) -> None:
        content = page.of(runs.whole(4))
        self.assertLess(len(content.encode()), 1_700_000)
        self.assertEqual(checked(content).open, [])


class SignsTest(unittest.TestCase):
    def test_worst_state_wins(self) -> None:
        order = [State(letter) for letter in "fudposn"]
        for number, state in enumerate(order):
            self.assertIs(combined(order[number:]), state)
        self.assertIs(combined([]), State.NONE)

    def test_targets_of_one_name_are_told_apart(self) -> None:
        tests = [runs.verdict("discovery/x")]
        run = runs.run(runs.result("kvm", tests, 1), runs.result("kvm", tests, 2))
        self.assertEqual(Index(run).labels, ["kvm (1 VP)", "kvm (2 VP)"])


if __name__ == "__main__":
    unittest.main()
