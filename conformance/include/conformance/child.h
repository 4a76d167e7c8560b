/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief Child partitions for tests: made in a line, gone when the test ends.
 *
 * A child has CHILD_RAM_PAGES pages of the caller's memory from GPA 0 on, all rights, and a pool
 * that is large enough. Whatever a test does, and however it ends, all its children are finalized
 * and deleted behind it, and each page that they had comes back; if that fails, the test does.
 *
 * @code
 *     struct child child = child_make(CHILD_EXO);
 *
 *     child_add_vp(&child, 0);
 *     child_load(&child, 0, code, sizeof(code));
 *     child_run(&child, 0);
 *     REQUIRE(child_wait(&message), "no message");
 * @endcode
 */
#ifndef CONFORMANCE_CHILD_H
#define CONFORMANCE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <conformance/parent.h>

/** Pages of memory that a child has, from GPA 0 on. */
#define CHILD_RAM_PAGES 16u

/** All rights to a page. */
#define CHILD_ALL_RIGHTS                                                        \
    (HV_MAP_GPA_READABLE | HV_MAP_GPA_WRITABLE | HV_MAP_GPA_KERNEL_EXECUTABLE | \
     HV_MAP_GPA_USER_EXECUTABLE)

/** Creation flags of a child as a VMM makes one: local APICs, intercepts by default. */
#define CHILD_EXO \
    (HV_PARTITION_CREATION_FLAG_EXO_PARTITION | HV_PARTITION_CREATION_FLAG_LAPIC_ENABLED)

/** Where child_load() puts code. */
#define CHILD_CODE_GPA UINT64_C(0x1000)

/** The stack of child_load() ends here. */
#define CHILD_STACK_END UINT64_C(0x8000)

/** The port by which a child's code says that it has come to its end. */
#define CHILD_PORT 0x80

/** OUT 0x80, AL: the plainest intercept, two bytes in every mode. */
#define CHILD_OUT 0xe6, CHILD_PORT

/** A child. */
struct child {
    uint64_t id;
    uint8_t *ram; /**< its memory, in the caller's address space */
};

/** A child that was created and nothing more, its pool empty. @return its ID */
uint64_t child_create(uint64_t flags);

/** An active child with memory in its pool and none in its GPA space. @return its ID */
uint64_t child_make_empty(uint64_t flags);

/** An active child with memory. */
struct child child_make(uint64_t flags);

/** parent_begin(), and child_make() with VP 0: what most tests begin with. */
struct child child_begin(uint64_t flags);

/** child_make() with privileges, that is HvPartitionPropertyPrivilegeFlags, of its own. */
struct child child_make_privileged(uint64_t flags, uint64_t privileges);

/** Deposits pages of the caller's to the partition's pool. */
void child_deposit(uint64_t id, unsigned count);

/** Withdraws all pages that are free, and frees them here. @return how many there were */
unsigned child_take_back(uint64_t id);

/** Ends the child: finalized, emptied, deleted. */
void child_remove(uint64_t id);

/** Pages of the caller's, one behind the other, full of @p byte and freed when the test has ended.
 * They are not to be deposited. */
uint8_t *child_memory(size_t pages, uint8_t byte);

/** One of them. */
static inline uint8_t *child_page(uint8_t byte)
{
    return child_memory(1, byte);
}

/** Number of the page at an address. */
static inline uint64_t page_number(const volatile void *address)
{
    return phys_of(address) >> PAGE_SHIFT;
}

/** Creates a VP. */
void child_add_vp(const struct child *child, uint32_t vp);

/** A register of a child's VP; the test ends if it can't be read or set. */
uint64_t child_get(const struct child *child, uint32_t vp, uint32_t name);
void child_set(const struct child *child, uint32_t vp, uint32_t name, uint64_t value);
void child_set_segment(const struct child *child, uint32_t vp, uint32_t name,
                       struct hv_x64_segment_register segment);

/** Copies code to CHILD_CODE_GPA and makes it what the VP runs next: in flat 32-bit protected mode
 * without paging, interrupts disabled. */
void child_load(const struct child *child, uint32_t vp, const void *code, size_t size);

/** Bytes of CHILD_ENABLE_APIC: switches the local APIC on, whose registers are at 0xfee00000. */
#define CHILD_ENABLE_APIC 0xc7, 0x05, 0xf0, 0x00, 0xe0, 0xfe, 0xff, 0x01, 0x00, 0x00

/** STI, then a loop. */
#define CHILD_WAIT_FOR_INTERRUPTS 0xfb, 0xeb, 0xfe

/**
 * Gives the VP, which child_load() has been called for, tables of descriptors and a handler for
 * each vector: it counts the interrupt, of which child_interrupts() tells, ends it at the local
 * APIC and returns. Exceptions with an error code are beyond it. The pages at 0x4000 to 0x7fff are
 * taken.
 */
void child_add_handlers(const struct child *child, uint32_t vp);

/** How many interrupts of a vector were handled, modulo 256. */
unsigned child_interrupts(const struct child *child, uint8_t vector);

/** Waits until that many were handled. */
bool child_wait_interrupts(const struct child *child, uint8_t vector, unsigned count);

/** Lets the VP run: clears what suspends it, an intercept too. */
void child_run(const struct child *child, uint32_t vp);

/** Suspends the VP explicitly. */
void child_stop(const struct child *child, uint32_t vp);

/** Switches SINT 0 of CPU 0 on, where messages about children come. They are polled for. */
void child_listen(void);

/** Waits for a message, takes it out of its slot. @return whether one came */
bool child_wait(struct hv_message *message);

/** Whether no message comes for a while. */
bool child_is_quiet(void);

/** child_load(), child_run() and child_wait(): the message is required. */
void child_run_to_message(const struct child *child, uint32_t vp, const void *code, size_t size,
                          struct hv_message *message);

/**
 * The hypercall that a child's VP makes by the instruction of its processor: its identity and
 * privileges are the test's affair. child_listen() comes before.
 * @return the result value
 */
uint64_t child_hypercall(const struct child *child, uint32_t vp, uint64_t control, uint64_t input,
                         uint64_t output);

/**
 * Runs code that ends with CHILD_OUT, and waits for that; child_listen() comes before. The message
 * of the port is checked for, anything else fails the test.
 */
void child_run_code(const struct child *child, uint32_t vp, const void *code, size_t size);

#endif
