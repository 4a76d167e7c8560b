/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "intercept_message.h"

#include <stddef.h>

#include "core.h"
#include "cpuid.h"
#include "mem.h"
#include "register.h"
#include "vp_state_page.h"

#define CR0_PE    (UINT64_C(1) << 0)
#define CR0_AM    (UINT64_C(1) << 18)
#define EFER_LMA  (UINT64_C(1) << 10)
#define RFLAGS_VM (UINT64_C(1) << 17)
#define DR7_ON    UINT64_C(0xFF) /* a breakpoint, local or global */

#define MEMORY_SIZE_EXO offsetof(struct hv_x64_memory_intercept_message, ds_segment)

_Static_assert(sizeof(struct hv_x64_segment_register) == sizeof(struct hv_register128),
               "a segment register is a register value as it is");
_Static_assert(sizeof(struct hv_x64_memory_intercept_message) -
                           offsetof(struct hv_x64_memory_intercept_message, rax) ==
                       HV_GPR_COUNT * sizeof(uint64_t) &&
                   sizeof(struct hv_x64_exception_intercept_message) -
                           offsetof(struct hv_x64_exception_intercept_message, rax) ==
                       HV_GPR_COUNT * sizeof(uint64_t),
               "messages end with the general registers in the order of their numbers");

/* ---- State ---- */

static struct hv_x64_segment_register segment(const struct hv_intercept_state *state, uint32_t name)
{
    struct hv_x64_segment_register value;

    memcpy(&value, &state->registers->segments[name - HvX64RegisterEs], sizeof(value));
    return value;
}

/* TLFS v6.0b 13.2: 0 in real mode, 3 in virtual-8086 mode. */
static uint16_t find_cpl(uint64_t cr0, uint64_t rflags, const struct hv_x64_segment_register *ss)
{
    if (!(cr0 & CR0_PE))
        return 0;
    if (rflags & RFLAGS_VM)
        return 3;
    return (ss->attributes & HV_X64_SEGMENT_DPL_MASK) >> HV_X64_SEGMENT_DPL_SHIFT;
}

static uint16_t find_execution_state(const struct hv_intercept_state *shown, uint64_t rflags)
{
    const struct hv_shown_registers *registers = shown->registers;
    struct hv_x64_segment_register ss = segment(shown, HvX64RegisterSs);
    uint16_t state = find_cpl(registers->cr0, rflags, &ss);

    if (registers->cr0 & CR0_PE)
        state |= HV_X64_VP_EXECUTION_STATE_CR0_PE;
    if (registers->cr0 & CR0_AM)
        state |= HV_X64_VP_EXECUTION_STATE_CR0_AM;
    if (registers->efer & EFER_LMA)
        state |= HV_X64_VP_EXECUTION_STATE_EFER_LMA;
    if (registers->dr7 & DR7_ON)
        state |= HV_X64_VP_EXECUTION_STATE_DEBUG_ACTIVE;
    if (registers->pending_interruption & HV_X64_PENDING_INTERRUPTION_PENDING)
        state |= HV_X64_VP_EXECUTION_STATE_INTERRUPTION_PENDING;
    if (registers->interrupt_state & HV_X64_INTERRUPT_STATE_INTERRUPT_SHADOW)
        state |= HV_X64_VP_EXECUTION_STATE_INTERRUPT_SHADOW;
    return state;
}

static uint8_t get_cr8(struct hv_vp *vp)
{
    struct hv_register128 value;

    if (hv_vp_has_apic(vp))
        return vp->apic.tpr >> 4;
    return hv_register_get(vp, HvX64RegisterCr8, &value) == HV_STATUS_SUCCESS ? (uint8_t)value.low
                                                                              : 0;
}

static void read_registers(struct hv_vp *vp, const struct hv_gprs *gprs,
                           struct hv_intercept_state *state)
{
    struct hv_vp_register_page *page = hv_state_page(vp, HvVpStatePageRegisters);
    struct hv_shown_registers *registers = page ? hv_register_page_shown(page) : &state->own;
    const struct hv_cpu_ops *cpu = hv_vp_cpu(vp);

    state->registers = registers;
    cpu->read_shown(cpu->context, vp, registers);
    if (page)
        hv_register_page_fill(page, gprs, state->cr8);
}

