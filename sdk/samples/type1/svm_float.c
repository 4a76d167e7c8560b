/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "svm_float.h"

#include <hv/abi/tlfs.h>

#include "cpu.h"
#include "string.h"
#include "svm.h"

/* The TLFS's registers are 16-byte pieces of the FXSAVE image (APM vol. 2, figure 11-6). */
#define IMAGE_CONTROL 0
#define IMAGE_MXCSR   16
#define IMAGE_FP      32
#define IMAGE_XMM     160

struct image {
    uint8_t bytes[512];
} __attribute__((aligned(16)));

static uint32_t offset_of(uint32_t name)
{
    if (name == HvX64RegisterFpControlStatus)
        return IMAGE_CONTROL;
    if (name == HvX64RegisterXmmControlStatus)
        return IMAGE_MXCSR;
    if (name >= HvX64RegisterFpMmx0)
        return IMAGE_FP + (name - HvX64RegisterFpMmx0) * 16;
    return IMAGE_XMM + (name - HvX64RegisterXmm0) * 16;
}

static void save(struct image *image)
{
    __asm__ volatile("fxsave64 %0" : "=m"(*image));
}

static bool restore(const struct image *image)
{
    uint8_t done = 0;

    __asm__ volatile("1: fxrstor64 %1\n"
                     "movb $1, %0\n"
                     "2:\n" FAULT_FIXUP("1b", "2b")
                     : "+q"(done)
                     : "m"(*image));
    return done != 0;
}

void svm_float_get(uint32_t name, struct hv_register128 *value)
{
    struct image image;

    save(&image);
    memcpy(value, image.bytes + offset_of(name), sizeof(*value));
}

bool svm_float_set(uint32_t name, const struct hv_register128 *value)
{
    struct image image;

    save(&image);
    memcpy(image.bytes + offset_of(name), value, sizeof(*value));
    return restore(&image);
}

#define EACH_XMM(what)                                                                       \
    what(0) what(1) what(2) what(3) what(4) what(5) what(6) what(7) what(8) what(9) what(10) \
        what(11) what(12) what(13) what(14) what(15)

#define READ_XMM(number)                                                                      \
    case number:                                                                              \
        __asm__ volatile("movups %%xmm" #number ", %0" : "=m"(*(struct hv_register128 *)to)); \
        break;

#define WRITE_XMM(number)                                              \
    case number:                                                       \
        __asm__ volatile("movups %0, %%xmm" #number                    \
                         :                                             \
                         : "m"(*(const struct hv_register128 *)from)); \
        break;

void svm_float_show(struct hv_register128 *xmm)
{
    __asm__ volatile("movups %%xmm0, %0\n"
                     "movups %%xmm1, %1\n"
                     "movups %%xmm2, %2\n"
                     "movups %%xmm3, %3\n"
                     "movups %%xmm4, %4\n"
                     "movups %%xmm5, %5\n"
                     : "=m"(xmm[0]), "=m"(xmm[1]), "=m"(xmm[2]), "=m"(xmm[3]), "=m"(xmm[4]),
                       "=m"(xmm[5]));
}

void svm_read_xmm(void *context, struct hv_vp *vp, unsigned first, unsigned count, void *out)
{
    struct hv_register128 *pair = out;

    (void)context;
    (void)vp;
    /* What the shortest list of registers takes, by which a parent ends an intercept. */
    if (first == 0 && count == 2) {
        __asm__ volatile("movups %%xmm0, %0\n"
                         "movups %%xmm1, %1\n"
                         : "=m"(pair[0]), "=m"(pair[1]));
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        void *to = (uint8_t *)out + 16 * i;

        switch (first + i) {
            EACH_XMM(READ_XMM)
        default:
            break;
        }
    }
}

void svm_write_xmm(void *context, struct hv_vp *vp, unsigned first, unsigned count, const void *in)
{
    (void)context;
    (void)vp;
    for (unsigned i = 0; i < count; i++) {
        const void *from = (const uint8_t *)in + 16 * i;

        switch (first + i) {
            EACH_XMM(WRITE_XMM)
        default:
            break;
        }
    }
}
