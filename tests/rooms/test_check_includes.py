# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The include check notices what it is there to notice."""

import unittest

from check_includes import breaches


class Includes(unittest.TestCase):
    def test_abi_header_includes_only_stdint(self):
        self.assertEqual(breaches("include/hv/abi/tlfs.h", "#include <stdint.h>\n"), [])
        self.assertEqual(len(breaches("include/hv/abi/tlfs.h", "#include <hv/vp.h>\n")), 1)
        self.assertEqual(len(breaches("include/hv/abi/tlfs.h", "#include <string.h>\n")), 1)

    def test_core_may_not_use_libc_nor_another_room(self):
        self.assertEqual(breaches("lib/core/msr.c", '#include <hv/vp.h>\n#include "core.h"\n'), [])
        self.assertEqual(len(breaches("lib/core/msr.c", "#include <stdio.h>\n")), 1)
        self.assertEqual(len(breaches("lib/core/msr.c", '#include "../vmbus/ring.h"\n')), 1)

    def test_decoder_needs_nobody(self):
        self.assertEqual(breaches("lib/insn/insn.c", '#include <hv/insn.h>\n#include "insn_tables.h"\n'), [])
        self.assertEqual(len(breaches("lib/insn/insn.c", "#include <hv/vp.h>\n")), 1)

    def test_vmbus_never_needs_core(self):
        self.assertEqual(len(breaches("lib/vmbus/ring.c", "#include <hv/partition.h>\n")), 1)
        self.assertEqual(len(breaches("lib/vmbus/ring.c", '#  include "../core/core.h"\n')), 1)

    def test_conformance_kernel_knows_the_wire_only(self):
        self.assertEqual(breaches("conformance/tests/msr.c", "#include <hv/abi/tlfs.h>\n"), [])
        self.assertEqual(len(breaches("conformance/tests/msr.c", "#include <hv/partition.h>\n")), 1)

    def test_worker_knows_no_hypervisor(self):
        self.assertEqual(breaches("sdk/worker/bus.c", "#include <worker/bus.h>\n#include <hv/uart.h>\n"), [])
        self.assertEqual(len(breaches("sdk/worker/bus.c", "#include <hv/partition.h>\n")), 1)
        self.assertEqual(len(breaches("sdk/worker/bus.c", "#include <linux/kvm.h>\n")), 1)
    def test_module_reader_is_freestanding(self):
        self.assertEqual(breaches("sdk/machine/a.c", '#include <hvkit/machine.h>\n#include "private.h"\n'), [])
        self.assertEqual(len(breaches("sdk/machine/a.c", "#include <string.h>\n")), 1)
        self.assertEqual(len(breaches("sdk/machine/a.c", "#include <hv/vp.h>\n")), 1)

    def test_host_tool_knows_no_hypervisor(self):
        self.assertEqual(breaches("sdk/tools/machine/a.c", "#include <yaml.h>\n#include <sys/stat.h>\n"), [])
        self.assertEqual(len(breaches("sdk/tools/machine/a.c", "#include <hv/partition.h>\n")), 1)

    def test_breach_names_file_and_line(self):
        self.assertEqual(
            breaches("lib/core/a.c", "\n#include <errno.h>\n"), ["lib/core/a.c:2: may not include <errno.h>"]
        )

    def test_file_outside_every_room_is_a_breach(self):
        self.assertEqual(len(breaches("elsewhere/a.c", "")), 1)


if __name__ == "__main__":
    unittest.main()
