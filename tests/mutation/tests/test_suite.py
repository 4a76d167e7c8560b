# SPDX-License-Identifier: BSD-2-Clause-Patent
"""How a run of the suite is read, with a few lines of sh in the place of the sample."""

from __future__ import annotations

import unittest
from pathlib import Path
from unittest import mock

from support import ToolTestCase

from driver import targets
from driver.targets import Target, load
from mutation import suite
from mutation.suite import Notice, Run

# A kernel of two tests, of which $1 and $2 are the results; tests= selects by one exact name.
KERNEL = """\
#!/bin/sh
[ "$1" = run ] || exit 0
count=$(cat {directory}/count 2>/dev/null || echo 0)
echo $((count + 1)) >{directory}/count
case $4 in
*tests=a/first*) names=a/first ;;
*tests=a/second*) names=a/second ;;
*) names='a/first a/second' ;;
esac
set -- $names
echo "# hvkit-conformance 1 tests=$# vps=2"
echo 'TAP version 13'
echo "1..$#"
i=0
for name in $names; do i=$((i + 1)); echo "# meta $i $name reqs=CPUID-001 minvps=1"; done
i=0
for name in $names; do
    i=$((i + 1))
    echo "# begin $i $name"
    {body}
done
echo '# end passed=0 failed=0 skipped=0'
"""
PASS = 'echo "ok $i - $name # checks=1 reqs=CPUID-001"'
FAIL = 'printf "not ok $i - $name # checks=1 reqs=CPUID-001\\n  ---\\n  message: bad\\n  ...\\n"'


class SuiteTest(ToolTestCase):
    def notice(self, body: str) -> Notice | None:
        text = KERNEL.replace("{directory}", str(self.directory)).replace("{body}", body)
        script = self.write("fake.sh", text)
        script.chmod(0o755)
        target = load(self.write("fake.yaml", "name: fake\ndescription: A fake\nrun: fake.sh\n"))
        with mock.patch.object(targets, "find", return_value=target):
            return suite.notice(Path("build"), Path("image"), [Run("fake")])

    def boots(self) -> int:
        return int((self.directory / "count").read_text())

    def test_nothing_to_notice(self) -> None:
        self.assertIsNone(self.notice(PASS))
        self.assertEqual(self.boots(), 1)

    def test_test_that_fails_twice(self) -> None:
        found = self.notice(f"if [ $name = a/second ]; then {FAIL}; else {PASS}; fi")
        self.assertEqual(found, Notice("a/second", "bad", Run("fake")))
        self.assertEqual(self.boots(), 2)

    def test_test_that_fails_once_does_not_count(self) -> None:
        once = f"if [ $count = 0 ]; then {FAIL}; else {PASS}; fi"
        self.assertIsNone(self.notice(once))

    def test_later_test_counts_when_the_first_was_chance(self) -> None:
        body = (
            f"if [ $name = a/first ] && [ $count = 0 ]; then {FAIL}; "
            f"elif [ $name = a/second ]; then {FAIL}; else {PASS}; fi"
        )
        found = self.notice(body)
        self.assertEqual(None if found is None else found.test, "a/second")

    def test_guest_that_ends_in_a_test(self) -> None:
        found = self.notice(f"if [ $name = a/second ]; then exit 126; fi; {PASS}")
        assert found is not None
        self.assertEqual(found.test, "a/second")
        self.assertIn("crash", found.reason)

    def test_guest_that_does_not_start(self) -> None:
        script = "#!/bin/sh\n[ $1 = run ] || exit 0\nexit 126\n"
        with mock.patch.dict(globals(), {"KERNEL": script}):
            found = self.notice(PASS)
        assert found is not None
        self.assertEqual(found.test, suite.BOOT)

    def test_skip_of_a_test_that_was_asked_for(self) -> None:
        body = 'echo "ok $i - $name # SKIP no such feature"'
        self.assertIsNone(self.notice(body))
        target: Target = load(self.directory / "fake.yaml")
        with mock.patch.object(targets, "find", return_value=target):
            found = suite.notice(Path("build"), Path("image"), [Run("fake", "a/first")])
        self.assertEqual(None if found is None else found.reason, "no such feature")


if __name__ == "__main__":
    unittest.main()
