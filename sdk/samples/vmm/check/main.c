/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * hvkit-mshv-check [N]: makes a child partition by /dev/mshv of Linux as the root, N times one
 * after the other (1), runs a guest of a few instructions in it, and checks what comes of each:
 * what Linux's driver asks of the hypervisor, from the creation of a partition to its end.
 */
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include <linux/mshv.h>

#include "guest.h"
#include "partition.h"

/* How often the VP is looked at until it waits, and how long each time. */
#define LOOKS       100
#define LOOK_MICROS 20000

#define PATIENCE_MS 5000

struct machine {
    int partition, vp, interrupt, doorbell;
    uint8_t *memory;
    const struct hv_message *page; /* the VP's intercept message page */
    void *registers;               /* its register page */
};

static struct machine create(void)
{
    struct machine machine = { .partition = check_create_partition() };

    /* As QEMU does it, whose guests read and write MSRs that nobody has. */
    check_set_property(machine.partition, HvPartitionPropertyUnimplementedMsrAction,
                       HvUnimplementedMsrActionIgnoreWriteReadZero);
    check_set_property(machine.partition, HvPartitionPropertyTimeFreeze, 1);
    check_set_property(machine.partition, HvPartitionPropertyTimeFreeze, 0);
    machine.memory = check_add_memory(machine.partition, MEMORY_SIZE);
    memcpy(machine.memory + GUEST_START, guest_begin, (size_t)(guest_end - guest_begin));
    machine.vp = check_create_vp(machine.partition);
    machine.registers = check_map_page(machine.vp, MSHV_VP_MMAP_OFFSET_REGISTERS);
    machine.page = check_map_page(machine.vp, MSHV_VP_MMAP_OFFSET_INTERCEPT_MESSAGE);
    machine.interrupt = check_add_interrupt(machine.partition, VECTOR);
    machine.doorbell = check_add_doorbell(machine.partition, DOORBELL_GPA);
    return machine;
}

static void destroy(const struct machine *machine)
{
    munmap(machine->registers, HV_PAGE_SIZE);
    munmap((void *)(uintptr_t)machine->page, HV_PAGE_SIZE);
    close(machine->interrupt);
    close(machine->doorbell);
    close(machine->vp);
    close(machine->partition);
    munmap(machine->memory, MEMORY_SIZE);
}

/* Real mode, all segments at 0. */
static void set_start(const struct machine *machine)
{
    const union hv_register_value code = { .segment = { .limit = 0xFFFF, .attributes = 0x9B } };

    check_set_value(machine->vp, HvX64RegisterCs, &code);
    check_set_register(machine->vp, HvX64RegisterRip, GUEST_START);
}

/* Runs to an intercept, which has to be of the type; it is in the VP's page too. */
static struct hv_message next(const struct machine *machine, uint32_t type, const char *what)
{
    struct hv_message message;

    while (!check_run(machine->vp, &message))
        continue;
    if (message.header.message_type != type)
        fail("%s: message 0x%x instead of 0x%x", what, message.header.message_type, type);
    if (memcmp(&message, machine->page, sizeof(message)) != 0)
        fail("%s: another message in the intercept message page", what);
    return message;
}

static void set_rip(const struct machine *machine, uint64_t rip)
{
    check_set_register(machine->vp, HvX64RegisterRip, rip);
}

/* An access of a byte to the port; the instruction is over then. */
static uint8_t port(const struct machine *machine, uint8_t access, const char *what)
{
    const struct hv_message message = next(machine, HvMessageTypeX64IoPortIntercept, what);
    struct hv_x64_io_port_intercept_message io;

    memcpy(&io, message.payload, sizeof(io));
    if (io.port_number != PORT || io.header.intercept_access_type != access ||
        (io.access_info & HV_X64_IO_PORT_ACCESS_SIZE_MASK) != 1)
        fail("%s: port 0x%x, access %u, info 0x%x", what, io.port_number,
             io.header.intercept_access_type, io.access_info);
    set_rip(machine, io.header.rip +
                         (io.header.instruction_length & HV_X64_INTERCEPT_INSTRUCTION_LENGTH_MASK));
    return (uint8_t)io.rax;
}

