/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Partitions and VPs by /dev/mshv of Linux. What fails ends the program with its name and reason.
 */
#ifndef VMM_CHECK_PARTITION_H
#define VMM_CHECK_PARTITION_H

#include <stdbool.h>
#include <stdint.h>

#include <hv/abi/tlfs.h>

/* Ends the program: the check failed. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* A partition, active, without VPs and memory; its file. */
int check_create_partition(void);

void check_set_property(int partition, uint32_t code, uint64_t value);

/* Memory of the guest from GPA 0 on; where it is here. */
uint8_t *check_add_memory(int partition, uint64_t size);

/* VP 0; its file. */
int check_create_vp(int partition);

/* A state page of the VP. */
void *check_map_page(int vp, unsigned page);

/* Registers that are a number; and those that are more, whose bits that mean nothing are zero. */
void check_set_register(int vp, uint32_t name, uint64_t number);
uint64_t check_get_register(int vp, uint32_t name);
void check_set_value(int vp, uint32_t name, const union hv_register_value *value);

/* Lets the VP run to its next intercept; false if a signal came before it. */
bool check_run(int vp, struct hv_message *message);

/* A file whose increment is the interrupt for VP 0. */
int check_add_interrupt(int partition, uint8_t vector);

/* A file that counts 4-byte writes of the guest to the address. */
int check_add_doorbell(int partition, uint64_t gpa);

#endif
