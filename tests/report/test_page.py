# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The page of the report as a browser shows it: filters, links, sizes, colours, print."""

from __future__ import annotations

import json
import sys
import tempfile
import time
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

from browser import PROGRAM, Browser, Page

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "driver"))

import runs  # noqa: E402
from driver.report import compare, compare_page, page  # noqa: E402
from driver.report.index import Index  # noqa: E402
from driver.report.signs import State  # noqa: E402
from driver.verdict import Outcome  # noqa: E402

SKIPPED = 77
# A few areas, as the page of all takes some seconds to load.
RUN = runs.whole(4, {"discovery", "hypercall-abi", "synthetic-msrs"})
INDEX = Index(RUN)

VISIBLE = """[...document.querySelectorAll('[data-view=%s] tr[id], [data-view=%s] > article')]
    .filter(e => e.checkVisibility()).map(e => e.id)"""
# The contrast of each text that can be seen with what it stands on, by the formula of WCAG 2.
CONTRAST = """(() => {
  const parse = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = element => {
    for (let e = element; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const seen = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility()
        || ['SCRIPT', 'OPTION'].includes(element.tagName)) continue;
    const fore = getComputedStyle(element).color, back = ground(element);
    const [a, b] = [light(parse(fore)), light(back)].sort((x, y) => y - x);
    const key = fore + ' on ' + back.slice(0, 3).join();
    if (!seen.has(key)) seen.set(key, (a + 0.05) / (b + 0.05));
  }
  return [...seen];
})()"""


class BrowserTestCase(unittest.TestCase):
    browser: Browser
    directory: tempfile.TemporaryDirectory[str]

    @classmethod
    def setUpClass(cls) -> None:
        cls.directory = tempfile.TemporaryDirectory(prefix="hvkit-page-")
        cls.addClassCleanup(cls.directory.cleanup)
        cls.file = Path(cls.directory.name, "index.html")
        cls.file.write_text(page.of(RUN), encoding="utf-8")
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def setUp(self) -> None:
        self.page: Page = self.browser.page()
        self.addCleanup(self.page.close)
        self.page.window(1280, 900)
        self.page.media()

    def open(self, rest: str = "") -> None:
        """Opens the page; `rest` is what follows in its address."""
        self.page.open(self.file.as_uri() + rest)

    def visible(self, view: str = "requirements") -> list[str]:
        ids: list[str] = self.page.run(VISIBLE % (view, view))
        return ids

    def choose(self, name: str, value: str) -> None:
        """Picks an option, as a user does."""
        self.page.run(
            f"(() => {{ const e = document.forms.filters.elements[{json.dumps(name)}];"
            f"e.value = {json.dumps(value)};"
            "e.dispatchEvent(new Event('input', {bubbles: true})); })()"
        )

    def wait(self, condition: Callable[[], bool]) -> None:
        """Waits for what the page does a moment later."""
        deadline = time.monotonic() + 20
        while not condition() and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertTrue(condition())

    def search(self) -> str:
        text: str = self.page.run("decodeURIComponent(location.search)")
        return text

    def width(self) -> int:
        """How wide the page is, what cannot be seen without scrolling included."""
        pixels: int = self.page.run("document.documentElement.scrollWidth")
        return pixels


