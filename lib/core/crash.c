/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <hv/address.h>

#include "core.h"
#include "crash.h"

#define PARAMETERS (HV_X64_MSR_CRASH_P4 - HV_X64_MSR_CRASH_P0 + 1)

/* Where the parameters say that the message lies. */
#define MESSAGE_GPA    3
#define MESSAGE_LENGTH 4

_Static_assert(HV_CRASH_MESSAGE_MAX_BYTES <= HV_PAGE_SIZE, "a message must fit in its page");

hv_status hv_crash_init(struct hv_partition *partition)
{
    struct hv_crash_registers *crash = &partition->crash;

    crash->message = hv_pool_alloc(&partition->pool, &crash->message_page);
    return crash->message ? HV_STATUS_SUCCESS : HV_STATUS_INSUFFICIENT_MEMORY;
}

void hv_crash_destroy(struct hv_partition *partition)
{
    if (partition->crash.message)
        hv_pool_free(&partition->pool, partition->crash.message_page);
}

void hv_crash_reset(struct hv_partition *partition)
{
    for (size_t i = 0; i < PARAMETERS; i++)
        atomic_store_explicit(&partition->crash.parameters[i], 0, memory_order_relaxed);
}

enum hv_msr_result hv_crash_read_parameter(struct hv_vp *vp, uint32_t msr, uint64_t *value)
{
    *value = atomic_load_explicit(&vp->partition->crash.parameters[msr - HV_X64_MSR_CRASH_P0],
                                  memory_order_relaxed);
    return HV_MSR_OK;
}

enum hv_msr_result hv_crash_write_parameter(struct hv_vp *vp, uint32_t msr, uint64_t value)
{
    atomic_store_explicit(&vp->partition->crash.parameters[msr - HV_X64_MSR_CRASH_P0], value,
                          memory_order_relaxed);
    return HV_MSR_OK;
}

void hv_partition_get_crash(const struct hv_partition *partition, uint64_t parameters[5])
{
    for (size_t i = 0; i < PARAMETERS; i++)
        parameters[i] = atomic_load_explicit(&partition->crash.parameters[i], memory_order_relaxed);
}

/* TLFS: reading tells which actions and notes are understood; all of them reach the report. */
enum hv_msr_result hv_crash_read_control(struct hv_vp *vp, uint32_t msr, uint64_t *value)
{
    (void)vp;
    (void)msr;
    *value = HV_CRASH_CTL_CRASH_NOTIFY | HV_CRASH_CTL_CRASH_MESSAGE | HV_CRASH_CTL_NO_CRASH_DUMP |
             HV_CRASH_CTL_PRE_OS_ID_MASK;
    return HV_MSR_OK;
}

/* Copies the message that the report's parameters name; leaves it out when it can't be read. */
static void read_message(const struct hv_partition *partition, struct hv_crash_report *report)
{
    uint64_t length = report->parameters[MESSAGE_LENGTH];
    void *copy = partition->crash.message;

    if (length > HV_CRASH_MESSAGE_MAX_BYTES)
        length = HV_CRASH_MESSAGE_MAX_BYTES;
    if (length == 0 ||
        !hv_address_read(partition, report->parameters[MESSAGE_GPA], copy, (uint32_t)length))
        return;
    report->message = copy;
    report->message_length = (uint32_t)length;
}

enum hv_msr_result hv_crash_write_control(struct hv_vp *vp, uint32_t msr, uint64_t value)
{
    struct hv_partition *partition = vp->partition;
    const struct hv_log_ops *log = &partition->platform->log;
    struct hv_crash_report report = { .vp_index = vp->index, .control = value };

    (void)msr;
    if (!(value & HV_CRASH_CTL_CRASH_NOTIFY))
        return HV_MSR_OK;

    for (size_t i = 0; i < PARAMETERS; i++)
        report.parameters[i] =
            atomic_load_explicit(&partition->crash.parameters[i], memory_order_relaxed);
    hv_lock_acquire(&partition->crash.lock);
    if (value & HV_CRASH_CTL_CRASH_MESSAGE)
        read_message(partition, &report);
    log->guest_crashed(log->context, partition, &report);
    hv_lock_release(&partition->crash.lock);
    return HV_MSR_OK;
}
