/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * I/O ports. All are the root partition's own but the ones that put the machine to sleep: it would
 * wake without its hypervisor; and, where it is asked for, the port of the test device.
 */
#include <stdatomic.h>

#include "acpi.h"
#include "clock.h"
#include "console.h"
#include "cpu.h"
#include "hyperv_testdev.h"
#include "lp.h"
#include "memory.h"
#include "power.h"
#include "svm.h"

#define PORT_COUNT  0x10000u
#define PATIENCE_US 100000 /* until a machine that is told to is off */

static struct power_registers power;
static bool has_testdev;

static void intercept(uint8_t *map, uint32_t first, uint32_t count)
{
    for (uint32_t port = first; port - first < count && port < PORT_COUNT; port++)
        map[port / 8] |= (uint8_t)(1u << port % 8);
}

uint64_t svm_io_map(bool testdev)
{
    uint8_t *map = memory_take(SVM_IO_MAP_PAGES);

    acpi_find_power(&power);
    for (uint32_t i = 0; i < power.count; i++)
        intercept(map, power.list[i].port, POWER_REGISTER_SIZE);
    has_testdev = testdev;
    if (testdev)
        intercept(map, HYPERV_TESTDEV_PORT, HYPERV_TESTDEV_PORTS);
    return memory_physical(map);
}

static void tell_refused(const struct svm_vp *vp, uint16_t port)
{
    static atomic_flag told = ATOMIC_FLAG_INIT;

    if (!atomic_flag_test_and_set(&told))
        log_line("LP %u: port 0x%x: the machine cannot sleep under the hypervisor, only power off",
                 vp->lp->index, port);
}

/* One access may reach several registers. */
static uint32_t filter(const struct svm_vp *vp, uint16_t port, unsigned size, uint32_t value)
{
    for (uint32_t i = 0; i < power.count; i++) {
        struct power_write write =
            power_filter(port - power.list[i].port, size, value, power.list[i].s5_type);

        value = write.value;
        if (write.refused)
            tell_refused(vp, port);
    }
    return value;
}

/* The value for a register; false: it would put the machine to sleep. */
static bool find_value(const struct power_register *entry, uint8_t type, uint16_t *value)
{
    *value = power_enter(inw(entry->port), type);
    return !power_filter(0, POWER_REGISTER_SIZE, *value, entry->s5_type).refused;
}

void svm_power_off(void *context, uint8_t pm1a_type, uint8_t pm1b_type)
{
    uint16_t values[POWER_MAX_REGISTERS];

    (void)context;
    for (uint32_t i = 0; i < power.count; i++)
        if (!find_value(&power.list[i], power.list[i].second ? pm1b_type : pm1a_type, &values[i]))
            return;
    for (uint32_t i = 0; i < power.count; i++)
        outw(power.list[i].port, values[i]);
    clock_delay_us(PATIENCE_US);
}

static void write_port(uint16_t port, unsigned size, uint32_t value)
{
    if (size == 1)
        outb(port, (uint8_t)value);
    else if (size == 2)
        outw(port, (uint16_t)value);
    else
        outl(port, value);
}

static uint32_t read_port(uint16_t port, unsigned size)
{
    if (size == 1)
        return inb(port);
    if (size == 2)
        return inw(port);
    return inl(port);
}

static bool is_testdev(uint16_t port)
{
    return has_testdev && (uint32_t)port - HYPERV_TESTDEV_PORT < HYPERV_TESTDEV_PORTS;
}

static void write_testdev(const struct svm_vp *vp, uint16_t port, unsigned size, uint32_t value)
{
    if (port == HYPERV_TESTDEV_PORT && size == sizeof(value))
        hyperv_testdev_command(hv_vp_partition(vp->vp), value);
}

/* A part of RAX as an instruction of that size loads it: one of 32 bits clears the rest. */
static uint64_t merge(uint64_t rax, unsigned size, uint32_t value)
{
    uint64_t kept = size == 4 ? 0 : ~((UINT64_C(1) << 8 * size) - 1);

    return (rax & kept) | value;
}

/*
 * String instructions are refused: they would need the operand's segment, page tables and repeat
 * count, and nobody drives these ports with them.
 */
bool svm_io(struct svm_vp *vp)
{
    uint64_t info = vp->vmcb->exit_info_1;
    uint64_t *rax = &vp->gprs.gpr[HV_GPR_RAX];
    uint16_t port = (uint16_t)(info >> VMCB_IO_PORT_SHIFT);
    unsigned size = (unsigned)(info >> VMCB_IO_SIZE_SHIFT) & VMCB_IO_SIZE_MASK;

    if (info & VMCB_IO_STRING)
        return false;
    if (info & VMCB_IO_IN)
        *rax = merge(*rax, size, is_testdev(port) ? 0 : read_port(port, size));
    else if (is_testdev(port))
        write_testdev(vp, port, size, (uint32_t)*rax);
    else
        write_port(port, size, filter(vp, port, size, (uint32_t)*rax));
    return true;
}
