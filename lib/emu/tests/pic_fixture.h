/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A pair of controllers that is initialized as an operating system does it. */
#ifndef HV_PIC_FIXTURE_H
#define HV_PIC_FIXTURE_H

#include <stdint.h>

#include <hv/pic.h>

#define MASTER_VECTOR 0x30u
#define SLAVE_VECTOR  0x38u

static inline void pic_initialize_chip(struct hv_pic *pic, uint16_t port, uint8_t base,
                                       uint8_t icw4)
{
    hv_pic_write(pic, port, 0x11);
    hv_pic_write(pic, port + 1, base);
    hv_pic_write(pic, port + 1, port == HV_PIC_MASTER_COMMAND ? 0x04 : 0x02);
    hv_pic_write(pic, port + 1, icw4);
}

static inline void pic_initialize(struct hv_pic *pic, uint8_t icw4)
{
    pic_initialize_chip(pic, HV_PIC_MASTER_COMMAND, MASTER_VECTOR, icw4);
    pic_initialize_chip(pic, HV_PIC_SLAVE_COMMAND, SLAVE_VECTOR, icw4);
}

/* A fresh edge, after which the line stays high. */
static inline void pic_raise(struct hv_pic *pic, unsigned irq)
{
    hv_pic_set_line(pic, irq, false);
    hv_pic_set_line(pic, irq, true);
}

#endif
