/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The ways out of 64-bit mode and back; see mode.c for who calls what.
 */
#include "layout.h"

        .text
        .macro save_callee
        push %rbx
        push %rbp
        push %r12
        push %r13
        push %r14
        push %r15
        mov %rsp, AREA_RSP
        .endm

        .macro flat_segments
        mov $SEL_DATA, %eax
        mov %eax, %ds
        mov %eax, %es
        mov %eax, %ss
        mov $LOW_STACK_TOP, %esp
        .endm

        /* void user_enter(fn, arg, stack, rflags): does not return */
        .globl user_enter, user_returned
user_enter:
        pushq $SEL_UDATA
        pushq %rdx
        pushq %rcx
        pushq $SEL_UCODE64
        pushq $1f
        mov %rdi, %rax
        mov %rsi, %rdi
        iretq
1:      call *%rax
        int $VECTOR_USER_RETURN
user_returned:
        ud2

        /* void compat_user_enter(void): does not return */
        .globl compat_user_enter, compat_user_returned
compat_user_enter:
        pushq $SEL_UDATA
        pushq $LOW_STACK_TOP
        pushq $2
        pushq $SEL_UCODE32
        pushq $1f
        iretq
        .code32
1:      mov $SEL_UDATA, %eax
        mov %eax, %ds
        mov %eax, %es
        call run_code32
        int $VECTOR_USER_RETURN
compat_user_returned:
        ud2

        .code64
        /* void compat_call(void) */
        .globl compat_call
compat_call:
        save_callee
        pushq $SEL_CODE32
        pushq $1f
        lretq
        .code32
1:      flat_segments
        call run_code32
        ljmp $SEL_CODE64, $back64

        .code64
back64:
        mov AREA_RSP, %rsp
        pop %r15
        pop %r14
        pop %r13
        pop %r12
        pop %rbp
        pop %rbx
        ret

        /* void legacy_call(void): AREA_CR0 to AREA_EFER hold the state to come back to */
        .globl legacy_call
legacy_call:
        save_callee
        pushq $SEL_CODE32
        pushq $1f
        lretq
        .code32
1:      flat_segments
        mov %cr0, %eax
        and $0x7fffffff, %eax
        mov %eax, %cr0
        mov $0xc0000080, %ecx
        rdmsr
        and $~0x100, %eax
        wrmsr
        lidt AREA_IDTR32
        cmpl $ASM_MODE_REAL, AREA_MODE
        je to_real
        cmpl $ASM_MODE_PAE32, AREA_MODE
        jne 1f
        mov $pae_pdpt, %eax
        mov %eax, %cr3
        mov %cr0, %eax
        or $0x80000000, %eax
        mov %eax, %cr0
1:      call run_code32

leave_legacy:
        mov %cr0, %eax
        and $0x7fffffff, %eax
        mov %eax, %cr0
        mov AREA_CR4, %eax
        mov %eax, %cr4
        mov AREA_CR3, %eax
        mov %eax, %cr3
        mov $0xc0000080, %ecx
        mov AREA_EFER, %eax
        mov AREA_EFER + 4, %edx
        wrmsr
        mov AREA_CR0, %eax
        mov %eax, %cr0
        ljmp $SEL_CODE64, $1f
        .code64
1:      lidt AREA_IDTR
        /* Segment loads in real mode have changed these. */
        mov $0xc0000100, %ecx
        mov AREA_FS_BASE, %eax
        mov AREA_FS_BASE + 4, %edx
        wrmsr
        mov $0xc0000101, %ecx
        mov AREA_GS_BASE, %eax
        mov AREA_GS_BASE + 4, %edx
        wrmsr
        jmp back64

        .code32
run_code32:
        .irp n, 0, 1, 2, 3, 4, 5
        movups AREA_XMM + 16 * \n, %xmm\n
        .endr
        pushl AREA_EFLAGS
        popfl
        mov AREA_EAX, %eax
        mov AREA_EBX, %ebx
        mov AREA_ECX, %ecx
        mov AREA_EDX, %edx
        mov AREA_ESI, %esi
        mov AREA_EDI, %edi
        mov AREA_EBP, %ebp
        call *AREA_ENTRY
        pushfl
        popl AREA_EFLAGS
        cld
        mov %eax, AREA_EAX
        mov %ebx, AREA_EBX
        mov %ecx, AREA_ECX
        mov %edx, AREA_EDX
        mov %esi, AREA_ESI
        mov %edi, AREA_EDI
        mov %ebp, AREA_EBP
        .irp n, 0, 1, 2, 3, 4, 5
        movups %xmm\n, AREA_XMM + 16 * \n
        .endr
        ret

        /* IDT entry points of protected mode, 16 bytes each. */
        .balign 16
        .globl legacy_stubs
