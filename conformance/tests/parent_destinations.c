/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* HvCallGetVpSetFromMda: which VPs of a child an interrupt's destination names. */
#include <conformance/child.h>

#define APIC_PAGE UINT64_C(0xfee00000)

#define PHYSICAL false
#define LOGICAL  true

static void write_apic(const struct child *child, uint32_t vp, uint32_t reg, uint32_t value)
{
    uint32_t result = UINT32_MAX;

    REQUIRE_EQ(parent_write_gpa(child->id, vp, APIC_PAGE + reg, &value, sizeof(value), &result),
               HV_STATUS_SUCCESS);
    REQUIRE_EQ(result, HvAccessGpaSuccess);
}

static uint32_t id_of(const struct child *child, uint32_t vp)
{
    uint32_t value = 0, result = UINT32_MAX;

    REQUIRE_EQ(parent_read_gpa(child->id, vp, APIC_PAGE + APIC_ID, &value, sizeof(value), &result),
               HV_STATUS_SUCCESS);
    return value >> 24;
}

/* A child with two VPs, of the logical IDs 1 and 2. */
static struct child begin(void)
{
    struct child child = child_begin(CHILD_EXO);

    child_add_vp(&child, 1);
    for (uint32_t vp = 0; vp < 2; vp++)
        write_apic(&child, vp, APIC_LDR, UINT32_C(1) << (24 + vp));
    return child;
}

static uint16_t ask(struct hv_input_get_vp_set_from_mda block)
{
    return parent_simple(HvCallGetVpSetFromMda, &block, sizeof(block));
}

/* members: by VP index. */
static void expect(const struct child *child, uint64_t destination, bool logical, uint64_t members)
{
    const struct hv_input_get_vp_set_from_mda block = { .target_partition = child->id,
                                                        .destination_address = destination,
                                                        .logical = logical };
    const struct hv_vp_set *set = parent_output();
    const uint64_t *banks = (const uint64_t *)(const void *)(set + 1);

    REQUIRE_EQ(ask(block), HV_STATUS_SUCCESS);
    CHECK_EQ(set->format, HV_GENERIC_SET_SPARSE_4K);
    CHECK(set->valid_banks_mask <= 1, "the banks are 0x%llx",
          (unsigned long long)set->valid_banks_mask);
    CHECK_EQ(set->valid_banks_mask & 1 ? banks[0] : 0, members);
}

HV_TEST(synthetic_ipi, a_destination_is_a_set_of_vps, COVERS(HV_REQ_IPI_021), NEEDS_PARENT,
        "Who routes a device by it interrupts another VP than the guest meant")
{
    struct child child = begin();

    for (uint32_t vp = 0; vp < 2; vp++)
        expect(&child, id_of(&child, vp), PHYSICAL, UINT64_C(1) << vp);
    expect(&child, 0x77, PHYSICAL, 0);
    expect(&child, 0xff, PHYSICAL, 3);
    for (uint64_t members = 0; members < 4; members++)
        expect(&child, members, LOGICAL, members);
    expect(&child, 0xf2, LOGICAL, 2);
}

HV_TEST(synthetic_ipi, what_is_no_destination_is_refused, COVERS(HV_REQ_IPI_021), NEEDS_PARENT,
        "A VTL that is ignored is the APIC of another operating system")
{
    struct child child = begin();
    const struct hv_input_get_vp_set_from_mda good = { .target_partition = child.id };
    struct hv_input_get_vp_set_from_mda block;

#define REFUSED(field_, value_)                            \
    do {                                                   \
        block = good;                                      \
        block.field_ = value_;                             \
        CHECK_EQ(ask(block), HV_STATUS_INVALID_PARAMETER); \
    } while (0)

    CHECK_EQ(ask(good), HV_STATUS_SUCCESS);
    REFUSED(target_vtl, 1);
    REFUSED(logical, 2);
    REFUSED(reserved0, 1);
    REFUSED(reserved1, 1);
#undef REFUSED
    block = good;
    block.target_partition = PARENT_NOBODY;
    CHECK_EQ(ask(block), HV_STATUS_INVALID_PARTITION_ID);
}
