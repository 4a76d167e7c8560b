# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Tests of the tests: faults and mutants of lib/core and lib/insn, and who notices them."""
