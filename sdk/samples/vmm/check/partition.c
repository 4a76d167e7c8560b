/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "partition.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/mshv.h>

#include "mshv.h"

#define MSI_ADDRESS 0xFEE00000u

void fail(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fputs("mshv-check: error: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(EXIT_FAILURE);
}

/* What none but a broken kernel or hypervisor refuses. */
static int do_ioctl(int file, unsigned long request, void *argument, const char *name)
{
    int result = ioctl(file, request, argument);

    if (result < 0)
        fail("%s: %s", name, strerror(errno));
    return result;
}

static void check(const char *what, hv_status status)
{
    if (status != HV_STATUS_SUCCESS)
        fail("%s: status 0x%x", what, status);
}

int check_create_partition(void)
{
    struct mshv_create_partition wanted = { .pt_flags = 1u << MSHV_PT_BIT_LAPIC |
                                                        1u << MSHV_PT_BIT_X2APIC |
                                                        1u << MSHV_PT_BIT_GPA_SUPER_PAGES };
    int device = open("/dev/mshv", O_RDWR | O_CLOEXEC), partition;

    if (device < 0)
        fail("/dev/mshv: %s", strerror(errno));
    partition = do_ioctl(device, MSHV_CREATE_PARTITION, &wanted, "MSHV_CREATE_PARTITION");
    close(device);
    check_set_property(partition, HvPartitionPropertySyntheticProcFeatures,
                       HV_SYNTHETIC_FEATURE_HYPERVISOR_PRESENT | HV_SYNTHETIC_FEATURE_HV1);
    do_ioctl(partition, MSHV_INITIALIZE_PARTITION, NULL, "MSHV_INITIALIZE_PARTITION");
    return partition;
}

void check_set_property(int partition, uint32_t code, uint64_t value)
{
    check("HvCallSetPartitionProperty", mshv_set_property(partition, code, value));
}

uint8_t *check_add_memory(int partition, uint64_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct mshv_user_mem_region region = { .size = size,
                                           .userspace_addr = (uintptr_t)memory,
                                           .flags = 1u << MSHV_SET_MEM_BIT_WRITABLE |
                                                    1u << MSHV_SET_MEM_BIT_EXECUTABLE };

    if (memory == MAP_FAILED)
        fail("mmap: %s", strerror(errno));
    do_ioctl(partition, MSHV_SET_GUEST_MEMORY, &region, "MSHV_SET_GUEST_MEMORY");
    return memory;
}

int check_create_vp(int partition)
{
    struct mshv_create_vp wanted = { .vp_index = 0 };

    return do_ioctl(partition, MSHV_CREATE_VP, &wanted, "MSHV_CREATE_VP");
}

void *check_map_page(int vp, unsigned page)
{
    void *mapped = mmap(NULL, HV_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, vp,
                        (off_t)(page * HV_PAGE_SIZE));

    if (mapped == MAP_FAILED)
        fail("state page %u: %s", page, strerror(errno));
    return mapped;
}

void check_set_value(int vp, uint32_t name, const union hv_register_value *value)
{
    const struct worker_register change = { .name = name, .value = *value };

    check("HvCallSetVpRegisters", mshv_set_registers(vp, 0, &change, 1));
}

void check_set_register(int vp, uint32_t name, uint64_t number)
{
    const union hv_register_value value = { .reg128 = { .low = number } };

    check_set_value(vp, name, &value);
}

uint64_t check_get_register(int vp, uint32_t name)
{
    union hv_register_value value;

    check("HvCallGetVpRegisters", mshv_get_registers(vp, 0, &name, &value, 1));
    return value.reg64;
}

bool check_run(int vp, struct hv_message *message)
{
    struct mshv_run_vp run;

    _Static_assert(sizeof(run.msg_buf) == sizeof(*message), "a whole message");
    if (ioctl(vp, MSHV_RUN_VP, &run) < 0) {
        if (errno == EINTR)
            return false;
        fail("MSHV_RUN_VP: %s", strerror(errno));
    }
    memcpy(message, run.msg_buf, sizeof(*message));
    return true;
}

static int make_event(void)
{
    int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    if (event < 0)
        fail("eventfd: %s", strerror(errno));
    return event;
}

int check_add_interrupt(int partition, uint8_t vector)
{
    const struct mshv_user_irq_entry entry = { .address_lo = MSI_ADDRESS, .data = vector };
    union {
        struct mshv_user_irq_table table;
        uint8_t bytes[sizeof(struct mshv_user_irq_table) + sizeof(entry)];
    } routing = { .table = { .nr = 1 } };
    struct mshv_user_irqfd wanted = { .fd = make_event(), .gsi = 0 };

    routing.table.entries[0] = entry;
    do_ioctl(partition, MSHV_SET_MSI_ROUTING, &routing, "MSHV_SET_MSI_ROUTING");
    do_ioctl(partition, MSHV_IRQFD, &wanted, "MSHV_IRQFD");
    return wanted.fd;
}

int check_add_doorbell(int partition, uint64_t gpa)
{
    struct mshv_user_ioeventfd wanted = { .addr = gpa, .len = 4, .fd = make_event() };

    do_ioctl(partition, MSHV_IOEVENTFD, &wanted, "MSHV_IOEVENTFD");
    return wanted.fd;
}
