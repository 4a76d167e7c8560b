/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The hypercalls of a parent, with types. Each function returns the status of the call that it is
 * named after; those with a list go on by themselves where the hypervisor has stopped in the
 * middle, and tell in done how many elements it has taken.
 */
#ifndef ROOT_CALL_H
#define ROOT_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include <hv/abi/tlfs.h>
#include <hv/status.h>
#include <worker/vid.h>

/* Partitions. */
hv_status root_call_create_partition(uint64_t flags, uint64_t *id);
hv_status root_call_initialize_partition(uint64_t id);
hv_status root_call_finalize_partition(uint64_t id);
hv_status root_call_delete_partition(uint64_t id);
/* HvSchedulerType of the system. */
hv_status root_call_scheduler_type(uint64_t *type);
hv_status root_call_set_property(uint64_t id, uint32_t code, uint64_t value);

/* Memory pools: a list of page numbers; more than ROOT_CALL_MOST_PAGES are not taken at a time. */
#define ROOT_CALL_MOST_PAGES 511u

hv_status root_call_deposit(uint64_t id, const uint64_t *pages, uint32_t count, uint32_t *done);
hv_status root_call_withdraw(uint64_t id, uint64_t *pages, uint32_t count, uint32_t *done);
hv_status root_call_get_balance(uint64_t id, struct hv_output_get_memory_balance *balance);

/*
 * GPA space. Pages of this partition that follow each other, in units of 4 KiB, or of 2 MiB with
 * HV_MAP_GPA_LARGE_PAGE; up to ROOT_CALL_MOST_MAPPED units.
 */
#define ROOT_CALL_MOST_MAPPED 509u

hv_status root_call_map(uint64_t id, uint64_t gpa_page, uint64_t source_page, uint32_t flags,
                        uint32_t count, uint32_t *done);
hv_status root_call_unmap(uint64_t id, uint64_t gpa_page, uint32_t flags, uint32_t count,
                          uint32_t *done);

/* Intercepts. */
hv_status root_call_install_intercept(uint64_t id, uint32_t type, uint32_t access,
                                      uint64_t parameter);
hv_status root_call_register_cpuid(uint64_t id, uint32_t vp_index,
                                   const struct hv_register_x64_cpuid_result_parameters *result);

/* VPs. */
#define ROOT_CALL_MOST_REGISTERS 64u

hv_status root_call_create_vp(uint64_t id, uint32_t vp_index);
hv_status root_call_delete_vp(uint64_t id, uint32_t vp_index);
hv_status root_call_map_state_page(uint64_t id, uint32_t vp_index, uint16_t type,
                                   uint64_t *gpa_page);
hv_status root_call_unmap_state_page(uint64_t id, uint32_t vp_index, uint16_t type);
hv_status root_call_get_registers(uint64_t id, uint32_t vp_index, const uint32_t *names,
                                  union hv_register_value *values, uint32_t count);
hv_status root_call_set_registers(uint64_t id, uint32_t vp_index,
                                  const struct worker_register *registers, uint32_t count);
/* The same, and ends what suspends the VP. */
hv_status root_call_resume(uint64_t id, uint32_t vp_index, const struct worker_register *registers,
                           uint32_t count);
/* Lets a VP go on after an intercept, with what its register page has. */
hv_status root_call_end_intercept(uint64_t id, uint32_t vp_index);
/*
 * Runs a VP in the time of this one, where the root schedules, until output says why not any more.
 * clear: its intercept has been dealt with.
 */
hv_status root_call_dispatch(uint64_t id, uint32_t vp_index, bool clear,
                             struct hv_output_dispatch_vp *output);
hv_status root_call_translate(uint64_t id, uint32_t vp_index, uint64_t gva, uint64_t flags,
                              uint64_t *gpa, uint32_t *code);

/* Interrupts. */
hv_status root_call_assert_interrupt(uint64_t id, const struct worker_interrupt *interrupt);
hv_status root_call_clear_interrupt(uint64_t id);

#endif
