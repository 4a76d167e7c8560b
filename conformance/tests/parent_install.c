/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Which intercepts a parent can ask for, and what it can have answered in its name. */
#include <conformance/child.h>

#include "hypercall_support.h"

#define READ_WRITE (HV_INTERCEPT_ACCESS_MASK_READ | HV_INTERCEPT_ACCESS_MASK_WRITE)
#define EXECUTE    HV_INTERCEPT_ACCESS_MASK_EXECUTE

/* ---- HvCallInstallIntercept ---- */

static const struct {
    uint32_t type;
    uint32_t access;
    uint64_t parameter;
    bool needed; /* what every parent relies on */
} types[] = {
    { HvInterceptTypeX64IoPort, READ_WRITE, 0x3f8, true },
    { HvInterceptTypeX64IoPortRange, READ_WRITE, 0x3ff03f8, true },
    { HvInterceptTypeX64Msr, READ_WRITE, 0, true },
    { HvInterceptTypeX64Cpuid, EXECUTE, 0x40009876, true },
    { HvInterceptTypeException, EXECUTE, VECTOR_UD, true },
    { HvInterceptTypeX64GlobalCpuid, EXECUTE, 0, false },
    { HvInterceptTypeX64ApicSmi, EXECUTE, 0, false },
    { HvInterceptTypeHypercall, EXECUTE, 0, false },
    { HvInterceptTypeX64ApicInitSipi, EXECUTE, 0, false },
    { HvInterceptTypeX64ApicWrite, READ_WRITE, 0, false },
    { HvInterceptTypeUnknownSynicConnection, EXECUTE, 0, false },
    { HvInterceptTypeX64ApicEoi, HV_INTERCEPT_ACCESS_MASK_WRITE, 0, false },
    { HvInterceptTypeRetargetInterruptWithUnknownDeviceId, EXECUTE, 0, false },
    { HvInterceptTypeX64ExceptionTrap, EXECUTE, VECTOR_DB, false },
};

#define TYPES (sizeof(types) / sizeof(types[0]))

HV_TEST(intercepts_and_messages, intercepts_have_types,
        COVERS(HV_REQ_INT_001, HV_REQ_INT_002, HV_REQ_INT_004), NEEDS_PARENT,
        "An intercept that is silently not there is a device that doesn't answer")
{
    uint64_t id;
    unsigned offered = 0;

    parent_begin();
    id = child_make_empty(CHILD_EXO);
    for (unsigned i = 0; i < TYPES; i++) {
        uint16_t status = parent_install(id, types[i].type, types[i].access, types[i].parameter);

        offered += status == HV_STATUS_SUCCESS;
        CHECK(status == HV_STATUS_SUCCESS ||
                  (!types[i].needed && status == HV_STATUS_INVALID_PARAMETER),
              "type 0x%x: status 0x%x", types[i].type, status);
        CHECK_EQ(parent_install(id, types[i].type, 0, types[i].parameter), status);
    }
    OBSERVE("types", "%u of %u", offered, (unsigned)TYPES);
    for (uint32_t type = 4; type < 0x40; type++)
        if (type == 4 || type == 5 || type == 0xa || type == 0xc || type > 0x13)
            CHECK_EQ(parent_install(id, type, READ_WRITE, 0), HV_STATUS_INVALID_PARAMETER);
    CHECK_EQ(parent_install(id, UINT32_MAX, READ_WRITE, 0), HV_STATUS_INVALID_PARAMETER);
}

HV_TEST(intercepts_and_messages, intercepts_are_for_whole_accesses, COVERS(HV_REQ_INT_003),
        NEEDS_PARENT, "A port whose reads alone are intercepted is written to in silence")
{
    uint64_t id;

    parent_begin();
    id = child_make_empty(CHILD_EXO);
    for (unsigned i = 0; i < TYPES; i++) {
        if (!types[i].needed)
            continue;
        for (uint32_t access = 1; access < 16; access++) {
            uint16_t status = parent_install(id, types[i].type, access, types[i].parameter);
            uint16_t expected =
                access == types[i].access ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_PARAMETER;

            CHECK(status == expected, "type 0x%x, access %u: status 0x%x", types[i].type, access,
                  status);
        }
    }
}

