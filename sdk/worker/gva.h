/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Memory as an instruction of the guest reaches it: segments, the guest's page tables, then RAM or
   a device. Accesses are of 1 to 8 bytes. */
#ifndef WORKER_GVA_H
#define WORKER_GVA_H

#include <stdbool.h>
#include <stdint.h>

struct worker_vp;

/* What a message says about the page of its access. flags: HV_TRANSLATE_GVA_VALIDATE bits. */
void worker_gva_know(struct worker_vp *vp, uint64_t gva, uint64_t gpa, uint64_t flags);

/* Address of the instruction. */
uint64_t worker_gva_code(const struct worker_vp *vp);

/* From an offset in a segment (enum hv_insn_segment) to a linear address, if the segment lets size
   bytes there pass; else #SS or #GP is raised. */
bool worker_gva_linear(struct worker_vp *vp, unsigned segment, uint64_t offset, unsigned size,
                       uint64_t *linear);

/* Reads instruction bytes, which do not cross a page. */
bool worker_gva_fetch(struct worker_vp *vp, uint64_t linear, uint8_t *bytes, unsigned size);

/* Whether size bytes may be written; raises the page fault of a write if not. */
bool worker_gva_probe_write(struct worker_vp *vp, uint64_t linear, unsigned size);

bool worker_gva_read(struct worker_vp *vp, uint64_t linear, unsigned size, uint64_t *value);
bool worker_gva_write(struct worker_vp *vp, uint64_t linear, unsigned size, uint64_t value);

#endif
