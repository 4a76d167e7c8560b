/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The driver of /dev/mshv without a hypervisor: it keeps what it is asked, and refuses what the
   test says. It stands in the place of ioctl(). */
#ifndef VMM_TESTS_FAKE_MSHV_H
#define VMM_TESTS_FAKE_MSHV_H

#include <stdint.h>

#include <hv/abi/tlfs.h>
#include <hvkit/machine.h>
#include <linux/mshv.h>

#include "backend.h"
#include "mshv_partition.h"

#define FAKE_CALLS    256u
#define FAKE_REQUESTS 512u
#define FAKE_IRQFDS   8u

/* A hypercall. */
struct fake_call {
    uint16_t code, reps;
    union {
        uint8_t bytes[512];
        struct hv_input_set_partition_property property;
        struct hv_input_install_intercept intercept;
        struct hv_input_register_intercept_result result;
        struct hv_input_assert_virtual_interrupt interrupt;
        struct hv_input_translate_virtual_address translation;
        struct {
            struct hv_input_vp_registers header;
            struct hv_register_assoc list[4];
        } registers;
    } input;
};

struct fake_mshv {
    unsigned long requests[FAKE_REQUESTS]; /* in their order */
    unsigned request_count;
    struct fake_call calls[FAKE_CALLS];
    unsigned call_count;

    unsigned long refused_request; /* 0: none; ends with EIO */
    uint16_t refused_call;         /* 0: none; its status is INVALID_PARAMETER */
    uint16_t output[16];           /* of every call */

    struct mshv_create_partition partition;
    struct mshv_user_mem_region region;
    struct mshv_user_irqfd irqfds[FAKE_IRQFDS];
    unsigned irqfd_count;
    struct mshv_user_irq_entry routes[FAKE_IRQFDS];
    unsigned route_count;
    int run_error; /* errno of MSHV_RUN_VP; 0: message is what has come */
    uint8_t message[256];
};

extern struct fake_mshv fake_mshv;
extern struct hv_machine fake_machine; /* with two VPs */
extern struct vmm_trouble fake_trouble;

/* Before each test and after it: whatever was made is given back, and no file stays open. */
void fake_mshv_start(void);
void fake_mshv_end(void);

/* It refuses nothing, and was asked nothing. */
void fake_mshv_forget(void);

/* Makes a partition of the machine. */
bool fake_mshv_make(void);

/* How often the request was made. */
unsigned fake_mshv_requests(unsigned long request);

/* The hypercall of that code with that number, from 0 on; NULL: there was none. */
const struct fake_call *fake_mshv_call(uint16_t code, unsigned number);

#endif
