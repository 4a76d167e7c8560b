/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What becomes of an exception or interrupt.
 */
#include "private.h"

#define INT_OPCODE 0xcd
#define INT_LENGTH 2

struct handler {
    interrupt_fn *fn;
    void *arg;
};

struct ex_entry {
    uint64_t from;
    uint64_t to;
};

extern const struct ex_entry ex_table_start[], ex_table_end[];

static struct handler handlers[256];
static uint32_t unexpected_count;

void register_interrupt(uint8_t vector, interrupt_fn *fn, void *arg)
{
    handlers[vector].arg = arg;
    __atomic_store_n(&handlers[vector].fn, fn, __ATOMIC_RELEASE);
}

uint32_t unexpected_fault_count(void)
{
    return __atomic_load_n(&unexpected_count, __ATOMIC_RELAXED);
}

const char *vector_name(uint8_t vector)
{
    static const char *const names[] = {
        "#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "#?", "#TS",
        "#NP", "#SS", "#GP", "#PF", "#?",  "#MF", "#AC", "#MC", "#XM", "#?", "#CP",
    };

    return vector < sizeof(names) / sizeof(names[0]) ? names[vector] : "#?";
}

/* Makes the return from this exception a return from guest_setjmp(). It has to be an IRET: that
 * ends the blocking of NMIs, and leaves another CPL or code size. */
void fault_resume(struct trap_frame *frame, const struct guest_jmp *jmp, int value)
{
    frame->rbx = jmp->rbx;
    frame->rbp = jmp->rbp;
    frame->r12 = jmp->r12;
    frame->r13 = jmp->r13;
    frame->r14 = jmp->r14;
    frame->r15 = jmp->r15;
    frame->rsp = jmp->rsp;
    frame->rip = jmp->rip;
    frame->rflags = jmp->rflags;
    frame->cs = jmp->cs;
    frame->ss = (jmp->cs & 3) == 3 ? SEL_UDATA : SEL_DATA;
    frame->rax = (uint64_t)value;
    /* User code of 32 bits has its own. */
    __asm__ volatile("mov %0, %%ds; mov %0, %%es" : : "r"(SEL_DATA));
    this_cpu()->handlers = 0;
}

static bool take_table(struct trap_frame *frame)
{
    if (frame->cs != SEL_CODE64 && frame->cs != SEL_UCODE64)
        return false;
    for (const struct ex_entry *entry = ex_table_start; entry < ex_table_end; entry++) {
        if (entry->from == frame->rip) {
            frame->rip = entry->to;
            return true;
        }
    }
    return false;
}

static void report(const struct trap_frame *f, const struct fault *fault)
{
    printf("unexpected %s (vector %u) error %#x on CPU %u\n"
           "  rip %04llx:%016llx rflags %08llx cr2 %016llx\n"
           "  rsp %04llx:%016llx rbp %016llx cr3 %016llx\n"
           "  rax %016llx rbx %016llx rcx %016llx rdx %016llx\n"
           "  rsi %016llx rdi %016llx r8  %016llx r9  %016llx\n"
           "  r10 %016llx r11 %016llx r12 %016llx r13 %016llx\n"
           "  r14 %016llx r15 %016llx cr0 %016llx cr4 %016llx\n",
           vector_name(fault->vector), fault->vector, fault->error, cpu_index(),
           (unsigned long long)f->cs, (unsigned long long)f->rip, (unsigned long long)f->rflags,
           (unsigned long long)fault->cr2, (unsigned long long)f->ss, (unsigned long long)f->rsp,
           (unsigned long long)f->rbp, (unsigned long long)read_cr3(), (unsigned long long)f->rax,
           (unsigned long long)f->rbx, (unsigned long long)f->rcx, (unsigned long long)f->rdx,
           (unsigned long long)f->rsi, (unsigned long long)f->rdi, (unsigned long long)f->r8,
           (unsigned long long)f->r9, (unsigned long long)f->r10, (unsigned long long)f->r11,
           (unsigned long long)f->r12, (unsigned long long)f->r13, (unsigned long long)f->r14,
           (unsigned long long)f->r15, (unsigned long long)read_cr0(),
           (unsigned long long)read_cr4());
}

