# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Entry point of ``python3 conformance/driver``."""

import importlib.util
import sys
from pathlib import Path

if sys.version_info < (3, 11):
    sys.exit("hvkit: error: python3 is older than 3.11; run the driver with a newer one")

if importlib.util.find_spec("yaml") is None:
    print(
        f"hvkit: error: {sys.executable} has no module yaml; install the package python3-yaml, "
        "or run the driver with the python3 that has it (/usr/bin/python3?)",
        file=sys.stderr,
    )
    sys.exit(2)

if not __package__:
    # Run as a directory: python put the directory itself on the path, the package is wanted.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from driver.cli import main  # noqa: E402

sys.exit(main(sys.argv[1:]))
