/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "attack.h"

#include <guest/guest.h>
#include <hv/abi/tlfs.h>

#define FIRST_VECTOR 0x30u
#define VECTORS      0xc0u
#define TIMERS       4u
#define SINT         1u
#define SINT_VECTOR  0xf1u
#define FAST         (UINT64_C(1) << 16)

static void ignore(struct trap_frame *frame, void *unused)
{
    (void)frame;
    (void)unused;
}

static uint64_t any_vector(void)
{
    return FIRST_VECTOR + attack_random() % VECTORS;
}

static void call(uint64_t control, uint64_t first, uint64_t second)
{
    struct regs regs = { .rcx = control, .rdx = first, .r8 = second };

    safe_hypercall(ENTRY_ADDRESS, attack_hypercall_page(), &regs);
}

/* ---- Interrupts ---- */

static void send_interrupts(void)
{
    static const uint32_t targets[] = { APIC_ICR_SELF, APIC_ICR_ALL, APIC_ICR_OTHERS };

    apic_send(0, targets[attack_random() % 3] | APIC_ICR_ASSERT | (uint32_t)any_vector());
    if (attack_random() % 8 == 0)
        apic_send(0, APIC_ICR_OTHERS | APIC_ICR_ASSERT | APIC_ICR_NMI);
}

static void send_by_call(void)
{
    call(HvCallSendSyntheticClusterIpi | FAST, any_vector(),
         attack_random() % 2 ? 3 : attack_random());
}

/* ---- Messages and events ---- */

/* Of its own timers; a connection that it might post to it has none. */
static void take_messages(void)
{
    struct hv_message *slots = virt_of(rdmsr(HV_X64_MSR_SIMP) & PAGE_MASK);

    slots[SINT].header.message_type = 0;
    wrmsr(HV_X64_MSR_EOM, 0);
}

static void post(void)
{
    static uint64_t *block;

    if (!block)
        block = alloc_page();
    block[0] = attack_random() % 2 ? attack_random() % 16 : attack_random();
    block[1] = 1 | UINT64_C(240) << 32;
    call(HvCallPostMessage, phys_of(block), 0);
    call(HvCallSignalEvent | FAST, block[0], 0);
}

static void flush(void)
{
    static uint64_t *block;

    if (!block)
        block = alloc_page();
    block[1] = HV_FLUSH_ALL_PROCESSORS | HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES;
    call(HvCallFlushVirtualAddressSpace, phys_of(block), 0);
}

/* ---- Timers ---- */

/* Half of them by messages, half directly; each for a time that has passed. */
static void start_timers(void)
{
    for (uint32_t i = 0; i < TIMERS; i++) {
        uint64_t config = HV_X64_MSR_STIMER_CONFIG_ENABLE;

        if (i % 2)
            config |= HV_X64_MSR_STIMER_CONFIG_DIRECT_MODE |
                      any_vector() << HV_X64_MSR_STIMER_CONFIG_APIC_VECTOR_SHIFT;
        else
            config |= (uint64_t)SINT << HV_X64_MSR_STIMER_CONFIG_SINTX_SHIFT;
        safe_wrmsr(HV_X64_MSR_STIMER0_COUNT + 2 * i, 1);
        safe_wrmsr(HV_X64_MSR_STIMER0_CONFIG + 2 * i, config);
    }
}

void attack_prepare_storm(void)
{
    attack_hypercall_page();
    register_interrupt(VECTOR_NMI, ignore, NULL);
    wrmsr(HV_X64_MSR_SIMP, phys_of(alloc_page()) | HV_X64_MSR_PAGE_ENABLE);
    wrmsr(HV_X64_MSR_SINT0 + SINT, SINT_VECTOR);
    wrmsr(HV_X64_MSR_SCONTROL, HV_X64_MSR_SCONTROL_ENABLE);
}

void attack_by_storm(void)
{
    static void (*const ways[])(void) = { send_interrupts, send_by_call, take_messages, post,
                                          flush,           start_timers };

    ways[attack_random() % (sizeof(ways) / sizeof(ways[0]))]();
    irq_window();
}
