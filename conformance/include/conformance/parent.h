/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief The calls by which a root partition makes, feeds and watches its children.
 *
 * All of them are made on CPU 0, through pages of this file's; parent_begin() comes first. A call
 * whose input is wrong on purpose is made by parent_call(), with a header of the test's own.
 */
#ifndef CONFORMANCE_PARENT_H
#define CONFORMANCE_PARENT_H

#include <stddef.h>
#include <stdint.h>

#include <conformance/hyperv.h>
#include <conformance/test.h>

/** What a partition must have to have children. */
#define PARENT_PRIVILEGES (HV_PRIVILEGE_CreatePartitions | HV_PRIVILEGE_AccessMemoryPool)

/** The needs of a test that makes children. */
#define NEEDS_PARENT NEEDS(.privileges = PARENT_PRIVILEGES)

/** What the output page is full of before a call. */
#define PARENT_MARK 0xa5

/** An ID that no partition has, since IDs are given in sequence. */
#define PARENT_NOBODY UINT64_C(0x123456789)

/** Enables hypercalls. */
void parent_begin(void);

/**
 * A call from memory: the header, behind it the list, then zeros.
 * @param control     hv_control() of it
 * @param header      the input, but for the list
 * @param header_size its bytes
 * @param list        the elements of a rep call; NULL if there are none
 * @param list_size   their bytes, together
 * @return the 64-bit result value
 */
uint64_t parent_call(uint64_t control, const void *header, size_t header_size, const void *list,
                     size_t list_size);

/** parent_call() of a simple call. @return its status */
uint16_t parent_simple(uint16_t code, const void *header, size_t size);

/** The output of the last call. */
const void *parent_output(void);

/** How many bytes of the output page, from @p from on, the last call has written. */
unsigned parent_output_written(unsigned from);

/** The caller's own ID. */
uint64_t parent_own_id(void);

/** @name Partitions
 * They return a status, or a result value where that has repetitions.
 * @{ */
uint16_t parent_create(uint64_t flags, uint64_t *id);

/** A call whose input is a partition ID, in its fast form. */
uint16_t parent_by_id(uint16_t code, uint64_t id);

uint16_t parent_next_child(uint64_t parent, uint64_t previous, uint64_t *next);
uint16_t parent_get_property(uint64_t id, uint32_t code, uint64_t *value);
uint16_t parent_set_property(uint64_t id, uint32_t code, uint64_t value);
/** @} */

/** @name Memory
 * Pages are numbers of 4 KiB pages.
 * @{ */
uint64_t parent_deposit(uint64_t id, const uint64_t *pages, unsigned count);
uint64_t parent_withdraw(uint64_t id, unsigned count, uint64_t *pages);
uint16_t parent_balance(uint64_t id, struct hv_output_get_memory_balance *balance);
uint64_t parent_map(uint64_t id, uint64_t base, uint32_t flags, const uint64_t *sources,
                    unsigned count);
uint64_t parent_unmap(uint64_t id, uint64_t base, uint32_t flags, unsigned count);

/** @p result receives an HvAccessGpa value. */
uint16_t parent_read_gpa(uint64_t id, uint32_t vp, uint64_t gpa, void *data, uint32_t size,
                         uint32_t *result);
uint16_t parent_write_gpa(uint64_t id, uint32_t vp, uint64_t gpa, const void *data, uint32_t size,
                          uint32_t *result);
uint16_t parent_translate(uint64_t id, uint32_t vp, uint64_t flags, uint64_t gva_page,
                          struct hv_output_translate_virtual_address *output);
/** @} */

/** @name Virtual processors
 * @{ */
uint16_t parent_create_vp(uint64_t id, uint32_t vp);
uint16_t parent_delete_vp(uint64_t id, uint32_t vp);
uint16_t parent_get_register(uint64_t id, uint32_t vp, uint32_t name,
                             union hv_register_value *value);
uint16_t parent_set_register(uint64_t id, uint32_t vp, uint32_t name,
                             const union hv_register_value *value);
uint16_t parent_get_register64(uint64_t id, uint32_t vp, uint32_t name, uint64_t *value);
uint16_t parent_set_register64(uint64_t id, uint32_t vp, uint32_t name, uint64_t value);
uint16_t parent_install(uint64_t id, uint32_t type, uint32_t access, uint64_t parameter);
uint16_t parent_assert(uint64_t id, uint64_t control, uint64_t destination, uint32_t vector);
uint16_t parent_cpuid(uint64_t id, uint32_t vp, uint32_t flags, uint32_t leaf, uint32_t subleaf,
                      struct cpuid_regs *values);
/** @} */

#endif
