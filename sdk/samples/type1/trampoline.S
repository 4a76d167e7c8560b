/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Where an LP starts: real mode, at a page below 1 MiB to which this was copied. Its tables map
 * that page one to one. The fields at its end are filled in by lp.c.
 */
#include "layout.h"
#include "x86.h"

#define OFFSET(symbol) (symbol - trampoline_start)

    .section .rodata
    .global trampoline_start, trampoline_end, trampoline_fields
    .align 16
    .code16
trampoline_start:
    cli
    cld
    mov %cs, %ax
    mov %ax, %ds
    lgdtl OFFSET(trampoline_gdt_pointer)
    mov %cr4, %eax
    or $CR4_PAE, %eax
    mov %eax, %cr4
    movl OFFSET(trampoline_fields), %eax
    mov %eax, %cr3
    mov $MSR_EFER, %ecx
    rdmsr
    or $(EFER_LME | EFER_NXE), %eax
    wrmsr
    mov %cr0, %eax
    and $~(CR0_CD | CR0_NW), %eax
    or $(CR0_PG | CR0_PE), %eax
    mov %eax, %cr0
    ljmpl *OFFSET(trampoline_long_pointer)

    .code64
trampoline_long:
    mov $SELECTOR_DATA, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    xor %eax, %eax
    mov %eax, %fs
    mov %eax, %gs
    mov trampoline_fields + 16(%rip), %rsp
    xor %ebp, %ebp
    call *trampoline_fields + 24(%rip)
    ud2

    .align 8
trampoline_gdt:
    .quad 0
    .quad 0x00AF9B000000FFFF
    .quad 0x00CF93000000FFFF

    /* struct trampoline_fields in lp.c */
    .align 8
trampoline_fields:
    .quad 0 /* top page table */
trampoline_long_pointer:
    .long OFFSET(trampoline_long) /* physical address, once the page's is added */
    .word SELECTOR_CODE
    .word 0
    .quad 0 /* stack */
    .quad 0 /* entry */
trampoline_gdt_pointer:
    .word trampoline_fields - trampoline_gdt - 1
    .long OFFSET(trampoline_gdt) /* likewise */
    .word 0
trampoline_end:

    .section .note.GNU-stack, "", @progbits
