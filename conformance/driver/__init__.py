# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The host side of the conformance suite: boots the kernel on a target, judges and reports."""
