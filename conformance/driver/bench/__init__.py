# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The command `bench`: what operations take, in instructions (docs/bench.md)."""
