/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * An interrupt between the caller's last check and HLT must not be slept over. STI holds interrupts
 * off until HLT has begun, but not NMIs; their handler moves the return address from anywhere
 * before the end of HLT to behind it (idle_resume).
 */
    .text
    .global idle_wait_nmi, idle_wait_interrupt, idle_take_nmi, idle_take_interrupts
    .global idle_take_start, idle_take_end
    .global idle_nmi_start, idle_nmi_end, idle_interrupt_start, idle_interrupt_end

idle_wait_nmi:
    stgi
idle_nmi_start:
    hlt
idle_nmi_end:
    clgi
    ret

idle_wait_interrupt:
    stgi
idle_interrupt_start:
    sti
    hlt
idle_interrupt_end:
    cli
    clgi
    ret

idle_take_interrupts:
idle_take_start:
    stgi
    sti
    nop
    nop
idle_take_end:
    cli
    clgi
    ret

idle_take_nmi:
    stgi
    nop
    clgi
    ret

    .section .note.GNU-stack, "", @progbits
