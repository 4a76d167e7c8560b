# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Entry point of ``python3 tests/mutation``."""

import sys
from pathlib import Path

_TESTS = Path(__file__).resolve().parent.parent

# Run as a directory: python put the directory itself on the path, the packages are wanted.
sys.path[0] = str(_TESTS)
sys.path.insert(1, str(_TESTS.parent / "conformance"))

from mutation.cli import main  # noqa: E402

sys.exit(main(sys.argv[1:]))
