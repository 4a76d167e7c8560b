/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Doorbells (TLFS: HV_CONNECTION_INFO): a store of a child's to an address where its parent has
 * hung one up puts the port's ID into an event ring, and the child goes on. What a child executes
 * becomes no more than a size and a value, and what can't be told for sure goes its usual way: to
 * the parent as an intercept.
 */
#include <hv/insn.h>

#include "core.h"
#include "mem.h"
#include "port.h"

#define IN_PAGE        (HV_PAGE_SIZE - 1)
#define FLAGS_DEFINED  (HV_DOORBELL_FLAG_TRIGGER_SIZE_MASK | HV_DOORBELL_FLAG_TRIGGER_ANY_VALUE)
#define BITS_OF(bytes) ((bytes)*8u)

_Static_assert(HvX64RegisterGs - HvX64RegisterEs == HV_INSN_GS - HV_INSN_ES,
               "segment registers follow each other in the order of their encodings");

/* ---- What a doorbell is ---- */

/* Bytes of the stores that ring it; 0: of any size. */
static uint8_t size_of(const struct hv_doorbell *doorbell)
{
    uint64_t size = doorbell->flags & HV_DOORBELL_FLAG_TRIGGER_SIZE_MASK;

    if (size == HV_DOORBELL_FLAG_TRIGGER_SIZE_ANY)
        return 0;
    return (uint8_t)(1u << (size - 1));
}

hv_status hv_doorbell_check(const struct hv_partition *sender, const struct hv_doorbell *doorbell)
{
    if ((doorbell->flags & ~FLAGS_DEFINED) ||
        (doorbell->flags & HV_DOORBELL_FLAG_TRIGGER_SIZE_MASK) >
            HV_DOORBELL_FLAG_TRIGGER_SIZE_QWORD)
        return HV_STATUS_INVALID_PARAMETER;
    if (doorbell->gpa >> HV_PAGE_SHIFT >= sender->address.page_count ||
        (doorbell->gpa & IN_PAGE) + size_of(doorbell) > HV_PAGE_SIZE)
        return HV_STATUS_INVALID_PARAMETER;
    return HV_STATUS_SUCCESS;
}

bool hv_doorbell_matches(const struct hv_doorbell *doorbell, uint8_t size, uint64_t value)
{
    uint8_t wanted = size_of(doorbell);

    if (wanted != 0 && wanted != size)
        return false;
    return (doorbell->flags & HV_DOORBELL_FLAG_TRIGGER_ANY_VALUE) || doorbell->value == value;
}

/* ---- Stores ---- */

/* In 64-bit mode only FS and GS have a base. */
static uint64_t segment_base(struct hv_vp *vp, const struct hv_exit *exit, uint8_t segment)
{
    const struct hv_cpu_ops *cpu = hv_vp_cpu(vp);
    struct hv_register128 value;
    struct hv_x64_segment_register content;

    if (exit->memory.code_mode == HV_INSN_64 && segment < HV_INSN_FS)
        return 0;
    if (cpu->get_register(cpu->context, vp, HvX64RegisterEs + segment, &value) != HV_STATUS_SUCCESS)
        return 0;
    memcpy(&content, &value, sizeof(content));
    return content.base;
}

/* One that begins in the page before faults at this one's first byte, and is another store. */
static bool begins_there(struct hv_vp *vp, const struct hv_exit *exit, const struct hv_insn *insn)
{
    uint64_t offset = hv_insn_effective_offset(insn, exit->gprs->gpr, exit->gprs->rip);

    return ((offset + segment_base(vp, exit, insn->memory.segment)) & IN_PAGE) ==
           (exit->memory.gpa & IN_PAGE);
}

/* A MOV to memory; what others store would have to be computed. */
static bool decode(struct hv_vp *vp, const struct hv_exit *exit, struct hv_insn *insn)
{
    if (hv_insn_decode(exit->memory.code, exit->memory.code_size,
                       (enum hv_insn_mode)exit->memory.code_mode, insn) != HV_INSN_OK)
        return false;
    return insn->op == HV_INSN_OP_MOV && insn->memory.present &&
           insn->memory.access == HV_INSN_ACCESS_STORE && begins_there(vp, exit, insn);
}

static uint64_t stored_value(const struct hv_exit *exit, const struct hv_insn *insn)
{
    uint64_t value = insn->immediate_size ? (uint64_t)insn->immediate : exit->gprs->gpr[insn->reg];

    if (insn->reg_high_byte && !insn->immediate_size)
        value >>= 8;
    if (insn->memory.size < sizeof(value))
        value &= (UINT64_C(1) << BITS_OF(insn->memory.size)) - 1;
    return value;
}

bool hv_doorbell_exit(struct hv_vp *vp, struct hv_exit *exit)
{
    struct hv_partition *partition = vp->partition;
    struct hv_insn insn;
    struct hv_port *port;
    bool heard;

    if (atomic_load_explicit(&partition->ports.doorbells, memory_order_relaxed) == 0 ||
        exit->memory.access != HV_ACCESS_WRITE || exit->memory.page_walk ||
        !decode(vp, exit, &insn))
        return false;
    port = hv_connection_find_doorbell(partition, exit->memory.gpa, insn.memory.size,
                                       stored_value(exit, &insn));
    if (!port)
        return false;
    heard = hv_port_ring(vp, port);
    hv_port_drop(port);
    if (!heard)
        return false;
    exit->instruction_length = insn.length;
    hv_exit_complete(exit);
    return true;
}
