/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A VP while one of its intercepts is handled: a copy of the registers that matter, and how it is
 * to go on. Nothing of the VP changes before worker_vp_finish().
 *
 * Functions that return bool return false when the instruction can't be completed; why is kept in
 * the struct, and the caller returns at once.
 */
#ifndef WORKER_VP_H
#define WORKER_VP_H

#include <hv/insn.h>
#include <worker/guest.h>

#define WORKER_RFLAGS_CF UINT64_C(0x0001)
#define WORKER_RFLAGS_PF UINT64_C(0x0004)
#define WORKER_RFLAGS_AF UINT64_C(0x0010)
#define WORKER_RFLAGS_ZF UINT64_C(0x0040)
#define WORKER_RFLAGS_SF UINT64_C(0x0080)
#define WORKER_RFLAGS_DF UINT64_C(0x0400)
#define WORKER_RFLAGS_OF UINT64_C(0x0800)
#define WORKER_RFLAGS_RF UINT64_C(0x10000)

/* General registers, by their number in an instruction. */
enum worker_gpr {
    WORKER_RAX,
    WORKER_RCX,
    WORKER_RDX,
    WORKER_RBX,
    WORKER_RSI = 6,
    WORKER_RDI = 7,
    WORKER_GPRS = 16,
};

#define WORKER_SEGMENTS     6u
#define WORKER_TRANSLATIONS 4u

enum worker_vector {
    WORKER_SS_FAULT = 12,
    WORKER_GP_FAULT = 13,
    WORKER_PAGE_FAULT = 14,
};

enum worker_vp_end {
    WORKER_VP_COMPLETED,   /* the instruction is done: RIP moves on */
    WORKER_VP_AGAIN,       /* the guest is to execute it again */
    WORKER_VP_EXCEPTION,   /* it raises an exception */
    WORKER_VP_UNSUPPORTED, /* it can't be done; guest->reason */
    WORKER_VP_FAILED,      /* the VID has refused; guest->status */
};

/* Where a page lies, found during this intercept. */
struct worker_translation {
    uint64_t gva_page;
    uint64_t gpa_page;
    uint64_t flags; /* HV_TRANSLATE_GVA_VALIDATE bits that were checked */
};

struct worker_vp {
    struct worker_guest *guest;
    uint64_t now;
    uint32_t index;
    const struct hv_x64_intercept_message_header *header; /* in its message */
    uint8_t length;                                       /* of the instruction; 0: not known */

    /* What has no bit in known is not there, and never looked at. */
    uint64_t gpr[WORKER_GPRS];
    uint64_t rflags;
    struct hv_x64_segment_register segment[WORKER_SEGMENTS]; /* by enum hv_insn_segment */
    uint32_t gpr_known;                                      /* a bit for each register */
    uint32_t gpr_changed;
    uint32_t segment_known;

    struct worker_translation translation[WORKER_TRANSLATIONS]; /* the last ones, in a ring */
    uint32_t translations;                                      /* that were found */

    enum worker_vp_end end;
    uint8_t vector; /* of WORKER_VP_EXCEPTION */
    uint32_t error_code;
    uint64_t cr2;
};

/* header is the start of the message's payload, which stays as it is until worker_vp_finish(). */
void worker_vp_start(struct worker_vp *vp, struct worker_guest *guest,
                     const struct hv_x64_intercept_message_header *header, uint64_t now);

/* Registers that the message tells. */
void worker_vp_know(struct worker_vp *vp, unsigned gpr, uint64_t value);
void worker_vp_know_segment(struct worker_vp *vp, unsigned segment,
                            const struct hv_x64_segment_register *value);

/* Makes sure that all general registers, or one segment register, are known. */
bool worker_vp_load_gprs(struct worker_vp *vp);
bool worker_vp_load_segment(struct worker_vp *vp, unsigned segment);

/* Reads or writes part of a general register as an instruction does: 4 bytes clear the upper
   half, 1 and 2 bytes leave the rest, high_byte means bits 15:8. */
uint64_t worker_vp_get(const struct worker_vp *vp, unsigned gpr, unsigned size, bool high_byte);
void worker_vp_set(struct worker_vp *vp, unsigned gpr, unsigned size, bool high_byte,
                   uint64_t value);

/* Code segment default, and its effects. */
enum hv_insn_mode worker_vp_mode(const struct worker_vp *vp);

/* Decodes the instruction at RIP from the bytes of the message, or from memory if these are not
   enough. Its length is known then. */
bool worker_vp_decode(struct worker_vp *vp, const uint8_t *bytes, unsigned count,
                      struct hv_insn *insn);

/* Ways in which an instruction ends early; all return false. */
bool worker_vp_raise(struct worker_vp *vp, enum worker_vector vector, uint32_t error_code);
bool worker_vp_raise_page_fault(struct worker_vp *vp, uint64_t linear, uint32_t error_code);
bool worker_vp_unsupported(struct worker_vp *vp, const char *reason);
bool worker_vp_failed(struct worker_vp *vp, hv_status status);

/* Writes what has changed and resumes the VP, or says why not. */
enum worker_result worker_vp_finish(struct worker_vp *vp);

#endif
