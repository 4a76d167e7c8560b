/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A line of text that is put together; what does not fit is left out. */
#ifndef WORKER_TEXT_H
#define WORKER_TEXT_H

#include <stdint.h>

#include <worker/report.h>

struct worker_text {
    char bytes[WORKER_REPORT_LINE];
    uint32_t length;
};

void worker_text_clear(struct worker_text *text);
void worker_text_add(struct worker_text *text, const char *more);
void worker_text_add_hex(struct worker_text *text, uint64_t value, unsigned digits);
void worker_text_add_decimal(struct worker_text *text, uint64_t value);

#endif
