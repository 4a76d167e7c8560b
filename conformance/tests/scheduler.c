/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What a guest sees of the scheduler: a VP that halts is woken, and the hint of a spin lock. */
#include "synic_support.h"

#include "hypercall_support.h"

#define WAKE_VECTOR    0x64
#define LOW_VECTOR     0x44
#define PATIENCE_US    5000000
#define LOOKS          1000
#define WAKE_TICKS     100000 /* of the APIC timer */
#define HLT_OPCODE     0xf4
#define ROUNDS         20
#define NEVER_NOTIFIES HV_RECOMMEND_EBX_SPIN_RETRIES_NEVER

/* ---- Halted VPs ---- */

static volatile uint32_t wakes;

/*
 * Counts what wakes. Where the hypervisor takes over between STI and HLT, QEMU's emulator of SVM
 * forgets the shadow of STI (target/i386: helper_vmrun() does not load int_state), and an interrupt
 * can come before HLT: HLT is passed over then, or the VP would sleep for ever, and rightly.
 */
static void note_wake(struct trap_frame *frame, void *unused)
{
    const uint8_t *next = (const uint8_t *)(uintptr_t)frame->rip;

    (void)unused;
    if (*next == HLT_OPCODE)
        frame->rip++;
    wakes++;
    apic_eoi();
}

static void halt_until_woken(void)
{
    while (wakes == 0) {
        irq_enable_and_halt();
        irq_disable();
    }
}

static void begin_wait(uint8_t vector)
{
    irq_disable();
    wakes = 0;
    register_interrupt(vector, note_wake, NULL);
}

static void end_wait(uint8_t vector)
{
    register_interrupt(vector, NULL, NULL);
}

HV_TEST(scheduler, the_apic_timer_wakes_a_halted_vp, COVERS(HV_REQ_SCHED_010), NEEDS_NOTHING,
        "Without it an idle kernel never sees its next tick")
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        begin_wait(WAKE_VECTOR);
        /* From one that has fired before the VP halts to one that fires long after. */
        apic_timer_oneshot(WAKE_VECTOR, 1 + i * WAKE_TICKS);
        halt_until_woken();
        CHECK_EQ(wakes, 1);
    }
    end_wait(WAKE_VECTOR);
}

HV_TEST(scheduler, a_vp_with_an_interrupt_pending_does_not_sleep, COVERS(HV_REQ_SCHED_010),
        NEEDS_NOTHING, "The interrupt that came between the last look and HLT is the one to lose")
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        begin_wait(WAKE_VECTOR);
        apic_self_ipi(WAKE_VECTOR);
        halt_until_woken();
        CHECK_EQ(wakes, 1);
    }
    end_wait(WAKE_VECTOR);
}

/*
 * The one that can be delivered comes later and must end the halt alone. The priority is a class
 * above the other's: at the same class QEMU's emulator of SVM takes the hypervisor's own virtual
 * interrupt for deliverable (target/i386/cpu.h, ctl_has_irq()), and Xen's guest hangs.
 */
HV_TEST(scheduler, an_interrupt_below_the_priority_does_not_keep_another_away,
        COVERS(HV_REQ_SCHED_010), NEEDS_NOTHING,
        "A wake-up is for what can be delivered, not for the first that is pending")
{
    begin_wait(WAKE_VECTOR);
    apic_write(APIC_TPR, (LOW_VECTOR & 0xf0) + 0x10);
    apic_self_ipi(LOW_VECTOR);
    apic_timer_oneshot(WAKE_VECTOR, WAKE_TICKS);
    halt_until_woken();
    CHECK_EQ(wakes, 1);
    CHECK(apic_is_pending(LOW_VECTOR), "the interrupt below the task priority was delivered");
    apic_write(APIC_TPR, 0);
    for (unsigned i = 0; i < LOOKS && apic_is_pending(LOW_VECTOR); i++)
        irq_window();
    CHECK(!apic_is_pending(LOW_VECTOR), "the interrupt is not delivered when it can be");
    end_wait(WAKE_VECTOR);
}

static volatile uint32_t asleep;

static void halt_on_ap(void *unused)
{
    (void)unused;
    irq_disable();
    apic_enable();
    asleep = 1;
    halt_until_woken();
}

