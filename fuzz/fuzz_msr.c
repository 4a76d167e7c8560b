/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Any sequence of MSR accesses, CPUID, register writes by name, page accesses, resets and halts, on
 * a partition with any privileges on a machine with any capabilities. What must hold whatever the
 * guest does is asserted after each step.
 *
 * Input: a header, then operations of 12 bytes; see struct header and struct operation.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <hv/abi/tlfs.h>
#include <hv/interrupt.h>

#include "core.h"
#include "fake_platform.h"
#include "fuzz.h"
#include "msr.h"

#define VPS            2
#define FIRST_MSR      0x40000000u
#define GP             13
#define MAX_OPERATIONS 200
#define START_RIP      0x1000u

struct header {
    uint64_t privileges;
    uint32_t capabilities;
    uint8_t ept;
    uint8_t pages; /* that the partition has left */
    uint8_t reserved[2];
};

/* kind: low nibble enum operation_kind, bit 7 the VP. */
struct operation {
    uint8_t kind;
    uint8_t access;
    uint16_t msr; /* distance from 0x40000000; bit 15: a number of another range */
    uint64_t value;
} __attribute__((packed));

enum operation_kind {
    READ,
    WRITE,
    GET_BY_NAME,
    SET_BY_NAME,
    CPUID,
    TOUCH_PAGE,
    RESET_PARTITION,
    RESET_VP,
    SET_PROPERTY,
    ADVANCE_TIME,
    RUN,
    HALT,
    POLL,
    KINDS,
};

struct machine {
    struct fake_platform fake;
    struct hv_partition *partition;
    struct fake_vp backends[VPS];
    struct hv_vp *vps[VPS];
};

static uint32_t msr_of(const struct operation *operation)
{
    uint32_t msr = FIRST_MSR + (operation->msr & 0x7FFF);

    return operation->msr & 0x8000 ? msr ^ 0x80000000u : msr;
}

/* Exit by exit: who faults stays where it was, who does not goes on behind the instruction. */
static void check_msr_exit(struct hv_vp *vp, uint32_t msr, enum hv_disposition disposition)
{
    const struct fake_vp *backend = fake_vp(vp);
    uint64_t moved = backend->gprs.rip - START_RIP;

    if (disposition == HV_DISPOSITION_PASS) {
        CHECK(msr < FIRST_MSR || msr > 0x40001FFF);
        CHECK(moved == 0 && !backend->injected);
        return;
    }
    CHECK(msr >= FIRST_MSR && msr <= 0x40001FFF);
    if (!backend->injected) {
        CHECK(moved == 2);
        return;
    }
    CHECK(backend->vector == GP && backend->has_error && backend->error == 0);
    CHECK(moved == 0 && disposition == HV_DISPOSITION_RESUME);
}

static void read_msr(struct hv_vp *vp, uint32_t msr)
{
    struct hv_gprs *gprs = &fake_vp(vp)->gprs;
    enum hv_disposition disposition;
    uint64_t value;

    gprs->rip = START_RIP;
    disposition = fake_rdmsr(vp, msr, &value);
    check_msr_exit(vp, msr, disposition);
    if (disposition == HV_DISPOSITION_RESUME && !fake_vp(vp)->injected)
        CHECK(gprs->gpr[HV_GPR_RAX] <= UINT32_MAX && gprs->gpr[HV_GPR_RDX] <= UINT32_MAX);
}

static void write_msr(struct hv_vp *vp, uint32_t msr, uint64_t value)
{
    fake_vp(vp)->gprs.rip = START_RIP;
    check_msr_exit(vp, msr, fake_wrmsr(vp, msr, value));
}

static void ask_cpuid(struct hv_vp *vp, uint32_t leaf)
{
    struct hv_gprs *gprs = &fake_vp(vp)->gprs;
    uint32_t out[4];

    gprs->rip = START_RIP;
    CHECK(fake_cpuid(vp, leaf, 0, out) == HV_DISPOSITION_RESUME);
    CHECK(gprs->rip == START_RIP + 2 && !fake_vp(vp)->injected);
    CHECK(gprs->gpr[HV_GPR_RAX] <= UINT32_MAX && gprs->gpr[HV_GPR_RDX] <= UINT32_MAX);
}

static void touch_page(struct hv_vp *vp, uint64_t gpa, uint8_t access)
{
    struct hv_exit exit = { .reason = HV_EXIT_MEMORY, .gprs = &fake_vp(vp)->gprs };

    exit.memory.gpa = gpa & ((UINT64_C(1) << 40) - 1);
    exit.memory.access = (uint8_t)(1u << access % 3);
    fake_vp(vp)->injected = false;
    hv_vp_exit(vp, &exit);
}

/* A timer that is due at once again would keep the VP from running. */
static void poll(struct hv_vp *vp, uint64_t now)
{
    if (!hv_vp_has_apic(vp))
        return;
    hv_interrupt_poll(vp, now);
    CHECK(hv_interrupt_view(vp)->current);
    CHECK(vp->unhalted_timer.deadline > now);
}

