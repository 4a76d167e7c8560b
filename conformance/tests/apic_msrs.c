/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The synthetic MSRs of the local APIC: EOI, ICR, TPR (TLFS: "local APIC MSR accesses"). */
#include "apic_support.h"

static void write_msr(uint32_t msr, uint64_t value)
{
    CHECK_NO_FAULT(safe_wrmsr(msr, value));
}

static uint64_t read_msr(uint32_t msr)
{
    uint64_t value = ~UINT64_C(0);

    CHECK_NO_FAULT(safe_rdmsr(msr, &value));
    return value;
}

HV_TEST(local_apic, the_eoi_msr_is_write_only, COVERS(HV_REQ_APIC_010, HV_REQ_APIC_009),
        APIC_NEEDS_MSRS, "There is nothing to read: the architecture's register reads nothing")
{
    uint64_t value;

    CHECK_FAULT(safe_rdmsr(HV_X64_MSR_EOI, &value), VECTOR_GP);
}

HV_TEST(local_apic, the_eoi_msr_completes_the_highest, COVERS(HV_REQ_APIC_011, HV_REQ_APIC_009),
        APIC_NEEDS_MSRS, "It stands for the register, nested interrupts included")
{
    apic_begin();
    apic_log_start(apic_note);
    apic_take_now(APIC_LOW);
    apic_take_now(APIC_HIGH);
    write_msr(HV_X64_MSR_EOI, 0);
    CHECK(!apic_in_service(APIC_HIGH) && apic_in_service(APIC_LOW), "the first EOI");
    write_msr(HV_X64_MSR_EOI, 0);
    CHECK(!apic_in_service(APIC_LOW), "the second EOI");
    write_msr(HV_X64_MSR_EOI, 0);
    apic_take_now(APIC_LOW);
    CHECK(apic_in_service(APIC_LOW), "an EOI was kept for later");
    write_msr(HV_X64_MSR_EOI, 0);
    apic_log_stop();
}

HV_TEST(local_apic, the_eoi_msr_takes_any_value_of_its_low_half, COVERS(HV_REQ_APIC_009),
        APIC_NEEDS_MSRS, "Bits 31:0 are what would be written to the register")
{
    static const uint32_t values[] = { 1, APIC_LOW, 0x80000000, 0xffffffff };

    apic_begin();
    if (apic_is_x2())
        test_skip("the register of x2APIC mode takes nothing but zero");
    apic_log_start(apic_note);
    for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        apic_take_now(APIC_LOW);
        write_msr(HV_X64_MSR_EOI, values[i]);
        CHECK(!apic_in_service(APIC_LOW), "value 0x%x", values[i]);
    }
    apic_log_stop();
}

/* RsvdZ: the TLFS does not say what happens. A write that faults must have no effect. */
HV_TEST(local_apic, reserved_bits_of_the_eoi_msr_fault_or_count_for_nothing,
        COVERS(HV_REQ_APIC_009), APIC_NEEDS_MSRS, "Half an EOI is an interrupt that comes twice")
{
    apic_begin();
    apic_log_start(apic_note);
    for (unsigned bit = 32; bit < 64; bit++) {
        struct fault fault;

        apic_take_now(APIC_LOW);
        fault = safe_wrmsr(HV_X64_MSR_EOI, UINT64_C(1) << bit);
        CHECK(!fault.raised || fault.vector == VECTOR_GP, "bit %u: %s", bit,
              vector_name(fault.vector));
        CHECK(apic_in_service(APIC_LOW) == fault.raised, "bit %u: the write %s, the EOI %s", bit,
              fault.raised ? "faults" : "is taken", fault.raised ? "is done" : "is not");
        if (fault.raised)
            apic_eoi();
        if (bit == 32)
            OBSERVE("reserved-bit", "%s", fault.raised ? "#GP" : "ignored");
    }
    apic_log_stop();
}

/* ---- ICR ---- */

/* The destination as the ICR has it in its high half. */
static uint64_t destination(uint32_t cpu)
{
    uint32_t id = cpu_at(cpu)->apic_id;

    return (uint64_t)(apic_is_x2() ? id : id << 24) << 32;
}

HV_TEST(local_apic, the_icr_msr_sends_to_each_cpu, COVERS(HV_REQ_APIC_012), APIC_NEEDS_MSRS,
        "The high half is the destination, the low half the command, in one write")
{
    apic_begin();
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++) {
        write_msr(HV_X64_MSR_ICR, destination(cpu) | APIC_ICR_ASSERT | APIC_MIDDLE);
        apic_check_arrival(APIC_MIDDLE, apic_cpu(cpu), "by id");
    }
    write_msr(HV_X64_MSR_ICR, APIC_ICR_SELF | APIC_ICR_ASSERT | APIC_HIGH);
    apic_check_arrival(APIC_HIGH, apic_cpu(0), "to itself");
    write_msr(HV_X64_MSR_ICR, APIC_ICR_OTHERS | APIC_ICR_ASSERT | APIC_LOW);
    apic_check_arrival(APIC_LOW, apic_all_cpus() & ~apic_cpu(0), "to all others");
}

