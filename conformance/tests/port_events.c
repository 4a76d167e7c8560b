/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* HvCallSignalEvent: which flag is set, and who is interrupted. */
#include "port_support.h"

/* Flags of the page that are set, all SINTs together. */
static unsigned flags_set(const struct synic_pages *pages)
{
    const volatile uint64_t *words = (const volatile uint64_t *)(uintptr_t)pages->events;
    unsigned count = 0;

    for (unsigned i = 0; i < PAGE_SIZE / 8; i++)
        for (uint64_t word = words[i]; word != 0; word &= word - 1)
            count++;
    return count;
}

HV_TEST(ports_connections, an_event_sets_its_flag_alone,
        COVERS(HV_REQ_PORT_015, HV_REQ_PORT_017, HV_REQ_SYNIC_057), PORTS,
        "A flag is a channel of VMBus: another flag wakes another driver")
{
    struct synic_pages pages = port_setup(PORT_SINT, HV_X64_MSR_SINT_AUTO_EOI);
    uint32_t connection = ports_events(0, PORT_SINT);

    irq_enable();
    CHECK_EQ(port_signal(connection, 0), HV_STATUS_SUCCESS);
    CHECK(port_wait_flag(&pages, PORT_SINT, connection), "the flag is not set");
    CHECK(synic_wait_interrupts(1), "no interrupt");
    irq_disable();
    CHECK_EQ(flags_set(&pages), 1);
    CHECK_EQ(hv_interrupt_count(), 1);
    port_clear_flag(&pages, PORT_SINT, connection);
    synic_off(NULL);
}

HV_TEST(ports_connections, events_can_be_signalled_from_memory, COVERS(HV_REQ_PORT_015), PORTS,
        "A guest may use the slow form of any call")
{
    static struct hv_input_signal_event input __attribute__((aligned(8)));
    struct synic_pages pages = port_setup(PORT_SINT, HV_X64_MSR_SINT_AUTO_EOI);
    uint32_t connection = ports_events(0, PORT_SINT);

    input = (struct hv_input_signal_event){ .connection_id = connection };
    CHECK_EQ(hv_result_status(hv_call(HvCallSignalEvent, phys_of(&input), 0)), HV_STATUS_SUCCESS);
    CHECK(port_wait_flag(&pages, PORT_SINT, connection), "the flag is not set");
    port_clear_flag(&pages, PORT_SINT, connection);
    synic_off(NULL);
}

HV_TEST(ports_connections, a_set_flag_interrupts_no_more, COVERS(HV_REQ_SYNIC_059), PORTS,
        "Drivers rely on being left alone until they have looked")
{
    struct synic_pages pages = port_setup(PORT_SINT, HV_X64_MSR_SINT_AUTO_EOI);
    uint32_t connection = ports_events(0, PORT_SINT);

    irq_enable();
    CHECK_EQ(port_signal(connection, 0), HV_STATUS_SUCCESS);
    REQUIRE(synic_wait_interrupts(1), "no interrupt");
    for (unsigned i = 0; i < 5; i++)
        CHECK_EQ(port_signal(connection, 0), HV_STATUS_SUCCESS);
    udelay(SYNIC_QUIET);
    CHECK_EQ(hv_interrupt_count(), 1);
    port_clear_flag(&pages, PORT_SINT, connection);
    CHECK_EQ(port_signal(connection, 0), HV_STATUS_SUCCESS);
    CHECK(synic_wait_interrupts(2), "no interrupt for the flag that was clear again");
    irq_disable();
    port_clear_flag(&pages, PORT_SINT, connection);
    synic_off(NULL);
}

HV_TEST(ports_connections, flags_of_one_sint_do_not_wait_for_each_other,
        COVERS(HV_REQ_SYNIC_059, HV_REQ_PORT_017), PORTS,
        "Channels that share a source must not hold each other up")
{
    struct synic_pages pages = port_setup(PORT_SINT, HV_X64_MSR_SINT_AUTO_EOI);
    uint32_t one = ports_events(0, PORT_SINT), two;

    REQUIRE_NO_FAULT(
        safe_wrmsr(synic_sint_msr(PORT_OTHER_SINT), SYNIC_VECTOR | HV_X64_MSR_SINT_AUTO_EOI));
    two = ports_events(0, PORT_OTHER_SINT);
    irq_enable();
    CHECK_EQ(port_signal(one, 0), HV_STATUS_SUCCESS);
    REQUIRE(synic_wait_interrupts(1), "no interrupt of the first");
    CHECK_EQ(port_signal(two, 0), HV_STATUS_SUCCESS);
    CHECK(synic_wait_interrupts(2), "no interrupt of the second");
    irq_disable();
    CHECK(port_flag(&pages, PORT_SINT, one) && port_flag(&pages, PORT_OTHER_SINT, two),
          "a flag is missing");
    port_clear_flag(&pages, PORT_SINT, one);
    port_clear_flag(&pages, PORT_OTHER_SINT, two);
    synic_off(NULL);
}

HV_TEST(ports_connections, events_never_run_out_of_resources, COVERS(HV_REQ_PORT_022), PORTS,
        "A sender has no way to handle that: it would lose the event")
{
    struct synic_pages pages = port_setup(PORT_SINT, HV_X64_MSR_SINT_AUTO_EOI);
    uint32_t connection = ports_events(0, PORT_SINT);
    unsigned refused = 0;

    irq_enable();
    for (unsigned i = 0; i < 2000; i++) {
        refused += port_signal(connection, 0) != HV_STATUS_SUCCESS;
        if (i % 3 == 0)
            port_clear_flag(&pages, PORT_SINT, connection);
    }
    irq_disable();
    CHECK_EQ(refused, 0);
    port_clear_flag(&pages, PORT_SINT, connection);
    synic_off(NULL);
}

