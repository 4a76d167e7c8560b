/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * From the boot loader to boot_main(): multiboot headers, early page tables, long mode.
 *
 * The early tables map the first 4 GiB of physical memory three times: one to one, at DIRECT_BASE,
 * and its first 1 GiB at IMAGE_BASE. They are replaced once the image has moved.
 */
#include "layout.h"
#include "x86.h"

#define PHYSICAL(symbol) (symbol - IMAGE_BASE)

#define MULTIBOOT1_MAGIC  0x1BADB002
#define MULTIBOOT1_FLAGS  0x3 /* modules on page boundaries, memory map */
#define MULTIBOOT2_MAGIC  0xE85250D6
#define PAGE_LARGE_WRITE  0x83
#define PAGE_TABLE        0x03

    .section .boot.header, "a"
    .align 8
multiboot1_header:
    .long MULTIBOOT1_MAGIC
    .long MULTIBOOT1_FLAGS
    .long -(MULTIBOOT1_MAGIC + MULTIBOOT1_FLAGS)

    .align 8
multiboot2_header:
    .long MULTIBOOT2_MAGIC
    .long 0
    .long multiboot2_end - multiboot2_header
    .long -(MULTIBOOT2_MAGIC + (multiboot2_end - multiboot2_header))
    /* Modules on page boundaries. */
    .word 6, 0
    .long 8
    .word 0, 0
    .long 8
multiboot2_end:

    .section .boot, "ax"
    .code32
    .global boot_start
boot_start:
    cli
    cld
    mov $PHYSICAL(boot_stack_top), %esp
    mov %eax, %esi
    mov %ebx, %edi

    mov $0x80000000, %eax
    cpuid
    cmp $0x80000001, %eax
    jb no_long_mode
    mov $0x80000001, %eax
    cpuid
    bt $29, %edx
    jnc no_long_mode

    /* Four page directories of 2 MiB pages: 0 to 4 GiB. */
    mov $PHYSICAL(early_pd), %ebx
    mov $PAGE_LARGE_WRITE, %eax
    xor %ecx, %ecx
1:  mov %eax, (%ebx, %ecx, 8)
    add $0x200000, %eax
    inc %ecx
    cmp $2048, %ecx
    jb 1b

    mov $PHYSICAL(early_pdpt_low), %ebx
    mov $PHYSICAL(early_pd) + PAGE_TABLE, %eax
    xor %ecx, %ecx
2:  mov %eax, (%ebx, %ecx, 8)
    add $4096, %eax
    inc %ecx
    cmp $4, %ecx
    jb 2b

    movl $PHYSICAL(early_pd) + PAGE_TABLE, PHYSICAL(early_pdpt_high) + 510 * 8
    movl $PHYSICAL(early_pdpt_low) + PAGE_TABLE, PHYSICAL(early_pml4)
    movl $PHYSICAL(early_pdpt_low) + PAGE_TABLE, PHYSICAL(early_pml4) + 256 * 8
    movl $PHYSICAL(early_pdpt_high) + PAGE_TABLE, PHYSICAL(early_pml4) + 511 * 8

    mov %cr4, %eax
    or $CR4_PAE, %eax
    mov %eax, %cr4
    mov $PHYSICAL(early_pml4), %eax
    mov %eax, %cr3
    mov $MSR_EFER, %ecx
    rdmsr
    or $EFER_LME, %eax
    wrmsr
    mov %cr0, %eax
    or $(CR0_PG | CR0_PE), %eax
    mov %eax, %cr0
    lgdt boot_gdt_pointer
    ljmp $SELECTOR_CODE, $boot_long

    .code64
boot_long:
    mov $SELECTOR_DATA, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    xor %eax, %eax
    mov %eax, %fs
    mov %eax, %gs
    mov $boot_stack_top, %rsp
    xor %ebp, %ebp
    mov %esi, %eax
    mov %edi, %esi
    mov %eax, %edi
    movabs $boot_main, %rax
    call *%rax
    ud2

    /* Nothing but the serial port is sure to be there. */
    .code32
no_long_mode:
    mov $no_long_mode_text, %esi
3:  lodsb
    test %al, %al
    jz 5f
    mov %al, %bl
    mov $0x3FD, %dx
4:  in %dx, %al
    test $0x20, %al
    jz 4b
    mov $0x3F8, %dx
    mov %bl, %al
    out %al, %dx
    jmp 3b
5:  mov $2, %al
    out %al, $0xF4
6:  cli
    hlt
    jmp 6b

no_long_mode_text:
    .asciz "hvkit: this processor has no 64-bit mode; a processor with AMD-V is needed\r\n"

    .align 8
boot_gdt:
    .quad 0
    .quad 0x00AF9B000000FFFF
    .quad 0x00CF93000000FFFF
boot_gdt_pointer:
    .word . - boot_gdt - 1
    .quad boot_gdt

    .section .bss
    .align 4096
early_pml4:
    .skip 4096
early_pdpt_low:
    .skip 4096
early_pdpt_high:
    .skip 4096
early_pd:
    .skip 4 * 4096
    .global boot_stack_bottom
boot_stack_bottom:
    .skip 16384
boot_stack_top:

    .section .note.GNU-stack, "", @progbits
