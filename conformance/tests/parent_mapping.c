/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * How a parent makes the GPA space of a child. What is in it is seen through HvReadGpa and
 * HvWriteGpa, which tell mapped, inaccessible and unmapped pages apart.
 */
#include <conformance/child.h>

#include "hypercall_support.h"

#define ONE (UINT64_C(1) << 32) /* result of a call that has done one repetition */

#define TARGET 0x100 /* a page of the child's that is not mapped at first */

#define R HV_MAP_GPA_READABLE
#define W HV_MAP_GPA_WRITABLE
#define K HV_MAP_GPA_KERNEL_EXECUTABLE
#define U HV_MAP_GPA_USER_EXECUTABLE

/* HvAccessGpa value of a read by VP 0. */
static uint32_t read_result(const struct child *child, uint64_t page, uint64_t *value)
{
    uint32_t result = UINT32_MAX;

    *value = 0;
    CHECK_EQ(parent_read_gpa(child->id, 0, page << PAGE_SHIFT, value, sizeof(*value), &result),
             HV_STATUS_SUCCESS);
    return result;
}

static uint32_t write_result(const struct child *child, uint64_t page, uint64_t value)
{
    uint32_t result = UINT32_MAX;

    CHECK_EQ(parent_write_gpa(child->id, 0, page << PAGE_SHIFT, &value, sizeof(value), &result),
             HV_STATUS_SUCCESS);
    return result;
}

static uint64_t map_one(const struct child *child, uint64_t target, uint32_t flags,
                        const void *source)
{
    uint64_t number = page_number(source);

    return parent_map(child->id, target, flags, &number, 1);
}

static void fill(uint8_t *page, uint64_t value)
{
    memcpy(page, &value, sizeof(value));
}

/* ---- What a page is ---- */

HV_TEST(gpa_space_and_overlays, a_page_is_mapped_inaccessible_or_unmapped,
        COVERS(HV_REQ_GPA_009, HV_REQ_GPA_015, HV_REQ_GPA_031), NEEDS_PARENT,
        "What is not there and what may not be touched are different things for a parent")
{
    struct child child = child_begin(CHILD_EXO);
    uint8_t *page = child_page(0);
    uint64_t value, number = page_number(page);

    fill(page, UINT64_C(0x1111222233334444));
    CHECK_EQ(read_result(&child, TARGET, &value), HvAccessGpaUnmapped);
    CHECK_EQ(write_result(&child, TARGET, 1), HvAccessGpaUnmapped);
    CHECK_EQ(map_one(&child, TARGET, CHILD_ALL_RIGHTS, page), ONE);
    CHECK_EQ(read_result(&child, TARGET, &value), HvAccessGpaSuccess);
    CHECK_EQ(value, UINT64_C(0x1111222233334444));
    CHECK_EQ(write_result(&child, TARGET, UINT64_C(0x5555666677778888)), HvAccessGpaSuccess);
    memcpy(&value, page, sizeof(value));
    CHECK_EQ(value, UINT64_C(0x5555666677778888));
    CHECK_EQ(parent_map(child.id, TARGET, HV_MAP_GPA_NO_ACCESS, &number, 1), ONE);
    CHECK_EQ(read_result(&child, TARGET, &value), HvAccessGpaReadIntercept);
    CHECK_EQ(write_result(&child, TARGET, 1), HvAccessGpaWriteIntercept);
    CHECK_EQ(parent_unmap(child.id, TARGET, 0, 1), ONE);
    CHECK_EQ(read_result(&child, TARGET, &value), HvAccessGpaUnmapped);
}

HV_TEST(gpa_space_and_overlays, rights_come_in_five_combinations,
        COVERS(HV_REQ_GPA_012, HV_REQ_GPA_019), NEEDS_PARENT,
        "Hardware can't express the others, so they would be more or less than what was asked for")
{
    struct child child = child_begin(CHILD_EXO);
    uint8_t *page = child_page(0);

    for (uint32_t rights = 0; rights < 16; rights++) {
        uint64_t result = map_one(&child, TARGET, rights, page);
        uint32_t executable = rights & (K | U);
        bool possible = !rights || (rights & R);

        if (executable == K || executable == U)
            CHECK(result == ONE || result == HV_STATUS_INVALID_PARAMETER,
                  "rights 0x%x: result 0x%llx", rights, (unsigned long long)result);
        if (executable != K && executable != U)
            CHECK(result == (possible ? ONE : HV_STATUS_INVALID_PARAMETER),
                  "rights 0x%x: result 0x%llx", rights, (unsigned long long)result);
    }
}