/* inline: for each kind of message by itself, in a program that is optimised as a whole. */
inline void hv_intercept_read_state(struct hv_vp *vp, const struct hv_gprs *gprs,
                                    struct hv_intercept_state *state)
{
    const struct hv_partition *partition = vp->partition;

    state->partition_id = partition->id;
    state->vp_index = vp->index;
    state->exo = (partition->creation_flags & HV_PARTITION_CREATION_FLAG_EXO_PARTITION) != 0;
    state->cr8 = get_cr8(vp);
    read_registers(vp, gprs, state);
    state->execution_state = find_execution_state(state, gprs->rflags);
}

/* ---- Messages ---- */

/* Returns where the payload begins: all that follows is written once, as the message may lie where
   the parent sees it. What is behind the payload stays as it is. */
static inline void *begin(struct hv_message *message, uint64_t partition_id, uint32_t type,
                          size_t size)
{
    message->header.message_type = type;
    message->header.payload_size = (uint8_t)size;
    message->header.message_flags = 0;
    message->header.reserved = 0;
    message->header.origination_id = partition_id;
    return message->payload;
}

/* The same with nothing in it. */
static void *begin_empty(struct hv_message *message, uint32_t type, size_t size)
{
    memset(message->payload, 0, sizeof(message->payload));
    return begin(message, 0, type, size);
}

static uint8_t length_and_cr8(const struct hv_intercept_state *state, uint8_t length)
{
    if (!state->exo)
        return length;
    return (uint8_t)((length & HV_X64_INTERCEPT_INSTRUCTION_LENGTH_MASK) |
                     (uint32_t)state->cr8 << HV_X64_INTERCEPT_CR8_SHIFT);
}

static void *begin_intercept(struct hv_message *message, const struct hv_intercept_state *state,
                             const struct hv_exit *exit, uint32_t type, uint8_t access, size_t size)
{
    struct hv_x64_intercept_message_header *header =
        begin(message, state->partition_id, type, size);

    header->vp_index = state->vp_index;
    header->instruction_length = length_and_cr8(state, exit->instruction_length);
    header->intercept_access_type = access;
    header->execution_state = state->execution_state;
    header->cs_segment = segment(state, HvX64RegisterCs);
    header->rip = exit->gprs->rip;
    header->rflags = exit->gprs->rflags;
    return header;
}

static uint8_t direction(bool write)
{
    return write ? HV_INTERCEPT_ACCESS_WRITE : HV_INTERCEPT_ACCESS_READ;
}

/* No more than the exit has room for, whatever the back end says. */
static uint8_t copy_code(uint8_t bytes[16], const uint8_t code[15], uint8_t size)
{
    uint8_t count = size < 15 ? size : 15;

    memset(bytes, 0, 16);
    if (count)
        memcpy(bytes, code, count);
    return count;
}

static void copy_gprs(uint8_t *registers, const struct hv_exit *exit)
{
    memcpy(registers, exit->gprs->gpr, sizeof(exit->gprs->gpr));
}

static uint8_t access_info(const struct hv_exit *exit)
{
    uint8_t info = exit->io.size & HV_X64_IO_PORT_ACCESS_SIZE_MASK;

    if (exit->io.string)
        info |= HV_X64_IO_PORT_ACCESS_STRING_OP;
    if (exit->io.rep)
        info |= HV_X64_IO_PORT_ACCESS_REP_PREFIX;
    return info;
}

void hv_intercept_make_io(struct hv_message *message, const struct hv_intercept_state *state,
                          const struct hv_exit *exit)
{
    const uint64_t *gpr = exit->gprs->gpr;
    struct hv_x64_io_port_intercept_message *payload =
        begin_intercept(message, state, exit, HvMessageTypeX64IoPortIntercept,
                        direction(exit->io.write), sizeof(*payload));

    payload->port_number = exit->io.port;
    payload->access_info = access_info(exit);
    payload->instruction_byte_count =
        copy_code(payload->instruction_bytes, exit->io.code, exit->io.code_size);
    payload->reserved = 0;
    payload->rax = gpr[HV_GPR_RAX];
    payload->ds_segment = segment(state, HvX64RegisterDs);
    payload->es_segment = segment(state, HvX64RegisterEs);
    payload->rcx = gpr[HV_GPR_RCX];
    payload->rsi = gpr[HV_GPR_RSI];
    payload->rdi = gpr[HV_GPR_RDI];
}

