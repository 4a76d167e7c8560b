/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "fake_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hv/status.h>

#include "../host.h"

#define ROOT_INDEX 0u
#define FIRST_ID   7u

struct fake_host fake;

/* What is lost on purpose must not look like a leak. */
static void *blocks[FAKE_FREE_PAGES];
static uint32_t block_count;

void fake_host_free(void)
{
    while (block_count > 0)
        free(blocks[--block_count]);
}

void fake_host_init(void)
{
    fake_host_free();
    memset(&fake, 0, sizeof(fake));
    fake.free_pages = FAKE_FREE_PAGES;
    fake.partition[ROOT_INDEX].id = HV_PARTITION_ID_SELF;
    fake.partition[ROOT_INDEX].active = true;
}

unsigned fake_host_shown(const char *text)
{
    unsigned count = 0;

    for (const char *at = fake.output; (at = strstr(at, text)) != NULL; at += strlen(text))
        count++;
    return count;
}

/* ---- Memory ---- */

void *root_host_take_pages(uint64_t count, uint64_t alignment)
{
    void *pages;

    if (count > fake.free_pages)
        return NULL;
    pages =
        aligned_alloc(alignment > HV_PAGE_SIZE ? alignment : HV_PAGE_SIZE, count * HV_PAGE_SIZE);
    if (!pages)
        abort();
    memset(pages, 0, count * HV_PAGE_SIZE);
    fake.free_pages -= count;
    blocks[block_count++] = pages;
    return pages;
}

void root_host_give_pages(void *pages, uint64_t count)
{
    uint32_t at = 0;

    while (at < block_count && blocks[at] != pages)
        at++;
    if (at == block_count)
        abort();
    blocks[at] = blocks[--block_count];
    free(pages);
    fake.free_pages += count;
}

uint64_t root_host_free_pages(void)
{
    return fake.free_pages;
}

/* ---- Serial port and time ---- */

void root_host_write(const char *bytes, uint64_t count)
{
    if (fake.output_count + count >= FAKE_OUTPUT)
        abort();
    memcpy(fake.output + fake.output_count, bytes, count);
    fake.output_count += (uint32_t)count;
}

int root_host_read(void)
{
    if (fake.now < fake.typed_at)
        return -1;
    return fake.typed && *fake.typed ? (uint8_t)*fake.typed++ : -1;
}

uint64_t root_host_now(void)
{
    return fake.now += 2000; /* longer than a character takes at 115200 baud */
}

int64_t root_host_unix_time(void)
{
    return INT64_C(1767225599) * 10000000;
}

uint64_t root_host_privileges(void)
{
    return UINT64_MAX & ~HV_PRIVILEGE_AccessGuestIdleReg;
}

const struct hv_message *root_host_message(void)
{
    return fake.queue_count == 0 ? NULL : &fake.queue[fake.queue_first % FAKE_QUEUE];
}

/* What nobody may look at any more is no message. */
void root_host_free_message(void)
{
    memset(&fake.queue[fake.queue_first++ % FAKE_QUEUE], 0xFF, sizeof(struct hv_message));
    fake.queue_count--;
}

void root_host_wake_at(uint64_t deadline)
{
    (void)deadline;
}

void root_host_poll(void)
{
    fake.polls++;
}

void root_host_wait(uint64_t deadline)
{
    if (fake.queue_count > 0)
        return;
    if (deadline == UINT64_MAX)
        abort();
    if (deadline > fake.now)
        fake.now = deadline;
}

/* ---- Registers ---- */

static union hv_register_value *find_register(struct fake_vp *vp, uint32_t name)
{
    for (uint32_t i = 0; i < vp->register_count; i++)
        if (vp->registers[i].name == name)
            return &vp->registers[i].value;
    if (vp->register_count == FAKE_REGISTERS)
        abort();
    vp->registers[vp->register_count] = (struct fake_register){ .name = name };
    return &vp->registers[vp->register_count++].value;
}

/* ---- Steps ---- */

static void *page_at(uint64_t number)
{
    return (void *)(uintptr_t)(number * HV_PAGE_SIZE);
}

static void post(const struct fake_partition *partition, uint32_t vp_index,
                 struct hv_message *message)
{
    struct fake_vp *vp = (struct fake_vp *)&partition->vp[vp_index];
    struct hv_message *sent;

