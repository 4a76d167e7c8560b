/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* How a parent makes and removes VPs of its child, and what they are like before they run. */
#include <conformance/child.h>

#define ONE (UINT64_C(1) << 32)

static struct child begin(void)
{
    parent_begin();
    return child_make(CHILD_EXO);
}

/* ---- Creation ---- */

HV_TEST(virtual_processor, creation_of_a_vp_takes_40_bytes, COVERS(HV_REQ_VP_044, HV_REQ_VP_046),
        NEEDS_PARENT, "An index, a place or flags read at the wrong offset")
{
    struct child child = begin();
    struct hv_input_create_vp block = { .partition_id = child.id };

    CHECK_EQ(parent_simple(HvCallCreateVp, &block, sizeof(block)), HV_STATUS_SUCCESS);
    CHECK_EQ(child_get(&child, 0, HvRegisterVpIndex), 0);
    block.vp_index = 1;
    for (unsigned bit = 0; bit < 64; bit += 7) {
        block.flags = UINT64_C(1) << bit;
        CHECK_EQ(parent_simple(HvCallCreateVp, &block, sizeof(block)), HV_STATUS_INVALID_PARAMETER);
    }
    block.flags = 0;
    block.proximity_domain_info.flags = 2;
    CHECK_EQ(parent_simple(HvCallCreateVp, &block, sizeof(block)), HV_STATUS_INVALID_PARAMETER);
    CHECK_EQ(parent_delete_vp(child.id, 1), HV_STATUS_INVALID_VP_INDEX);
}

HV_TEST(
    virtual_processor, what_linux_leaves_unset_does_not_keep_a_vp_from_creation,
    COVERS(HV_REQ_VP_067), NEEDS_PARENT,
    "Linux's MSHV_CREATE_VP failed once in hundreds, when another call's bytes were in the padding")
{
    struct child child = begin();
    struct hv_input_create_vp block = { .partition_id = child.id, .subnode_id = 0x601 };

    for (uint32_t i = 0; i < sizeof(block.padding); i++) {
        memset(block.padding, 0, sizeof(block.padding));
        block.padding[i] = i == 1 ? 0xFF : 1;
        block.vp_index = i;
        CHECK_EQ(parent_simple(HvCallCreateVp, &block, sizeof(block)), HV_STATUS_SUCCESS);
        CHECK_EQ(child_get(&child, i, HvRegisterVpIndex), i);
    }
}

HV_TEST(virtual_processor, an_index_is_taken_once, COVERS(HV_REQ_VP_045, HV_REQ_VP_060),
        NEEDS_PARENT, "Two VPs of one index share registers that the parent sets")
{
    static const uint32_t indices[] = { 0, 3, 63, 64, 200 };
    struct child child = begin(), other = child_make(CHILD_EXO);
    uint64_t value, limit;

    child_deposit(child.id, 100);
    for (unsigned i = 0; i < sizeof(indices) / sizeof(indices[0]); i++) {
        child_add_vp(&child, indices[i]);
        CHECK_EQ(parent_create_vp(child.id, indices[i]), HV_STATUS_INVALID_VP_INDEX);
        CHECK_EQ(child_get(&child, indices[i], HvRegisterVpIndex), indices[i]);
    }
    CHECK_EQ(parent_get_register64(child.id, 1, HvX64RegisterRip, &value),
             HV_STATUS_INVALID_VP_INDEX);
    CHECK_EQ(parent_create_vp(child.id, UINT32_MAX), HV_STATUS_INVALID_VP_INDEX);
    CHECK_EQ(parent_create_vp(child.id, HV_VP_INDEX_SELF), HV_STATUS_INVALID_VP_INDEX);
    limit = child_get(&child, 0, HvRegisterImplementationLimitsInfo) & UINT32_MAX;
    if (limit != 0)
        CHECK_EQ(parent_create_vp(child.id, (uint32_t)limit), HV_STATUS_INVALID_VP_INDEX);
    /* The same index in another partition is another VP. */
    child_add_vp(&other, 3);
    child_set(&child, 3, HvX64RegisterRax, 0x1111);
    child_set(&other, 3, HvX64RegisterRax, 0x2222);
    CHECK_EQ(child_get(&child, 3, HvX64RegisterRax), 0x1111);
}