HV_TEST(intercepts_and_messages, parameters_of_intercepts_are_checked, COVERS(HV_REQ_INT_001),
        NEEDS_PARENT, "A vector of 256 is the vector 0 of somebody who masks")
{
    uint64_t id;

    parent_begin();
    id = child_make_empty(CHILD_EXO);
    CHECK_EQ(parent_install(id, HvInterceptTypeX64IoPort, READ_WRITE, 0x10000),
             HV_STATUS_INVALID_PARAMETER);
    CHECK_EQ(parent_install(id, HvInterceptTypeX64IoPortRange, READ_WRITE, 0x3f803ff),
             HV_STATUS_INVALID_PARAMETER);
    CHECK_EQ(parent_install(id, HvInterceptTypeException, EXECUTE, 32),
             HV_STATUS_INVALID_PARAMETER);
    CHECK_EQ(parent_install(id, HvInterceptTypeException, EXECUTE, 256 + VECTOR_UD),
             HV_STATUS_INVALID_PARAMETER);
    CHECK_EQ(parent_install(id, HvInterceptTypeX64Cpuid, EXECUTE, UINT64_C(1) << 32),
             HV_STATUS_INVALID_PARAMETER);
}

HV_TEST(intercepts_and_messages, most_intercepts_cost_nothing, COVERS(HV_REQ_INT_005), NEEDS_PARENT,
        "A parent that can't undo half of its preparations counts on it")
{
    uint64_t id;
    uint16_t status;

    parent_begin();
    id = child_create(CHILD_EXO);
    REQUIRE_EQ(parent_by_id(HvCallInitializePartition, id), HV_STATUS_SUCCESS);
    for (unsigned port = 0; port < 0x10000; port += 0x111)
        CHECK_EQ(parent_install(id, HvInterceptTypeX64IoPort, READ_WRITE, port), HV_STATUS_SUCCESS);
    CHECK_EQ(parent_install(id, HvInterceptTypeX64Msr, READ_WRITE, 0), HV_STATUS_SUCCESS);
    for (unsigned vector = 0; vector < 20; vector++)
        if (vector != VECTOR_NMI && vector != 9 && vector != 15)
            CHECK_EQ(parent_install(id, HvInterceptTypeException, EXECUTE, vector),
                     HV_STATUS_SUCCESS);
    status = parent_install(id, HvInterceptTypeX64Cpuid, EXECUTE, 0x40009876);
    CHECK(status == HV_STATUS_SUCCESS || status == HV_STATUS_INSUFFICIENT_MEMORY, "status 0x%x",
          status);
    child_deposit(id, 4);
    CHECK_EQ(parent_install(id, HvInterceptTypeX64Cpuid, EXECUTE, 0x40009876), HV_STATUS_SUCCESS);
}

HV_TEST(intercepts_and_messages, intercepts_are_for_parents, COVERS(HV_REQ_INT_031), NEEDS_PARENT,
        "A partition that could intercept itself would wait for its own answer")
{
    struct {
        struct hv_input_register_intercept_result header;
        struct hv_register_x64_cpuid_result_parameters cpuid;
        uint32_t unused;
    } block = { .header = { HV_PARTITION_ID_SELF, 0, HvInterceptTypeX64Cpuid } };

    parent_begin();
    child_create(0);
    CHECK_EQ(parent_install(HV_PARTITION_ID_SELF, HvInterceptTypeX64Msr, READ_WRITE, 0),
             HV_STATUS_ACCESS_DENIED);
    CHECK_EQ(parent_install(parent_own_id(), HvInterceptTypeX64Msr, READ_WRITE, 0),
             HV_STATUS_ACCESS_DENIED);
    CHECK_EQ(parent_install(PARENT_NOBODY, HvInterceptTypeX64Msr, READ_WRITE, 0),
             HV_STATUS_INVALID_PARTITION_ID);
    CHECK_EQ(parent_simple(HvCallRegisterInterceptResult, &block, sizeof(block)),
             HV_STATUS_ACCESS_DENIED);
    CHECK_EQ(parent_simple(HvCallUnregisterInterceptResult, &block, sizeof(block)),
             HV_STATUS_ACCESS_DENIED);
    block.header.partition_id = PARENT_NOBODY;
    CHECK_EQ(parent_simple(HvCallRegisterInterceptResult, &block, sizeof(block)),
             HV_STATUS_INVALID_PARTITION_ID);
}

/* ---- HvCallCheckForIoIntercept ---- */

