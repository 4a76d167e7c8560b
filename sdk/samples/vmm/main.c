/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* hvkit-vmm: runs a machine of a description in a partition, by a hypervisor's device. */
#include "run.h"

int main(int count, char **arguments)
{
    return vmm_main(vmm_backends, count, arguments);
}