/* VP 1 changes its own bit of the byte that holds the flag; nobody else may. */
static struct {
    struct synic_pages pages;
    uint32_t flag;
    volatile bool stop;
    volatile unsigned changed; /* times that VP 1's bit was not as it had left it */
} race;

#define LOOKS 20

static void check_bit(const volatile uint8_t *byte, uint8_t bit, bool expected)
{
    for (unsigned i = 0; i < LOOKS; i++)
        if (((*byte & bit) != 0) != expected)
            race.changed++;
}

static void change_other_bit(void *unused)
{
    volatile uint8_t *byte = &race.pages.events->sint_event_flags[PORT_SINT].flags[race.flag / 8];
    uint8_t bit = (uint8_t)(1u << (race.flag ^ 1) % 8);

    (void)unused;
    while (!race.stop) {
        __atomic_fetch_or(byte, bit, __ATOMIC_SEQ_CST);
        check_bit(byte, bit, true);
        __atomic_fetch_and(byte, (uint8_t)~bit, __ATOMIC_SEQ_CST);
        check_bit(byte, bit, false);
    }
}

HV_TEST(ports_connections, flags_are_set_atomically, COVERS(HV_REQ_SYNIC_058),
        NEEDS(NEEDS_SYNIC, .ports = true, .vps = 2),
        "A flag that gets lost in another's change is a channel that hangs")
{
    unsigned lost = 0;

    race.pages = port_setup(PORT_SINT, HV_X64_MSR_SINT_AUTO_EOI);
    race.flag = ports_events(0, PORT_SINT);
    race.stop = false;
    race.changed = 0;
    irq_enable();
    smp_start(1, change_other_bit, NULL);
    for (unsigned i = 0; i < 300 && lost == 0 && race.changed == 0; i++) {
        if (port_signal(race.flag, 0) != HV_STATUS_SUCCESS ||
            !port_wait_flag(&race.pages, PORT_SINT, race.flag))
            lost++;
        port_clear_flag(&race.pages, PORT_SINT, race.flag);
    }
    race.stop = true;
    smp_join(1);
    irq_disable();
    CHECK_EQ(lost, 0);
    CHECK_EQ(race.changed, 0);
    synic_off(NULL);
}

HV_TEST(ports_connections, an_event_for_a_masked_sint_is_refused,
        COVERS(HV_REQ_SYNIC_060, HV_REQ_PORT_021), PORTS,
        "The sender has to know that nobody will be told")
{
    struct synic_pages pages = port_setup(PORT_SINT, 0);
    uint32_t connection = ports_events(0, PORT_SINT);

    REQUIRE_NO_FAULT(safe_wrmsr(synic_sint_msr(PORT_SINT), SYNIC_VECTOR | HV_X64_MSR_SINT_MASKED));
    CHECK_EQ(port_signal(connection, 0), HV_STATUS_INVALID_SYNIC_STATE);
    port_clear_flag(&pages, PORT_SINT, connection);
    synic_off(NULL);
}

/* QEMU aborts in this test and the next: its test device takes it for granted that the flag can be
   set. */
HV_TEST(ports_connections, an_event_for_a_synic_that_is_off_is_refused,
        COVERS(HV_REQ_PORT_021, HV_REQ_SYNIC_003, HV_REQ_SYNIC_055, HV_REQ_SYNIC_056), PORTS,
        "The page may be the guest's own memory by now")
{
    struct synic_pages pages = port_setup(PORT_SINT, HV_X64_MSR_SINT_AUTO_EOI);
    uint32_t connection = ports_events(0, PORT_SINT);

    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_SCONTROL, 0));
    CHECK_EQ(port_signal(connection, 0), HV_STATUS_INVALID_SYNIC_STATE);
    udelay(SYNIC_QUIET);
    CHECK(!port_flag(&pages, PORT_SINT, connection), "the flag is set all the same");
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_SCONTROL, HV_X64_MSR_SCONTROL_ENABLE));
    CHECK_EQ(port_signal(connection, 0), HV_STATUS_SUCCESS);
    port_clear_flag(&pages, PORT_SINT, connection);
    synic_off(NULL);
}

HV_TEST(ports_connections, an_event_without_a_page_is_refused,
        COVERS(HV_REQ_PORT_021, HV_REQ_SYNIC_055, HV_REQ_SYNIC_056), PORTS,
        "There is nowhere to put the flag")
{
    struct synic_pages pages = port_setup(PORT_SINT, HV_X64_MSR_SINT_AUTO_EOI);
    uint32_t connection = ports_events(0, PORT_SINT);

    irq_enable();
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_SIEFP, pages.event_gpa));
    CHECK_EQ(port_signal(connection, 0), HV_STATUS_INVALID_SYNIC_STATE);
    udelay(SYNIC_QUIET);
    irq_disable();
    CHECK_EQ(hv_interrupt_count(), 0);
    synic_off(NULL);
}

HV_CHARACTERIZE(ports_connections, flag_of_an_event_for_a_masked_sint, COVERS(HV_REQ_GAP_218),
                PORTS, "A guest that polls would see it, were it set")
{
    struct synic_pages pages = port_setup(PORT_SINT, 0);
    uint32_t connection = ports_events(0, PORT_SINT);

    REQUIRE_NO_FAULT(safe_wrmsr(synic_sint_msr(PORT_SINT), SYNIC_VECTOR | HV_X64_MSR_SINT_MASKED));
    OBSERVE("status", "%u", port_signal(connection, 0));
    udelay(SYNIC_QUIET);
    OBSERVE("flag", "%s", port_flag(&pages, PORT_SINT, connection) ? "set" : "clear");
    port_clear_flag(&pages, PORT_SINT, connection);
    synic_off(NULL);
}
