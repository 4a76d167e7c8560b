/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Intercept messages, byte by byte (TLFS v6.0b, chapter 13). All but the first function are pure.
 */
#ifndef HV_CORE_INTERCEPT_MESSAGE_H
#define HV_CORE_INTERCEPT_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include <hv/abi/tlfs.h>
#include <hv/exit.h>
#include <hv/platform.h>
#include <hv/vp.h>

/* What a message tells of a VP besides the registers that every exit has. */
struct hv_intercept_state {
    uint64_t partition_id;
    uint32_t vp_index;
    bool exo; /* of an EXO partition: CR8 in the header, short memory messages */
    uint8_t cr8;
    uint16_t execution_state; /* HV_X64_VP_EXECUTION_STATE bits */
    /* In the register page while that is mapped, else own. A parent that writes there meanwhile
       tells itself what it likes. */
    const struct hv_shown_registers *registers;
    struct hv_shown_registers own;
};

/* Collects it, and fills the register page. In an exit of the VP. */
void hv_intercept_read_state(struct hv_vp *vp, const struct hv_gprs *gprs,
                             struct hv_intercept_state *state);

/* Each writes the header and the whole payload, and nothing behind it. */
void hv_intercept_make_io(struct hv_message *message, const struct hv_intercept_state *state,
                          const struct hv_exit *exit);
void hv_intercept_make_msr(struct hv_message *message, const struct hv_intercept_state *state,
                           const struct hv_exit *exit, bool write);
/* answer: EAX, EBX, ECX, EDX as the hypervisor would have them. */
void hv_intercept_make_cpuid(struct hv_message *message, const struct hv_intercept_state *state,
                             const struct hv_exit *exit, const uint32_t answer[4]);
void hv_intercept_make_exception(struct hv_message *message, const struct hv_intercept_state *state,
                                 const struct hv_exit *exit);
/* type: HvMessageTypeUnmappedGpa or HvMessageTypeGpaIntercept. */
void hv_intercept_make_memory(struct hv_message *message, const struct hv_intercept_state *state,
                              const struct hv_exit *exit, uint32_t type, uint8_t cache_type);
/* Those that have nothing but the common header. */
void hv_intercept_make_plain(struct hv_message *message, const struct hv_intercept_state *state,
                             const struct hv_exit *exit, uint32_t type);

void hv_intercept_make_opaque(struct hv_message *message, uint64_t partition_id, uint32_t vp_index);
void hv_intercept_make_signal(struct hv_message *message, uint64_t partition_id, uint32_t vp_index);
/* Makes one signal of two, of which the second is of one VP; false: it takes both. */
bool hv_intercept_add_signal(struct hv_message *message, const struct hv_message *added);
void hv_intercept_make_eoi(struct hv_message *message, uint64_t partition_id, uint32_t vp_index,
                           uint8_t vector);

#endif