void hv_intercept_make_msr(struct hv_message *message, const struct hv_intercept_state *state,
                           const struct hv_exit *exit, bool write)
{
    const uint64_t *gpr = exit->gprs->gpr;
    struct hv_x64_msr_intercept_message *payload = begin_intercept(
        message, state, exit, HvMessageTypeMsrIntercept, direction(write), sizeof(*payload));

    payload->msr_number = (uint32_t)gpr[HV_GPR_RCX];
    payload->reserved = 0;
    payload->rdx = gpr[HV_GPR_RDX];
    payload->rax = gpr[HV_GPR_RAX];
}

void hv_intercept_make_cpuid(struct hv_message *message, const struct hv_intercept_state *state,
                             const struct hv_exit *exit, const uint32_t answer[4])
{
    const uint64_t *gpr = exit->gprs->gpr;
    struct hv_x64_cpuid_intercept_message *payload =
        begin_intercept(message, state, exit, HvMessageTypeX64CpuidIntercept,
                        HV_INTERCEPT_ACCESS_EXECUTE, sizeof(*payload));

    payload->rax = gpr[HV_GPR_RAX];
    payload->rcx = gpr[HV_GPR_RCX];
    payload->rdx = gpr[HV_GPR_RDX];
    payload->rbx = gpr[HV_GPR_RBX];
    payload->default_result_rax = answer[HV_EAX];
    payload->default_result_rcx = answer[HV_ECX];
    payload->default_result_rdx = answer[HV_EDX];
    payload->default_result_rbx = answer[HV_EBX];
}

void hv_intercept_make_exception(struct hv_message *message, const struct hv_intercept_state *state,
                                 const struct hv_exit *exit)
{
    struct hv_x64_exception_intercept_message *payload =
        begin_intercept(message, state, exit, HvMessageTypeExceptionIntercept,
                        HV_INTERCEPT_ACCESS_EXECUTE, sizeof(*payload));

    payload->exception_vector = exit->exception.vector;
    payload->exception_parameter = exit->exception.parameter;
    payload->exception_info = exit->exception.has_error ? HV_X64_EXCEPTION_ERROR_CODE_VALID : 0;
    payload->error_code = exit->exception.has_error ? exit->exception.error : 0;
    payload->reserved = 0;
    payload->instruction_byte_count =
        copy_code(payload->instruction_bytes, exit->exception.code, exit->exception.code_size);
    payload->ds_segment = segment(state, HvX64RegisterDs);
    payload->ss_segment = segment(state, HvX64RegisterSs);
    copy_gprs((uint8_t *)payload + offsetof(struct hv_x64_exception_intercept_message, rax), exit);
}

static uint8_t memory_access(uint8_t access)
{
    if (access & HV_ACCESS_EXECUTE)
        return HV_INTERCEPT_ACCESS_EXECUTE;
    return direction(access & HV_ACCESS_WRITE);
}

void hv_intercept_make_memory(struct hv_message *message, const struct hv_intercept_state *state,
                              const struct hv_exit *exit, uint32_t type, uint8_t cache_type)
{
    struct hv_x64_memory_intercept_message *payload =
        begin_intercept(message, state, exit, type, memory_access(exit->memory.access),
                        state->exo ? MEMORY_SIZE_EXO : sizeof(*payload));

    payload->cache_type = cache_type;
    payload->tpr_priority = state->cr8;
    payload->guest_physical_address = exit->memory.gpa;
    payload->memory_access_info = exit->memory.gva_valid ? HV_X64_MEMORY_ACCESS_GVA_VALID : 0;
    payload->guest_virtual_address = exit->memory.gva_valid ? exit->memory.gva : 0;
    payload->reserved = 0;
    payload->instruction_byte_count =
        copy_code(payload->instruction_bytes, exit->memory.code, exit->memory.code_size);
    if (state->exo)
        return;
    payload->ds_segment = segment(state, HvX64RegisterDs);
    payload->ss_segment = segment(state, HvX64RegisterSs);
    copy_gprs((uint8_t *)payload + offsetof(struct hv_x64_memory_intercept_message, rax), exit);
}

