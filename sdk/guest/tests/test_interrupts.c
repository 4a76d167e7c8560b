/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Interrupts from the local APIC.
 */
#include "selftest.h"

#define VECTOR_IPI   0x50
#define VECTOR_TIMER 0x51
#define VECTOR_STRAY 0x52
#define WAIT_US      2000000

static volatile uint32_t count;
static volatile bool seen_user;

static void on_interrupt(struct trap_frame *frame, void *arg)
{
    uint64_t value;

    if ((frame->cs & 3) == 3)
        seen_user = true;
    (void)safe_read64((void *)0x0000700000000000ULL, &value);
    if (arg != NULL)
        *(uint32_t *)arg = count + 1;
    count++;
    if (frame->vector != VECTOR_NMI)
        apic_eoi();
}

static void test_self_ipi(void)
{
    uint32_t argument = 0;

    register_interrupt(VECTOR_IPI, on_interrupt, &argument);
    count = 0;
    irq_disable();
    apic_self_ipi(VECTOR_IPI);
    mdelay(1);
    check(count == 0 && apic_is_pending(VECTOR_IPI), "interrupt waits while IF is clear");
    irq_enable();
    check(wait_until_equal(&count, 1, WAIT_US), "self IPI is delivered");
    check(argument == 1, "handler gets its argument");
    check(!apic_is_pending(VECTOR_IPI) && !apic_in_service(VECTOR_IPI), "EOI ends it");
    apic_send_ipi(apic_id(), VECTOR_IPI);
    check(wait_until_equal(&count, 2, WAIT_US), "IPI to the own APIC id is delivered");
    irq_disable();
    register_interrupt(VECTOR_IPI, NULL, NULL);
}

static uint64_t spin_user(void *arg)
{
    (void)arg;
    while (!seen_user)
        cpu_pause();
    return 1;
}

static bool wait_for_count(uint32_t least)
{
    uint64_t ticks = tsc_from_us(WAIT_US), start = rdtsc();

    while (count < least && rdtsc() - start < ticks)
        cpu_pause();
    return count >= least;
}

static void test_timer(void)
{
    uint64_t result = 0;

    register_interrupt(VECTOR_TIMER, on_interrupt, NULL);
    count = 0;
    irq_enable();
    apic_timer_oneshot(VECTOR_TIMER, 100000);
    check(wait_until_equal(&count, 1, WAIT_US), "one-shot timer fires");
    check(apic_read(APIC_TIMER_CURRENT) == 0, "one-shot timer stops");
    apic_timer_periodic(VECTOR_TIMER, 2000000);
    check(wait_for_count(3), "periodic timer fires again");
    apic_timer_stop();
    apic_timer_periodic(VECTOR_TIMER, 2000000);
    check_no_fault(run_user(spin_user, NULL, &result), "timer interrupts CPL 3");
    check(result == 1, "CPL 3 goes on after an interrupt");
    apic_timer_stop();
    irq_disable();
    count = 0;
    apic_timer_oneshot(VECTOR_TIMER, 1000000);
    irq_enable_and_halt();
    check(count == 1, "timer wakes from HLT");
    irq_disable();
    apic_timer_stop();
    register_interrupt(VECTOR_TIMER, NULL, NULL);
}

static void test_stray_and_nmi(void)
{
    uint64_t before = this_cpu()->stray_interrupts;

    irq_enable();
    apic_self_ipi(VECTOR_STRAY);
    mdelay(2);
    irq_disable();
    check(this_cpu()->stray_interrupts == before + 1 && this_cpu()->stray_vector == VECTOR_STRAY &&
              !apic_in_service(VECTOR_STRAY),
          "interrupt without a handler is counted and acknowledged");
    register_interrupt(VECTOR_NMI, on_interrupt, NULL);
    count = 0;
    apic_send_nmi(apic_id());
    check(wait_until_equal(&count, 1, WAIT_US), "NMI is delivered with IF clear");
    register_interrupt(VECTOR_NMI, NULL, NULL);
}

