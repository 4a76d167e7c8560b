/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* One stub a vector; each is 16 bytes, so that fault.c can compute its address. */

    .text
    .global fault_stubs
    .align 16
fault_stubs:
    .set vector, 0
    .rept 256
    .align 16
    /* #DF, #TS, #NP, #SS, #GP, #PF, #AC, #CP, #VC and #SX push an error code. */
    /* An 8259 may interrupt with the same vectors and does not; the processor aligns the stack by 16
       before it pushes five or six words. */
    .if (vector == 8) || (vector >= 10 && vector <= 14) || (vector == 17) || (vector == 21) || (vector == 29) || (vector == 30)
    testb $8, %spl
    jz 1f
    push $0
1:
    .else
    push $0
    .endif
    pushq $vector
    jmp fault_common
    .set vector, vector + 1
    .endr

fault_common:
    push %rax
    push %rcx
    push %rdx
    push %rbx
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
    and $-16, %rsp
    mov %rdi, %rbx
    xor %ebp, %ebp
    call fault_dispatch
    mov %rbx, %rsp
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
    pop %rbx
    pop %rdx
    pop %rcx
    pop %rax
    add $16, %rsp
    iretq

    .section .note.GNU-stack, "", @progbits
