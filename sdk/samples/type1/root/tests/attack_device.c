/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "attack.h"

#include <guest/guest.h>
#include <hv/abi/tlfs.h>

#define RESET_PORT   0xcf9u
#define SLEEP_PORT   0x604u /* PM1 control of the machine */
#define COM1         0x3f8u /* on which this guest tells how far it is */
#define MODE_MASK    UINT64_C(0x700)
#define MODE_INIT    UINT64_C(0x500)
#define CRASH_MSRS   6u
#define HIGH_ADDRESS (UINT64_C(1) << 36)
#define WINDOW       UINT64_C(0x200000)

/* ---- Ports ---- */

static bool touches(uint32_t port, uint32_t size, uint32_t first, uint32_t count)
{
    return port < first + count && first < port + size;
}

static bool port_ends_itself(uint32_t port, uint32_t size)
{
    return touches(port, size, RESET_PORT, 1) || touches(port, size, SLEEP_PORT, 2) ||
           touches(port, size, COM1, 8);
}

static uint16_t any_port(void)
{
    static const uint16_t ports[] = { 0x20,  0x21,  0x40,  0x42,  0x43,  0x61,  0x70,  0x71,
                                      0xa0,  0xa1,  0x2f8, 0x2fa, 0x2fb, 0x2fc, 0x4d0, 0x600,
                                      0x602, 0x608, 0xcf8, 0xcfc, 0xcfe, 0xffff };

    return attack_random() % 2 ? ports[attack_random() % (sizeof(ports) / sizeof(ports[0]))]
                               : (uint16_t)attack_random();
}

static void write_port(uint16_t port, unsigned size, uint32_t value)
{
    if (port_ends_itself(port, size))
        return;
    if (size == 1)
        outb(port, (uint8_t)value);
    else if (size == 2)
        outw(port, (uint16_t)value);
    else
        outl(port, value);
}

static void read_port(uint16_t port, unsigned size)
{
    if (size == 1)
        inb(port);
    else if (size == 2)
        inw(port);
    else
        inl(port);
}

static void attack_port(void)
{
    uint16_t port = any_port();
    unsigned size = 1u << attack_random() % 3;

    if (attack_random() % 2)
        write_port(port, size, (uint32_t)attack_random());
    else
        read_port(port, size);
}

/* ---- MSRs ---- */

static uint32_t any_msr(void)
{
    static const uint32_t firsts[] = { 0,          0x200,      0x800,      0x40000000, 0x40000070,
                                       0x40000080, 0x400000b0, 0xc0000080, 0xc0010000, 0xc0010110 };

    return firsts[attack_random() % (sizeof(firsts) / sizeof(firsts[0]))] +
           (uint32_t)attack_random() % 0x120;
}

/* What this guest stands on, and what ends it. */
static bool msr_ends_itself(uint32_t msr)
{
    return msr == MSR_EFER || msr == MSR_FS_BASE || msr == MSR_GS_BASE || msr == HV_X64_MSR_RESET ||
           msr == HV_X64_MSR_GUEST_IDLE ||
           (msr >= HV_X64_MSR_CRASH_P0 && msr < HV_X64_MSR_CRASH_P0 + CRASH_MSRS);
}

/* Nor does it send an INIT to itself by an ICR. */
static uint64_t no_init(uint64_t value)
{
    return (value & MODE_MASK) == MODE_INIT ? value & ~MODE_MASK : value;
}

static void attack_msr(void)
{
    uint32_t msr = any_msr();
    uint64_t value = attack_random() % 2 ? attack_extreme() : attack_random();

    if (msr_ends_itself(msr))
        return;
    if (attack_random() % 2)
        safe_wrmsr(msr, no_init(value));
    else
        safe_rdmsr(msr, &value);
}

/* ---- Memory ---- */

static uint64_t any_address(void)
{
    static const uint64_t bases[] = { 0xa0000, 0xd0000000, 0xfec00000, 0xfed00000, HIGH_ADDRESS };

    return bases[attack_random() % (sizeof(bases) / sizeof(bases[0]))] + attack_random() % 0xff8;
}

static void write_memory(void *address, uint64_t value)
{
    switch (attack_random() % 4) {
    case 0:
        safe_write8(address, (uint8_t)value);
        break;
    case 1:
        safe_write16(address, (uint16_t)value);
        break;
    case 2:
        safe_write32(address, (uint32_t)value);
        break;
    default:
        safe_write64(address, value);
        break;
    }
}

static void attack_memory(void)
{
    static bool is_mapped;
    void *address = (void *)(uintptr_t)any_address();
    uint64_t value = attack_random() % 2 ? attack_extreme() : attack_random();

    if (!is_mapped)
        is_mapped = paging_map(HIGH_ADDRESS, HIGH_ADDRESS, WINDOW, MAP_WRITE);
    if (attack_random() % 2)
        write_memory(address, no_init(value));
    else
        safe_read64(address, &value);
}

void attack_by_device(void)
{
    static void (*const ways[])(void) = { attack_port, attack_msr, attack_memory };

    ways[attack_random() % 3]();
}
