/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Code at CPL 3 and in modes without long mode; the switches themselves are in mode.S.
 */
#include "private.h"

#define EFLAGS_ARITHMETIC 0x8d5u /* CF PF AF ZF SF OF */
#define GATE32_INTERRUPT  0x8e
#define LEGACY_STUB_SIZE  16
#define REAL_STUB_SIZE    8
#define LEGACY_VECTORS    32
#define ALL_VECTORS       256
#define NEAR_RET          0xc3
#define PDPTE_PRESENT     1u
#define CR4_PCIDE         (1u << 17)

struct gate32 {
    uint16_t offset_low, selector;
    uint8_t zero, type;
    uint16_t offset_high;
};

struct real_vector {
    uint16_t ip, cs;
};

/* At LOW_AREA; mode.S reaches the fields by the numbers of layout.h. */
struct mode_area {
    struct regs32 regs;
    uint64_t rsp, cr0, cr3, cr4, efer, fs_base, gs_base;
    struct descriptor_pointer idtr;
    uint8_t padding[6];
    uint32_t entry, mode;
    uint32_t raised, vector, error, eip, cr2, padding2;
    uint16_t idtr32_limit;
    uint32_t idtr32_base;
    uint16_t padding3;
    uint16_t idtr16_limit;
    uint32_t idtr16_base;
    uint8_t padding4[10];
    struct real_vector ivt[LEGACY_VECTORS];
} __attribute__((packed));

