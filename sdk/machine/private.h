/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What the files of this room share. */
#ifndef HVKIT_MACHINE_PRIVATE_H
#define HVKIT_MACHINE_PRIVATE_H

#include <hvkit/machine.h>

/* Every embedder has it; compilers call it on their own account anyway. */
void *memcpy(void *restrict to, const void *restrict from, size_t size);

/* Where a record lies. The tables are inside the module. */
const uint8_t *hv_machine_record_at(const struct hv_machine_module *module, uint32_t index);
const uint8_t *hv_machine_file_at(const struct hv_machine_module *module, uint32_t index);

/* A text of up to limit bytes, with a 0 at its end. */
enum hv_machine_status hv_machine_text_read(const struct hv_machine_module *module,
                                            const struct hv_machine_text *text, uint32_t limit,
                                            const char **result);

/* A name of a machine or of a console. */
enum hv_machine_status hv_machine_name_read(const struct hv_machine_module *module,
                                            const struct hv_machine_text *text,
                                            const char **result);

/* A file whose range was checked. */
enum hv_machine_status hv_machine_file_read(const struct hv_machine_module *module, uint32_t index,
                                            struct hv_machine_file *file);

/* Checks a record of the module, and takes it apart; whether its name is unique is not looked at.
 */
enum hv_machine_status hv_machine_record_read(const struct hv_machine_module *module,
                                              uint32_t index, struct hv_machine *machine);

bool hv_machine_same_text(const char *left, const char *right);

#endif
