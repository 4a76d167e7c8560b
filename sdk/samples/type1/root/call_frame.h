/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* How a hypercall is made: input is written into its page, the call made, output read. */
#ifndef ROOT_CALL_FRAME_H
#define ROOT_CALL_FRAME_H

#include "call.h"
#include "host.h"
#include "mem.h"

/* The pages of this VP with this input in it. */
static inline struct root_call_pages *root_call_begin(const void *input, uint64_t size)
{
    struct root_call_pages *pages = root_host_call_pages();

    memcpy(pages->input, input, size);
    return pages;
}

/* A call without a list. */
static inline hv_status root_call_simple(struct root_call_pages *pages, uint16_t code)
{
    return (hv_status)(root_host_hypercall(code, pages) & HV_HYPERCALL_RESULT_STATUS_MASK);
}

/* A call with a list of count elements, 1 to HV_HYPERCALL_MAX_REP_COUNT. */
hv_status root_call_rep(struct root_call_pages *pages, uint16_t code, uint32_t count,
                        uint32_t *done);

#endif