HV_TEST(virtual_processor, vps_are_created_by_the_parent, COVERS(HV_REQ_VP_051, HV_REQ_VP_044),
        NEEDS_PARENT, "A root that makes a VP for itself has one that no processor runs")
{
    struct child child = begin();

    CHECK_EQ(parent_create_vp(PARENT_NOBODY, 0), HV_STATUS_INVALID_PARTITION_ID);
    CHECK_EQ(parent_create_vp(HV_PARTITION_ID_SELF, 100), HV_STATUS_ACCESS_DENIED);
    CHECK_EQ(parent_delete_vp(PARENT_NOBODY, 0), HV_STATUS_INVALID_PARTITION_ID);
    CHECK_EQ(parent_delete_vp(HV_PARTITION_ID_SELF, 0), HV_STATUS_ACCESS_DENIED);
    CHECK_EQ(parent_delete_vp(child.id, 0), HV_STATUS_INVALID_VP_INDEX);
}

HV_TEST(virtual_processor, a_deleted_vp_gives_its_memory_back, COVERS(HV_REQ_VP_050), NEEDS_PARENT,
        "A failed creation is undone by this, and must cost nothing")
{
    struct hv_output_get_memory_balance before, after;
    struct child child = begin();
    uint64_t value;

    REQUIRE_EQ(parent_balance(child.id, &before), HV_STATUS_SUCCESS);
    for (unsigned round = 0; round < 3; round++) {
        child_add_vp(&child, 5);
        child_set(&child, 5, HvX64RegisterRax, 0x77);
        REQUIRE_EQ(parent_balance(child.id, &after), HV_STATUS_SUCCESS);
        CHECK(after.pages_in_use > before.pages_in_use, "a VP takes no memory");
        if (round == 0)
            CHECK_EQ(parent_delete_vp(child.id, 5), HV_STATUS_SUCCESS);
        else
            CHECK_EQ(
                hv_result_status(hv_call(hv_control(HvCallDeleteVp, true, 0, 0, 0), child.id, 5)),
                HV_STATUS_SUCCESS);
        REQUIRE_EQ(parent_balance(child.id, &after), HV_STATUS_SUCCESS);
        CHECK_EQ(after.pages_in_use, before.pages_in_use);
        CHECK_EQ(after.pages_available, before.pages_available);
        CHECK_EQ(parent_get_register64(child.id, 5, HvX64RegisterRax, &value),
                 HV_STATUS_INVALID_VP_INDEX);
    }
    child_add_vp(&child, 5);
    CHECK(child_get(&child, 5, HvX64RegisterRax) != 0x77,
          "a new VP has registers of a deleted one");
}

/* ---- Calls ---- */

/* Of a register of the first VP, with a header that has one byte set. */
static uint16_t get_with(const struct child *child, unsigned byte, uint8_t set)
{
    struct hv_input_vp_registers header = { .partition_id = child->id };
    const uint32_t name = HvRegisterVpIndex;

    (&header.input_vtl)[byte] = set;
    return hv_result_status(parent_call(hv_control(HvCallGetVpRegisters, false, 0, 1, 0), &header,
                                        sizeof(header), &name, sizeof(name)));
}

HV_TEST(virtual_processor, headers_of_calls_for_a_child_are_checked_each_time,
        COVERS(HV_REQ_VP_014, HV_REQ_HC_052), NEEDS_PARENT,
        "What is remembered of the last call about a VP says nothing about the next one")
{
    struct child child = begin();

    child_add_vp(&child, 0);
    for (unsigned byte = 1; byte < 4; byte++) {
        CHECK_EQ(get_with(&child, 0, 0), HV_STATUS_SUCCESS);
        CHECK_EQ(get_with(&child, byte, 1), HV_STATUS_INVALID_PARAMETER);
    }
    CHECK_EQ(get_with(&child, 0, HV_INPUT_VTL_USE_TARGET_VTL), HV_STATUS_SUCCESS);
    CHECK_EQ(get_with(&child, 0, 0x20), HV_STATUS_INVALID_PARAMETER);
}

/* ---- State ---- */

#define CR0_RESET UINT64_C(0x60000010)

