/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Guest debugging (TLFS v2.0, chapter 20): a partition's session with an external debugger. */
#ifndef HV_CORE_DEBUG_H
#define HV_CORE_DEBUG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <hv/platform.h>

struct hv_debug_session {
    _Atomic uint16_t channel; /* HvPartitionPropertyDebugChannelId; 0: none is assigned */
    _Atomic uint64_t seen;    /* bytes that the connection had received at the last retrieval */
};

/* Whether the embedder has a connection to a debugger. */
static inline bool hv_debug_is_present(const struct hv_platform *platform)
{
    return platform->debug.post != NULL;
}

#endif