HV_TEST(intercepts_and_messages, intercepted_ports_are_known, COVERS(HV_REQ_INT_028), NEEDS_PARENT,
        "An emulator in the parent has to send what it meets to the one who would get it")
{
    struct hv_input_check_for_io_intercept block = { .port = 0x3f8, .size = 1 };
    const uint8_t *answer = parent_output();
    struct child child;

    parent_begin();
    child = child_make(CHILD_EXO);
    child_add_vp(&child, 0);
    block.partition_id = child.id;
    for (unsigned write = 0; write < 2; write++) {
        block.is_write = (uint8_t)write;
        REQUIRE_EQ(parent_simple(HvCallCheckForIoIntercept, &block, sizeof(block)),
                   HV_STATUS_SUCCESS);
        CHECK_EQ(*answer, 1);
        CHECK_EQ(parent_output_written(1), 0);
    }
    block.size = 3;
    CHECK_EQ(parent_simple(HvCallCheckForIoIntercept, &block, sizeof(block)),
             HV_STATUS_INVALID_PARAMETER);
    block.size = 4;
    block.vp_index = 1;
    CHECK_EQ(parent_simple(HvCallCheckForIoIntercept, &block, sizeof(block)),
             HV_STATUS_INVALID_VP_INDEX);
    block.vp_index = 0;
    block.partition_id = PARENT_NOBODY;
    CHECK_EQ(parent_simple(HvCallCheckForIoIntercept, &block, sizeof(block)),
             HV_STATUS_INVALID_PARTITION_ID);
    /* Of the root nobody intercepts anything. */
    block.partition_id = HV_PARTITION_ID_SELF;
    block.vp_index = HV_VP_INDEX_SELF;
    REQUIRE_EQ(parent_simple(HvCallCheckForIoIntercept, &block, sizeof(block)), HV_STATUS_SUCCESS);
    CHECK_EQ(*answer, 0);
}

/* ---- Registered results ---- */

struct cpuid_result {
    struct hv_input_register_intercept_result header;
    struct hv_register_x64_cpuid_result_parameters cpuid;
    uint32_t unused;
};

struct msr_result {
    struct hv_input_register_intercept_result header;
    struct hv_register_x64_msr_result_parameters msr;
    uint8_t unused[36];
};

static void check_answer(const struct child *child, uint32_t leaf, uint32_t subleaf, uint32_t eax,
                         uint32_t ebx)
{
    const uint32_t flags =
        HV_GET_VP_CPUID_VALUES_USE_VP_XFEM_XSS | HV_GET_VP_CPUID_VALUES_APPLY_REGISTERED_VALUES;
    struct cpuid_regs values;

    REQUIRE_EQ(parent_cpuid(child->id, 0, flags, leaf, subleaf, &values), HV_STATUS_SUCCESS);
    CHECK_EQ(values.eax, eax);
    CHECK_EQ(values.ebx, ebx);
}

HV_TEST(intercepts_and_messages, registered_results_change_cpuid,
        COVERS(HV_REQ_INT_029, HV_REQ_INT_030, HV_REQ_VP_057), NEEDS_PARENT,
        "QEMU describes a whole machine so, a leaf a call")
{
    struct child child = child_begin(CHILD_EXO);
    struct cpuid_result block = {
        .header = { child.id, 0, HvInterceptTypeX64Cpuid },
        .cpuid = { .input_eax = 7,
                   .input_ecx = 0,
                   .subleaf_specific = 1,
                   .result_eax = 0x11111111,
                   .result_eax_mask = UINT32_MAX,
                   .result_ebx = 0x0000ff00,
                   .result_ebx_mask = 0x0000ffff },
    };
    struct cpuid_regs plain;

    REQUIRE_EQ(parent_cpuid(child.id, 0, HV_GET_VP_CPUID_VALUES_USE_VP_XFEM_XSS, 7, 0, &plain),
               HV_STATUS_SUCCESS);
    REQUIRE_EQ(parent_simple(HvCallRegisterInterceptResult, &block, sizeof(block)),
               HV_STATUS_SUCCESS);
    check_answer(&child, 7, 0, 0x11111111, (plain.ebx & 0xffff0000) | 0xff00);
    block.cpuid.result_eax = 0x22222222;
    REQUIRE_EQ(parent_simple(HvCallRegisterInterceptResult, &block, sizeof(block)),
               HV_STATUS_SUCCESS);
    check_answer(&child, 7, 0, 0x22222222, (plain.ebx & 0xffff0000) | 0xff00);
    REQUIRE_EQ(parent_simple(HvCallUnregisterInterceptResult, &block, sizeof(block)),
               HV_STATUS_SUCCESS);
    check_answer(&child, 7, 0, plain.eax, plain.ebx);
    CHECK(parent_simple(HvCallUnregisterInterceptResult, &block, sizeof(block)) !=
              HV_STATUS_SUCCESS,
          "what is gone can be removed");
    block.header.intercept_type = HvInterceptTypeException;
    CHECK_EQ(parent_simple(HvCallRegisterInterceptResult, &block, sizeof(block)),
             HV_STATUS_INVALID_PARAMETER);
    block.header.intercept_type = HvInterceptTypeX64Cpuid;
    block.header.vp_index = 1;
    CHECK_EQ(parent_simple(HvCallRegisterInterceptResult, &block, sizeof(block)),
             HV_STATUS_INVALID_VP_INDEX);
}

