/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Registers of the SynIC. */
#include "synic_support.h"

#define SYNIC NEEDS(.privileges = HV_PRIVILEGE_AccessSynicRegs)

/* Xen once ignored SCONTROL, and saved neither it nor SIEFP (found by reading its source). */
HV_TEST(synic, scontrol_keeps_its_bit, COVERS(HV_REQ_SYNIC_001), SYNIC,
        "A guest reads the register back before it changes it")
{
    uint64_t value;

    synic_off(NULL);
    REQUIRE_NO_FAULT(safe_rdmsr(HV_X64_MSR_SCONTROL, &value));
    CHECK_EQ(value & 1, 0);
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_SCONTROL, value | HV_X64_MSR_SCONTROL_ENABLE));
    REQUIRE_NO_FAULT(safe_rdmsr(HV_X64_MSR_SCONTROL, &value));
    CHECK_EQ(value & 1, 1);
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_SCONTROL, value & ~HV_X64_MSR_SCONTROL_ENABLE));
    REQUIRE_NO_FAULT(safe_rdmsr(HV_X64_MSR_SCONTROL, &value));
    CHECK_EQ(value & 1, 0);
    synic_off(NULL);
}

HV_TEST(synic, version_is_one_and_read_only, COVERS(HV_REQ_SYNIC_004, HV_REQ_SYNIC_005), SYNIC,
        "Guests that find another version do without the SynIC")
{
    uint64_t value;

    REQUIRE_NO_FAULT(safe_rdmsr(HV_X64_MSR_SVERSION, &value));
    CHECK_EQ((uint32_t)value, 1);
    CHECK_FAULT(safe_wrmsr(HV_X64_MSR_SVERSION, 1), VECTOR_GP);
    CHECK_FAULT(safe_wrmsr(HV_X64_MSR_SVERSION, 0), VECTOR_GP);
}

HV_TEST(synic, page_registers_keep_page_and_enable_bit, COVERS(HV_REQ_SYNIC_006, HV_REQ_SYNIC_009),
        SYNIC, "Each has a page of its own, on and off by one bit")
{
    static const uint32_t registers[] = { HV_X64_MSR_SIEFP, HV_X64_MSR_SIMP };
    uint64_t gpa = phys_of(hv_test_page(0)), value;

    synic_off(NULL);
    for (unsigned i = 0; i < 2; i++) {
        CHECK_NO_FAULT(safe_wrmsr(registers[i], gpa | HV_X64_MSR_PAGE_ENABLE));
        REQUIRE_NO_FAULT(safe_rdmsr(registers[i], &value));
        CHECK_EQ(value & ~UINT64_C(0xffe), gpa | HV_X64_MSR_PAGE_ENABLE);
        REQUIRE_NO_FAULT(safe_rdmsr(registers[1 - i], &value));
        CHECK_EQ(value & HV_X64_MSR_PAGE_ENABLE, 0);
        CHECK_NO_FAULT(safe_wrmsr(registers[i], 0));
        REQUIRE_NO_FAULT(safe_rdmsr(registers[i], &value));
        CHECK_EQ(value & HV_X64_MSR_PAGE_ENABLE, 0);
    }
}

/* QEMU on KVM aborts. */
HV_TEST(synic, page_beyond_the_gpa_space_raises_nothing, COVERS(HV_REQ_SYNIC_008, HV_REQ_SYNIC_011),
        SYNIC, "The TLFS lets the page be out of reach, and the write succeed")
{
    uint64_t beyond = UINT64_C(1) << hv_physical_address_bits();

    synic_off(NULL);
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_SIMP, beyond | HV_X64_MSR_PAGE_ENABLE));
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_SIEFP, beyond | HV_X64_MSR_PAGE_ENABLE));
    synic_off(NULL);
}

HV_TEST(synic, eom_reads_zero_and_takes_writes, COVERS(HV_REQ_SYNIC_012, HV_REQ_SYNIC_013), SYNIC,
        "A guest may write it more often than it must")
{
    struct synic_pages pages = synic_on(2, 0);
    uint64_t value = 1;

    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_EOM, 0));
    REQUIRE_NO_FAULT(safe_rdmsr(HV_X64_MSR_EOM, &value));
    CHECK_EQ(value, 0);
    for (unsigned i = 0; i < HV_SYNIC_SINT_COUNT; i++)
        CHECK_EQ(pages.messages->sint_message[i].header.message_type, HvMessageTypeNone);
    CHECK_EQ(hv_interrupt_count(), 0);
    synic_off(NULL);
}

HV_TEST(synic, every_sint_keeps_vector_mask_and_auto_eoi,
        COVERS(HV_REQ_SYNIC_017, HV_REQ_SYNIC_018), SYNIC,
        "Sixteen sources, each configured by itself")
{
    static const uint64_t bits[] = { 0, HV_X64_MSR_SINT_MASKED, HV_X64_MSR_SINT_AUTO_EOI,
                                     HV_X64_MSR_SINT_MASKED | HV_X64_MSR_SINT_AUTO_EOI };
    uint64_t value;

    synic_off(NULL);
    for (unsigned sint = 0; sint < HV_SYNIC_SINT_COUNT; sint++)
        CHECK_NO_FAULT(safe_wrmsr(synic_sint_msr(sint), (0x60 + sint) | bits[sint % 4]));
    for (unsigned sint = 0; sint < HV_SYNIC_SINT_COUNT; sint++) {
        REQUIRE_NO_FAULT(safe_rdmsr(synic_sint_msr(sint), &value));
        CHECK_EQ(value & 0x300ff, (0x60 + sint) | bits[sint % 4]);
    }
    synic_off(NULL);
}

