/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* One hypercall while it is being dispatched; private to the dispatcher. */
#ifndef HV_CORE_HYPERCALL_FRAME_H
#define HV_CORE_HYPERCALL_FRAME_H

#include "hypercall.h"

struct hv_hypercall_frame {
    struct hv_vp *vp;
    struct hv_exit *exit;
    uint64_t rip;      /* of the hypercall instruction */
    uint64_t value;    /* hypercall input value */
    uint64_t words[2]; /* GPAs of input and output, or the first two words of a fast call */
    struct hv_hypercall_control control;
    const struct hv_hypercall_row *row;
    /* Sizes of the whole parameter lists, bytes: at most 0x3FF * 8 + 0xFFF * 0xFFFF, no overflow.
     */
    uint32_t header_size; /* fixed and variable */
    uint32_t input_size;
    uint32_t output_size;
    /* Bytes from the end of the lists to the end of their pages, for calls with data there. */
    uint16_t input_data_size;
    uint16_t output_data_size;
};

/* Fills the sizes from row and control. */
void hv_hypercall_measure(struct hv_hypercall_frame *frame);

/* Whether a fast call uses only registers that CPUID offers for parameters to this caller. */
bool hv_hypercall_registers_offered(const struct hv_hypercall_frame *frame);

/* Checks where the parameters are, before anything is read or done. */
hv_status hv_hypercall_check_parameters(const struct hv_hypercall_frame *frame);

/* Fills the sizes of data behind the lists, whose places have been checked. */
void hv_hypercall_measure_data(struct hv_hypercall_frame *frame);

/* Copies what this invocation needs of the input to vp->hypercall_input, each byte once. */
hv_status hv_hypercall_read_input(const struct hv_hypercall_frame *frame);

/* Copies bytes [from, to) of the output list from vp->hypercall_output to the caller. */
hv_status hv_hypercall_write_output(const struct hv_hypercall_frame *frame, uint32_t from,
                                    uint32_t to);

#endif
