/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Hardly a guest uses its debug registers, and the processor takes long to write them. So those of
 * a VP without breakpoints stay in its memory, and its accesses are intercepted. By the first one
 * after a turn they come into the processor; they go with the turn, unless there are breakpoints by
 * then.
 */
#include "svm_debug.h"

#include "cpu.h"
#include "lp.h"
#include "svm.h"

#define DR7_BREAKPOINTS UINT64_C(0xFF) /* on, local or global */

/* Reads of DR0 to DR3, writes of these and of DR7, which is DR5 too (APM vol. 2, 13.1.1). */
#define INTERCEPTED (0x0Fu | 0xAFu << 16)

static bool has_breakpoints(const struct svm_vp *vp)
{
    return (vp->vmcb->dr7 & DR7_BREAKPOINTS) != 0;
}

static void intercept(struct svm_vp *vp, bool on)
{
    vp->debug_open = !on;
    vp->vmcb->intercept_dr = on ? INTERCEPTED : 0;
    svm_touch(vp, VMCB_CLEAN_INTERCEPTS);
}

static bool is_in_processor(const struct svm_vp *vp)
{
    return vp->debug_open && vp->lp->in_processor == vp;
}

void svm_debug_reset(struct svm_vp *vp)
{
    intercept(vp, true);
}

void svm_debug_load(const struct svm_vp *vp)
{
    if (__builtin_expect(!vp->debug_open, true))
        return;
    write_dr0(vp->debug[0]);
    write_dr1(vp->debug[1]);
    write_dr2(vp->debug[2]);
    write_dr3(vp->debug[3]);
}

void svm_debug_save(struct svm_vp *vp)
{
    if (__builtin_expect(!vp->debug_open, true))
        return;
    vp->debug[0] = read_dr0();
    vp->debug[1] = read_dr1();
    vp->debug[2] = read_dr2();
    vp->debug[3] = read_dr3();
    if (!has_breakpoints(vp))
        intercept(vp, true);
}

void svm_debug_open(struct svm_vp *vp)
{
    intercept(vp, false);
    svm_debug_load(vp);
}

void svm_debug_update(struct svm_vp *vp)
{
    if (vp->debug_open || !has_breakpoints(vp))
        return;
    intercept(vp, false);
    if (is_in_processor(vp))
        svm_debug_load(vp);
}

uint64_t svm_debug_get(const struct svm_vp *vp, unsigned number)
{
    if (!is_in_processor(vp))
        return vp->debug[number];
    switch (number) {
    case 0:
        return read_dr0();
    case 1:
        return read_dr1();
    case 2:
        return read_dr2();
    default:
        return read_dr3();
    }
}

void svm_debug_set(struct svm_vp *vp, unsigned number, uint64_t value)
{
    vp->debug[number] = value;
    if (!is_in_processor(vp))
        return;
    switch (number) {
    case 0:
        write_dr0(value);
        break;
    case 1:
        write_dr1(value);
        break;
    case 2:
        write_dr2(value);
        break;
    default:
        write_dr3(value);
        break;
    }
}
