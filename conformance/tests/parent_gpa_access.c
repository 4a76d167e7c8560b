/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* HvReadGpa and HvWriteGpa: an access by the parent as one of the child's VPs would make it. */
#include <conformance/child.h>

#define APIC_BASE     UINT64_C(0xfee00000)
#define APIC_ID_REG   0x20
#define APIC_TASK_PRI 0x80

HV_TEST(gpa_space_and_overlays, memory_is_read_through_its_vp, COVERS(HV_REQ_GPA_032), NEEDS_PARENT,
        "An emulator that gets the bytes behind what it asked for writes them to the guest's disk")
{
    struct child child = child_begin(CHILD_EXO);
    struct hv_input_read_gpa block = { .partition_id = child.id,
                                       .byte_count = 5,
                                       .base_gpa = 0x2003,
                                       .control_flags = HvCacheTypeWriteBack };
    const struct hv_output_read_gpa *output = parent_output();
    static const uint8_t zeros[16];

    for (unsigned i = 0; i < 64; i++)
        child.ram[0x2000 + i] = (uint8_t)(0x80 + i);
    REQUIRE_EQ(parent_simple(HvReadGpa, &block, sizeof(block)), HV_STATUS_SUCCESS);
    CHECK_EQ(output->result_code, HvAccessGpaSuccess);
    CHECK(memcmp(output->data, child.ram + 0x2003, 5) == 0, "other bytes are read");
    CHECK(memcmp(output->data + 5, zeros, 11) == 0, "unused bytes are not zero");
    CHECK_EQ(parent_output_written(sizeof(*output)), 0);
    block.byte_count = 16;
    block.base_gpa = 0x2ff0;
    CHECK_EQ(parent_simple(HvReadGpa, &block, sizeof(block)), HV_STATUS_SUCCESS);
    CHECK_EQ(output->result_code, HvAccessGpaSuccess);
}

HV_TEST(gpa_space_and_overlays, memory_is_written_through_its_vp, COVERS(HV_REQ_GPA_033),
        NEEDS_PARENT, "A byte too many is in a structure of the guest's kernel")
{
    struct child child = child_begin(CHILD_EXO);
    uint8_t data[16];
    uint32_t result;

    memset(data, 0x77, sizeof(data));
    memset(child.ram + 0x3000, 0x11, 64);
    for (unsigned size = 1; size <= 16; size++) {
        memset(child.ram + 0x3000, 0x11, 64);
        CHECK_EQ(parent_write_gpa(child.id, 0, 0x3011, data, size, &result), HV_STATUS_SUCCESS);
        CHECK_EQ(result, HvAccessGpaSuccess);
        CHECK_EQ(parent_output_written(8), 0);
        for (unsigned i = 0; i < 64; i++) {
            bool inside = i >= 0x11 && i < 0x11 + size;

            CHECK(child.ram[0x3000 + i] == (inside ? 0x77 : 0x11), "size %u: byte %u is 0x%x", size,
                  i, child.ram[0x3000 + i]);
        }
    }
}

HV_TEST(gpa_space_and_overlays, accesses_have_bounds, COVERS(HV_REQ_GPA_035), NEEDS_PARENT,
        "An access over the end of a page is one of another page, with other rights")
{
    static const struct {
        uint64_t gpa;
        uint32_t size;
    } wrong[] = { { 0x2000, 0 },           { 0x2000, 17 },         { 0x2fff, 2 },
                  { 0x2ff1, 16 },          { 0x2000, UINT32_MAX }, { UINT64_MAX, 1 },
                  { UINT64_C(1) << 60, 1 } };
    struct child child = child_begin(CHILD_EXO);
    uint8_t data[16] = { 0 };
    uint32_t result;

    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        uint16_t read = parent_read_gpa(child.id, 0, wrong[i].gpa, data, wrong[i].size, &result);
        uint16_t write = parent_write_gpa(child.id, 0, wrong[i].gpa, data, wrong[i].size, &result);

        CHECK(read == HV_STATUS_INVALID_PARAMETER, "%u bytes at 0x%llx: status 0x%x", wrong[i].size,
              (unsigned long long)wrong[i].gpa, read);
        CHECK(write == HV_STATUS_INVALID_PARAMETER, "%u bytes to 0x%llx: status 0x%x",
              wrong[i].size, (unsigned long long)wrong[i].gpa, write);
    }
    CHECK_EQ(parent_read_gpa(child.id, 1, 0x2000, data, 1, &result), HV_STATUS_INVALID_VP_INDEX);
    CHECK_EQ(parent_read_gpa(HV_PARTITION_ID_SELF, 0, 0x2000, data, 1, &result),
             HV_STATUS_ACCESS_DENIED);
    CHECK_EQ(parent_write_gpa(HV_PARTITION_ID_SELF, 0, 0x2000, data, 1, &result),
             HV_STATUS_ACCESS_DENIED);
    CHECK_EQ(parent_read_gpa(PARENT_NOBODY, 0, 0x2000, data, 1, &result),
             HV_STATUS_INVALID_PARTITION_ID);
}

HV_TEST(gpa_space_and_overlays, accesses_hit_overlays, COVERS(HV_REQ_GPA_034), NEEDS_PARENT,
        "A debugger that sees what is under the hypercall page disassembles nonsense")
{
    struct child child = child_begin(CHILD_EXO);
    uint8_t byte = 0;
    uint32_t result;

    memset(child.ram + 0x5000, 0x5a, PAGE_SIZE);
    child_set(&child, 0, HvRegisterGuestOsId, TEST_GUEST_OS_ID);
    child_set(&child, 0, HvX64RegisterHypercall, 0x5000 | HV_X64_MSR_HYPERCALL_ENABLE);
    CHECK_EQ(parent_read_gpa(child.id, 0, 0x5000, &byte, 1, &result), HV_STATUS_SUCCESS);
    CHECK_EQ(result, HvAccessGpaSuccess);
    CHECK(byte != 0x5a, "what is under the hypercall page is read");
    CHECK_EQ(parent_write_gpa(child.id, 0, 0x5000, &byte, 1, &result), HV_STATUS_SUCCESS);
    CHECK_EQ(result, HvAccessGpaIllegalOverlayAccess);
    child_set(&child, 0, HvX64RegisterHypercall, 0);
    CHECK_EQ(parent_read_gpa(child.id, 0, 0x5000, &byte, 1, &result), HV_STATUS_SUCCESS);
    CHECK_EQ(byte, 0x5a);
    CHECK_EQ(hv_differing(child.ram + 0x5000, 0x5a, 0), 0);
}

HV_TEST(gpa_space_and_overlays, accesses_hit_the_apic, COVERS(HV_REQ_GPA_034), NEEDS_PARENT,
        "Each VP has its own behind one address")
{
    struct child child = child_begin(CHILD_EXO);
    uint32_t value, result;

    child_add_vp(&child, 1);
    CHECK_EQ(parent_read_gpa(child.id, 1, APIC_BASE + APIC_ID_REG, &value, 4, &result),
             HV_STATUS_SUCCESS);
    CHECK_EQ(result, HvAccessGpaSuccess);
    CHECK_EQ(value >> 24, 1);
    value = 0x30;
    CHECK_EQ(parent_write_gpa(child.id, 1, APIC_BASE + APIC_TASK_PRI, &value, 4, &result),
             HV_STATUS_SUCCESS);
    CHECK_EQ(result, HvAccessGpaSuccess);
    CHECK_EQ(child_get(&child, 1, HvX64RegisterCr8), 3);
    CHECK_EQ(child_get(&child, 0, HvX64RegisterCr8), 0);
}
