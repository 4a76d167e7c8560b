/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* HV_X64_MSR_GUEST_OS_ID, HV_X64_MSR_HYPERCALL and the page between them. */
#ifndef HV_CORE_HYPERCALL_PAGE_H
#define HV_CORE_HYPERCALL_PAGE_H

#include <hv/status.h>

#include "msr.h"

struct hv_partition;

hv_status hv_hypercall_page_init(struct hv_partition *partition);
/* Gives the page back, if there is one. */
void hv_hypercall_page_destroy(struct hv_partition *partition);
void hv_hypercall_page_reset(struct hv_partition *partition);

hv_msr_reader hv_guest_os_id_read;
hv_msr_writer hv_guest_os_id_write;
hv_msr_reader hv_hypercall_msr_read;
hv_msr_writer hv_hypercall_msr_write;

#endif
