/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "fault.h"

#include <stdbool.h>

#include "console.h"
#include "cpu.h"
#include "idle.h"
#include "image.h"
#include "layout.h"
#include "lp.h"
#include "symbols.h"

#define VECTORS        256
#define STUB_SIZE      16
#define GATE_INTERRUPT 0x8E00
#define MAX_BACKTRACE  24
#define CALL_SIZE_MAX  7

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

/* Of a main stack, and not of the page below that catches an overflow. */
static bool is_in_use(uint64_t address)
{
    uint64_t offset = address & (STACK_SLOT - 1);

    return on_a_stack(address) && offset >= STACK_MAIN_TOP - STACK_MAIN_SIZE &&
           offset < STACK_MAIN_TOP;
}

/* Intel SDM vol. 2, CALL: E8 and four bytes; or FF with 2 in the reg field of what follows, and up
   to five bytes more. */
static bool follows_call(uint64_t address)
{
    const uint8_t *next = (const uint8_t *)(uintptr_t)address;

    if (address < (uint64_t)(uintptr_t)image_text_start + CALL_SIZE_MAX ||
        address >= (uint64_t)(uintptr_t)image_rodata_start)
        return false;
    if (next[-5] == 0xE8)
        return true;
    for (unsigned size = 2; size <= CALL_SIZE_MAX; size++)
        if (next[-(int)size] == 0xFF && (next[1 - (int)size] & 0x38) == 0x10)
            return true;
    return false;
}

/* There are no frame pointers: each word of the stack that can be a return address counts as one.
   A few may be left over from calls that have returned. */
static void print_backtrace(const struct fault_frame *frame)
{
    unsigned left = MAX_BACKTRACE;

    print_place(frame->rip);
    for (uint64_t place = frame->rsp; is_in_use(place) && left > 0; place += sizeof(uint64_t)) {
        uint64_t word = *(const uint64_t *)(uintptr_t)place;

        if (!follows_call(word))
            continue;
        print_place(word);
        left--;
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
