/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Marks that the linker script sets. */
#ifndef TYPE1_IMAGE_H
#define TYPE1_IMAGE_H

#include <stdint.h>

extern const uint8_t image_text_start[], image_rodata_start[], image_data_start[], image_end[];

#endif
