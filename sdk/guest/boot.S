/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * From what a boot loader or a start-up IPI leaves us in, to 64-bit C.
 */
#include "layout.h"

#define MB1_FLAGS 0x00000003 /* align modules, give a memory map */

        .section .head, "a"
        .balign 4
        .long 0x1badb002, MB1_FLAGS, -(0x1badb002 + MB1_FLAGS)

        .balign 8
mb2_header:
        .long 0xe85250d6, 0, mb2_end - mb2_header, -(0xe85250d6 + mb2_end - mb2_header)
        .short 6, 0 /* modules on page boundaries */
        .long 8
        .short 0, 0
        .long 8
mb2_end:

        /* XEN_ELFNOTE_PHYS32_ENTRY */
        .section .note.Xen, "a", @note
        .balign 4
        .long 4, 8, 18
        .asciz "Xen"
        .quad pvh_entry

        .section .text.boot, "ax"
        .code32
        .globl multiboot_entry
multiboot_entry:
        mov %eax, %esi
        jmp boot32
        .globl pvh_entry
pvh_entry:
        mov $MAGIC_PVH, %esi
boot32:
        cli
        cld
        mov %ebx, %edi
        mov $boot64, %ebp
        lgdt boot_gdtr
        ljmp $SEL_CODE32, $enter_long

        /* In: EBP where to go on in 64-bit mode; ESI and EDI are kept. */
        .globl enter_long
enter_long:
        mov $SEL_DATA, %eax
        mov %eax, %ds
        mov %eax, %es
        mov %eax, %ss
        xor %eax, %eax
        mov %eax, %fs
        mov %eax, %gs
        mov $0x620, %eax /* PAE, OSFXSR, OSXMMEXCPT */
        mov %eax, %cr4
        mov $boot_pml4, %eax
        mov %eax, %cr3
        /* NX bits in the tables are reserved, and fault, on a CPU that has not set EFER.NXE. */
        mov $0x80000001, %eax
        cpuid
        mov %edx, %ebx
        mov $0xc0000080, %ecx
        rdmsr
        or $0x100, %eax
        bt $20, %ebx
        jnc 1f
        or $0x800, %eax
1:      wrmsr
        mov $0x80010033, %eax /* PG, WP, NE, ET, MP, PE */
        mov %eax, %cr0
        ljmp $SEL_CODE64, $1f
        .code64
1:      mov %ebp, %eax
        jmp *%rax

boot64:
        mov %esi, %eax
        mov %edi, %esi
        mov %eax, %edi
        mov $boot_stack_top, %esp
        xor %ebp, %ebp
        call guest_start
1:      hlt
        jmp 1b

        .globl ap64
        /* A CPU that starts takes the one stack on offer; its struct cpu is on top. One that comes
         * when nothing is on offer any more, late, stays out. */
ap64:
        xor %eax, %eax
        xchg %rax, ap_stack_offer(%rip)
        test %rax, %rax
        jz 1f
        mov %rax, %rsp
        pop %rdi
        xor %ebp, %ebp
        call ap_main
1:      cli
        hlt
        jmp 1b

        .code32
ap32:
        mov $ap64, %ebp
        jmp enter_long

        .code16
        .globl ap_trampoline, ap_trampoline_end
ap_trampoline:
        cli
        cld
        mov %cs, %ax
        mov %ax, %ds
        lgdtl ap_gdtr - ap_trampoline
        mov %cr0, %eax
        or $1, %al
        mov %eax, %cr0
        ljmpl $SEL_CODE32, $ap32
        .balign 4
ap_gdtr:
        .short boot_gdt_end - boot_gdt - 1
        .long boot_gdt
ap_trampoline_end:
        .code64

        .section .rodata
        .balign 8
boot_gdt:
        .quad 0
        .quad 0x00af9b000000ffff
        .quad 0x00cf93000000ffff
        .quad 0x00cf9b000000ffff
boot_gdt_end:
boot_gdtr:
        .short boot_gdt_end - boot_gdt - 1
        .long boot_gdt

        /* Identity map of 4 GiB by 2 MiB pages; paging.c refines it. */
        .data
        .balign 4096
        .globl boot_pml4
boot_pml4:
        .quad boot_pdpt + 7
        .fill 511, 8, 0
boot_pdpt:
        .quad boot_pd + 7, boot_pd + 0x1007, boot_pd + 0x2007, boot_pd + 0x3007
        .fill 508, 8, 0
        .globl boot_pd
boot_pd:
        .set page, 0
        .rept 2048
        .quad page * 0x200000 + 0x83
        .set page, page + 1
        .endr

        .globl ap_stack_offer
ap_stack_offer:
        .quad 0

        .bss
        .balign 4096
        .skip 32768
boot_stack_top:

        .section .note.GNU-stack, "", @progbits
