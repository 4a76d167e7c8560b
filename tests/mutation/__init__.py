# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Tests of the tests: faults and mutants of lib/core, and who notices them."""
