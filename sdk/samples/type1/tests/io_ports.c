/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * PM1a control as a root partition sees it through the hypervisor's I/O permission map: it can be
 * read and written in each way that the processor has, it does not put the machine to sleep, and it
 * powers off. The SLP_TYP that the kernel tries is QEMU's for S3, from which nothing would wake the
 * machine.
 */
#include <guest/guest.h>

#define FADT_PM1A_CNT 64
#define BM_RLD        0x0002u
#define SLP_EN        0x2000u
#define SLP_TYP       0x1C00u
#define SLP_TYP_S3    0x0400u
#define DR6_STEP      (1u << 14)
#define SENTINEL      0x1122334455667788u

static unsigned int failures;
static uint64_t stepped_rip, stepped_dr6;

static void check(bool good, const char *what)
{
    printf("%s: %s\n", good ? "ok" : "not ok", what);
    if (!good)
        failures++;
}

static uint16_t pm1a_control(void)
{
    const uint8_t *fadt = acpi_find("FACP");
    uint32_t port;

    if (fadt == NULL)
        guest_panic("no FADT");
    memcpy(&port, fadt + FADT_PM1A_CNT, sizeof(port));
    return (uint16_t)port;
}

#define IN(insn, port, rax) __asm__ volatile(insn : "+a"(rax) : "d"(port) : "memory")

/* The register's own value can be compared for its first byte and its two bytes alone: QEMU does
 * not have the other accesses, or, by version, has them otherwise. */
static void test_reads(uint16_t port)
{
    uint64_t byte = SENTINEL, high = SENTINEL, word = SENTINEL, dword = SENTINEL, across = SENTINEL;
    uint16_t before = inw(port);
    uint16_t value = (uint16_t)((before & ~SLP_TYP) | SLP_TYP_S3 | BM_RLD);

    outw(port, value);
    IN("inb %%dx, %%al", port, byte);
    IN("inb %%dx, %%al", (uint16_t)(port + 1), high);
    IN("inw %%dx, %%ax", port, word);
    IN("inl %%dx, %%eax", port, dword);
    IN("inl %%dx, %%eax", (uint16_t)(port - 2), across);
    outw(port, before);
    check(byte == ((SENTINEL & ~UINT64_C(0xff)) | (value & 0xff)), "the low byte, the rest of RAX");
    check(high >> 8 == SENTINEL >> 8, "the high byte leaves the rest of RAX");
    check(word == ((SENTINEL & ~UINT64_C(0xffff)) | value), "the word, the rest of RAX");
    check(dword >> 32 == 0, "a doubleword clears the rest of RAX");
    check(across >> 32 == 0, "so does one across the beginning");
}

/* That the machine is awake shows here, and what was written of value: all but SLP_EN. */
static void check_awake(uint16_t port, uint16_t before, bool written, const char *what)
{
    check(written, what);
    outw(port, before);
    check(inw(port) == before, "and it is restored");
}

static void test_sleep(uint16_t port)
{
    uint16_t before = inw(port), after;
    uint16_t awake = (uint16_t)((before & ~SLP_TYP) | SLP_TYP_S3);
    uint16_t sleep = awake | SLP_EN;

    outw(port, sleep);
    check_awake(port, before, inw(port) == awake, "no sleep by a word");
    /* QEMU before 8.0 takes the byte for the whole register. */
    outb((uint16_t)(port + 1), (uint8_t)(sleep >> 8));
    after = inw(port);
    check_awake(port, before, after == awake || after == awake >> 8, "no sleep by the high byte");
    /* QEMU may ignore it. */
    outl(port, sleep);
    after = inw(port);
    check_awake(port, before, after == awake || after == before, "no sleep by a doubleword");
}

static uint64_t write_string(void *arg)
{
    static const uint16_t word = SLP_TYP_S3 | SLP_EN;
    const void *from = &word;

    __asm__ volatile("outsw" : "+S"(from) : "d"(*(const uint16_t *)arg) : "memory");
    return 0;
}

static uint64_t repeat_string(void *arg)
{
    static const uint16_t words[2] = { SLP_TYP_S3 | SLP_EN, SLP_TYP_S3 | SLP_EN };
    const void *from = words;
    uint64_t count = 2;

    __asm__ volatile("rep outsw"
                     : "+S"(from), "+c"(count)
                     : "d"(*(const uint16_t *)arg)
                     : "memory");
    return 0;
}

static uint64_t read_string(void *arg)
{
    uint16_t word;
    void *to = &word;

    __asm__ volatile("insw" : "+D"(to) : "d"(*(const uint16_t *)arg) : "memory");
    return 0;
}

static void test_strings(uint16_t port)
{
    static const struct {
        guest_call_fn *fn;
        const char *what;
    } cases[] = {
        { write_string, "OUTS raises #GP(0)" },
        { repeat_string, "REP OUTS raises #GP(0)" },
        { read_string, "INS raises #GP(0)" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fault fault = safe_call(cases[i].fn, &port, NULL);

        check(fault.raised && fault.vector == VECTOR_GP && fault.error == 0, cases[i].what);
    }
}

static void on_step(struct trap_frame *frame, void *arg)
{
    (void)arg;
    stepped_rip = frame->rip;
    __asm__ volatile("mov %%dr6, %0" : "=r"(stepped_dr6));
    frame->rflags &= ~(uint64_t)RFLAGS_TF;
}

/* The trap comes right behind the instruction, not one later. */
static void test_step(uint16_t port)
{
    uint64_t behind, ignored;

    register_interrupt(VECTOR_DB, on_step, NULL);
    __asm__ volatile("lea 1f(%%rip), %0\n"
                     "pushfq\n"
                     "orl %3, (%%rsp)\n"
                     "popfq\n"
                     "inw %%dx, %%ax\n"
                     "1: nop\n"
                     "nop\n"
                     : "=&r"(behind), "=&a"(ignored)
                     : "d"(port), "i"(RFLAGS_TF)
                     : "memory", "cc");
    register_interrupt(VECTOR_DB, NULL, NULL);
    check(stepped_rip == behind, "a single step ends behind IN");
    check((stepped_dr6 & DR6_STEP) != 0, "DR6 tells of the step");
}

int guest_main(const struct guest_boot_info *boot)
{
    uint16_t port = pm1a_control();

    (void)boot;
    printf("PM1a control is at port 0x%x\n", port);
    test_reads(port);
    test_sleep(port);
    test_strings(port);
    test_step(port);
    if (failures != 0)
        return 1;
    printf("io ports: done\n");
    console_drain();
    guest_power_off();
    printf("not ok: still on\n");
    return 1;
}
