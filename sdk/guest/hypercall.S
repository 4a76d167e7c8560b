/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Hypercall instructions with all registers given, and the XMM registers.
 */
        .text
        .globl vmcall_stub, vmmcall_stub
vmcall_stub:
        vmcall
        ret
vmmcall_stub:
        vmmcall
        ret

        /* void hypercall_raw(struct regs *regs, uint64_t target) */
        .globl hypercall_raw
hypercall_raw:
        push %rbx
        push %rbp
        push %r12
        push %r13
        push %r14
        push %r15
        push %rdi
        push %rsi
        movups 128(%rdi), %xmm0
        movups 144(%rdi), %xmm1
        movups 160(%rdi), %xmm2
        movups 176(%rdi), %xmm3
        movups 192(%rdi), %xmm4
        movups 208(%rdi), %xmm5
        pushq 120(%rdi)
        popfq
        mov 0(%rdi), %rax
        mov 8(%rdi), %rbx
        mov 16(%rdi), %rcx
        mov 24(%rdi), %rdx
        mov 32(%rdi), %rsi
        mov 48(%rdi), %rbp
        mov 56(%rdi), %r8
        mov 64(%rdi), %r9
        mov 72(%rdi), %r10
        mov 80(%rdi), %r11
        mov 88(%rdi), %r12
        mov 96(%rdi), %r13
        mov 104(%rdi), %r14
        mov 112(%rdi), %r15
        mov 40(%rdi), %rdi
        call *(%rsp)
        xchg %rdi, 8(%rsp)
        pushfq
        popq 120(%rdi)
        cld
        mov %rax, 0(%rdi)
        mov 8(%rsp), %rax
        mov %rax, 40(%rdi)
        mov %rbx, 8(%rdi)
        mov %rcx, 16(%rdi)
        mov %rdx, 24(%rdi)
        mov %rsi, 32(%rdi)
        mov %rbp, 48(%rdi)
        mov %r8, 56(%rdi)
        mov %r9, 64(%rdi)
        mov %r10, 72(%rdi)
        mov %r11, 80(%rdi)
        mov %r12, 88(%rdi)
        mov %r13, 96(%rdi)
        mov %r14, 104(%rdi)
        mov %r15, 112(%rdi)
        movups %xmm0, 128(%rdi)
        movups %xmm1, 144(%rdi)
        movups %xmm2, 160(%rdi)
        movups %xmm3, 176(%rdi)
        movups %xmm4, 192(%rdi)
        movups %xmm5, 208(%rdi)
        add $16, %rsp
        pop %r15
        pop %r14
        pop %r13
        pop %r12
        pop %rbp
        pop %rbx
        ret

        .globl xmm_save
xmm_save:
        .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        movups %xmm\n, 16 * \n(%rdi)
        .endr
        ret

        .globl xmm_load
xmm_load:
        .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        movups 16 * \n(%rdi), %xmm\n
        .endr
        ret

        .section .note.GNU-stack, "", @progbits
