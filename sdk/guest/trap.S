/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * IDT entry points, and non-local jumps.
 */
#include "layout.h"

        /* 16 bytes each; #DF #TS #NP #SS #GP #PF #AC #CP #VC #SX bring an error code. */
        .section .text.trap, "ax", @progbits
        .balign 16
        .globl trap_stubs
trap_stubs:
        .set vector, 0
        .rept 256
        .balign 16
        .if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30)
        pushq $0
        .endif
        pushq $vector
        jmp trap_common
        .set vector, vector + 1
        .endr

trap_common:
        push %rax
        push %rbx
        push %rcx
        push %rdx
        push %rsi
        push %rdi
        push %rbp
        push %r8
        push %r9
        push %r10
        push %r11
        push %r12
        push %r13
        push %r14
        push %r15
        cld
        mov %rsp, %rdi
        call trap_dispatch
        pop %r15
        pop %r14
        pop %r13
        pop %r12
        pop %r11
        pop %r10
        pop %r9
        pop %r8
        pop %rbp
        pop %rdi
        pop %rsi
        pop %rdx
        pop %rcx
        pop %rbx
        pop %rax
        add $16, %rsp
        iretq

        .text
        .globl guest_setjmp
guest_setjmp:
        mov %rbx, 0(%rdi)
        mov %rbp, 8(%rdi)
        mov %r12, 16(%rdi)
        mov %r13, 24(%rdi)
        mov %r14, 32(%rdi)
        mov %r15, 40(%rdi)
        lea 8(%rsp), %rax
        mov %rax, 48(%rdi)
        mov (%rsp), %rax
        mov %rax, 56(%rdi)
        pushfq
        popq 64(%rdi)
        mov %cs, %eax
        mov %rax, 72(%rdi)
        xor %eax, %eax
        ret

        .globl guest_longjmp
guest_longjmp:
        mov %esi, %eax
        mov 0(%rdi), %rbx
        mov 8(%rdi), %rbp
        mov 16(%rdi), %r12
        mov 24(%rdi), %r13
        mov 32(%rdi), %r14
        mov 40(%rdi), %r15
        mov 48(%rdi), %rsp
        jmp *56(%rdi)

        .section .note.GNU-stack, "", @progbits