class FilterTest(BrowserTestCase):
    def expected(self, keep: Callable[[Any], bool]) -> list[str]:
        return [item.id for item in INDEX.requirements if keep(item)]

    def test_all_rows_show_without_a_filter(self) -> None:
        self.open()
        self.assertEqual(self.visible(), [item.id for item in INDEX.requirements])
        self.assertEqual(len(self.visible("tests")), len(INDEX.rows))
        self.assertEqual(len(self.visible("gaps")), len(INDEX.gaps))

    def test_area(self) -> None:
        self.open()
        self.choose("area", "synthetic-msrs")
        self.assertEqual(self.visible(), self.expected(lambda i: i.area == "synthetic-msrs"))
        self.assertTrue(all(n.startswith("synthetic-msrs/") for n in self.visible("tests")))
        self.assertGreater(len(self.visible("gaps")), 0)

    def test_level(self) -> None:
        self.open()
        self.choose("level", "should")
        self.assertEqual(self.visible(), self.expected(lambda i: i.level == "should"))
        told = self.page.run("document.getElementById('requirements-shown').textContent")
        self.assertEqual(told, f"Showing {len(self.visible())} of {len(INDEX.requirements)}.")

    def test_outcome(self) -> None:
        self.open()
        self.choose("outcome", "d")
        has = self.expected(lambda i: State.DEVIATION in INDEX.states(i.id))
        self.assertEqual(self.visible(), has)
        self.choose("on", "1")
        self.assertEqual(
            self.visible(), self.expected(lambda i: INDEX.states(i.id)[1] is State.DEVIATION)
        )
        self.assertLess(len(self.visible()), len(has))

    def test_failures_include_unexpected_passes(self) -> None:
        self.open()
        self.choose("outcome", "f")
        bad = {State.FAIL, State.UNEXPECTED}
        self.assertEqual(self.visible(), self.expected(lambda i: bad & {*INDEX.states(i.id)}))

    def test_differences(self) -> None:
        self.open()
        self.choose("outcome", "differ")
        self.assertEqual(self.visible(), self.expected(lambda i: len({*INDEX.states(i.id)}) > 1))

    def test_search_is_typed_and_reset(self) -> None:
        self.open()
        self.page.click("input[type=search]")
        self.page.type("Hypercall PAGE overlay")
        found = self.visible()
        self.assertIn("HC-011", found)
        self.assertLess(len(found), 50)
        self.page.click("button[type=reset]")
        self.wait(lambda: len(self.visible()) == len(INDEX.requirements))
        self.assertEqual(self.search(), "")

    def test_filters_stand_in_the_address(self) -> None:
        self.open()
        self.choose("area", "discovery")
        self.choose("level", "may")
        self.choose("q", "bit 1")
        seen = self.visible()
        self.assertGreater(len(seen), 1)
        self.assertEqual(self.search(), "?q=bit+1&area=discovery&level=may")
        self.open("?q=bit+1&area=discovery&level=may")
        self.assertEqual(self.visible(), seen)

    def test_nonsense_in_the_address_does_no_harm(self) -> None:
        self.open("?area=nowhere&outcome=%3Cimg%3E&on=99#%E0%A4%A")
        self.assertEqual(len(self.visible()), len(INDEX.requirements))
        self.assertEqual(self.page.complaints(), [])


class LinkTest(BrowserTestCase):
    def shown(self, identity: str) -> bool:
        """Whether the row is open and near the top of the window."""
        state = self.page.run(
            f"(() => {{ const e = document.getElementById({json.dumps(identity)});"
            "return [e.querySelector('details').open, e.getBoundingClientRect().top]; })()"
        )
        return bool(state[0]) and 0 < state[1] < 300

    def test_link_opens_the_row(self) -> None:
        self.open("#HC-013")
        self.assertTrue(self.shown("HC-013"))

    def test_link_to_a_test(self) -> None:
        name = INDEX.covering("HC-013")[0].test.name
        self.open(f"#{name}")
        self.assertTrue(self.shown(name))

    def test_link_wins_over_a_filter(self) -> None:
        self.open("?area=discovery#HC-013")
        self.wait(lambda: "HC-013" in self.visible() and self.shown("HC-013"))

    def test_row_is_not_under_the_head_of_the_table(self) -> None:
        for width in (1280, 375):
            self.page.window(width, 800)
            self.open("#HC-013")
            top, head = self.page.run(
                "[document.getElementById('HC-013').getBoundingClientRect().top,"
                "document.querySelector('.matrix thead th').getBoundingClientRect().bottom]"
            )
            self.assertGreaterEqual(top, head - 1)

    def test_what_was_observed_stands_beside_its_target(self) -> None:
        # The head of the table around it stays at the top; the one inside must not.
        name = next(row.test.name for row in INDEX.rows if row.states[1] is State.FAIL)
        for width in (1280, 375):
            self.page.window(width, 800)
            self.open(f"#{name}")
            head, value = self.page.run(
                f"[...document.getElementById({json.dumps(name)}).querySelectorAll("
                "'.values thead th, .values td')].map(e => e.getBoundingClientRect().top)"
                ".toSpliced(1, 1).slice(0, 2)"
            )
            self.assertLess(head, value)

    def test_opened_row_stands_in_the_address_and_shows_its_tests(self) -> None:
        self.open()
        self.page.click("#HC-013 summary")
        self.wait(lambda: self.page.run("location.hash") == "#HC-013")
        text = self.page.run("document.querySelector('#HC-013 .more').innerText")
        test = INDEX.covering("HC-013")[0].test
        for words in (RUN.requirements["HC-013"].source, test.name, test.why):
            self.assertIn(" ".join(words.split()), " ".join(text.split()))

    def test_cell_opens_its_row(self) -> None:
        self.open()
        self.page.click("#HC-013 td:last-child")
        self.wait(lambda: self.shown("HC-013") or bool(self.page.run("location.hash")))
        self.assertTrue(self.page.run("document.querySelector('#HC-013 details').open"))

    def test_keyboard_alone_opens_a_row(self) -> None:
        self.open()
        self.page.run("document.querySelector('#HC-013 a.id').focus()")
        self.page.press("Tab", 9)
        self.page.press("Enter", 13, "\r")
        self.wait(lambda: bool(self.page.run("document.querySelector('#HC-013 details').open")))
        outline = self.page.run("getComputedStyle(document.activeElement).outlineStyle")
        self.assertEqual(outline, "solid")


