/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What the program stands on: the hypervisor below it, the memory and the serial port of the
 * machine that it owns. On bare metal host_*.c; in unit tests a hypervisor that is made of arrays.
 */
#ifndef ROOT_HOST_H
#define ROOT_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include <hv/abi/tlfs.h>

/* Where input and output of a hypercall are; each VP that makes calls has its own. */
struct root_call_pages {
    uint8_t input[HV_PAGE_SIZE];
    uint8_t output[HV_PAGE_SIZE];
};

struct root_call_pages *root_host_call_pages(void);

/* Makes a hypercall with these pages; returns its result value. */
uint64_t root_host_hypercall(uint64_t control, struct root_call_pages *pages);

/* The same for a call without output whose input is these words and zeros, 48 bytes in all: where
   the hypervisor takes so much in registers, it finds it there. */
uint64_t root_host_hypercall_short(uint64_t control, uint64_t first, uint64_t second,
                                   uint64_t third);

/* For a host where it takes them in memory alone. */
static inline uint64_t root_host_hypercall_by_page(uint64_t control, uint64_t first,
                                                   uint64_t second, uint64_t third)
{
    const uint64_t input[6] = { first, second, third };
    struct root_call_pages *pages = root_host_call_pages();

    __builtin_memcpy(pages->input, input, sizeof(input));
    return root_host_hypercall(control, pages);
}

/* The message in the slot of SINT 0, until the slot is freed for the next; NULL: it is empty. */
const struct hv_message *root_host_message(void);
void root_host_free_message(void);

/* Returns when there is a message, or at the deadline, or somewhat before. */
void root_host_wait(uint64_t deadline);

/* Interrupts this VP at that time, somewhat before, or a moment later. */
void root_host_wake_at(uint64_t deadline);

/* Takes the interrupts that have come. */
void root_host_poll(void);

/* Reference time, in units of 100 ns. */
uint64_t root_host_now(void);

/* Units of 100 ns since 1970; the machine's clock, which is taken for UTC. */
int64_t root_host_unix_time(void);

/* Privileges of this partition: HV_PRIVILEGE bits. */
uint64_t root_host_privileges(void);

/*
 * Memory: zeroed pages in one piece, at an alignment in bytes, or NULL. They are wiped when they
 * are given back. The number of a page in the GPA space is its address / HV_PAGE_SIZE.
 */
void *root_host_take_pages(uint64_t count, uint64_t alignment);
void root_host_give_pages(void *pages, uint64_t count);
uint64_t root_host_free_pages(void);

/* The serial port: bytes as they are; a byte that has arrived, or -1; a line of the program's own,
   without its end. */
void root_host_write(const char *bytes, uint64_t count);
int root_host_read(void);
void root_host_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
