/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The calls by which the root partition runs the machine, and the codes between the calls. */
#include "hypercall_support.h"
#include "hypercall_table.h"

static uint8_t input[4096] __attribute__((aligned(4096)));
static uint8_t output[4096] __attribute__((aligned(4096)));

#define MARK 0xa5

struct code_range {
    uint16_t first, last;
};

/* Calls in memory, then in registers, with input of zeros and of ones. */
static void check_code(uint16_t code, bool (*is_right)(uint64_t result), const char *what)
{
    static const uint8_t fills[] = { 0, 0xff };

    for (unsigned i = 0; i < sizeof(fills); i++) {
        uint64_t word = fills[i] ? UINT64_MAX : 0, slow, fast;

        memset(input, fills[i], sizeof(input));
        memset(output, MARK, sizeof(output));
        slow = hv_call(code, phys_of(input), phys_of(output));
        fast = hv_call(code | HV_HYPERCALL_FAST, word, word);
        CHECK(is_right(slow), "%s 0x%x: result 0x%llx", what, code, (unsigned long long)slow);
        CHECK(is_right(fast), "%s 0x%x, fast: result 0x%llx", what, code, (unsigned long long)fast);
        CHECK(hv_differing(output, MARK, 0) == 0, "%s 0x%x: output is written", what, code);
    }
}

/* ---- For the root partition alone ---- */

static const struct code_range root_codes[] = {
    { HvInitializeEventLogBufferGroup, HvFlushEventLogBuffer },
    { HvCallSetSystemProperty, HvCallSetSystemProperty },
    { HvCallAddLogicalProcessor, HvCallGetLogicalProcessorProperty },
    { HvCallMapDeviceInterrupt, HvCallUnmapDeviceInterrupt },
    { HvCallMapDevicePages, HvCallDisableHypervisor },
};

static bool is_refused(uint64_t result)
{
    return is_refusal(hv_result_status(result)) && hv_result_reps(result) == 0;
}

/*
 * A root partition is known by what it may; one that may manage neither processors nor partitions
 * has no more use for these calls than a child.
 */
HV_TEST(root_management, children_can_not_run_the_machine, COVERS(HV_REQ_ROOT_001),
        NEEDS(.lacks = HV_PRIVILEGE_CpuManagement | HV_PRIVILEGE_CreatePartitions),
        "Putting the machine to sleep is among them, and disabling the hypervisor under all others")
{
    hv_enable_hypercalls();
    for (unsigned i = 0; i < sizeof(root_codes) / sizeof(root_codes[0]); i++)
        for (uint16_t code = root_codes[i].first; code <= root_codes[i].last; code++)
            check_code(code, is_refused, "root's call");
}

/* ---- Codes between the calls ---- */

static const struct code_range reserved_codes[] = {
    { 0x0005, 0x0007 }, { 0x0016, 0x003f }, { 0x0071, 0x0075 },
    { 0x0098, 0x0098 }, { 0x009a, 0x00ae },
};

static bool is_unknown(uint64_t result)
{
    return result == HV_STATUS_INVALID_HYPERCALL_CODE;
}

HV_TEST(root_management, reserved_codes_are_unknown, COVERS(HV_REQ_ROOT_019), NEEDS_NOTHING,
        "What answers there is a call that its guests use before anybody has written it down")
{
    hv_enable_hypercalls();
    for (unsigned i = 0; i < sizeof(reserved_codes) / sizeof(reserved_codes[0]); i++)
        for (uint16_t code = reserved_codes[i].first; code <= reserved_codes[i].last; code++)
            if (!table_has(code))
                check_code(code, is_unknown, "reserved code");
}
