/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* One hypercall while it is being dispatched; private to the dispatcher. */
#ifndef HV_CORE_HYPERCALL_FRAME_H
#define HV_CORE_HYPERCALL_FRAME_H

#include "hypercall.h"

/* Of the block of registers of a fast call: that of an XMM register, and of the two general
   registers that are the first. */
#define HV_HYPERCALL_CHUNK_SIZE 16u

struct hv_hypercall_frame {
    struct hv_vp *vp;
    struct hv_exit *exit;
    uint64_t rip;      /* of the hypercall instruction */
    uint64_t value;    /* hypercall input value */
    uint64_t words[2]; /* GPAs of input and output, or the first two words of a fast call */
    const struct hv_hypercall_form *form;
    /* Bytes from the end of the lists to the end of their pages, for calls with data there. */
    uint16_t input_data_size;
    uint16_t output_data_size;
};

/* The form of a value for callers of that partition, with the calls that find knows. */
void hv_hypercall_make_form(struct hv_hypercall_form *form, const struct hv_partition *partition,
                            uint64_t value, hv_hypercall_lookup *find);

/* Whether a fast call uses only registers that CPUID offers for parameters to this caller. */
bool hv_hypercall_registers_offered(const struct hv_hypercall_frame *frame);

/* Check where the parameters are, and copy what this invocation needs of the input to
   vp->hypercall_input, each byte once: of a fast call, and of one with lists in memory. Fill the
   sizes of data behind the lists. */
hv_status hv_hypercall_take_registers(struct hv_hypercall_frame *frame);
hv_status hv_hypercall_take_lists(struct hv_hypercall_frame *frame);

/* Copies bytes [from, to) of the output list from vp->hypercall_output to the caller. */
hv_status hv_hypercall_write_output(const struct hv_hypercall_frame *frame, uint32_t from,
                                    uint32_t to);

#endif
