/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The guest: real-mode code, run at GUEST_START with all segments at 0, that makes one intercept after
 * another; main.c says what must come of each. It is copied, so it names its own places by their distance
 * from guest_begin.
 */
#include "guest.h"

#define IA32_APIC_BASE   0x1B
#define APIC_X2_ENABLED  0xD00 /* that of VP 0, in x2APIC mode */
#define X2APIC_EOI       0x80B
#define X2APIC_SPURIOUS  0x80F
#define SOFTWARE_ENABLED 0x1FF

#define PLACE(label) (GUEST_START + (label) - guest_begin)

    .section .rodata
    .globl guest_begin, guest_after_write, guest_end
    .code16
guest_begin:
    movw $PORT, %dx
    movb $'o', %al
    outb %al, %dx
    inb %dx, %al
    movb %al, GUEST_RESULT

    /* Where there is no memory. */
    movw $(UNMAPPED_GPA >> 4), %ax
    movw %ax, %ds
    movb $0x77, 0
guest_after_write:
    /* And where a doorbell is. */
    movw $(DOORBELL_GPA >> 4), %ax
    movw %ax, %ds
    movl %eax, 0
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %ss
    movw $GUEST_STACK, %sp

    /* An interrupt that its parent sends ends the wait. */
    movw $PLACE(handler), 4 * VECTOR
    movw %ax, 4 * VECTOR + 2
    movl $IA32_APIC_BASE, %ecx
    rdmsr
    orl $APIC_X2_ENABLED, %eax
    wrmsr
    movl $X2APIC_SPURIOUS, %ecx
    movl $SOFTWARE_ENABLED, %eax
    xorl %edx, %edx
    wrmsr
    movb $'w', %al
    movw $PORT, %dx
    outb %al, %dx
    sti
    hlt
    cli
    movb $'e', %al
    outb %al, %dx

    /* For good: with no table of interrupts an exception is the VP's end. */
    lidtl PLACE(no_table)
    ud2

handler:
    movb $'i', %al
    outb %al, %dx
    pushl %edx
    movl $X2APIC_EOI, %ecx
    xorl %eax, %eax
    xorl %edx, %edx
    wrmsr
    popl %edx
    iretw

no_table:
    .word 0
    .long 0
guest_end:
    .section .note.GNU-stack, "", @progbits