HV_TEST(virtual_processor, a_new_vp_is_as_after_reset, COVERS(HV_REQ_VP_049, HV_REQ_VP_040),
        NEEDS_PARENT, "Parents set only what firmware would find different")
{
    struct child child = begin();
    union hv_register_value cs, value;

    for (uint32_t vp = 0; vp < 2; vp++) {
        child_add_vp(&child, vp);
        REQUIRE_EQ(parent_get_register(child.id, vp, HvX64RegisterFpControlStatus, &value),
                   HV_STATUS_SUCCESS);
        CHECK_EQ(value.fp_control_status.fp_control, 0x0040);
        REQUIRE_EQ(parent_get_register(child.id, vp, HvX64RegisterXmmControlStatus, &value),
                   HV_STATUS_SUCCESS);
        CHECK_EQ(value.xmm_control_status.xmm_status_control, 0x1f80);
        CHECK_EQ(child_get(&child, vp, HvX64RegisterRip), 0xfff0);
        CHECK_EQ(child_get(&child, vp, HvX64RegisterRflags), 2);
        CHECK_EQ(child_get(&child, vp, HvX64RegisterCr0), CR0_RESET);
        CHECK_EQ(child_get(&child, vp, HvX64RegisterCr3), 0);
        CHECK_EQ(child_get(&child, vp, HvX64RegisterEfer), 0);
        CHECK_EQ(child_get(&child, vp, HvX64RegisterRax), 0);
        CHECK_EQ(child_get(&child, vp, HvX64RegisterPat), UINT64_C(0x0007040600070406));
        CHECK_EQ(child_get(&child, vp, HvRegisterExplicitSuspend), 1);
        CHECK_EQ(child_get(&child, vp, HvRegisterInterceptSuspend), 0);
        REQUIRE_EQ(parent_get_register(child.id, vp, HvX64RegisterCs, &cs), HV_STATUS_SUCCESS);
        CHECK_EQ(cs.segment.base, 0xffff0000);
        CHECK_EQ(cs.segment.selector, 0xf000);
        CHECK_EQ(cs.segment.limit, 0xffff);
    }
}

HV_TEST(virtual_processor, suspension_is_the_parents, COVERS(HV_REQ_VP_041, HV_REQ_VP_043),
        NEEDS_PARENT, "A VP that could end its own intercept would go on with half an instruction")
{
    struct child child = begin();
    union hv_register_value value;
    uint32_t names[] = { HvRegisterExplicitSuspend, HvRegisterInterceptSuspend };

    child_add_vp(&child, 0);
    CHECK(parent_set_register64(child.id, 0, HvRegisterInterceptSuspend, 1) != HV_STATUS_SUCCESS,
          "the parent suspends a VP as if it were intercepted");
    CHECK_EQ(child_get(&child, 0, HvRegisterInterceptSuspend), 0);
    CHECK_EQ(parent_set_register64(child.id, 0, HvRegisterInterceptSuspend, 0), HV_STATUS_SUCCESS);
    for (unsigned i = 0; i < 2; i++) {
        CHECK(parent_get_register(HV_PARTITION_ID_SELF, HV_VP_INDEX_SELF, names[i], &value) !=
                  HV_STATUS_SUCCESS,
              "a VP reads its own register 0x%x", names[i]);
        CHECK(parent_set_register64(HV_PARTITION_ID_SELF, HV_VP_INDEX_SELF, names[i], 0) !=
                  HV_STATUS_SUCCESS,
              "a VP sets its own register 0x%x", names[i]);
    }
}

