/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* When a message that waits gets its slot. */
#include "synic_support.h"

#define TIMERS NEEDS(NEEDS_TIMERS)
#define SINT   3
#define ENABLE HV_X64_MSR_STIMER_CONFIG_ENABLE
#define OTHERS 0x1234 /* a message that is not of the hypervisor */

static volatile struct hv_message *slot_of(const struct synic_pages *pages)
{
    return &pages->messages->sint_message[SINT];
}

static void expire_now(unsigned timer)
{
    synic_timer(timer, SINT, ENABLE, 1);
}

/* Fills the slot, lets a timer expire, and waits until its message waits. */
static void make_wait(const struct synic_pages *pages, unsigned timer)
{
    slot_of(pages)->header.message_type = OTHERS;
    expire_now(timer);
    udelay(SYNIC_QUIET);
    CHECK_EQ(slot_of(pages)->header.message_type, OTHERS);
}

static void empty_in_silence(const struct synic_pages *pages)
{
    slot_of(pages)->header.message_type = HvMessageTypeNone;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

HV_TEST(synic, eom_drains_a_masked_sint, COVERS(HV_REQ_SYNIC_016, HV_REQ_SYNIC_024), TIMERS,
        "A guest that goes down takes what is left, and wants no interrupt any more")
{
    struct synic_pages pages = synic_on(SINT, HV_X64_MSR_SINT_MASKED);
    uint32_t timers = 0;

    irq_enable();
    make_wait(&pages, 0);
    expire_now(1);
    for (unsigned i = 0; i < 2; i++) {
        empty_in_silence(&pages);
        REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_EOM, 0));
        REQUIRE(synic_wait_message(&pages, SINT), "no message %u", i);
        timers |= 1u << synic_payload(&pages, SINT)->timer_index;
    }
    irq_disable();
    CHECK_EQ(timers, 3);
    CHECK_EQ(hv_interrupt_count(), 0);
    empty_in_silence(&pages);
    synic_off(NULL);
}

static volatile unsigned in_handler;

static void leave_in_service(struct trap_frame *frame, void *unused)
{
    (void)frame;
    (void)unused;
    in_handler++;
}

/* The recommended handler of the TLFS writes EOI, and EOM only if it saw MessagePending. */
HV_TEST(synic, eoi_brings_the_message_that_waits, COVERS(HV_REQ_SYNIC_049, HV_REQ_SYNIC_050),
        TIMERS, "A message that came after the guest had looked for more would be stuck")
{
    struct synic_pages pages = synic_on(SINT, 0);

    in_handler = 0;
    register_interrupt(SYNIC_VECTOR, leave_in_service, NULL);
    irq_enable();
    expire_now(0);
    for (uint64_t end = rdtsc() + tsc_from_us(SYNIC_WAIT); in_handler == 0 && rdtsc() < end;)
        cpu_pause();
    irq_disable();
    CHECK_EQ(in_handler, 1);
    REQUIRE(synic_wait_message(&pages, SINT), "no message");
    make_wait(&pages, 1);
    empty_in_silence(&pages);
    apic_eoi();
    CHECK(synic_wait_message(&pages, SINT), "the message does not come");
    CHECK_EQ(synic_payload(&pages, SINT)->timer_index, 1);
    hv_count_interrupts(SYNIC_VECTOR);
    irq_enable();
    CHECK(synic_wait_interrupts(1), "no interrupt");
    irq_disable();
    synic_empty(&pages, SINT);
    synic_off(NULL);
}

HV_TEST(synic, another_message_makes_the_slot_be_looked_at, COVERS(HV_REQ_SYNIC_049), TIMERS,
        "It needs no sign of the guest that the slot has become empty")
{
    struct synic_pages pages = synic_on(SINT, HV_X64_MSR_SINT_AUTO_EOI);

    make_wait(&pages, 0);
    empty_in_silence(&pages);
    expire_now(1);
    CHECK(synic_wait_message(&pages, SINT), "no message");
    synic_empty(&pages, SINT);
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_EOM, 0));
    CHECK(synic_wait_message(&pages, SINT), "no second message");
    synic_empty(&pages, SINT);
    synic_off(NULL);
}

HV_TEST(synic, a_slot_that_is_emptied_in_silence_is_found, COVERS(HV_REQ_SYNIC_051), TIMERS,
        "A guest that missed the flag, and so writes no EOM, hears no more")
{
    struct synic_pages pages = synic_on(SINT, HV_X64_MSR_SINT_AUTO_EOI);

    make_wait(&pages, 0);
    empty_in_silence(&pages);
    CHECK(synic_wait_message(&pages, SINT), "the message does not come");
    synic_empty(&pages, SINT);
    synic_off(NULL);
}

/* Old content once wedged a slot (openvmm#3720). */
HV_TEST(synic, a_slot_is_empty_by_its_type_alone, COVERS(HV_REQ_SYNIC_040, HV_REQ_SYNIC_041),
        TIMERS, "What an earlier message left behind stays there")
{
    struct synic_pages pages = synic_on(SINT, HV_X64_MSR_SINT_AUTO_EOI);
    volatile uint8_t *bytes = (volatile uint8_t *)slot_of(&pages);

    for (unsigned i = sizeof(uint32_t); i < sizeof(struct hv_message); i++)
        bytes[i] = 0xff;
    expire_now(2);
    REQUIRE(synic_wait_message(&pages, SINT), "no message");
    CHECK_EQ(slot_of(&pages)->header.message_type, HvMessageTimerExpired);
    CHECK_EQ(slot_of(&pages)->header.message_flags & HV_MESSAGE_FLAG_PENDING, 0);
    CHECK_EQ(slot_of(&pages)->header.payload_size, sizeof(struct hv_timer_message_payload));
    CHECK_EQ(synic_payload(&pages, SINT)->timer_index, 2);
    synic_empty(&pages, SINT);
    synic_off(NULL);
}

/* An implementation never tried again what expired before the page was there (openvmm#4029). */
HV_TEST(synic, a_message_waits_for_the_page, COVERS(HV_REQ_SYNIC_049, HV_REQ_TIMER_028), TIMERS,
        "A guest may start its timer first")
{
    struct synic_pages pages = synic_on(SINT, HV_X64_MSR_SINT_AUTO_EOI);

    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_SIMP, 0));
    expire_now(0);
    udelay(SYNIC_QUIET);
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_SIMP, pages.message_gpa | HV_X64_MSR_PAGE_ENABLE));
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_EOM, 0));
    irq_enable();
    CHECK(synic_wait_message(&pages, SINT), "the message does not come");
    CHECK(synic_wait_interrupts(1), "no interrupt");
    irq_disable();
    synic_empty(&pages, SINT);
    synic_off(NULL);
}

/* Xen goes by the page alone (found by reading its source). */
HV_TEST(synic, no_message_comes_while_the_controller_is_off, COVERS(HV_REQ_SYNIC_003), TIMERS,
        "A guest that has turned it off looks for nothing, and needs the slot for nothing")
{
    struct synic_pages pages = synic_on(SINT, HV_X64_MSR_SINT_AUTO_EOI);

    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_SCONTROL, 0));
    irq_enable();
    expire_now(0);
    udelay(SYNIC_QUIET);
    irq_disable();
    CHECK_EQ(slot_of(&pages)->header.message_type, HvMessageTypeNone);
    CHECK_EQ(hv_interrupt_count(), 0);
    slot_of(&pages)->header.message_type = HvMessageTypeNone;
    synic_off(NULL);
}
