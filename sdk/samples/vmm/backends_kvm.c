/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What hvkit-vmm has as it is built with hvkit, on any Linux. */
#include "backend.h"

const struct vmm_backend *const vmm_backends[] = { &vmm_kvm_backend, NULL };