    message->header.origination_id = partition->id;
    vp->intercept_suspend = true;
    if (vp->page[HvVpStatePageInterceptMessage])
        memcpy(page_at(vp->page[HvVpStatePageInterceptMessage]), message, sizeof(*message));
    if (fake.dispatching)
        return;
    sent = &fake.queue[(fake.queue_first + fake.queue_count++) % FAKE_QUEUE];
    *sent = *message;
    if (!vp->page[HvVpStatePageInterceptMessage])
        return;
    sent->header.message_type = HvMessageTypeOpaqueIntercept;
    sent->header.payload_size = sizeof(vp_index);
    memset(sent->payload, 0, sizeof(sent->payload));
    memcpy(sent->payload, &vp_index, sizeof(vp_index));
}

static void send_port(const struct fake_partition *partition, uint32_t vp_index,
                      const struct fake_step *step)
{
    struct hv_message message = { .header = { .message_type = HvMessageTypeX64IoPortIntercept,
                                              .payload_size = sizeof(
                                                  struct hv_x64_io_port_intercept_message) } };
    struct hv_x64_io_port_intercept_message payload = {
        .header = { .vp_index = vp_index,
                    .instruction_length = 1,
                    .intercept_access_type = step->kind == FAKE_OUT },
        .port_number = step->port,
        .access_info = step->size,
        .rax = step->value,
    };

    memcpy(message.payload, &payload, sizeof(payload));
    post(partition, vp_index, &message);
}

static void send_header(const struct fake_partition *partition, uint32_t vp_index, uint32_t type)
{
    struct hv_message message = { .header = { .message_type = type,
                                              .payload_size =
                                                  sizeof(struct hv_x64_msr_intercept_message) } };
    struct hv_x64_msr_intercept_message payload = { .header = { .vp_index = vp_index },
                                                    .msr_number = 0x1234 };

    memcpy(message.payload, &payload, sizeof(payload));
    post(partition, vp_index, &message);
}

static void run(struct fake_partition *partition, uint32_t vp_index)
{
    struct fake_vp *vp = &partition->vp[vp_index];

    while (fake.dispatching == fake.root_schedules && vp->step && !vp->explicit_suspend &&
           !vp->intercept_suspend && vp->step->kind != FAKE_END) {
        const struct fake_step *step = vp->step++;

        switch (step->kind) {
        case FAKE_RDMSR:
            send_header(partition, vp_index, HvMessageTypeMsrIntercept);
            break;
        case FAKE_TRIPLE_FAULT:
            send_header(partition, vp_index, HvMessageTypeUnrecoverableException);
            break;
        case FAKE_UNKNOWN:
            send_header(partition, vp_index, HvMessageTypeHypercallIntercept);
            break;
        case FAKE_HALT:
            find_register(vp, HvRegisterInternalActivityState)->reg64 =
                HV_INTERNAL_ACTIVITY_HALT_SUSPEND;
            find_register(vp, HvX64RegisterRflags)->reg64 = step->value;
            break;
        case FAKE_CRASH:
            find_register(vp, HvRegisterGuestCrashP0)->reg64 = step->value;
            break;
        default:
            send_port(partition, vp_index, step);
        }
    }
}

/* ---- Hypercalls ---- */

static struct fake_partition *find(uint64_t id)
{
    for (uint32_t i = 0; i < FAKE_PARTITIONS; i++)
        if (fake.partition[i].id != 0 && fake.partition[i].id == id)
            return &fake.partition[i];
    return NULL;
}

static hv_status use(struct fake_partition *partition, uint32_t pages)
{
    if (partition->pool_count - partition->used < pages)
        return HV_STATUS_INSUFFICIENT_MEMORY;
    partition->used += pages;
    return HV_STATUS_SUCCESS;
}

static hv_status create_partition(struct root_call_pages *pages)
{
    struct fake_partition *partition = NULL;

    if (fake.create_wants && use(&fake.partition[ROOT_INDEX], 1) != HV_STATUS_SUCCESS)
        return HV_STATUS_INSUFFICIENT_MEMORY;
    for (uint32_t i = FAKE_PARTITIONS; i-- > 1;)
        if (fake.partition[i].id == 0)
            partition = &fake.partition[i];
    if (!partition)
        return HV_STATUS_INSUFFICIENT_MEMORY;
    memset(partition, 0, sizeof(*partition));
    partition->id = FIRST_ID + fake.created;
    partition->vp[0].step = fake.script[fake.created++];
    memcpy(pages->output, &partition->id, sizeof(partition->id));
    return HV_STATUS_SUCCESS;
}