static void unexpected(struct cpu *cpu, struct trap_frame *frame, const struct fault *fault)
{
    __atomic_fetch_add(&unexpected_count, 1, __ATOMIC_RELAXED);
    cpu->unexpected = *fault;
    report(frame, fault);
    console_break_lock();
    if (cpu->recovery == NULL)
        guest_exit(GUEST_EXIT_FAULT);
    fault_resume(frame, cpu->recovery, 1);
    frame->rflags &= ~(uint64_t)RFLAGS_IF;
}

static void exception(struct cpu *cpu, struct trap_frame *frame)
{
    struct fault fault = {
        .raised = true,
        .vector = (uint8_t)frame->vector,
        .error = (uint32_t)frame->error,
        .rip = frame->rip,
        .cr2 = frame->vector == VECTOR_PF ? read_cr2() : 0,
    };

    if (take_table(frame)) {
        cpu->fault = fault;
        return;
    }
    if (cpu->catcher == NULL) {
        unexpected(cpu, frame, &fault);
        return;
    }
    cpu->fault = fault;
    fault_resume(frame, cpu->catcher, 1);
}

static void stray(struct trap_frame *frame, void *unused)
{
    struct cpu *cpu = this_cpu();
    uint8_t vector = (uint8_t)frame->vector;

    (void)unused;
    cpu->stray_interrupts++;
    cpu->stray_vector = vector;
    if (apic_present() && apic_in_service(vector))
        apic_eoi();
}

/* Lies with the entry points, so that is_repeated() knows what leads into a handler and out. */
#define ENTRY_CODE __attribute__((section(".text.trap")))

/* INT delivers whatever RFLAGS.IF says. */
ENTRY_CODE static bool is_software(const struct trap_frame *frame)
{
    const uint8_t *code = (const uint8_t *)(uintptr_t)frame->rip - INT_LENGTH;

    return code[0] == INT_OPCODE && code[1] == frame->vector;
}

/*
 * An interrupt that came twice (guest/interrupt.h): on the way into a handler, in it, or soon after
 * it. Interrupts other than the last one are not passed over in what follows a handler: they have
 * no business there, and tests are to see them.
 */
ENTRY_CODE static bool is_repeated(const struct cpu *cpu, const struct trap_frame *frame)
{
    bool entering = frame->rip >= (uint64_t)(uintptr_t)trap_code_start &&
                    frame->rip < (uint64_t)(uintptr_t)trap_code_end;

    if (frame->vector < 32 || (frame->rflags & RFLAGS_IF))
        return false;
    return entering || cpu->handlers != 0 || (frame->vector == cpu->taken && !is_software(frame));
}

ENTRY_CODE static void run_handler(struct cpu *cpu, struct trap_frame *frame, interrupt_fn *fn)
{
    /* The handler may use safe_rdmsr() between fault_clear() and fault_take() of others. */
    struct fault saved = cpu->fault;
    uint32_t outer = cpu->handlers;

    cpu->handlers = outer + 1;
    if (frame->vector >= 32)
        cpu->taken = (uint8_t)frame->vector;
    fn(frame, handlers[frame->vector].arg);
    cpu->handlers = outer;
    cpu->fault = saved;
}

ENTRY_CODE void trap_dispatch(struct trap_frame *frame)
{
    struct cpu *cpu = this_cpu();
    interrupt_fn *fn = __atomic_load_n(&handlers[frame->vector].fn, __ATOMIC_ACQUIRE);

    if (frame->vector == VECTOR_USER_RETURN && mode_take_return(frame))
        return;
    if (fn == NULL && frame->vector >= 32)
        fn = stray;
    if (fn == NULL)
        exception(cpu, frame);
    else if (!is_repeated(cpu, frame))
        run_handler(cpu, frame, fn);
}