static void test_fault_kept(void)
{
    uint64_t value;

    register_interrupt(VECTOR_IPI, on_interrupt, NULL);
    fault_clear();
    irq_enable();
    apic_self_ipi(VECTOR_IPI);
    mdelay(1);
    irq_disable();
    check(!fault_take().raised, "a fault inside a handler stays inside");
    check_no_fault(safe_rdmsr(MSR_EFER, &value), "and does not show up later");
    register_interrupt(VECTOR_IPI, NULL, NULL);
}

static volatile uint32_t count_masked; /* after the one that comes with IF clear */

/* INT delivers a vector whatever RFLAGS.IF says, as the emulator does by mistake. */
static void interrupt_again(struct trap_frame *frame, void *unused)
{
    (void)frame;
    (void)unused;
    if (count++ != 0)
        return;
    __asm__ volatile("int %0" : : "i"(VECTOR_IPI) : "memory");
    count_masked = count;
    __asm__ volatile("sti; int %0; cli" : : "i"(VECTOR_IPI) : "memory");
}

static void test_repeated(void)
{
    register_interrupt(VECTOR_IPI, interrupt_again, NULL);
    count = count_masked = 0;
    __asm__ volatile("int %0" : : "i"(VECTOR_IPI) : "memory");
    check(count_masked == 1, "an interrupt into a handler that has IF clear is passed over");
    check(count == 2, "one into a handler that has IF set, or into other code, is not");
    register_interrupt(VECTOR_IPI, NULL, NULL);
}

/* Of the runtime: no instruction raises an interrupt on the way into a handler. */
void trap_dispatch(struct trap_frame *frame);

static void count_call(struct trap_frame *frame, void *unused)
{
    (void)frame;
    (void)unused;
    count++;
}

static uint32_t calls_from(uint64_t rip, uint64_t rflags, uint8_t taken)
{
    struct trap_frame frame = { .vector = VECTOR_IPI, .rip = rip, .rflags = rflags };

    count = 0;
    this_cpu()->taken = taken;
    register_interrupt(VECTOR_IPI, count_call, NULL);
    trap_dispatch(&frame);
    register_interrupt(VECTOR_IPI, NULL, NULL);
    return count;
}

static void test_repeated_on_the_way(void)
{
    uint64_t entry = (uint64_t)(uintptr_t)trap_dispatch;

    check(calls_from(entry, 0, 0) == 0, "an interrupt on the way into a handler is passed over");
    check(calls_from(entry, RFLAGS_IF, 0) == 1, "but not where interrupts are enabled");
    check(calls_from((uint64_t)(uintptr_t)test_repeated, 0, 0) == 1, "nor on the way of others");
}

static void test_repeated_afterwards(void)
{
    static const uint8_t code[] = { 0xcd, VECTOR_IPI, 0x90, 0x90 }; /* INT, NOP, NOP */
    uint64_t rip = (uint64_t)(uintptr_t)code;

    check(calls_from(rip + 4, 0, VECTOR_IPI) == 0,
          "the last interrupt is passed over with IF clear");
    check(calls_from(rip + 4, 0, VECTOR_STRAY) == 1, "another is not");
    check(calls_from(rip + 4, RFLAGS_IF, VECTOR_IPI) == 1, "nor is it with IF set");
    check(calls_from(rip + 2, 0, VECTOR_IPI) == 1, "nor if it is INT that raises it");
}

static uint64_t nothing(void *unused)
{
    (void)unused;
    return 0;
}

/* Vectors are the test's to use, all of them; 0x80 is also how the runtime leaves CPL 3. */
static void test_every_vector_is_free(void)
{
    count = 0;
    for (unsigned vector = 32; vector < 256; vector++)
        register_interrupt((uint8_t)vector, count_call, NULL);
    check_no_fault(run_user(nothing, NULL, NULL), "user code comes back whatever vectors are used");
    for (unsigned vector = 32; vector < 256; vector++)
        register_interrupt((uint8_t)vector, NULL, NULL);
    check(count == 0, "and no handler sees it");
}

void test_interrupts(void)
{
    if (!apic_present()) {
        printf("# no local APIC\n");
        return;
    }
    test_self_ipi();
    test_timer();
    test_stray_and_nmi();
    test_fault_kept();
    test_repeated();
    test_repeated_on_the_way();
    test_repeated_afterwards();
    test_every_vector_is_free();
}