static hv_status finalize(struct fake_partition *partition)
{
    if (!partition->active)
        return HV_STATUS_INVALID_PARTITION_STATE;
    partition->active = false;
    partition->finalized = true;
    partition->mapped = partition->used = 0;
    return HV_STATUS_SUCCESS;
}

static hv_status delete_partition(struct fake_partition *partition)
{
    if (partition->active || partition->pool_count)
        return HV_STATUS_OPERATION_DENIED;
    if (fake.create_wants)
        fake.partition[ROOT_INDEX].used--;
    partition->id = 0;
    return HV_STATUS_SUCCESS;
}

static hv_status deposit(struct fake_partition *partition, const uint64_t *numbers, uint32_t count,
                         uint32_t *done)
{
    for (; *done < count; ++*done) {
        if (partition->pool_count == FAKE_POOL)
            abort();
        partition->pool[partition->pool_count++] = numbers[*done];
    }
    return HV_STATUS_SUCCESS;
}

static hv_status withdraw(struct fake_partition *partition, uint64_t *numbers, uint32_t count,
                          uint32_t *done)
{
    while (*done < count) {
        if (partition->pool_count == partition->used)
            return HV_STATUS_NO_RESOURCES;
        numbers[(*done)++] = partition->pool[--partition->pool_count];
    }
    return HV_STATUS_SUCCESS;
}

/* A table for each call. */
static hv_status map(struct fake_partition *partition, const struct hv_input_map_gpa_pages *input,
                     uint32_t count, uint32_t *done)
{
    bool large = input->map_flags & HV_MAP_GPA_LARGE_PAGE;

    if (!partition->active)
        return HV_STATUS_INVALID_PARTITION_STATE;
    if (large && input->target_gpa_base % 512 != 0)
        return HV_STATUS_INVALID_PARAMETER;
    if (use(partition, 1) != HV_STATUS_SUCCESS)
        return HV_STATUS_INSUFFICIENT_MEMORY;
    for (; *done < count; ++*done) {
        partition->mapped += large ? 512 : 1;
        partition->large += large;
    }
    return HV_STATUS_SUCCESS;
}

static hv_status create_vp(struct fake_partition *partition, uint32_t index)
{
    if (!partition->active)
        return HV_STATUS_INVALID_PARTITION_STATE;
    if (index >= FAKE_VPS || partition->vp[index].exists)
        return HV_STATUS_INVALID_VP_INDEX;
    if (use(partition, FAKE_VP_PAGES) != HV_STATUS_SUCCESS)
        return HV_STATUS_INSUFFICIENT_MEMORY;
    partition->vp[index].exists = partition->vp[index].explicit_suspend = true;
    find_register(&partition->vp[index], HvRegisterInternalActivityState)->reg64 =
        index == 0 ? 0 : HV_INTERNAL_ACTIVITY_STARTUP_SUSPEND;
    return HV_STATUS_SUCCESS;
}

static hv_status delete_vp(struct fake_partition *partition, uint32_t index)
{
    if (!partition->active || index >= FAKE_VPS || !partition->vp[index].exists)
        return HV_STATUS_INVALID_VP_INDEX;
    partition->used -= FAKE_VP_PAGES;
    for (unsigned type = 0; type < 2; type++)
        partition->used -= partition->vp[index].page[type] != 0;
    partition->vp[index] = (struct fake_vp){ 0 };
    return HV_STATUS_SUCCESS;
}

static hv_status map_state_page(struct fake_partition *partition, uint32_t index, uint16_t type,
                                struct root_call_pages *pages)
{
    if (use(partition, 1) != HV_STATUS_SUCCESS)
        return HV_STATUS_INSUFFICIENT_MEMORY;
    partition->vp[index].page[type] = partition->pool[partition->used - 1];
    memset(page_at(partition->vp[index].page[type]), 0, HV_PAGE_SIZE);
    memcpy(pages->output, &partition->vp[index].page[type], sizeof(uint64_t));
    return HV_STATUS_SUCCESS;
}

static void set_register(struct fake_partition *partition, uint32_t index,
                         const struct hv_register_assoc *element)
{
    struct fake_vp *vp = &partition->vp[index];

    if (element->name == HvRegisterExplicitSuspend)
        vp->explicit_suspend = element->value.reg64;
    else if (element->name == HvRegisterInterceptSuspend)
        vp->intercept_suspend = element->value.reg64;
    else
        *find_register(vp, element->name) = element->value;
}

