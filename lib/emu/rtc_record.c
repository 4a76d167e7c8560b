/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Save and restore. A record may come from an enemy: it is taken whole or not at all. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hv/rtc.h>

#include "mem.h"
#include "rtc.h"

/* Every byte of a record has a meaning, so a record says nothing of the memory it was made in. */
_Static_assert(sizeof(struct hv_rtc_record) == 152, "no padding");

void hv_rtc_save(struct hv_rtc *rtc, uint64_t now, struct hv_rtc_record *record)
{
    hv_rtc_advance(rtc, now);
    *record = (struct hv_rtc_record){
        .version = HV_RTC_RECORD_VERSION,
        .size = sizeof(*record),
        .wall = rtc->wall,
        .phase = rtc->phase,
        .index = rtc->index,
        .nmi_masked = rtc->nmi_masked,
    };
    memcpy(record->ram, rtc->ram, sizeof(record->ram));
}

/* Time, alarm and RAM may be anything: a guest may write it. */
static bool registers_are_valid(const uint8_t *ram)
{
    return (ram[HV_RTC_A] & A_UPDATE_IN_PROGRESS) == 0 &&
           ((ram[HV_RTC_B] & B_SET) == 0 || (ram[HV_RTC_B] & B_UPDATE) == 0) &&
           (ram[HV_RTC_C] & ~C_FLAGS) == 0 && ram[HV_RTC_D] == D_VALID;
}

bool hv_rtc_restore(struct hv_rtc *rtc, const void *record, size_t size, uint64_t now)
{
    struct hv_rtc_record copy;
    if (size != sizeof(copy)) {
        return false;
    }
    memcpy(&copy, record, sizeof(copy));
    if (copy.version != HV_RTC_RECORD_VERSION || copy.size != sizeof(copy) ||
        copy.wall >= HV_RTC_SPAN || copy.phase >= HV_RTC_SECOND || copy.index >= HV_RTC_RAM_SIZE ||
        copy.nmi_masked > 1 || copy.reserved[0] != 0 || copy.reserved[1] != 0 ||
        !registers_are_valid(copy.ram)) {
        return false;
    }
    struct hv_rtc restored = {
        .wall = copy.wall,
        .phase = copy.phase,
        .index = copy.index,
        .nmi_masked = copy.nmi_masked != 0,
    };
    memcpy(restored.ram, copy.ram, sizeof(restored.ram));
    if (!hv_rtc_runs(&restored) && copy.phase != 0) {
        return false;
    }
    hv_rtc_advance(rtc, now);
    restored.now = rtc->now;
    hv_rtc_move_wall(&restored, rtc->wall);
    *rtc = restored;
    return true;
}