/* Bits without a name, and rights beside a word for what has none. */
HV_TEST(gpa_space_and_overlays, undefined_map_flags_are_refused, COVERS(HV_REQ_GPA_019),
        NEEDS_PARENT, "A flag that is ignored is a protection that a parent believes in")
{
    static const uint8_t reserved[] = {
        4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 18, 19, 22, 23, 29, 30
    };
    struct child child = child_begin(CHILD_EXO);
    uint8_t *page = child_page(0);
    uint64_t value;

    for (unsigned i = 0; i < sizeof(reserved); i++) {
        uint64_t result = map_one(&child, TARGET, CHILD_ALL_RIGHTS | 1u << reserved[i], page);

        CHECK(result == HV_STATUS_INVALID_PARAMETER, "flag %u: result 0x%llx", reserved[i],
              (unsigned long long)result);
    }
    CHECK_EQ(map_one(&child, TARGET, R | HV_MAP_GPA_NO_ACCESS, page), HV_STATUS_INVALID_PARAMETER);
    CHECK_EQ(read_result(&child, TARGET, &value), HvAccessGpaUnmapped);
}

/* What an implementation doesn't offer it must not seem to do. */
HV_TEST(gpa_space_and_overlays, map_flags_do_what_they_say, COVERS(HV_REQ_GPA_017), NEEDS_PARENT,
        "A page that should read as zeros and holds another guest's memory")
{
    static const struct {
        uint32_t flags;
        uint8_t content;
    } constant[] = { { HV_MAP_GPA_ZEROED, 0 }, { HV_MAP_GPA_ONES, 0xff } };
    struct child child = child_begin(CHILD_EXO);
    uint8_t *page = child_page(0x5a);
    uint64_t value, result;

    CHECK_EQ(map_one(&child, TARGET, R | HV_MAP_GPA_NOT_CACHED, page), ONE);
    CHECK_EQ(read_result(&child, TARGET, &value), HvAccessGpaSuccess);
    CHECK_EQ(value, UINT64_C(0x5a5a5a5a5a5a5a5a));
    CHECK_EQ(write_result(&child, TARGET, 0), HvAccessGpaWriteIntercept);
    CHECK_EQ(page[0], 0x5a);
    for (unsigned i = 0; i < 2; i++) {
        result = map_one(&child, TARGET + 1 + i, constant[i].flags, page);
        OBSERVE(i ? "ones" : "zeroed", "0x%llx", (unsigned long long)result);
        CHECK(result == ONE || result == HV_STATUS_INVALID_PARAMETER, "result 0x%llx",
              (unsigned long long)result);
        if (result == ONE && read_result(&child, TARGET + 1 + i, &value) == HvAccessGpaSuccess)
            CHECK_EQ(value & 0xff, constant[i].content);
    }
}

HV_TEST(gpa_space_and_overlays, the_last_mapping_counts, COVERS(HV_REQ_GPA_018), NEEDS_PARENT,
        "Firmware moves memory about: what was there must be gone, rights and all")
{
    struct child child = child_begin(CHILD_EXO);
    uint8_t *one = child_page(0x11), *other = child_page(0x22);
    uint64_t value;

    REQUIRE_EQ(map_one(&child, TARGET, CHILD_ALL_RIGHTS, one), ONE);
    REQUIRE_EQ(map_one(&child, TARGET, R, other), ONE);
    CHECK_EQ(read_result(&child, TARGET, &value), HvAccessGpaSuccess);
    CHECK_EQ(value & 0xff, 0x22);
    CHECK_EQ(write_result(&child, TARGET, 0), HvAccessGpaWriteIntercept);
    CHECK_EQ(one[0], 0x11);
    CHECK_EQ(other[0], 0x22);
    REQUIRE_EQ(map_one(&child, TARGET, R | W, one), ONE);
    CHECK_EQ(write_result(&child, TARGET, 0x33), HvAccessGpaSuccess);
    CHECK_EQ(one[0], 0x33);
    CHECK_EQ(other[0], 0x22);
}

/* ---- What is refused ---- */