void hv_intercept_make_plain(struct hv_message *message, const struct hv_intercept_state *state,
                             const struct hv_exit *exit, uint32_t type)
{
    begin_intercept(message, state, exit, type, HV_INTERCEPT_ACCESS_EXECUTE,
                    sizeof(struct hv_x64_intercept_message_header));
}

void hv_intercept_make_opaque(struct hv_message *message, uint64_t partition_id, uint32_t vp_index)
{
    struct hv_opaque_intercept_message *payload =
        begin(message, partition_id, HvMessageTypeOpaqueIntercept, sizeof(*payload));

    payload->vp_index = vp_index;
}

void hv_intercept_make_eoi(struct hv_message *message, uint64_t partition_id, uint32_t vp_index,
                           uint8_t vector)
{
    struct hv_x64_apic_eoi_message *payload =
        begin(message, partition_id, HvMessageTypeX64ApicEoi, sizeof(*payload));

    payload->vp_index = vp_index;
    payload->interrupt_vector = vector;
}

/* Who sends it is nobody's child: the VPs are named in it. */
void hv_intercept_make_signal(struct hv_message *message, uint64_t partition_id, uint32_t vp_index)
{
    struct hv_scheduler_vp_signal_pair_message *payload =
        begin_empty(message, HvMessageTypeSchedulerVpSignalPair, sizeof(*payload));

    payload->vp_count = 1;
    payload->partition_ids[0] = partition_id;
    payload->vp_indexes[0] = vp_index;
}

#define VPS_OF_BANK   64u
#define VPS_OF_SIGNAL (HV_SCHEDULER_SIGNAL_BANKS * VPS_OF_BANK)

/* All banks up to the last: so it makes no difference whether a reader counts those that aren't
   valid. */
static void add_to_set(struct hv_message *message, uint32_t vp_index)
{
    struct hv_scheduler_vp_signal_bitset_message *set = (void *)message->payload;
    uint32_t bank = vp_index / VPS_OF_BANK;
    size_t end = offsetof(struct hv_scheduler_vp_signal_bitset_message, banks[0]) +
                 sizeof(set->banks[0]) * (bank + 1);

    set->banks[bank] |= UINT64_C(1) << vp_index % VPS_OF_BANK;
    set->valid_bank_mask |= (UINT64_C(2) << bank) - 1;
    set->vp_count++;
    if (end > message->header.payload_size)
        message->header.payload_size = (uint8_t)end;
}

static bool make_set(struct hv_message *message)
{
    const struct hv_scheduler_vp_signal_pair_message *pair = (const void *)message->payload;
    const uint64_t partition_id = pair->partition_ids[0];
    const uint32_t vp_index = pair->vp_indexes[0];
    struct hv_scheduler_vp_signal_bitset_message *set;

    if (vp_index >= VPS_OF_SIGNAL)
        return false;
    set = begin_empty(message, HvMessageTypeSchedulerVpSignalBitset, 0);
    set->partition_id = partition_id;
    set->format = HV_GENERIC_SET_SPARSE_4K;
    add_to_set(message, vp_index);
    return true;
}

/* The ID is the first field of one, and behind the counts of the other. */
static uint64_t partition_of_signal(const struct hv_message *message)
{
    const struct hv_scheduler_vp_signal_bitset_message *set = (const void *)message->payload;
    const struct hv_scheduler_vp_signal_pair_message *pair = (const void *)message->payload;

    return message->header.message_type == HvMessageTypeSchedulerVpSignalBitset
               ? set->partition_id
               : pair->partition_ids[0];
}

bool hv_intercept_add_signal(struct hv_message *message, const struct hv_message *added)
{
    const struct hv_scheduler_vp_signal_pair_message *pair = (const void *)added->payload;

    if (partition_of_signal(message) != pair->partition_ids[0] ||
        pair->vp_indexes[0] >= VPS_OF_SIGNAL)
        return false;
    if (message->header.message_type == HvMessageTypeSchedulerVpSignalPair && !make_set(message))
        return false;
    add_to_set(message, pair->vp_indexes[0]);
    return true;
}