HV_TEST(intercepts_and_messages, registered_results_are_what_the_guest_sees,
        COVERS(HV_REQ_INT_029, HV_REQ_VP_064), NEEDS_PARENT,
        "With every leaf intercepted instead, a guest would boot for a minute longer")
{
    static const uint8_t code[] = { 0xb8, 0x76, 0x98, 0x00, 0x40, /* mov eax, 0x40009876 */
                                    0x31, 0xc9, 0x0f, 0xa2, CHILD_OUT };
    struct child child = child_begin(CHILD_EXO);
    struct cpuid_result block = { .header = { child.id, 0, HvInterceptTypeX64Cpuid },
                                  .cpuid = { .input_eax = 0x40009876,
                                             .result_ebx = 0x44434241,
                                             .result_ebx_mask = UINT32_MAX } };

    child_listen();
    REQUIRE_EQ(parent_simple(HvCallRegisterInterceptResult, &block, sizeof(block)),
               HV_STATUS_SUCCESS);
    child_run_code(&child, 0, code, sizeof(code));
    CHECK_EQ(child_get(&child, 0, HvX64RegisterRbx), 0x44434241);
    REQUIRE_EQ(parent_simple(HvCallUnregisterInterceptResult, &block, sizeof(block)),
               HV_STATUS_SUCCESS);
    child_run_code(&child, 0, code, sizeof(code));
    CHECK(child_get(&child, 0, HvX64RegisterRbx) != 0x44434241, "the result is still there");
}

HV_TEST(intercepts_and_messages, registered_actions_hold_for_msrs,
        COVERS(HV_REQ_INT_029, HV_REQ_INT_030, HV_REQ_MSR_003), NEEDS_PARENT,
        "One MSR that a guest needs, and all others fault as they should")
{
    static const uint8_t code[] = { 0xb8, 0xff, 0xff,     0xff, 0xff, /* mov eax, -1 */
                                    0xb9, 0x34, 0x12,     0x01, 0xc0, /* mov ecx, 0xc0011234 */
                                    0x0f, 0x32, CHILD_OUT };          /* rdmsr */
    struct child child = child_begin(CHILD_EXO);
    struct msr_result block = { .header = { child.id, 0, HvInterceptTypeX64Msr },
                                .msr = { 0xc0011234, READ_WRITE,
                                         HvUnimplementedMsrActionIgnoreWriteReadZero } };
    struct hv_message message;

    child_listen();
    REQUIRE_EQ(parent_install(child.id, HvInterceptTypeException, EXECUTE, VECTOR_GP),
               HV_STATUS_SUCCESS);
    REQUIRE_EQ(parent_simple(HvCallRegisterInterceptResult, &block, sizeof(block)),
               HV_STATUS_SUCCESS);
    child_run_code(&child, 0, code, sizeof(code));
    CHECK_EQ(child_get(&child, 0, HvX64RegisterRax), 0);
    block.msr.action = 2;
    CHECK_EQ(parent_simple(HvCallRegisterInterceptResult, &block, sizeof(block)),
             HV_STATUS_INVALID_PARAMETER);
    block.msr.action = HvUnimplementedMsrActionIgnoreWriteReadZero;
    REQUIRE_EQ(parent_simple(HvCallUnregisterInterceptResult, &block, sizeof(block)),
               HV_STATUS_SUCCESS);
    child_run_to_message(&child, 0, code, sizeof(code), &message);
    CHECK_EQ(message.header.message_type, HvMessageTypeExceptionIntercept);
}
