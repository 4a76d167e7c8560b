# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The directory of a report: it can be written, and holds nothing stale."""

from __future__ import annotations

import tempfile
from pathlib import Path

from . import report

# So much must fit, lest a run be made whose results have no place.
PROBE_SIZE = 4 << 20


class ReportDirectory:
    """Where the results and the serial output of a run go."""

    def __init__(self, path: Path) -> None:
        """Makes the directory if need be, tries to write there, and removes an earlier report."""
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=path) as probe:
                probe.write(bytes(PROBE_SIZE))
            for stale in [*path.glob("serial-*.log"), *(path / name for name in report.FILES)]:
                stale.unlink(missing_ok=True)
        except OSError as error:
            raise report.cannot_write(path, error) from error

    def log_prefix(self, label: str) -> Path:
        """What the names of the files with a run's serial output begin with."""
        return self.path / f"serial-{label}"