class LookTest(BrowserTestCase):
    def test_phone_has_no_sideways_scroll(self) -> None:
        self.page.window(375, 800, mobile=True)
        failed = next(row.test.name for row in INDEX.rows if State.FAIL in row.states)
        for rest in ("", "#HC-013", f"#{failed}", "#GAP-103"):
            with self.subTest(rest=rest):
                self.open(rest)
                self.assertLessEqual(self.width(), 375)

    def test_many_targets_fit(self) -> None:
        columns = [runs.result(f"target-{n}", [runs.verdict("discovery/a")]) for n in range(9)]
        file = Path(self.directory.name, "many.html")
        file.write_text(page.of(runs.run(*columns)), encoding="utf-8")
        for width in (375, 1280):
            self.page.window(width, 800, mobile=width == 375)
            self.page.open(file.as_uri())
            self.assertLessEqual(self.width(), width)
            words = self.page.run(
                "document.querySelector('.matrix th[scope=row]').getBoundingClientRect().width"
            )
            self.assertGreater(words, width / 3)

    def test_symbols_stay_when_the_words_have_no_room(self) -> None:
        self.page.window(375, 800, mobile=True)
        self.open()
        cell = self.page.run(
            "(() => { const c = document.querySelector('#HC-013 td');"
            "return [c.querySelector('b').getBoundingClientRect().width, c.textContent]; })()"
        )
        self.assertGreater(cell[0], 5)
        self.assertEqual(cell[1], "✓ pass")

    def test_contrast(self) -> None:
        failed = next(row.test.name for row in INDEX.rows if State.FAIL in row.states)
        for scheme in ("light", "dark"):
            self.page.media("", scheme)
            self.open(f"#{failed}")
            pairs = self.page.run(CONTRAST)
            self.assertGreater(len(pairs), 10)
            self.assertEqual([pair for pair in pairs if pair[1] < 4.5], [])

    def test_dark_mode(self) -> None:
        background = "getComputedStyle(document.body).backgroundColor"
        self.open()
        self.assertEqual(self.page.run(background), "rgb(255, 255, 255)")
        self.page.media("", "dark")
        self.assertEqual(self.page.run(background), "rgb(15, 20, 25)")

    def test_print_has_no_controls(self) -> None:
        self.open()
        self.page.media("print", "dark")
        shown = "e => document.querySelector(e).checkVisibility()"
        self.assertEqual(
            self.page.run(f"['#tools', '#filters', '.skip'].map({shown})"), [False] * 3
        )
        self.assertTrue(self.page.run("document.querySelector('#HC-013 td').checkVisibility()"))
        # Paper is white, whatever the screen prefers.
        self.assertEqual(
            self.page.run("getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)"
        )

    def test_table_can_be_read_without_script(self) -> None:
        self.page.scripts(False)
        self.open()
        self.assertEqual(self.visible(), [item.id for item in INDEX.requirements])
        self.assertFalse(self.page.run("document.getElementById('filters').checkVisibility()"))
        self.page.click("#HC-013 summary")
        text = self.page.run("document.querySelector('#HC-013 .more').innerText")
        self.assertIn(RUN.requirements["HC-013"].text[:40], " ".join(text.split()))

    def test_every_control_and_table_has_a_name(self) -> None:
        self.open()
        unnamed = self.page.run(
            "[...document.querySelectorAll('input, select, button, nav, section')].filter(e =>"
            "!(e.labels?.[0]?.textContent || e.textContent && e.tagName === 'BUTTON'"
            "|| e.ariaLabel || document.getElementById(e.getAttribute('aria-labelledby'))))"
            ".map(e => e.outerHTML.slice(0, 80))"
        )
        self.assertEqual(unnamed, [])
        self.assertEqual(self.page.run("document.querySelectorAll('th:not([scope])').length"), 0)
        self.assertEqual(self.page.run("document.documentElement.lang"), "en")


class WholeTest(BrowserTestCase):
    def test_page_of_the_whole_catalogue(self) -> None:
        run = runs.whole(4)
        file = Path(self.directory.name, "whole.html")
        file.write_text(page.of(run), encoding="utf-8")
        self.page.window(375, 800, mobile=True)
        self.page.open(file.as_uri() + "#SYNIC-010")
        self.assertEqual(len(self.visible()), len(run.requirements))
        self.assertLessEqual(self.width(), 375)
        self.assertEqual(self.page.complaints(), [])


class SafetyTest(BrowserTestCase):
    def test_nothing_is_loaded_and_nothing_complains(self) -> None:
        for rest in ("", "?outcome=f", "#HC-013"):
            self.open(rest)
        address = self.file.as_uri()
        others = {url for url in self.page.requests() if not url.startswith((address, "about:"))}
        self.assertEqual(others, set())
        self.assertEqual(self.page.complaints(), [])

    def test_words_of_a_guest_make_no_elements(self) -> None:
        self.open()
        # Few at a time: a browser does not let a page change its address as often as it likes.
        self.page.run(
            "[...document.querySelectorAll('details')].filter(e =>"
            "e.textContent.includes('onerror')).slice(0, 40).forEach(e => e.open = true)"
        )
        self.page.run("document.querySelector('#HC-013 details').open = true")
        self.wait(lambda: bool(self.page.run("document.querySelector('.more .more') !== null")))
        self.assertEqual(self.page.run("document.querySelectorAll('img, iframe').length"), 0)
        words = json.dumps(runs.HOSTILE)
        self.assertTrue(self.page.run(f"document.body.innerText.includes({words})"))
        self.assertEqual(self.page.complaints(), [])

    def test_policy_stops_a_script_that_is_not_the_pages(self) -> None:
        self.open()
        self.page.run(
            "(() => { const s = document.createElement('script');"
            "s.textContent = 'window.intruder = 1'; document.body.append(s); })()"
        )
        self.assertEqual(self.page.run("typeof window.intruder"), "undefined")

    def test_comparison_fits_a_phone_and_loads_nothing(self) -> None:
        before = runs.run(runs.result("one", [runs.verdict("discovery/a", values={"x": "1"})]))
        broken = runs.verdict(
            "discovery/a", Outcome.FAIL, reason=runs.HOSTILE * 5, values={"x": runs.HOSTILE}
        )
        after = runs.run(runs.result("one", [broken]))
        file = Path(self.directory.name, "compare.html")
        file.write_text(compare_page.of(compare.compare(before, after)), encoding="utf-8")
        self.page.window(375, 800, mobile=True)
        self.page.open(file.as_uri())
        self.assertLessEqual(self.width(), 375)
        self.assertEqual(self.page.run("document.querySelectorAll('img').length"), 0)
        self.assertEqual(self.page.complaints(), [])
        self.assertLessEqual({*self.page.requests()}, {"about:blank", file.as_uri()})


if __name__ == "__main__":
    if PROGRAM is None:
        print("skipped: no chromium here; the Debian package is chromium")
        sys.exit(SKIPPED)
    unittest.main()