HV_TEST(gpa_space_and_overlays, memory_of_nobody_is_not_mapped,
        COVERS(HV_REQ_GPA_020, HV_REQ_GPA_021), NEEDS_PARENT,
        "A source that the caller hasn't got may be the hypervisor's")
{
    struct child child = child_begin(CHILD_EXO);
    const uint64_t end = UINT64_C(1) << 40; /* of any GPA space, in pages */
    uint64_t deposited = page_number(alloc_page()), pool = child_create(0), source, width;
    uint8_t *page = child_page(0);

    REQUIRE_EQ(parent_deposit(pool, &deposited, 1), ONE);
    CHECK_EQ(parent_map(child.id, TARGET, CHILD_ALL_RIGHTS, &deposited, 1),
             HV_STATUS_OPERATION_DENIED);
    source = end;
    CHECK_EQ(parent_map(child.id, TARGET, CHILD_ALL_RIGHTS, &source, 1),
             HV_STATUS_INVALID_PARAMETER);
    source = UINT64_MAX;
    CHECK_EQ(parent_map(child.id, TARGET, CHILD_ALL_RIGHTS, &source, 1),
             HV_STATUS_INVALID_PARAMETER);
    CHECK_EQ(map_one(&child, end, CHILD_ALL_RIGHTS, page), HV_STATUS_INVALID_PARAMETER);
    CHECK_EQ(map_one(&child, UINT64_MAX, CHILD_ALL_RIGHTS, page), HV_STATUS_INVALID_PARAMETER);
    REQUIRE_EQ(parent_get_property(child.id, HvPartitionPropertyPhysicalAddressWidth, &width),
               HV_STATUS_SUCCESS);
    CHECK_EQ(map_one(&child, UINT64_C(1) << (width - PAGE_SHIFT), CHILD_ALL_RIGHTS, page),
             HV_STATUS_INVALID_PARAMETER);
    CHECK_EQ(map_one(&child, (UINT64_C(1) << (width - PAGE_SHIFT)) - 1, CHILD_ALL_RIGHTS, page),
             ONE);
    CHECK_EQ(parent_unmap(child.id, end, 0, 1), HV_STATUS_INVALID_PARAMETER);
    CHECK_EQ(parent_unmap(child.id, UINT64_MAX, 0, 2), HV_STATUS_INVALID_PARAMETER);
}

HV_TEST(gpa_space_and_overlays, the_root_changes_no_more_than_rights_of_its_own,
        COVERS(HV_REQ_GPA_022, HV_REQ_GPA_029), NEEDS_PARENT,
        "A root that maps pages for itself could map the hypervisor's")
{
    uint8_t *page = child_page(0x77);
    uint64_t own = page_number(page), other = page_number(child_page(0));

    parent_begin();
    child_create(0);
    CHECK_EQ(parent_map(HV_PARTITION_ID_SELF, own, R, &own, 1), ONE);
    CHECK_FAULT(safe_write8(page, 1), VECTOR_MC);
    CHECK_EQ(page[0], 0x77);
    CHECK_EQ(parent_map(HV_PARTITION_ID_SELF, own, CHILD_ALL_RIGHTS, &own, 1), ONE);
    CHECK_NO_FAULT(safe_write8(page, 1));
    CHECK_EQ(parent_map(HV_PARTITION_ID_SELF, own, R, &other, 1), HV_STATUS_ACCESS_DENIED);
    CHECK_EQ(parent_unmap(HV_PARTITION_ID_SELF, own, 0, 1), HV_STATUS_ACCESS_DENIED);
    CHECK_EQ(parent_unmap(parent_own_id(), own, 0, 1), HV_STATUS_ACCESS_DENIED);
    CHECK_NO_FAULT(safe_write8(page, 2));
    CHECK_EQ(parent_map(PARENT_NOBODY, 0, R, &own, 1), HV_STATUS_INVALID_PARTITION_ID);
}

/* What lies over a page is not the caller's to give. */
HV_TEST(gpa_space_and_overlays, pages_in_use_are_not_changed, COVERS(HV_REQ_GPA_023), NEEDS_PARENT,
        "The hypervisor would write where somebody else has memory now")
{
    struct child child = child_begin(CHILD_EXO);
    uint64_t hypercalls = hv_hypercall_gpa() >> PAGE_SHIFT;
    uint16_t status;

    status = hv_result_status(parent_map(child.id, TARGET, R, &hypercalls, 1));
    CHECK(status == HV_STATUS_OBJECT_IN_USE || status == HV_STATUS_OPERATION_DENIED,
          "an overlay as a source: status 0x%x", status);
    /* Its rights may change under the overlay, which stays. */
    parent_map(HV_PARTITION_ID_SELF, hypercalls, R, &hypercalls, 1);
    CHECK_EQ(hv_call(HvCallNotifyLongSpinWait | 1u << 16, 0, 0), HV_STATUS_SUCCESS);
    parent_map(HV_PARTITION_ID_SELF, hypercalls, CHILD_ALL_RIGHTS, &hypercalls, 1);
}

