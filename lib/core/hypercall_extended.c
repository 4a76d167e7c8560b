/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Extended hypercalls (TLFS: hypercall interface, "extended hypercall interface"). */
#include <hv/abi/tlfs.h>

#include "hypercall.h"

/* TLFS: HvExtCallQueryCapabilities. */
hv_status hv_hypercall_query_capabilities(struct hv_hypercall_call *call)
{
    uint64_t *capabilities = call->output;

    *capabilities = hv_hypercall_extended_capabilities();
    return HV_STATUS_SUCCESS;
}