#define CHECK_AREA(field, number) \
    _Static_assert(__builtin_offsetof(struct mode_area, field) == (number)-LOW_AREA, #field)

CHECK_AREA(regs.xmm, AREA_XMM);
CHECK_AREA(rsp, AREA_RSP);
CHECK_AREA(gs_base, AREA_GS_BASE);
CHECK_AREA(idtr, AREA_IDTR);
CHECK_AREA(entry, AREA_ENTRY);
CHECK_AREA(cr2, AREA_CR2);
CHECK_AREA(idtr32_limit, AREA_IDTR32);
CHECK_AREA(idtr16_limit, AREA_IDTR16);
CHECK_AREA(ivt, AREA_IVT);
_Static_assert(MODE_PAE32 == ASM_MODE_PAE32 && MODE_REAL == ASM_MODE_REAL, "enum cpu_mode");
_Static_assert(MODE_CODE_ADDRESS == LOW_CODE && MODE_DATA_ADDRESS == LOW_DATA, "low memory");

void user_enter(guest_call_fn *fn, void *arg, uint64_t stack, uint64_t rflags)
    __attribute__((noreturn));
void compat_user_enter(void) __attribute__((noreturn));
void compat_call(void);
void legacy_call(void);
extern const char legacy_stubs[], legacy_pass[], real_stub[], real_stub_end[], real_vectors[];
extern uint64_t pae_pdpt[4];

uint64_t pae_pdpt[4] __attribute__((aligned(32)));
static struct gate32 idt32[ALL_VECTORS];
static struct spinlock lock;

static struct mode_area *area(void)
{
    return virt_of(LOW_AREA);
}

static struct gate32 gate32(const char *handler, unsigned int offset)
{
    uint32_t address = (uint32_t)phys_of(handler) + offset;

    return (struct gate32){ (uint16_t)address, SEL_CODE32, 0, GATE32_INTERRUPT,
                            (uint16_t)(address >> 16) };
}

/* Interrupts are disabled in these modes. One that comes all the same is the last one again
   (guest/interrupt.h), and is passed over. */
static void fill_vectors(void)
{
    for (unsigned int i = 0; i < LEGACY_VECTORS; i++) {
        uint32_t offset = (uint32_t)(real_vectors - real_stub) + i * REAL_STUB_SIZE;

        idt32[i] = gate32(legacy_stubs, i * LEGACY_STUB_SIZE);
        area()->ivt[i] = (struct real_vector){ (uint16_t)offset, LOW_STUB >> 4 };
    }
    for (unsigned int i = LEGACY_VECTORS; i < ALL_VECTORS; i++)
        idt32[i] = gate32(legacy_pass, 0);
    area()->idtr32_limit = sizeof(idt32) - 1;
    area()->idtr32_base = (uint32_t)phys_of(idt32);
    area()->idtr16_limit = sizeof(area()->ivt) - 1;
    area()->idtr16_base = AREA_IVT;
}

void mode_init(void)
{
    paging_protect(LOW_START, LOW_END - LOW_START, MAP_WRITE | MAP_USER);
    memset(virt_of(LOW_START), 0, LOW_END - LOW_START);
    memcpy(virt_of(LOW_STUB), real_stub, (size_t)(real_stub_end - real_stub));
    fill_vectors();
}

bool mode_take_return(struct trap_frame *frame)
{
    struct cpu *cpu = this_cpu();

    if (frame->vector != VECTOR_USER_RETURN || cpu->catcher == NULL)
        return false;
    if (frame->rip != (uintptr_t)user_returned && frame->rip != (uintptr_t)compat_user_returned)
        return false;
    cpu->priv->user_result = frame->rax;
    fault_resume(frame, cpu->catcher, 2);
    return true;
}

/* Enters user code by @p enter; it comes back by a fault or by VECTOR_USER_RETURN. */
static struct fault run_at_cpl3(void (*enter)(void *context), void *context)
{
    struct cpu *cpu = this_cpu();
    struct guest_jmp *outer = cpu->catcher;
    struct guest_jmp jmp;
    int how = guest_setjmp(&jmp);

    if (how == 0) {
        cpu->catcher = &jmp;
        enter(context);
    }
    cpu->catcher = outer;
    return how == 2 ? (struct fault){ .raised = false } : cpu->fault;
}

struct user_call {
    guest_call_fn *fn;
    void *arg;
};

static void enter_user(void *context)
{
    struct user_call *call = context;
    struct cpu_private *priv = this_cpu()->priv;

    user_enter(call->fn, call->arg, phys_of(priv->user_stack + sizeof(priv->user_stack)),
               read_rflags());
}

struct fault run_user(guest_call_fn *fn, void *arg, uint64_t *result)
{
    struct user_call call = { fn, arg };
    struct fault fault = run_at_cpl3(enter_user, &call);

    if (!fault.raised && result != NULL)
        *result = this_cpu()->priv->user_result;
    return fault;
}

bool mode_usable(enum cpu_mode mode)
{
    return mode != MODE_PAE32 || !boot_option("no-pae32", NULL, 0);
}

const char *mode_name(enum cpu_mode mode)
{
    static const char *const names[MODE_COUNT] = { "compat-cpl0", "compat-cpl3", "protected32",
                                                   "pae32", "real" };

    return (unsigned int)mode < MODE_COUNT ? names[mode] : "?";
}

static uint64_t call_compat(void *unused)
{
    (void)unused;
    compat_call();
    return 0;
}

static void enter_compat_user(void *unused)
{
    (void)unused;
    compat_user_enter();
}

/* Anew for each run: QEMU's TCG sets the accessed bit in these entries, which is reserved there
 * (AMD APM vol. 2, 5.2.3); a hypervisor under it, such as KVM, then refuses them. */
static void fill_pae_pdpt(void)
{
    for (unsigned int i = 0; i < 4; i++)
        pae_pdpt[i] = phys_of(boot_pd + 512 * i) | PDPTE_PRESENT;
}

/* Faults outside long mode do not pass through the IDT of 64-bit mode. */
static struct fault run_legacy(enum cpu_mode mode)
{
    struct mode_area *a = area();
    uint64_t cr4 = read_cr4();
    struct fault fault = { .raised = false };

    fill_pae_pdpt();
    a->mode = mode;
    a->raised = 0;
    write_cr4(cr4 & ~(uint64_t)CR4_PCIDE);
    a->cr0 = read_cr0();
    a->cr3 = read_cr3();
    a->cr4 = read_cr4();
    a->efer = rdmsr(MSR_EFER) & ~(uint64_t)EFER_LMA;
    a->fs_base = rdmsr(MSR_FS_BASE);
    a->gs_base = rdmsr(MSR_GS_BASE);
    __asm__ volatile("sidt %0" : "=m"(a->idtr));
    legacy_call();
    write_cr4(cr4);
    if (a->raised != 0) {
        fault = (struct fault){ true, (uint8_t)a->vector, a->error, a->eip,
                                a->vector == VECTOR_PF ? a->cr2 : 0 };
    }
    return fault;
}

static struct fault run_in(enum cpu_mode mode)
{
    switch (mode) {
    case MODE_COMPAT_CPL0:
        return safe_call(call_compat, NULL, NULL);
    case MODE_COMPAT_CPL3:
        return run_at_cpl3(enter_compat_user, NULL);
    default:
        return run_legacy(mode);
    }
}

struct fault run_mode(enum cpu_mode mode, const void *code, size_t size, struct regs32 *regs)
{
    struct mode_area *a = area();
    struct fault fault;
    bool interrupts;

    if (size > MODE_CODE_SIZE)
        guest_panic("run_mode: %zu bytes of code", size);
    if (!mode_usable(mode))
        guest_panic("run_mode: %s with no-pae32 on the command line", mode_name(mode));
    spin_lock(&lock);
    interrupts = irq_save();
    memcpy(virt_of(LOW_CODE), code, size);
    memset((uint8_t *)virt_of(LOW_CODE) + size, NEAR_RET, 1);
    a->entry = LOW_CODE;
    a->regs = *regs;
    a->regs.eflags = (regs->eflags & EFLAGS_ARITHMETIC) | 2;
    fault = run_in(mode);
    if (!fault.raised)
        *regs = a->regs;
    irq_restore(interrupts);
    spin_unlock(&lock);
    return fault;
}