HV_TEST(gpa_space_and_overlays, a_page_may_be_mapped_twice, COVERS(HV_REQ_GPA_025), NEEDS_PARENT,
        "Firmware has its image at two addresses, and guests share pages that are alike")
{
    struct child child = child_begin(CHILD_EXO), other = child_make(CHILD_EXO);
    uint8_t *page = child_page(0x42);
    uint64_t value;

    child_add_vp(&other, 0);
    REQUIRE_EQ(map_one(&child, TARGET, R, page), ONE);
    REQUIRE_EQ(map_one(&child, TARGET + 1, R, page), ONE);
    REQUIRE_EQ(map_one(&other, TARGET, R, page), ONE);
    CHECK_EQ(read_result(&child, TARGET + 1, &value), HvAccessGpaSuccess);
    CHECK_EQ(value & 0xff, 0x42);
    CHECK_EQ(read_result(&other, TARGET, &value), HvAccessGpaSuccess);
    CHECK_EQ(value & 0xff, 0x42);
}

/* What one does with it all see; what becomes of one mapping is no other one's affair. */
HV_TEST(gpa_space_and_overlays, mappings_of_a_shared_page_are_apart,
        COVERS(HV_REQ_GPA_025, HV_REQ_GPA_018, HV_REQ_GPA_030), NEEDS_PARENT,
        "A guest that is switched off takes away what another one still uses")
{
    struct child child = child_begin(CHILD_EXO), other = child_make(CHILD_EXO);
    uint8_t *page = child_page(0x42);
    uint64_t value;

    child_add_vp(&other, 0);
    REQUIRE_EQ(map_one(&child, TARGET, CHILD_ALL_RIGHTS, page), ONE);
    REQUIRE_EQ(map_one(&child, TARGET + 1, R, page), ONE);
    REQUIRE_EQ(map_one(&other, TARGET, CHILD_ALL_RIGHTS, page), ONE);
    CHECK_EQ(write_result(&other, TARGET, 0x43), HvAccessGpaSuccess);
    CHECK_EQ(page[0], 0x43);
    CHECK_EQ(read_result(&child, TARGET, &value), HvAccessGpaSuccess);
    CHECK_EQ(value, 0x43);
    CHECK_EQ(write_result(&child, TARGET + 1, 0x44), HvAccessGpaWriteIntercept);
    /* Rights of one, and its end. */
    CHECK_EQ(map_one(&child, TARGET, R, page), ONE);
    CHECK_EQ(write_result(&child, TARGET, 0x44), HvAccessGpaWriteIntercept);
    CHECK_EQ(write_result(&other, TARGET, 0x45), HvAccessGpaSuccess);
    CHECK_EQ(parent_unmap(child.id, TARGET, 0, 1), ONE);
    CHECK_EQ(read_result(&child, TARGET, &value), HvAccessGpaUnmapped);
    CHECK_EQ(read_result(&child, TARGET + 1, &value), HvAccessGpaSuccess);
    CHECK_EQ(value, 0x45);
    CHECK_EQ(parent_by_id(HvCallFinalizePartition, child.id), HV_STATUS_SUCCESS);
    CHECK_EQ(read_result(&other, TARGET, &value), HvAccessGpaSuccess);
    CHECK_EQ(value, 0x45);
    CHECK_EQ(write_result(&other, TARGET, 0x46), HvAccessGpaSuccess);
    CHECK_EQ(page[0], 0x46);
}

/* As Linux does when it takes memory of a guest for a while. Bit 15 is beyond the TLFS: Linux sets
   it for all memory, and whoever takes it must do the same without. */