legacy_stubs:
        .set vector, 0
        .rept 32
        .balign 16
        .if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30)
        pushl $0
        .endif
        pushl $vector
        jmp legacy_fault
        .set vector, vector + 1
        .endr
        .globl legacy_pass
legacy_pass:
        iretl
legacy_fault:
        mov $SEL_DATA, %eax
        mov %eax, %ds
        popl AREA_VECTOR
        popl AREA_ERROR
        popl AREA_EIP
        mov %cr2, %eax
        mov %eax, AREA_CR2
        movl $1, AREA_RAISED
        flat_segments
        jmp leave_legacy

        /* Through a 16-bit segment whose base is that of the real-mode one (AMD APM vol. 2,
         * 14.8 and Intel SDM vol. 3, 10.9.2). */
to_real:
        mov $SEL_DATA16, %eax
        mov %eax, %ds
        mov %eax, %es
        mov %eax, %fs
        mov %eax, %gs
        mov %eax, %ss
        lidt AREA_IDTR16
        ljmp $SEL_CODE16, $(to_real16 - real_stub)

        /* Copied to LOW_STUB, and run with CS base LOW_STUB. */
        .code16
        .globl real_stub, real_stub_end, real_vectors
real_stub:
to_real16:
        mov %cr0, %eax
        and $0xfe, %al
        mov %eax, %cr0
        ljmp $(LOW_STUB >> 4), $(1f - real_stub)
1:      xor %ax, %ax
        mov %ax, %ds
        mov %ax, %es
        mov %ax, %fs
        mov %ax, %gs
        mov %ax, %ss
        mov $LOW_STACK_TOP, %sp
        .irp n, 0, 1, 2, 3, 4, 5
        movups AREA_XMM + 16 * \n, %xmm\n
        .endr
        pushl AREA_EFLAGS
        popfl
        mov AREA_EAX, %eax
        mov AREA_EBX, %ebx
        mov AREA_ECX, %ecx
        mov AREA_EDX, %edx
        mov AREA_ESI, %esi
        mov AREA_EDI, %edi
        mov AREA_EBP, %ebp
        call real_code
        pushfl
        popl %cs:(real_flags - real_stub)
        cld
        push %ax
        xor %ax, %ax
        mov %ax, %ds
        pop %ax
        mov %eax, AREA_EAX
        mov %ebx, AREA_EBX
        mov %ecx, AREA_ECX
        mov %edx, AREA_EDX
        mov %esi, AREA_ESI
        mov %edi, AREA_EDI
        mov %ebp, AREA_EBP
        mov %cs:(real_flags - real_stub), %eax
        mov %eax, AREA_EFLAGS
        .irp n, 0, 1, 2, 3, 4, 5
        movups %xmm\n, AREA_XMM + 16 * \n
        .endr
leave_real:
        cli
        mov %cr0, %eax
        or $1, %al
        mov %eax, %cr0
        ljmpl $SEL_CODE32, $back32
real_fault:
        xor %ax, %ax
        mov %ax, %ds
        popw %ax
        movzwl %ax, %eax
        mov %eax, AREA_VECTOR
        popw %ax
        movzwl %ax, %eax
        popw %bx
        movzwl %bx, %ebx
        shll $4, %ebx
        addl %ebx, %eax
        mov %eax, AREA_EIP
        movl $0, AREA_ERROR
        movl $0, AREA_CR2
        movl $1, AREA_RAISED
        jmp leave_real
        .balign 4
real_flags:
        .long 0
        .balign 8
real_vectors:
        .set vector, 0
        .rept 32
        .balign 8
        pushw $vector
        jmp real_fault
        .set vector, vector + 1
        .endr
real_stub_end:
        .set real_code, real_stub + LOW_CODE - LOW_STUB

        .code32
back32:
        flat_segments
        jmp leave_legacy
        .code64

        .section .note.GNU-stack, "", @progbits
