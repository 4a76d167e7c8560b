/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The services and their versions. Sources: OpenVMM, vm/devices/hyperv_ic_protocol/src, and the
 * version lists of Linux, drivers/hv/hv_util.c, hv_kvp.c, hv_snapshot.c and hv_fcopy.c (facts).
 * Linux handles one transaction of KVP, VSS and file copy at a time and leaves more in the ring; a
 * shutdown is asked for once.
 */
#include <stdbool.h>
#include <stdint.h>

#include <hv/ic.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct ic_version frameworks[] = { { 1, 0 }, { 3, 0 } };
static const struct ic_version heartbeat[] = { { 1, 0 }, { 3, 0 } };
static const struct ic_version shutdown[] = { { 1, 0 }, { 3, 0 }, { 3, 1 }, { 3, 2 } };
static const struct ic_version timesync[] = { { 1, 0 }, { 3, 0 }, { 4, 0 } };
static const struct ic_version kvp[] = { { 1, 0 }, { 3, 0 }, { 4, 0 }, { 5, 0 } };
static const struct ic_version vss[] = { { 4, 0 }, { 5, 0 }, { 6, 0 }, { 7, 0 } };
static const struct ic_version file_copy[] = { { 1, 1 } };

#define SERVICE(name, service_type, single)     \
    const struct hv_ic_service hv_ic_##name = { \
        .type = (service_type),                 \
        .one_at_a_time = (single),              \
        .frameworks = frameworks,               \
        .framework_count = COUNT(frameworks),   \
        .messages = (name),                     \
        .message_count = COUNT(name),           \
    }

SERVICE(heartbeat, IC_TYPE_HEARTBEAT, false);
SERVICE(shutdown, IC_TYPE_SHUTDOWN, true);
SERVICE(timesync, IC_TYPE_TIMESYNC, false);
SERVICE(kvp, IC_TYPE_KVP, true);
SERVICE(vss, IC_TYPE_VSS, true);
SERVICE(file_copy, IC_TYPE_FILE_COPY, true);