HV_TEST(gpa_space_and_overlays, memory_goes_and_comes_back, COVERS(HV_REQ_GPA_018, HV_REQ_GPA_009),
        NEEDS_PARENT,
        "Memory that is paged out of a guest returns as somebody else's, or not at all")
{
    struct child child = child_begin(CHILD_EXO);
    uint8_t *page = child_page(0x11), *second = child_page(0x22);
    uint32_t flags = CHILD_ALL_RIGHTS | HV_MAP_GPA_ADJUSTABLE;
    uint64_t value, result, number = page_number(page);

    result = map_one(&child, TARGET, flags, page);
    OBSERVE("adjustable", "0x%llx", (unsigned long long)result);
    CHECK(result == ONE || result == HV_STATUS_INVALID_PARAMETER, "result 0x%llx",
          (unsigned long long)result);
    if (result != ONE)
        flags = CHILD_ALL_RIGHTS;
    for (unsigned i = 0; i < 3; i++) {
        uint8_t *now = i % 2 ? second : page;

        REQUIRE_EQ(map_one(&child, TARGET, flags, now), ONE);
        CHECK_EQ(read_result(&child, TARGET, &value), HvAccessGpaSuccess);
        CHECK_EQ(value & 0xff, now[0]);
        CHECK_EQ(write_result(&child, TARGET, 0x50 + i), HvAccessGpaSuccess);
        CHECK_EQ(now[0], 0x50 + i);
        REQUIRE_EQ(parent_map(child.id, TARGET, HV_MAP_GPA_NO_ACCESS, &number, 1), ONE);
        CHECK_EQ(read_result(&child, TARGET, &value), HvAccessGpaReadIntercept);
        CHECK_EQ(write_result(&child, TARGET, 0), HvAccessGpaWriteIntercept);
        CHECK_EQ(now[0], 0x50 + i);
    }
}

/* ---- Lists and large pages ---- */

HV_TEST(gpa_space_and_overlays, pages_are_mapped_by_pairs, COVERS(HV_REQ_GPA_016), NEEDS_PARENT,
        "A guest's memory is in pieces on a machine that has been running for a while")
{
    struct child child = child_begin(CHILD_EXO);
    struct hv_input_modify_sparse_gpa_pages block = { .target_partition_id = child.id,
                                                      .map_flags = R };
    struct hv_gpa_mapping pairs[3];
    uint64_t value;

    for (unsigned i = 0; i < 3; i++)
        pairs[i] = (struct hv_gpa_mapping){ TARGET + 0x1000 * i,
                                            page_number(child_page((uint8_t)(i + 1))) };
    CHECK_EQ(parent_call(hv_control(HvCallMapSparseGpaPages, false, 0, 3, 0), &block, sizeof(block),
                         pairs, sizeof(pairs)),
             3 * ONE);
    for (unsigned i = 0; i < 3; i++) {
        CHECK_EQ(read_result(&child, TARGET + 0x1000 * i, &value), HvAccessGpaSuccess);
        CHECK_EQ(value & 0xff, i + 1);
        CHECK_EQ(write_result(&child, TARGET + 0x1000 * i, 0), HvAccessGpaWriteIntercept);
    }
    pairs[1].target_gpa_page_number = UINT64_C(1) << 40;
    CHECK_EQ(parent_call(hv_control(HvCallMapSparseGpaPages, false, 0, 3, 0), &block, sizeof(block),
                         pairs, sizeof(pairs)),
             ONE | HV_STATUS_INVALID_PARAMETER);
}

HV_TEST(gpa_space_and_overlays, rights_of_mapped_pages_are_changed, COVERS(HV_REQ_GPA_030),
        NEEDS_PARENT, "Write protection of a guest's memory is how a snapshot begins")
{
    struct child child = child_begin(CHILD_EXO);
    struct hv_input_modify_sparse_gpa_pages block = { .target_partition_id = child.id,
                                                      .map_flags = R };
    uint64_t pages[2] = { 3, 5 }, value;

    CHECK_EQ(parent_call(hv_control(HvCallModifySparseGpaPages, false, 0, 2, 0), &block,
                         sizeof(block), pages, sizeof(pages)),
             2 * ONE);
    for (unsigned page = 2; page < 7; page++) {
        bool changed = page == 3 || page == 5;

        CHECK_EQ(read_result(&child, page, &value), HvAccessGpaSuccess);
        CHECK_EQ(write_result(&child, page, page),
                 changed ? HvAccessGpaWriteIntercept : HvAccessGpaSuccess);
        CHECK_EQ(child.ram[page * PAGE_SIZE], changed ? 0 : page);
    }
    block.padding = 1;
    CHECK_EQ(parent_call(hv_control(HvCallModifySparseGpaPages, false, 0, 1, 0), &block,
                         sizeof(block), pages, sizeof(pages[0])),
             HV_STATUS_INVALID_PARAMETER);
    block.padding = 0;
    block.map_flags = W;
    CHECK_EQ(parent_call(hv_control(HvCallModifySparseGpaPages, false, 0, 1, 0), &block,
                         sizeof(block), pages, sizeof(pages[0])),
             HV_STATUS_INVALID_PARAMETER);
}

