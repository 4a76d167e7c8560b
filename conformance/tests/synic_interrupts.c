/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Interrupts of SINTs: who is interrupted, when, and what has to be said at their end. */
#include <conformance/ports.h>

#include "synic_support.h"

#define TIMERS        NEEDS(NEEDS_TIMERS)
#define SINT          3
#define OTHER_SINT    4
#define LOWER         0x41 /* a vector of lower priority */
#define CLASS(vector) ((vector)&0xf0u)

/* What the handler of SYNIC_VECTOR has seen. */
static volatile struct {
    unsigned count;
    unsigned in_service; /* times that the vector was in service */
} seen;

static void note(struct trap_frame *frame, void *unused)
{
    (void)frame;
    (void)unused;
    seen.count++;
    if (apic_in_service(SYNIC_VECTOR)) {
        seen.in_service++;
        apic_eoi();
    }
}

static void note_interrupts(void)
{
    seen.count = 0;
    seen.in_service = 0;
    register_interrupt(SYNIC_VECTOR, note, NULL);
}

static bool wait_seen(unsigned count)
{
    uint64_t end = rdtsc() + tsc_from_us(SYNIC_WAIT);

    while (seen.count < count && rdtsc() < end)
        cpu_pause();
    return seen.count >= count;
}

static void expire_now(unsigned timer, unsigned sint)
{
    synic_timer(timer, sint, HV_X64_MSR_STIMER_CONFIG_ENABLE, 1);
}

HV_TEST(synic, sints_may_share_a_vector, COVERS(HV_REQ_SYNIC_023), TIMERS,
        "A guest with one handler for all needs one vector")
{
    struct synic_pages pages = synic_on(SINT, HV_X64_MSR_SINT_AUTO_EOI);

    REQUIRE_NO_FAULT(
        safe_wrmsr(synic_sint_msr(OTHER_SINT), SYNIC_VECTOR | HV_X64_MSR_SINT_AUTO_EOI));
    irq_enable();
    expire_now(0, SINT);
    CHECK(synic_wait_interrupts(1), "no interrupt of the first");
    expire_now(1, OTHER_SINT);
    CHECK(synic_wait_interrupts(2), "no interrupt of the second");
    irq_disable();
    CHECK(synic_wait_message(&pages, SINT) && synic_wait_message(&pages, OTHER_SINT),
          "a message is missing");
    synic_off(NULL);
}

HV_TEST(synic, auto_eoi_leaves_nothing_in_service, COVERS(HV_REQ_SYNIC_026, HV_REQ_SYNIC_027),
        TIMERS, "The handler writes no EOI: a vector in service would block all below for good")
{
    struct synic_pages pages = synic_on(SINT, HV_X64_MSR_SINT_AUTO_EOI);

    note_interrupts();
    irq_enable();
    for (unsigned i = 1; i <= 3; i++) {
        expire_now(0, SINT);
        CHECK(wait_seen(i), "interrupt %u does not come", i);
        synic_empty(&pages, SINT);
    }
    CHECK_EQ(seen.in_service, 0);
    hv_count_interrupts(LOWER);
    apic_self_ipi(LOWER);
    CHECK(synic_wait_interrupts(1), "an interrupt of lower priority does not come");
    irq_disable();
    synic_off(NULL);
}

HV_TEST(synic, without_auto_eoi_the_vector_is_in_service, COVERS(HV_REQ_SYNIC_026), TIMERS,
        "The handler is not to be interrupted by itself")
{
    synic_on(SINT, 0);
    note_interrupts();
    irq_enable();
    expire_now(0, SINT);
    CHECK(wait_seen(1), "no interrupt");
    irq_disable();
    CHECK_EQ(seen.in_service, 1);
    synic_off(NULL);
}

/* What a handler finds that turns AutoEOI on while its interrupt is in service. */
static volatile struct {
    bool before, after, completed;
} toggled;

static void toggle_auto_eoi(struct trap_frame *frame, void *unused)
{
    (void)frame;
    (void)unused;
    toggled.before = apic_in_service(SYNIC_VECTOR);
    safe_wrmsr(synic_sint_msr(SINT), SYNIC_VECTOR | HV_X64_MSR_SINT_AUTO_EOI);
    toggled.after = apic_in_service(SYNIC_VECTOR);
    apic_eoi();
    toggled.completed = !apic_in_service(SYNIC_VECTOR);
    seen.count++;
}

/* VirtualBox#855 tells of interrupts that were lost or stuck when the bit changed. */
HV_TEST(synic, auto_eoi_completes_no_interrupt_of_before, COVERS(HV_REQ_SYNIC_028), TIMERS,
        "The interrupt in service began under the rule that an EOI is due")
{
    struct synic_pages pages = synic_on(SINT, 0);

    seen.count = 0;
    register_interrupt(SYNIC_VECTOR, toggle_auto_eoi, NULL);
    irq_enable();
    expire_now(0, SINT);
    REQUIRE(wait_seen(1), "no interrupt");
    CHECK(toggled.before, "the interrupt was not in service");
    CHECK(toggled.after, "turning AutoEOI on completed it");
    CHECK(toggled.completed, "the EOI did not complete it");
    note_interrupts();
    synic_empty(&pages, SINT);
    expire_now(0, SINT);
    CHECK(wait_seen(1), "no interrupt with AutoEOI");
    irq_disable();
    CHECK_EQ(seen.in_service, 0);
    synic_off(NULL);
}

