/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Hypercalls through /dev/mshv of Linux, about a partition or VP whose file it is. */
#ifndef VMM_MSHV_H
#define VMM_MSHV_H

#include <stddef.h>
#include <stdint.h>

#include <hv/abi/tlfs.h>
#include <hv/status.h>
#include <worker/vid.h>

/* The most registers of a call. */
#define MSHV_MOST_REGISTERS 64u

/* A call whose input begins with the partition's ID, which the kernel writes. reps: 0 for one
   without a list. */
hv_status mshv_call(int file, uint16_t code, uint16_t reps, const void *input, size_t input_size,
                    void *output, size_t output_size);

hv_status mshv_set_property(int partition, uint32_t code, uint64_t value);

/*
 * By a partition's file they do not wait for the VP; by a VP's file they wait until nobody runs it.
 */
hv_status mshv_get_registers(int file, uint32_t vp_index, const uint32_t *names,
                             union hv_register_value *values, uint32_t count);
hv_status mshv_set_registers(int file, uint32_t vp_index, const struct worker_register *registers,
                             uint32_t count);

#endif