HV_TEST(gpa_space_and_overlays, pages_are_unmapped_one_after_the_other,
        COVERS(HV_REQ_GPA_026, HV_REQ_GPA_027), NEEDS_PARENT,
        "A parent takes memory away without knowing what the guest has had of it")
{
    struct child child = child_begin(CHILD_EXO);
    uint64_t value;

    CHECK_EQ(parent_unmap(child.id, 2, 0, 3), 3 * ONE);
    for (unsigned page = 1; page < 6; page++)
        CHECK_EQ(read_result(&child, page, &value),
                 page < 2 || page > 4 ? HvAccessGpaSuccess : HvAccessGpaUnmapped);
    CHECK_EQ(parent_unmap(child.id, 2, 0, 3), 3 * ONE);
    CHECK_EQ(parent_unmap(child.id, 0x1234, 0, 100), 100 * ONE);
    CHECK_EQ(parent_unmap(child.id, 4, 0, 2), 2 * ONE);
    CHECK_EQ(read_result(&child, 5, &value), HvAccessGpaUnmapped);
    CHECK_EQ(read_result(&child, 6, &value), HvAccessGpaSuccess);
}

#define LARGE 512u

HV_TEST(gpa_space_and_overlays, large_pages_count_as_one, COVERS(HV_REQ_GPA_028, HV_REQ_GPA_017),
        NEEDS_PARENT, "Off by this factor, a guest has 512 times the memory that it was given")
{
    struct child child = child_begin(CHILD_EXO);
    uint8_t *block = child_memory(2 * LARGE, 0);
    uint8_t *source = (uint8_t *)(((uintptr_t)block + LARGE * PAGE_SIZE - 1) / (LARGE * PAGE_SIZE) *
                                  (LARGE * PAGE_SIZE));
    uint64_t value;

    source[0] = 1;
    source[(LARGE - 1) * PAGE_SIZE] = 2;
    CHECK_EQ(map_one(&child, LARGE, R | HV_MAP_GPA_LARGE_PAGE, source), ONE);
    CHECK_EQ(read_result(&child, LARGE, &value), HvAccessGpaSuccess);
    CHECK_EQ(value, 1);
    CHECK_EQ(read_result(&child, 2 * LARGE - 1, &value), HvAccessGpaSuccess);
    CHECK_EQ(value, 2);
    CHECK_EQ(read_result(&child, 2 * LARGE, &value), HvAccessGpaUnmapped);
    /* A small page of it goes, without the others, and a large one takes the place of all. */
    CHECK_EQ(map_one(&child, LARGE + 1, HV_MAP_GPA_NO_ACCESS, source), ONE);
    CHECK_EQ(read_result(&child, LARGE + 1, &value), HvAccessGpaReadIntercept);
    CHECK_EQ(read_result(&child, 2 * LARGE - 1, &value), HvAccessGpaSuccess);
    CHECK_EQ(value, 2);
    CHECK_EQ(map_one(&child, LARGE, R | HV_MAP_GPA_LARGE_PAGE, source), ONE);
    CHECK_EQ(read_result(&child, LARGE + 1, &value), HvAccessGpaSuccess);
    CHECK_EQ(map_one(&child, LARGE + 1, R | HV_MAP_GPA_LARGE_PAGE, source),
             HV_STATUS_INVALID_PARAMETER);
    CHECK_EQ(parent_unmap(child.id, LARGE, HV_UNMAP_GPA_LARGE_PAGE, 1), ONE);
    CHECK_EQ(read_result(&child, 2 * LARGE - 1, &value), HvAccessGpaUnmapped);
    CHECK_EQ(parent_unmap(child.id, LARGE, HV_UNMAP_GPA_KEEP_PRECOMMITTED, 1), ONE);
    for (unsigned bit = 0; bit < 32; bit++)
        if (bit != 1 && bit != 2)
            CHECK_EQ(parent_unmap(child.id, LARGE, 1u << bit, 1), HV_STATUS_INVALID_PARAMETER);
}
