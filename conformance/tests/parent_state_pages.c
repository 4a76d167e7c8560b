/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Pages by which a parent reads registers and intercepts of its child's VP without a call. */
#include <conformance/child.h>

#define LOCATION_GIVEN 1

#define EXO_WITH_PAGES (CHILD_EXO | HV_PARTITION_CREATION_FLAG_INTERCEPT_MESSAGE_PAGE_ENABLED)

static uint16_t map_at(const struct child *child, uint16_t type, const volatile void *at)
{
    struct hv_input_map_vp_state_page block = { .partition_id = child->id,
                                                .type = type,
                                                .flags = LOCATION_GIVEN,
                                                .requested_map_location = page_number(at) };

    return parent_simple(HvCallMapVpStatePage, &block, sizeof(block));
}

static uint16_t unmap(const struct child *child, uint16_t type)
{
    struct hv_input_map_vp_state_page block = { .partition_id = child->id, .type = type };

    return parent_simple(HvCallUnmapVpStatePage, &block, 16);
}

HV_TEST(virtual_processor, state_pages_lie_over_the_parents_memory,
        COVERS(HV_REQ_VP_058, HV_REQ_VP_059), NEEDS_PARENT,
        "What was under them must be there again when they go")
{
    struct child child = child_begin(EXO_WITH_PAGES);
    volatile uint8_t *page = child_page(0x66);
    uint64_t location;

    for (uint16_t type = HvVpStatePageRegisters; type <= HvVpStatePageInterceptMessage; type++) {
        REQUIRE_EQ(map_at(&child, type, page), HV_STATUS_SUCCESS);
        memcpy(&location, parent_output(), sizeof(location));
        CHECK_EQ(location, page_number(page));
        CHECK_EQ(parent_output_written(sizeof(location)), 0);
        CHECK(hv_differing(page, 0x66, 0) > PAGE_SIZE / 2, "no page of type %u is there", type);
        CHECK_EQ(unmap(&child, type), HV_STATUS_SUCCESS);
        CHECK_EQ(hv_differing(page, 0x66, 0), 0);
    }
}

HV_TEST(virtual_processor, a_location_is_chosen_when_none_is_given, COVERS(HV_REQ_VP_058),
        NEEDS_PARENT, "Linux takes the page's number from the output, and expects memory there")
{
    struct child child = child_begin(EXO_WITH_PAGES);
    struct hv_input_map_vp_state_page block = { .partition_id = child.id };
    uint64_t location;
    uint64_t read;

    REQUIRE_EQ(parent_simple(HvCallMapVpStatePage, &block, sizeof(block)), HV_STATUS_SUCCESS);
    memcpy(&location, parent_output(), sizeof(location));
    CHECK_NO_FAULT(safe_read64(virt_of(location << PAGE_SHIFT), &read));
    CHECK_EQ(unmap(&child, HvVpStatePageRegisters), HV_STATUS_SUCCESS);
}

HV_TEST(virtual_processor, state_pages_are_checked, COVERS(HV_REQ_VP_058, HV_REQ_VP_059),
        NEEDS_PARENT, "A page of a type that the VP hasn't got would be anybody's memory")
{
    struct child child = child_begin(EXO_WITH_PAGES), plain = child_make(CHILD_EXO);
    struct hv_input_map_vp_state_page block = { .partition_id = child.id };
    uint8_t *page = child_page(0);

    CHECK_EQ(unmap(&child, HvVpStatePageRegisters), HV_STATUS_INVALID_PARAMETER);
    CHECK_EQ(map_at(&child, HvVpVtlStatePageGhcb, page), HV_STATUS_INVALID_PARAMETER);
    CHECK_EQ(map_at(&child, 3, page), HV_STATUS_INVALID_PARAMETER);
    child_add_vp(&plain, 0);
    CHECK_EQ(map_at(&plain, HvVpStatePageInterceptMessage, page), HV_STATUS_INVALID_PARAMETER);
    block.flags = 2;
    CHECK_EQ(parent_simple(HvCallMapVpStatePage, &block, sizeof(block)),
             HV_STATUS_INVALID_PARAMETER);
    block.flags = LOCATION_GIVEN;
    block.requested_map_location = UINT64_C(1) << 40;
    CHECK_EQ(parent_simple(HvCallMapVpStatePage, &block, sizeof(block)),
             HV_STATUS_INVALID_PARAMETER);
    block.requested_map_location = page_number(page);
    block.vp_index = 1;
    CHECK_EQ(parent_simple(HvCallMapVpStatePage, &block, sizeof(block)),
             HV_STATUS_INVALID_VP_INDEX);
    block.partition_id = PARENT_NOBODY;
    CHECK_EQ(parent_simple(HvCallMapVpStatePage, &block, sizeof(block)),
             HV_STATUS_INVALID_PARTITION_ID);
}

HV_TEST(virtual_processor, the_message_page_has_the_intercept,
        COVERS(HV_REQ_VP_058, HV_REQ_INT_009), NEEDS_PARENT,
        "With it the slot has no more than the VP's number, so messages of many VPs fit")
{
    static const uint8_t code[] = { 0xb0, 0x5c, CHILD_OUT }; /* mov al, 0x5c */
    struct child child = child_begin(EXO_WITH_PAGES);
    const struct hv_message *page = (const void *)child_page(0);
    const struct hv_x64_io_port_intercept_message *io = (const void *)page->payload;
    struct hv_message message;

    REQUIRE_EQ(map_at(&child, HvVpStatePageInterceptMessage, page), HV_STATUS_SUCCESS);
    child_listen();
    child_load(&child, 0, code, sizeof(code));
    child_run(&child, 0);
    REQUIRE(child_wait(&message), "no message");
    CHECK_EQ(message.header.message_type, HvMessageTypeOpaqueIntercept);
    CHECK_EQ(message.header.origination_id, child.id);
    CHECK_EQ(page->header.message_type, HvMessageTypeX64IoPortIntercept);
    CHECK_EQ(io->port_number, CHILD_PORT);
    CHECK_EQ(io->rax & 0xff, 0x5c);
    CHECK_EQ(unmap(&child, HvVpStatePageInterceptMessage), HV_STATUS_SUCCESS);
}
