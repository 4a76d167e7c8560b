/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What VP 0 of a child does, step by step, and a kernel that it needs to get there. */
#ifndef ROOT_TESTS_STEP_H
#define ROOT_TESTS_STEP_H

#include <stdint.h>

#include <hv/acpi_pm.h>
#include <hvkit/machine.h>
#include <worker/machine.h>

/* After the last step it does nothing more. */
enum fake_step_kind {
    FAKE_END,
    FAKE_OUT,   /* value to port, as many bytes as size */
    FAKE_RDMSR, /* that nobody has */
    FAKE_TRIPLE_FAULT,
    FAKE_UNKNOWN, /* an intercept of a kind that nobody has asked for */
    FAKE_HALT,    /* with value in RFLAGS */
    FAKE_CRASH,   /* value into its first crash register */
};

struct fake_step {
    enum fake_step_kind kind;
    uint16_t port;
    uint8_t size;
    uint32_t value;
};

#define COM1 0x3F8
#define COM2 0x2F8
#define PM1  (WORKER_PM_PORT + HV_ACPI_PM_CONTROL)

/* PM1 control, ACPI specification. */
#define SLEEP_ENABLE     0x2000u
#define SLEEP_TYPE_SHIFT 10u
#define POWER_OFF        (SLEEP_ENABLE | HV_ACPI_SLEEP_TYPE_OFF << SLEEP_TYPE_SHIFT)

#define SETS_SPEED(port)                                       \
    { FAKE_OUT, port + 3, 1, 0x83 }, { FAKE_OUT, port, 1, 1 }, \
    {                                                          \
        FAKE_OUT, port + 3, 1, 3                               \
    }
#define SAYS(character)              \
    {                                \
        FAKE_OUT, COM1, 1, character \
    }
#define SAYS2(character)             \
    {                                \
        FAKE_OUT, COM2, 1, character \
    }
#define SWITCHES_OFF                \
    {                               \
        FAKE_OUT, PM1, 2, POWER_OFF \
    }
#define RESETS                                \
    {                                         \
        FAKE_OUT, HV_ACPI_RESET_PORT, 1, 0x0E \
    }
#define STAYS             \
    {                     \
        FAKE_END, 0, 0, 0 \
    }

#define KERNEL_SIZE    0x300u
#define MACHINE_MEMORY (UINT64_C(4) << 20)

/* A 32-bit ELF image of one segment at 2 MiB, with a multiboot header. */
void step_make_kernel(uint8_t kernel[KERNEL_SIZE]);

/* Two VPs, MACHINE_MEMORY, COM1 that is shown, and power off as the end. */
struct hv_machine step_machine(const char *name, const uint8_t kernel[KERNEL_SIZE]);

#endif
