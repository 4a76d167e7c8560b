/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Where the guest's things are; for the assembler too. */
#ifndef VMM_GUEST_H
#define VMM_GUEST_H

#define GUEST_START  0x1000
#define GUEST_STACK  0x3000
#define GUEST_RESULT 0x2000 /* what IN has brought */

#define MEMORY_SIZE  0x80000 /* what there is of memory, from 0 on */
#define UNMAPPED_GPA 0x90000
#define DOORBELL_GPA 0xA0000

#define PORT   0x3F8
#define VECTOR 0x41

#ifndef __ASSEMBLER__
#include <stdint.h>

extern const uint8_t guest_begin[], guest_after_write[], guest_end[];
#endif

#endif