static hv_status access_registers(struct fake_partition *partition, uint16_t code,
                                  struct root_call_pages *pages, uint32_t count, uint32_t *done)
{
    const struct hv_input_vp_registers *input = (const void *)pages->input;
    const uint8_t *list = pages->input + sizeof(*input);

    if (input->vp_index >= FAKE_VPS || !partition->vp[input->vp_index].exists)
        return HV_STATUS_INVALID_VP_INDEX;
    for (; *done < count; ++*done) {
        if (code == HvCallSetVpRegisters) {
            set_register(partition, input->vp_index,
                         (const void *)(list + *done * sizeof(struct hv_register_assoc)));
            continue;
        }
        memcpy(pages->output + *done * sizeof(union hv_register_value),
               find_register(&partition->vp[input->vp_index], ((const uint32_t *)list)[*done]),
               sizeof(union hv_register_value));
    }
    if (code == HvCallSetVpRegisters)
        run(partition, input->vp_index);
    return HV_STATUS_SUCCESS;
}

static hv_status call_rep(struct fake_partition *partition, uint16_t code,
                          struct root_call_pages *pages, uint32_t count, uint32_t *done)
{
    if (fake.stuck)
        return HV_STATUS_SUCCESS;
    if (fake.most_reps && count > *done + fake.most_reps)
        count = *done + fake.most_reps;
    switch (code) {
    case HvCallDepositMemory:
        return deposit(partition, (const uint64_t *)(const void *)pages->input + 1, count, done);
    case HvCallWithdrawMemory:
        return withdraw(partition, (uint64_t *)(void *)pages->output, count, done);
    case HvCallMapGpaPages:
        return map(partition, (const void *)pages->input, count, done);
    case HvCallUnmapGpaPages:
        partition->mapped -= count - *done;
        *done = count;
        return HV_STATUS_SUCCESS;
    default:
        return access_registers(partition, code, pages, count, done);
    }
}

static hv_status set_property(struct fake_partition *partition,
                              const struct hv_input_set_partition_property *input)
{
    if (input->property_code != HvPartitionPropertyPrivilegeFlags)
        return HV_STATUS_UNKNOWN_PROPERTY;
    if (input->property_value & ~root_host_privileges())
        return HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE;
    partition->privileges = input->property_value;
    return HV_STATUS_SUCCESS;
}

static hv_status translate(struct root_call_pages *pages)
{
    const struct hv_input_translate_virtual_address *input = (const void *)pages->input;
    const struct hv_output_translate_virtual_address output = { .gpa_page = input->gva_page };

    memcpy(pages->output, &output, sizeof(output));
    return HV_STATUS_SUCCESS;
}

/* Beside the VP it names one and a partition that there are not. */
static void send_signal(const struct fake_partition *partition, uint32_t vp_index)
{
    const struct hv_scheduler_vp_signal_pair_message signals = {
        .vp_count = 3,
        .partition_ids = { partition->id, partition->id, UINT64_MAX - 1 },
        .vp_indexes = { FAKE_VPS, vp_index, vp_index },
    };
    struct hv_message *sent = &fake.queue[(fake.queue_first + fake.queue_count++) % FAKE_QUEUE];

    sent->header = (struct hv_message_header){ .message_type = HvMessageTypeSchedulerVpSignalPair,
                                               .payload_size = sizeof(signals) };
    memcpy(sent->payload, &signals, sizeof(signals));
}

static hv_status dispatch(struct fake_partition *partition, struct root_call_pages *pages)
{
    const struct hv_input_dispatch_vp *input = (const void *)pages->input;
    struct hv_output_dispatch_vp output = { .dispatch_state = HV_DISPATCH_STATE_READY };
    struct fake_vp *vp = &partition->vp[input->vp_index];

    if (input->vp_index >= FAKE_VPS || !vp->exists)
        return HV_STATUS_INVALID_VP_INDEX;
    if (input->flags & HV_DISPATCH_VP_FLAG_CLEAR_INTERCEPT_SUSPEND)
        vp->intercept_suspend = false;
    if (fake.dispatches++ % 4 != 3) {
        fake.dispatching = true;
        run(partition, input->vp_index);
        fake.dispatching = false;
        if (vp->intercept_suspend)
            output.dispatch_event = HV_DISPATCH_EVENT_INTERCEPT;
        else
            output.dispatch_state = HV_DISPATCH_STATE_BLOCKED;
        if (!vp->intercept_suspend && fake.signals > 0) {
            fake.signals--;
            send_signal(partition, input->vp_index);
        }
    }
    memcpy(pages->output, &output, sizeof(output));
    return HV_STATUS_SUCCESS;
}