/* OpenVMM took any vector, Xen refuses low ones even in a masked SINT (both found by reading). */
HV_TEST(synic, vectors_below_16_are_refused, COVERS(HV_REQ_SYNIC_020), SYNIC,
        "They are exceptions, which no interrupt source may raise")
{
    uint64_t before, after;

    synic_off(NULL);
    REQUIRE_NO_FAULT(safe_wrmsr(synic_sint_msr(2), SYNIC_VECTOR));
    REQUIRE_NO_FAULT(safe_rdmsr(synic_sint_msr(2), &before));
    for (uint64_t vector = 0; vector < 16; vector++)
        CHECK_FAULT(safe_wrmsr(synic_sint_msr(2), vector), VECTOR_GP);
    REQUIRE_NO_FAULT(safe_rdmsr(synic_sint_msr(2), &after));
    CHECK_EQ(after, before);
    for (uint64_t vector = 16; vector < 256; vector++)
        CHECK_NO_FAULT(safe_wrmsr(synic_sint_msr(2), vector));
    synic_off(NULL);
}

HV_CHARACTERIZE(synic, low_vectors_in_a_masked_sint, COVERS(HV_REQ_GAP_205), SYNIC,
                "The value after creation is one: a guest that writes it back expects no fault")
{
    struct fault fault;

    synic_off(NULL);
    fault = safe_wrmsr(synic_sint_msr(2), HV_X64_MSR_SINT_RESET);
    OBSERVE("masked-vector-0", "%s", fault.raised ? "#GP" : "taken");
    synic_off(NULL);
}

HV_TEST(synic, sints_accept_what_they_returned, COVERS(HV_REQ_SYNIC_021), SYNIC,
        "Guests change one bit by read, modify, write")
{
    uint64_t value, again;

    synic_off(NULL);
    for (unsigned sint = 0; sint < HV_SYNIC_SINT_COUNT; sint++) {
        REQUIRE_NO_FAULT(safe_rdmsr(synic_sint_msr(sint), &value));
        CHECK_NO_FAULT(safe_wrmsr(synic_sint_msr(sint), value));
        REQUIRE_NO_FAULT(safe_rdmsr(synic_sint_msr(sint), &again));
        CHECK_EQ(again, value);
    }
}

static void read_sint(void *arg)
{
    safe_rdmsr(synic_sint_msr(5), arg);
}

static void write_sint(void *arg)
{
    safe_wrmsr(synic_sint_msr(5), *(uint64_t *)arg);
}

HV_TEST(synic, registers_are_per_vp, COVERS(HV_REQ_SYNIC_030),
        NEEDS(.privileges = HV_PRIVILEGE_AccessSynicRegs, .vps = 2),
        "Each VP has a controller of its own")
{
    uint64_t mine = SYNIC_VECTOR, others = SYNIC_VECTOR + 1, value = 0;

    synic_off(NULL);
    smp_call(1, synic_off, NULL);
    REQUIRE_NO_FAULT(safe_wrmsr(synic_sint_msr(5), mine));
    smp_call(1, write_sint, &others);
    read_sint(&value);
    CHECK_EQ(value & 0xff, mine);
    smp_call(1, read_sint, &value);
    CHECK_EQ(value & 0xff, others);
    synic_off(NULL);
    smp_call(1, synic_off, NULL);
}

/* KVM and Xen write into the guest's own memory instead. */
HV_TEST(synic, pages_cover_memory_and_give_it_back, COVERS(HV_REQ_SYNIC_035), SYNIC,
        "What the guest keeps beneath must be there when the page has gone")
{
    static const uint32_t registers[] = { HV_X64_MSR_SIEFP, HV_X64_MSR_SIMP };

    synic_off(NULL);
    for (unsigned i = 0; i < 2; i++) {
        uint8_t *ram = hv_test_page(0xa5);
        volatile uint8_t *view = hv_map_data(phys_of(ram));

        REQUIRE_NO_FAULT(safe_wrmsr(registers[i], phys_of(ram) | HV_X64_MSR_PAGE_ENABLE));
        view[0] = 0x11;
        REQUIRE_NO_FAULT(safe_wrmsr(registers[i], 0));
        for (unsigned offset = 0; offset < PAGE_SIZE; offset += 255)
            CHECK(view[offset] == 0xa5, "byte 0x%x is 0x%x", offset, view[offset]);
    }
}

HV_TEST(synic, pages_act_as_memory, COVERS(HV_REQ_SYNIC_031, HV_REQ_SYNIC_032, HV_REQ_SYNIC_036),
        SYNIC, "A guest empties slots and clears flags by writing there")
{
    struct synic_pages pages = synic_on(2, 0);
    volatile uint64_t *both[2] = { (volatile uint64_t *)(uintptr_t)pages.messages,
                                   (volatile uint64_t *)(uintptr_t)pages.events };

    for (unsigned page = 0; page < 2; page++) {
        for (unsigned i = 0; i < PAGE_SIZE / 8; i++)
            both[page][i] = UINT64_C(0x0123456789abcdef) * (i + 1);
        for (unsigned i = 0; i < PAGE_SIZE / 8; i++)
            CHECK_EQ(both[page][i], UINT64_C(0x0123456789abcdef) * (i + 1));
        for (unsigned i = 0; i < PAGE_SIZE / 8; i++)
            both[page][i] = 0;
    }
    synic_off(NULL);
}