HV_TEST(scheduler, another_vp_wakes_a_halted_one, COVERS(HV_REQ_SCHED_010), NEEDS(.vps = 2),
        "It is how a kernel gives an idle processor work")
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        begin_wait(WAKE_VECTOR);
        asleep = 0;
        smp_start(cpu_count() - 1, halt_on_ap, NULL);
        REQUIRE(wait_until_equal(&asleep, 1, PATIENCE_US), "the VP does not run");
        udelay(i * 50);
        apic_send_ipi(cpu_at(cpu_count() - 1)->apic_id, WAKE_VECTOR);
        REQUIRE(smp_join_timeout(cpu_count() - 1, PATIENCE_US), "the VP sleeps on");
        CHECK_EQ(wakes, 1);
    }
    end_wait(WAKE_VECTOR);
}

/* SINT 4 sends its interrupts by SYNIC_VECTOR. */
#define SINT 4

HV_TEST(scheduler, a_synthetic_timer_wakes_a_halted_vp, COVERS(HV_REQ_SCHED_010),
        NEEDS(NEEDS_TIMERS), "A guest that has them uses no other timers")
{
    struct synic_pages pages = synic_on(SINT, 0);

    for (unsigned i = 0; i < ROUNDS; i++) {
        begin_wait(SYNIC_VECTOR);
        synic_timer(0, SINT, HV_X64_MSR_STIMER_CONFIG_ENABLE, synic_now() + 1 + i * SYNIC_MS / 8);
        halt_until_woken();
        CHECK_EQ(wakes, 1);
        synic_empty(&pages, SINT);
    }
    synic_off(NULL);
    end_wait(SYNIC_VECTOR);
}

/* ---- The hint of a spin lock ---- */

/* How often a guest with an identity is asked to spin; where it is asked not to tell, any number
 * will do. */
static uint32_t spins_between_hints(void)
{
    uint32_t retries = cpuid(HV_CPUID_ENLIGHTENMENT_INFO).ebx;

    return retries == 0 || retries == NEVER_NOTIFIES ? 0xfff : retries;
}

/* In a register; nothing but RAX may change. */
static void hint(uint32_t count)
{
    struct regs regs = { .rcx = notify_value(), .rdx = count, .r8 = 8, .r9 = 9, .rbx = 3 };

    CHECK_NO_FAULT(hv_call_regs(&regs));
    CHECK(regs.rax == HV_STATUS_SUCCESS, "count 0x%x: result 0x%llx", count,
          (unsigned long long)regs.rax);
    CHECK(regs.rbx == 3 && regs.r9 == 9, "count 0x%x: registers have changed", count);
}

static void hint_in_memory(uint32_t count)
{
    static struct hv_input_notify_long_spin_wait block __attribute__((aligned(16)));

    block = (struct hv_input_notify_long_spin_wait){ .spin_count = count };
    CHECK_EQ(hv_call(HvCallNotifyLongSpinWait, phys_of(&block), 0), HV_STATUS_SUCCESS);
    CHECK_EQ(block.spin_count, count);
}

HV_TEST(scheduler, every_multiple_of_the_spin_count_can_be_told, COVERS(HV_REQ_SCHED_011),
        NEEDS_NOTHING, "A lock that is held for long is told of again and again, and longer counts")
{
    uint32_t retries;

    hv_enable_hypercalls();
    retries = spins_between_hints();
    for (uint32_t multiple = 1; multiple <= 1000; multiple++) {
        hint(multiple * retries);
        hint_in_memory(multiple * retries);
    }
    for (uint64_t count = retries; count <= UINT32_MAX; count *= 2)
        hint((uint32_t)count);
}

static volatile uint32_t held, taken;

/* What Linux and Windows do: after so many tries, and again after as many more. */
static void take_held_lock(void *retries)
{
    uint32_t between = (uint32_t)(uintptr_t)retries, spins = 0;

    while (held) {
        cpu_pause();
        if (++spins % between == 0)
            hint(spins);
    }
    __atomic_add_fetch(&taken, 1, __ATOMIC_RELAXED);
}

HV_TEST(scheduler, hints_do_not_keep_the_holder_from_running, COVERS(HV_REQ_SCHED_011),
        NEEDS(.vps = 2), "The hint is to help the VP that holds the lock, and must not be its end")
{
    uint32_t retries;

    hv_enable_hypercalls();
    retries = spins_between_hints();
    taken = 0;
    held = 1;
    for (uint32_t cpu = 1; cpu < cpu_count(); cpu++)
        smp_start(cpu, take_held_lock, (void *)(uintptr_t)(retries < 100 ? retries : 100));
    udelay(20000);
    held = 0;
    for (uint32_t cpu = 1; cpu < cpu_count(); cpu++)
        REQUIRE(smp_join_timeout(cpu, PATIENCE_US), "VP %u does not come back", cpu);
    CHECK_EQ(taken, cpu_count() - 1);
}