static void run_operation(struct machine *machine, const struct operation *operation)
{
    struct hv_vp *vp = machine->vps[operation->kind >> 7];
    uint32_t msr = msr_of(operation);
    uint64_t value = operation->value;

    switch ((operation->kind & 0x7F) % KINDS) {
    case READ:
        read_msr(vp, msr);
        break;
    case WRITE:
        write_msr(vp, msr, value);
        break;
    case GET_BY_NAME:
        hv_msr_get(vp, msr, &value);
        break;
    case SET_BY_NAME:
        hv_msr_set(vp, msr, value);
        break;
    case CPUID:
        ask_cpuid(vp, (uint32_t)value);
        break;
    case TOUCH_PAGE:
        touch_page(vp, value, operation->access);
        break;
    case RESET_PARTITION:
        hv_partition_reset(machine->partition);
        break;
    case RESET_VP:
        hv_vp_reset(vp);
        break;
    case SET_PROPERTY:
        hv_partition_set_property(
            machine->partition, HvPartitionPropertyPrivilegeFlags + ((uint32_t)operation->msr << 4),
            value);
        break;
    case ADVANCE_TIME:
        machine->fake.tsc += value & UINT32_MAX;
        break;
    case RUN:
        hv_vp_account_start(vp, machine->fake.tsc);
        break;
    case HALT:
        hv_vp_account_stop(vp, machine->fake.tsc);
        break;
    case POLL:
        poll(vp, machine->fake.tsc);
        break;
    }
}

static bool page_is_visible(const struct hv_partition *partition, uint64_t msr,
                            const struct hv_overlay *overlay)
{
    struct hv_mapping mapping;

    return hv_address_translate(partition, msr >> HV_PAGE_SHIFT, &mapping) && mapping.overlay &&
           mapping.spa_page == overlay->spa_page;
}

static void check_hypercall_page(const struct hv_partition *partition)
{
    uint64_t msr = partition->hypercall_msr;
    const uint8_t *code = partition->hypercall_page.page;
    bool locked = msr & HV_X64_MSR_HYPERCALL_LOCKED;

    CHECK(msr >> HV_X64_MSR_HYPERCALL_GPFN_SHIFT < partition->address.page_count);
    CHECK(partition->hypercall_page.enabled == (bool)(msr & HV_X64_MSR_HYPERCALL_ENABLE));
    CHECK(!partition->hypercall_page.enabled || partition->guest_os_id != 0 || locked);
    CHECK(code[0] == 0x0F && code[3] == 0xC3 && code[4] == 0xCC && code[4095] == 0xCC);
    if (!partition->hypercall_page.enabled)
        CHECK(!page_is_visible(partition, msr, &partition->hypercall_page));
}

static void check_time(const struct hv_partition *partition)
{
    const struct hv_reference_tsc_page *page = partition->time.page.page;
    bool invariant = partition->platform->facts.capabilities & HV_CPU_INVARIANT_TSC;

    CHECK(invariant == (page->tsc_sequence != 0));
    CHECK(page->tsc_sequence != UINT32_MAX);
    CHECK(page->tsc_scale == partition->time.scale && page->tsc_offset == partition->time.offset);
    CHECK(partition->time.page.enabled ==
          (bool)(partition->time.reference_tsc_msr & HV_X64_MSR_PAGE_ENABLE));
    CHECK(partition->time.tsc_invariant_control <= 1 && partition->time.tsc_emulation_status == 0);
}

static void check_unhalted_timer(const struct hv_vp *vp)
{
    const struct hv_unhalted_timer *timer = &vp->unhalted_timer;
    bool on = (timer->config & HV_X64_MSR_STIME_UNHALTED_TIMER_CONFIG_ENABLED) && timer->count != 0;

    CHECK(hv_unhalted_timer_config_is_valid(timer->config));
    CHECK(timer->deadline == HV_APIC_NEVER || (on && vp->running));
}

static void check_invariants(const struct machine *machine, uint64_t privileges)
{
    CHECK(hv_partition_privileges(machine->partition) == privileges);
    check_hypercall_page(machine->partition);
    check_time(machine->partition);
    for (unsigned i = 0; i < VPS; i++) {
        CHECK(hv_vp_npiep(machine->vps[i]) <= 0xF);
        check_unhalted_timer(machine->vps[i]);
    }
}

/* Filling the memory of a new platform takes longer than all else, so all inputs share one. */
static void build(struct machine *machine, const struct header *header)
{
    struct fake_platform *fake = &machine->fake;

    if (!fake->memory)
        fake_platform_init(fake);
    memset(fake->taken, 0, sizeof(fake->taken));
    memset(machine->backends, 0, sizeof(machine->backends));
    fake->platform.facts.capabilities = header->capabilities;
    fake->platform.facts.slat_format = header->ept & 1 ? HV_SLAT_EPT : HV_SLAT_NPT;
    fake->tsc = FAKE_TSC_HZ;
    machine->partition = fake_partition_with(fake, header->privileges);
    for (unsigned i = 0; i < VPS; i++)
        CHECK(hv_vp_create(machine->partition, i, i, &machine->backends[i], &machine->vps[i]) ==
              HV_STATUS_SUCCESS);
    while (hv_partition_available(machine->partition) > header->pages)
        hv_partition_alloc_page(machine->partition, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct machine machine;
    struct header header;
    struct operation operation;
    uint64_t privileges;

    if (size < sizeof(header))
        return -1;
    memcpy(&header, data, sizeof(header));
    build(&machine, &header);
    privileges = hv_partition_privileges(machine.partition);
    CHECK((privileges & ~header.privileges) == 0);

    data += sizeof(header);
    size -= sizeof(header);
    for (unsigned i = 0; i < MAX_OPERATIONS && size >= sizeof(operation); i++) {
        memcpy(&operation, data, sizeof(operation));
        data += sizeof(operation);
        size -= sizeof(operation);
        run_operation(&machine, &operation);
        check_invariants(&machine, privileges);
    }
    return 0;
}