static hv_status call_simple(struct fake_partition *partition, uint16_t code,
                             struct root_call_pages *pages)
{
    const uint64_t *words = (const void *)pages->input;
    uint32_t vp_index = (uint32_t)words[1];

    switch (code) {
    case HvCallInitializePartition:
        partition->active = true;
        return HV_STATUS_SUCCESS;
    case HvCallFinalizePartition:
        return finalize(partition);
    case HvCallDeletePartition:
        return delete_partition(partition);
    case HvCallSetPartitionProperty:
        return set_property(partition, (const void *)pages->input);
    case HvCallInstallIntercept:
        partition->intercepts++;
        return HV_STATUS_SUCCESS;
    case HvCallRegisterInterceptResult:
        partition->cpuid_results++;
        return HV_STATUS_SUCCESS;
    case HvCallCreateVp:
        return create_vp(partition, vp_index);
    case HvCallDeleteVp:
        return delete_vp(partition, vp_index);
    case HvCallMapVpStatePage:
        return map_state_page(partition, vp_index, (uint16_t)(words[1] >> 32), pages);
    case HvCallDispatchVp:
        return dispatch(partition, pages);
    case HvCallUnmapVpStatePage:
        return HV_STATUS_SUCCESS;
    case HvCallTranslateVirtualAddress:
        return translate(pages);
    case HvCallAssertVirtualInterrupt:
        partition->interrupts++;
        return HV_STATUS_SUCCESS;
    case HvClearVirtualInterrupt:
        return HV_STATUS_NOT_ACKNOWLEDGED;
    default:
        return HV_STATUS_INVALID_HYPERCALL_CODE;
    }
}

static hv_status call(uint16_t code, struct root_call_pages *pages, uint32_t count, uint32_t *done)
{
    struct fake_partition *partition;
    uint64_t id;

    if (code == HvCallCreatePartition)
        return create_partition(pages);
    memcpy(&id, pages->input, sizeof(id));
    partition = find(id);
    if (!partition)
        return HV_STATUS_INVALID_PARTITION_ID;
    return count ? call_rep(partition, code, pages, count, done)
                 : call_simple(partition, code, pages);
}

static bool is_to_fail(uint16_t code)
{
    if (++fake.calls == fake.fail_at)
        return true;
    if (fake.fail_code == 0 || code != fake.fail_code)
        return false;
    fake.fail_code = 0;
    return true;
}

struct root_call_pages *root_host_call_pages(void)
{
    static struct root_call_pages pages __attribute__((aligned(4096)));

    return &pages;
}

static uint64_t make_call(uint64_t control, struct root_call_pages *pages)
{
    uint16_t code = (uint16_t)control;
    uint32_t count = (uint32_t)(control >> HV_HYPERCALL_REP_COUNT_SHIFT) & 0xFFF;
    uint32_t done = (uint32_t)(control >> HV_HYPERCALL_REP_START_INDEX_SHIFT) & 0xFFF;
    hv_status status = is_to_fail(code) ? fake.fail_status : call(code, pages, count, &done);

    return status | (uint64_t)done << HV_HYPERCALL_RESULT_REPS_COMPLETED_SHIFT;
}

/* The one property that there is. */
static uint64_t tell_scheduler(struct root_call_pages *pages)
{
    const uint64_t type = fake.root_schedules ? HvSchedulerTypeRoot : HvSchedulerTypeLp;

    memcpy(pages->output, &type, sizeof(type));
    return HV_STATUS_SUCCESS;
}

uint64_t root_host_hypercall(uint64_t control, struct root_call_pages *pages)
{
    if ((uint16_t)control == HvCallGetSystemProperty)
        return tell_scheduler(pages);
    return make_call(control, pages);
}

uint64_t root_host_hypercall_short(uint64_t control, uint64_t first, uint64_t second,
                                   uint64_t third)
{
    return root_host_hypercall_by_page(control, first, second, third);
}
