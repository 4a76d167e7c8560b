# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Child partitions on the sample: ./hvkit run."""
