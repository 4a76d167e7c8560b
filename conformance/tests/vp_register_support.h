/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* HvCallGetVpRegisters and HvCallSetVpRegisters for tests of one register at a time. */
#ifndef CONFORMANCE_TESTS_VP_REGISTER_SUPPORT_H
#define CONFORMANCE_TESTS_VP_REGISTER_SUPPORT_H

#include "hypercall_support.h"

#define REGISTER_ACCESS NEEDS(.privileges = HV_PRIVILEGE_AccessVpRegisters)

static uint8_t input[4096] __attribute__((aligned(4096)));
static uint8_t output[4096] __attribute__((aligned(4096)));

static inline struct hv_input_vp_registers *header(void)
{
    return (struct hv_input_vp_registers *)(void *)input;
}

static inline void begin(void)
{
    hv_enable_hypercalls();
    memset(input, 0, sizeof(input));
    fill_register_header(input);
}

/* Reads a register of the VP in the header. @return result value */
static inline uint64_t try_get(uint32_t name, struct hv_u128 *value)
{
    uint64_t result;

    memcpy(header() + 1, &name, sizeof(name));
    memset(output, 0xa5, sizeof(output));
    result =
        hv_call(hv_control(HvCallGetVpRegisters, false, 0, 1, 0), phys_of(input), phys_of(output));
    memcpy(value, output, sizeof(*value));
    return result;
}

static inline uint64_t try_set_128(uint32_t name, uint64_t low, uint64_t high)
{
    struct hv_register_assoc element = { .name = name, .value.reg128 = { low, high } };

    memcpy(header() + 1, &element, sizeof(element));
    return hv_call(hv_control(HvCallSetVpRegisters, false, 0, 1, 0), phys_of(input), 0);
}

static inline uint64_t try_set(uint32_t name, uint64_t value)
{
    return try_set_128(name, value, 0);
}

static inline struct hv_u128 get(uint32_t name)
{
    struct hv_u128 value;
    uint64_t result = try_get(name, &value);

    CHECK(result == UINT64_C(1) << 32, "register 0x%x: result 0x%llx", name,
          (unsigned long long)result);
    return value;
}

static inline void set(uint32_t name, uint64_t value)
{
    uint64_t result = try_set(name, value);

    CHECK(result == UINT64_C(1) << 32, "register 0x%x: result 0x%llx", name,
          (unsigned long long)result);
}

#endif