static void expect_out(const struct machine *machine, char letter)
{
    char what[] = "OUT of _";
    uint8_t written;

    what[sizeof(what) - 2] = letter;
    written = port(machine, HV_INTERCEPT_ACCESS_WRITE, what);
    if (written != (uint8_t)letter)
        fail("%s: 0x%x was written", what, written);
}

static void expect_in(const struct machine *machine, uint8_t value)
{
    port(machine, HV_INTERCEPT_ACCESS_READ, "IN");
    check_set_register(machine->vp, HvX64RegisterRax, value);
}

static void expect_write(const struct machine *machine, uint64_t gpa)
{
    const struct hv_message message = next(machine, HvMessageTypeUnmappedGpa, "write");
    struct hv_x64_memory_intercept_message memory;

    memcpy(&memory, message.payload,
           message.header.payload_size < sizeof(memory) ? message.header.payload_size
                                                        : sizeof(memory));
    if (memory.guest_physical_address != gpa ||
        memory.header.intercept_access_type != HV_INTERCEPT_ACCESS_WRITE)
        fail("write: GPA 0x%llx, access %u", (unsigned long long)memory.guest_physical_address,
             memory.header.intercept_access_type);
    set_rip(machine, (uint64_t)(GUEST_START + (guest_after_write - guest_begin)));
}

/* Another processor of the root may be told of the doorbell than of the intercept after it, and
 * later. */
static void expect_ring(const struct machine *machine)
{
    struct pollfd ring = { .fd = machine->doorbell, .events = POLLIN };
    uint64_t value = 0;

    if (poll(&ring, 1, PATIENCE_MS) != 1 ||
        read(machine->doorbell, &value, sizeof(value)) != sizeof(value) || value != 1)
        fail("the doorbell has rung %llu times", (unsigned long long)value);
}

static void raise_event(int event)
{
    const uint64_t one = 1;

    if (write(event, &one, sizeof(one)) != sizeof(one))
        fail("the interrupt can't be sent");
}

/* Lets it run until it waits for an interrupt, which no message tells of. */
static void expect_halt(const struct machine *machine)
{
    const struct itimerval period = { .it_interval = { .tv_usec = LOOK_MICROS },
                                      .it_value = { .tv_usec = LOOK_MICROS } };
    const struct itimerval never = { 0 };
    struct hv_message message;
    unsigned looks = 0;

    setitimer(ITIMER_REAL, &period, NULL);
    do {
        if (check_run(machine->vp, &message))
            fail("HLT: message 0x%x", message.header.message_type);
        if (looks++ == LOOKS)
            fail("HLT: the VP does not halt");
    } while (!(check_get_register(machine->vp, HvRegisterInternalActivityState) &
               HV_INTERNAL_ACTIVITY_HALT_SUSPEND));
    setitimer(ITIMER_REAL, &never, NULL);
}

static void run(void)
{
    struct machine machine = create();

    set_start(&machine);
    expect_out(&machine, 'o');
    expect_in(&machine, 0x5A);
    expect_write(&machine, UNMAPPED_GPA);
    expect_out(&machine, 'w');
    if (machine.memory[GUEST_RESULT] != 0x5A)
        fail("IN has brought 0x%x", machine.memory[GUEST_RESULT]);
    expect_ring(&machine);
    expect_halt(&machine);
    raise_event(machine.interrupt);
    expect_out(&machine, 'i');
    expect_out(&machine, 'e');
    next(&machine, HvMessageTypeUnrecoverableException, "end");
    destroy(&machine);
}

static void interrupted(int signal)
{
    (void)signal;
}

int main(int argc, char **argv)
{
    const struct sigaction action = { .sa_handler = interrupted };
    unsigned long times = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;

    sigaction(SIGALRM, &action, NULL);
    for (unsigned long i = 0; i < times; i++)
        run();
    printf("mshv-check: %lu children ran to their end\n", times);
    return EXIT_SUCCESS;
}