HV_TEST(synic, interrupts_wait_for_the_flag, COVERS(HV_REQ_SYNIC_029), TIMERS,
        "They obey the processor's interrupt flag as any other, and are triggered by an edge")
{
    struct synic_pages pages = synic_on(SINT, 0);

    note_interrupts();
    expire_now(0, SINT);
    CHECK(synic_wait_message(&pages, SINT), "no message");
    udelay(SYNIC_QUIET);
    CHECK_EQ(seen.count, 0);
    CHECK(apic_is_pending(SYNIC_VECTOR), "the interrupt is not requested");
    CHECK_EQ(apic_read((enum apic_register)(APIC_TMR + SYNIC_VECTOR / 32 * 0x10)) >>
                     SYNIC_VECTOR % 32 &
                 1,
             0);
    irq_enable();
    CHECK(wait_seen(1), "it does not come");
    irq_disable();
    CHECK_EQ(seen.count, 1);
    synic_empty(&pages, SINT);
    synic_off(NULL);
}

HV_TEST(synic, interrupts_wait_for_the_priority, COVERS(HV_REQ_SYNIC_029), TIMERS,
        "They obey the local APIC's task priority as any other")
{
    struct synic_pages pages = synic_on(SINT, 0);

    note_interrupts();
    /* A class above: QEMU's SVM lets an interrupt of the same class through, and Xen never rests.
     */
    apic_write(APIC_TPR, CLASS(SYNIC_VECTOR) + 0x10u);
    irq_enable();
    expire_now(0, SINT);
    CHECK(synic_wait_message(&pages, SINT), "no message");
    udelay(SYNIC_QUIET);
    CHECK_EQ(seen.count, 0);
    apic_write(APIC_TPR, 0);
    CHECK(wait_seen(1), "it does not come when the priority is lowered");
    irq_disable();
    CHECK_EQ(seen.count, 1);
    synic_empty(&pages, SINT);
    synic_off(NULL);
}

/* Xen once took the bit for nothing (found by reading its source). */
HV_TEST(synic, polling_brings_messages_without_interrupts, COVERS(HV_REQ_SYNIC_025),
        NEEDS(NEEDS_TIMERS, .features = HV_FEATURE_EDX_SINT_POLLING_MODE),
        "A guest that polls asked not to be interrupted, and must not lose a message")
{
    struct synic_pages pages = synic_on(SINT, HV_X64_MSR_SINT_POLLING);
    uint64_t value = 0;

    REQUIRE_NO_FAULT(safe_rdmsr(synic_sint_msr(SINT), &value));
    CHECK_EQ(value & HV_X64_MSR_SINT_POLLING, HV_X64_MSR_SINT_POLLING);
    irq_enable();
    for (unsigned timer = 0; timer < 2; timer++) {
        expire_now(timer, SINT);
        CHECK(synic_wait_message(&pages, SINT), "no message %u", timer);
        CHECK_EQ(synic_payload(&pages, SINT)->timer_index, timer);
        synic_empty(&pages, SINT);
    }
    udelay(SYNIC_QUIET);
    irq_disable();
    CHECK_EQ(hv_interrupt_count(), 0);
    synic_off(NULL);
}

#define FIRST_VECTOR 0xb0

static volatile uint32_t raised;

static void note_vector(struct trap_frame *frame, void *unused)
{
    (void)unused;
    raised |= 1u << (frame->vector - FIRST_VECTOR);
    if (apic_in_service((uint8_t)frame->vector))
        apic_eoi();
}

/* As kvm-unit-tests' hyperv_synic does it: also SINT 0, and several with AutoEOI among them. */
HV_TEST(synic, every_sint_raises_its_vector, COVERS(HV_REQ_SYNIC_017, HV_REQ_SYNIC_026),
        NEEDS(.privileges = HV_PRIVILEGE_AccessSynicRegs, .ports = true),
        "Each source is a driver of its own")
{
    uint64_t end;

    synic_on(SINT, 0);
    raised = 0;
    for (unsigned sint = 0; sint < HV_SYNIC_SINT_COUNT; sint++) {
        register_interrupt((uint8_t)(FIRST_VECTOR + sint), note_vector, NULL);
        REQUIRE_NO_FAULT(
            safe_wrmsr(synic_sint_msr(sint),
                       (FIRST_VECTOR + sint) | (sint % 3 == 0 ? HV_X64_MSR_SINT_AUTO_EOI : 0)));
    }
    irq_enable();
    for (unsigned sint = 0; sint < HV_SYNIC_SINT_COUNT; sint++)
        ports_set_sint(0, sint);
    end = rdtsc() + tsc_from_us(SYNIC_WAIT);
    while (raised != 0xffff && rdtsc() < end)
        cpu_pause();
    irq_disable();
    CHECK_EQ(raised, 0xffff);
    synic_off(NULL);
}