HV_TEST(virtual_processor, a_set_register_changes_nothing_else, COVERS(HV_REQ_VP_023), NEEDS_PARENT,
        "Registers are restored in any order, half of them with values that would trap")
{
    static const struct {
        uint32_t name;
        uint64_t value;
    } sets[] = {
        { HvX64RegisterCr2, UINT64_C(0xdeadbeef000) },
        { HvX64RegisterCr3, UINT64_C(0x7000000) }, /* nothing is there */
        { HvX64RegisterRflags, 0x102 },            /* a trap after the next instruction */
        { HvX64RegisterDr7, 0x403 },
        { HvX64RegisterDr0, 0xfff0 }, /* the next instruction */
        { HvX64RegisterRsp, UINT64_C(0x8000000000000000) },
    };
    struct child child = begin();

    child_add_vp(&child, 0);
    child_listen();
    for (unsigned i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
        child_set(&child, 0, sets[i].name, sets[i].value);
    for (unsigned i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
        CHECK_EQ(child_get(&child, 0, sets[i].name), sets[i].value);
    CHECK_EQ(child_get(&child, 0, HvX64RegisterRip), 0xfff0);
    CHECK_EQ(child_get(&child, 0, HvX64RegisterDr6) & 0xf, 0);
    CHECK_EQ(child_get(&child, 0, HvRegisterPendingInterruption) & 1, 0);
    CHECK(child_is_quiet(), "a message about a VP that has never run");
}

HV_TEST(virtual_processor, the_mode_of_the_apic_is_set_from_any_other, COVERS(HV_REQ_VP_023),
        NEEDS_PARENT, "A machine is reset from the mode that its guest has left it in")
{
    static const uint64_t modes[] = { 0, APIC_BASE_ENABLE, APIC_BASE_ENABLE | APIC_BASE_X2 };
    struct child child;
    uint64_t base;

    parent_begin();
    child = child_make(CHILD_EXO | HV_PARTITION_CREATION_FLAG_X2APIC_CAPABLE);
    child_add_vp(&child, 0);
    base = child_get(&child, 0, HvX64RegisterApicBase) & ~(modes[1] | modes[2]);
    for (unsigned from = 0; from < 3; from++)
        for (unsigned to = 0; to < 3; to++) {
            child_set(&child, 0, HvX64RegisterApicBase, base | modes[from]);
            child_set(&child, 0, HvX64RegisterApicBase, base | modes[to]);
            CHECK_EQ(child_get(&child, 0, HvX64RegisterApicBase), base | modes[to]);
        }
}

/* ---- Encodings ---- */

HV_TEST(virtual_processor, segments_are_16_bytes, COVERS(HV_REQ_VP_034, HV_REQ_VP_035),
        NEEDS_PARENT, "A base in the place of the limit is a segment of another memory")
{
    static const uint32_t names[] = { HvX64RegisterEs, HvX64RegisterCs, HvX64RegisterSs,
                                      HvX64RegisterDs, HvX64RegisterFs, HvX64RegisterGs };
    struct child child = begin();

    child_add_vp(&child, 0);
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct hv_x64_segment_register written = { .base = UINT64_C(0x10000) * (i + 1),
                                                         .limit = 0xabcfff,
                                                         .selector = (uint16_t)(8 * (i + 1)),
                                                         .attributes = names[i] == HvX64RegisterCs
                                                                           ? 0xc09b
                                                                           : 0xc093 };
        union hv_register_value read;

        child_set_segment(&child, 0, names[i], written);
        REQUIRE_EQ(parent_get_register(child.id, 0, names[i], &read), HV_STATUS_SUCCESS);
        CHECK_EQ(read.segment.base, written.base);
        CHECK_EQ(read.segment.limit, written.limit);
        CHECK_EQ(read.segment.selector, written.selector);
        CHECK_EQ(read.segment.attributes, written.attributes);
        CHECK_EQ(read.reg128.low, written.base);
        CHECK_EQ(read.reg128.high, (uint64_t)written.attributes << 48 |
                                       (uint64_t)written.selector << 32 | written.limit);
    }
}

HV_TEST(virtual_processor, tables_are_16_bytes, COVERS(HV_REQ_VP_036), NEEDS_PARENT,
        "A guest whose descriptor table is elsewhere dies at its first interrupt")
{
    static const uint32_t names[] = { HvX64RegisterIdtr, HvX64RegisterGdtr };
    struct child child = begin();

    child_add_vp(&child, 0);
    for (unsigned i = 0; i < 2; i++) {
        const union hv_register_value written = {
            .table = { .limit = (uint16_t)(0x127 + i), .base = UINT64_C(0xfffff80012340000) + i }
        };
        union hv_register_value read;

        REQUIRE_EQ(parent_set_register(child.id, 0, names[i], &written), HV_STATUS_SUCCESS);
        REQUIRE_EQ(parent_get_register(child.id, 0, names[i], &read), HV_STATUS_SUCCESS);
        CHECK_EQ(read.table.limit, written.table.limit);
        CHECK_EQ(read.table.base, written.table.base);
        CHECK_EQ(read.reg128.low >> 48, written.table.limit);
        CHECK_EQ(read.reg128.high, written.table.base);
    }
}

HV_TEST(virtual_processor, what_is_pending_is_kept, COVERS(HV_REQ_VP_037, HV_REQ_VP_039),
        NEEDS_PARENT,
        "An interrupt that was half delivered when a guest was saved is delivered then")
{
    static const uint64_t pending[] = {
        UINT64_C(0x00400001),         /* interrupt 0x40 */
        UINT64_C(0x00020005),         /* NMI */
        UINT64_C(0x0000beef000d0017), /* #GP with an error code */
    };
    struct child child = begin();

    child_add_vp(&child, 0);
    CHECK_EQ(child_get(&child, 0, HvRegisterPendingInterruption) & 1, 0);
    for (unsigned i = 0; i < sizeof(pending) / sizeof(pending[0]); i++) {
        child_set(&child, 0, HvRegisterPendingInterruption, pending[i]);
        CHECK_EQ(child_get(&child, 0, HvRegisterPendingInterruption), pending[i]);
    }
    child_set(&child, 0, HvRegisterPendingInterruption, 0);
    CHECK_EQ(child_get(&child, 0, HvRegisterPendingInterruption) & 1, 0);
    for (uint64_t state = 0; state < 4; state++) {
        child_set(&child, 0, HvRegisterInterruptState, state);
        CHECK_EQ(child_get(&child, 0, HvRegisterInterruptState), state);
    }
}

/* QEMU's accelerator mshv writes all registers of a new VP, and stops at the first that is refused.
 */
HV_TEST(virtual_processor, a_parent_writes_the_tsc_and_that_no_event_is_pending,
        COVERS(HV_REQ_VP_037, HV_REQ_VP_039), NEEDS_PARENT,
        "A VMM that starts or restores a VP gives it all that it has")
{
    const union hv_register_value none = { .reg128 = { 0 } };
    union hv_register_value event;
    struct child child = begin();

    child_add_vp(&child, 0);
    child_set(&child, 0, HvX64RegisterTsc, 0);
    REQUIRE_EQ(parent_set_register(child.id, 0, HvRegisterPendingEvent0, &none), HV_STATUS_SUCCESS);
    REQUIRE_EQ(parent_get_register(child.id, 0, HvRegisterPendingEvent0, &event),
               HV_STATUS_SUCCESS);
    CHECK_EQ(event.reg128.low & 1, 0);
}

/* ---- CPUID ---- */

HV_TEST(virtual_processor, cpuid_of_a_vp_is_listed, COVERS(HV_REQ_VP_057, HV_REQ_VP_064),
        NEEDS_PARENT, "A parent builds what it registers from what there is")
{
    struct child child = begin();
    struct hv_input_get_vp_cpuid_values block = { .partition_id = child.id,
                                                  .flags = HV_GET_VP_CPUID_VALUES_USE_VP_XFEM_XSS };
    const struct hv_cpuid_leaf_info leaves[] = { { .eax = 0 },
                                                 { .eax = HV_CPUID_INTERFACE },
                                                 { .eax = 1 } };
    const struct cpuid_regs *values = parent_output();
    struct cpuid_regs own = cpuid(0);

    child_add_vp(&child, 0);
    REQUIRE_EQ(parent_call(hv_control(HvCallGetVpCpuidValues, false, 0, 3, 0), &block,
                           sizeof(block), leaves, sizeof(leaves)),
               3 * ONE);
    CHECK_EQ(parent_output_written(3 * sizeof(*values)), 0);
    CHECK_EQ(values[0].ebx, own.ebx);
    CHECK_EQ(values[0].ecx, own.ecx);
    CHECK_EQ(values[0].edx, own.edx);
    CHECK_EQ(values[1].eax, 0x31237648);
    CHECK_EQ(values[2].eax, cpuid(1).eax);
    CHECK_EQ(values[2].ecx >> 31, 1);
    block.reserved = 1;
    CHECK_EQ(parent_call(hv_control(HvCallGetVpCpuidValues, false, 0, 1, 0), &block, sizeof(block),
                         leaves, sizeof(leaves[0])),
             HV_STATUS_INVALID_PARAMETER);
    block.reserved = 0;
    block.flags |= 4;
    CHECK_EQ(parent_call(hv_control(HvCallGetVpCpuidValues, false, 0, 1, 0), &block, sizeof(block),
                         leaves, sizeof(leaves[0])),
             HV_STATUS_INVALID_PARAMETER);
    block.flags &= ~4u;
    block.vp_index = 1;
    CHECK_EQ(parent_call(hv_control(HvCallGetVpCpuidValues, false, 0, 1, 0), &block, sizeof(block),
                         leaves, sizeof(leaves[0])),
             HV_STATUS_INVALID_VP_INDEX);
}
