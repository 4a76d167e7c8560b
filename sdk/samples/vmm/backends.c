/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What hvkit-vmm has where Linux's header of /dev/mshv is there: the kernel has one of the devices.
 */
#include "backend.h"

const struct vmm_backend *const vmm_backends[] = { &vmm_mshv_backend, &vmm_kvm_backend, NULL };
