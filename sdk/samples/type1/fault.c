/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "fault.h"

#include <stdbool.h>

#include "console.h"
#include "cpu.h"
#include "idle.h"
#include "layout.h"
#include "lp.h"
#include "symbols.h"

#define VECTORS        256
#define STUB_SIZE      16
#define GATE_INTERRUPT 0x8E00
#define MAX_BACKTRACE  24

struct gate {
    uint16_t offset_low;
    uint16_t selector;
    uint16_t type; /* interrupt stack in bits 2:0 */
    uint16_t offset_middle;
    uint32_t offset_high;
    uint32_t reserved;
};

/* An instruction that may fault, and where to go on then; see cpu.h. */
struct fixup {
    uint64_t from;
    uint64_t to;
};

extern const uint8_t fault_stubs[];
extern const struct fixup fault_fixups_start[], fault_fixups_end[];

static struct gate idt[VECTORS];

static void set_gate(unsigned vector, unsigned stack)
{
    uint64_t address = (uint64_t)(uintptr_t)fault_stubs + (uint64_t)vector * STUB_SIZE;

    idt[vector] = (struct gate){
        .offset_low = (uint16_t)address,
        .selector = SELECTOR_CODE,
        .type = (uint16_t)(GATE_INTERRUPT | stack),
        .offset_middle = (uint16_t)(address >> 16),
        .offset_high = (uint32_t)(address >> 32),
    };
}

void fault_init(void)
{
    for (unsigned vector = 0; vector < VECTORS; vector++)
        set_gate(vector, 0);
}

/* The interrupt stacks exist once the LP's TSS is loaded, and then the table is the final one. */
static void use_interrupt_stacks(void)
{
    set_gate(VECTOR_DF, FAULT_IST_DF);
    set_gate(VECTOR_NMI, FAULT_IST_NMI);
    set_gate(VECTOR_MC, FAULT_IST_MC);
}

void fault_load_idt(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) idtr = { sizeof(idt) - 1, (uint64_t)(uintptr_t)idt };
    uint16_t task;

    __asm__ volatile("str %0" : "=r"(task));
    if (task == SELECTOR_TSS)
        use_interrupt_stacks();
    __asm__ volatile("lidt %0" : : "m"(idtr));
}

static bool fix_up(struct fault_frame *frame)
{
    for (const struct fixup *fixup = fault_fixups_start; fixup < fault_fixups_end; fixup++) {
        if (fixup->from != frame->rip)
            continue;
        frame->rip = fixup->to;
        return true;
    }
    return false;
}

static bool on_a_stack(uint64_t address)
{
    uint64_t end = STACK_BASE + (uint64_t)lp_count() * STACK_SLOT;

    return address >= STACK_BASE && address < end && address % 8 == 0;
}

static void print_place(uint64_t address)
{
    uint64_t offset = 0;
    const char *name = symbol_at(address, &offset);

    if (name)
        console_line("  %016lx %s+0x%lx", address, name, offset);
    else
        console_line("  %016lx", address);
}

/* Frame pointers lead from a stack slot's low addresses to its high ones, so the walk ends. */
static void print_backtrace(const struct fault_frame *frame)
{
    uint64_t pointer = frame->rbp;

    print_place(frame->rip);
    for (unsigned i = 0; i < MAX_BACKTRACE && on_a_stack(pointer); i++) {
        const uint64_t *saved = (const uint64_t *)(uintptr_t)pointer;

        /* The second word may lie behind the stack when the first is its last. */
        if ((pointer & (STACK_SLOT - 1)) + 16 > STACK_MAIN_TOP || saved[1] == 0)
            return;
        print_place(saved[1]);
        if (saved[0] <= pointer)
            return;
        pointer = saved[0];
    }
}

static void __attribute__((noreturn)) fatal(const struct fault_frame *frame)
{
    uint32_t index =
        on_a_stack((uint64_t)(uintptr_t)__builtin_frame_address(0)) ? lp_current()->index : 0;

    console_line("fault in the hypervisor: exception %lu, error code 0x%lx, LP %u", frame->vector,
                 frame->error, index);
    console_line("rip %016lx cs %04lx rflags %016lx rsp %016lx", frame->rip, frame->cs,
                 frame->rflags, frame->rsp);
    console_line("rax %016lx rbx %016lx rcx %016lx rdx %016lx", frame->rax, frame->rbx, frame->rcx,
                 frame->rdx);
    console_line("rsi %016lx rdi %016lx rbp %016lx r8  %016lx", frame->rsi, frame->rdi, frame->rbp,
                 frame->r8);
    console_line("r9  %016lx r10 %016lx r11 %016lx r12 %016lx", frame->r9, frame->r10, frame->r11,
                 frame->r12);
    console_line("r13 %016lx r14 %016lx r15 %016lx cr2 %016lx", frame->r13, frame->r14, frame->r15,
                 read_cr2());
    print_backtrace(frame);
    machine_stop(3);
}

void fault_dispatch(struct fault_frame *frame)
{
    if (frame->vector == VECTOR_NMI) {
        lp_nmi();
        frame->rip = idle_resume(frame->rip);
        return;
    }
    if (idle_is_interrupted(frame->rip) && frame->vector != VECTOR_MC) {
        /* QEMU makes a #GP with an error code of an interrupt that was withdrawn in the last
         * moment. */
        if (frame->error == 0)
            lp_interrupt((uint8_t)frame->vector);
        frame->rip = idle_resume(frame->rip);
        return;
    }
    if (!fix_up(frame))
        fatal(frame);
}
