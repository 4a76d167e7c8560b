/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A root that turns the machine off by hypercalls, as Linux does: it tells SLP_TYP of S5, and
 * enters that state. With the values of another state, from which nothing would wake the machine,
 * it stays on.
 */
#include <guest/guest.h>
#include <hv/abi/tlfs.h>

/* SLP_TYP as QEMU has it. */
#define QEMU_S3 1
#define QEMU_S5 0

#define S5 5

static uint8_t input[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static unsigned failures;

static uint16_t call(uint16_t code)
{
    struct regs regs = { .rcx = code, .rdx = phys_of(input) };

    (void)safe_vmmcall(&regs);
    return (uint16_t)regs.rax;
}

static uint16_t tell(uint8_t type)
{
    const struct hv_input_set_system_property property = {
        .property_id = HvSystemPropertySleepState,
        .sleep_state = S5,
        .pm1a_slp_typ = type,
        .pm1b_slp_typ = type,
    };

    memset(input, 0, sizeof(input));
    memcpy(input, &property, sizeof(property));
    return call(HvCallSetSystemProperty);
}

static uint16_t enter(void)
{
    const struct hv_input_enter_sleep_state state = { .sleep_state = S5 };

    memset(input, 0, sizeof(input));
    memcpy(input, &state, sizeof(state));
    return call(HvCallEnterSleepState);
}

static void expect(uint16_t status, uint16_t expected, const char *what)
{
    printf("%s: %s: status 0x%x\n", status == expected ? "ok" : "not ok", what, status);
    if (status != expected)
        failures++;
}

int guest_main(const struct guest_boot_info *boot)
{
    (void)boot;
    wrmsr(HV_X64_MSR_GUEST_OS_ID, 1);
    expect(enter(), HV_STATUS_OPERATION_DENIED, "before the values are told");
    expect(tell(QEMU_S3), HV_STATUS_SUCCESS, "the values of another state");
    expect(enter(), HV_STATUS_OPERATION_FAILED, "another state");
    expect(tell(QEMU_S5), HV_STATUS_SUCCESS, "the right values");
    if (failures != 0)
        return 1;
    printf("power off: now\n");
    console_drain();
    (void)enter();
    printf("not ok: still on\n");
    return 1;
}