HV_TEST(local_apic, the_icr_msr_is_the_icr, COVERS(HV_REQ_APIC_012), APIC_NEEDS_MSRS,
        "Both halves read as they were written, by either way")
{
    const uint64_t pending = APIC_ICR_PENDING;
    uint64_t value = destination(0) | APIC_ICR_ASSERT | APIC_MIDDLE;

    apic_begin();
    write_msr(HV_X64_MSR_ICR, value);
    CHECK_EQ(read_msr(HV_X64_MSR_ICR) & ~pending, value);
    CHECK_EQ(apic_read(APIC_ICR) & ~pending, (uint32_t)value);
    apic_drain();
    apic_send(cpu_at(0)->apic_id, APIC_ICR_ASSERT | APIC_LOW);
    CHECK_EQ(read_msr(HV_X64_MSR_ICR) & ~pending, destination(0) | APIC_ICR_ASSERT | APIC_LOW);
    apic_drain();
    if (apic_is_x2())
        return;
    CHECK_EQ(apic_read(APIC_ICR_HIGH), destination(0) >> 32);
    apic_write(APIC_ICR_HIGH, 0xab000000);
    CHECK_EQ(read_msr(HV_X64_MSR_ICR) & ~pending,
             UINT64_C(0xab00000000000000) | APIC_ICR_ASSERT | APIC_LOW);
    CHECK(!apic_is_pending(APIC_LOW), "the high half alone sends");
}

/* ---- TPR ---- */

HV_TEST(local_apic, the_tpr_msr_is_the_task_priority, COVERS(HV_REQ_APIC_013, HV_REQ_APIC_014),
        APIC_NEEDS_MSRS, "Each class, by each of three ways, seen by each of three ways")
{
    apic_begin();
    for (uint64_t value = 0; value < 0x100; value += 0x10) {
        write_msr(HV_X64_MSR_TPR, value);
        CHECK_EQ(read_msr(HV_X64_MSR_TPR), value);
        CHECK_EQ(apic_read(APIC_TPR), value);
        CHECK_EQ(read_cr8(), value >> 4);
        apic_write(APIC_TPR, (uint32_t)value ^ 0xf0);
        CHECK_EQ(read_msr(HV_X64_MSR_TPR), value ^ 0xf0);
        CHECK_EQ(read_cr8(), (value ^ 0xf0) >> 4);
        write_cr8(value >> 4);
        CHECK_EQ(read_msr(HV_X64_MSR_TPR), value);
        CHECK_EQ(apic_read(APIC_TPR), value);
        CHECK_EQ(read_cr8(), value >> 4);
    }
    write_cr8(0);
}

HV_TEST(local_apic, the_tpr_msr_keeps_its_low_half, COVERS(HV_REQ_APIC_013), APIC_NEEDS_MSRS,
        "The TLFS gives the register eight bits")
{
    apic_begin();
    for (uint64_t value = 0; value < 0x100; value++) {
        write_msr(HV_X64_MSR_TPR, value);
        CHECK_EQ(read_msr(HV_X64_MSR_TPR), value);
        CHECK_EQ(apic_read(APIC_TPR), value);
        CHECK_EQ(read_cr8(), value >> 4);
    }
    write_msr(HV_X64_MSR_TPR, 0);
}

/* SDM vol. 3, "Interaction of Task Priorities between CR8 and APIC". */
HV_TEST(local_apic, cr8_clears_the_low_half_of_the_task_priority, COVERS(HV_REQ_APIC_014),
        APIC_NEEDS_MSRS, "A guest may use CR8 on one path and the MSR on another")
{
    apic_begin();
    for (uint64_t value = 0; value < 16; value++) {
        write_msr(HV_X64_MSR_TPR, 0xff);
        write_cr8(value);
        CHECK_EQ(read_msr(HV_X64_MSR_TPR), value << 4);
        CHECK_EQ(apic_read(APIC_TPR), value << 4);
        CHECK_EQ(read_cr8(), value);
    }
    write_cr8(0);
}

HV_TEST(local_apic, the_tpr_msr_holds_and_releases_interrupts, COVERS(HV_REQ_APIC_013),
        APIC_NEEDS_MSRS, "It is there for 32-bit guests, which change it at every IRQL")
{
    apic_begin();
    apic_log_start(apic_note_and_end);
    write_msr(HV_X64_MSR_TPR, APIC_HIGH);
    apic_self_ipi(APIC_MIDDLE);
    irq_window();
    CHECK_EQ(apic_log.count, 0);
    irq_enable();
    write_msr(HV_X64_MSR_TPR, APIC_LOW);
    CHECK(wait_until_equal(&apic_log.count, 1, APIC_WAIT), "it is not released");
    irq_disable();
    write_msr(HV_X64_MSR_TPR, 0);
    apic_log_stop();
}

/* RsvdZ, as above. */
HV_TEST(local_apic, reserved_bits_of_the_tpr_msr_fault_or_count_for_nothing,
        COVERS(HV_REQ_APIC_013), APIC_NEEDS_MSRS, "The register has eight bits")
{
    apic_begin();
    write_msr(HV_X64_MSR_TPR, 0x10);
    for (unsigned bit = 8; bit < 64; bit++) {
        struct fault fault = safe_wrmsr(HV_X64_MSR_TPR, UINT64_C(1) << bit | 0x30);

        CHECK(!fault.raised || fault.vector == VECTOR_GP, "bit %u: %s", bit,
              vector_name(fault.vector));
        CHECK_EQ(read_msr(HV_X64_MSR_TPR), fault.raised ? 0x10 : 0x30);
        write_msr(HV_X64_MSR_TPR, 0x10);
        if (bit == 8)
            OBSERVE("reserved-bit", "%s", fault.raised ? "#GP" : "ignored");
    }
    write_msr(HV_X64_MSR_TPR, 0);
}
