/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* INIT and start-up IPIs: where a CPU begins, in which mode, and what does not disturb it. */
#include "apic_support.h"

#define LAST (cpu_count() - 1)

/*
 * Writes what it finds to CS:0x80, and last the word that says so. Then it waits for an INIT. The
 * stack is where INIT leaves it: the first push goes to 0:0xfffe.
 */
static const uint8_t code[] = {
    0x8c, 0xc8,                               /* mov ax, cs */
    0x2e, 0xa3, 0x80, 0x00,                   /* mov cs:[0x80], ax */
    0xe8, 0x00, 0x00,                         /* call next */
    0x58,                                     /* pop ax */
    0x2e, 0xa3, 0x82, 0x00,                   /* mov cs:[0x82], ax */
    0x0f, 0x01, 0xe0,                         /* smsw ax */
    0x2e, 0xa3, 0x84, 0x00,                   /* mov cs:[0x84], ax */
    0x9c, 0x58,                               /* pushf; pop ax */
    0x2e, 0xa3, 0x86, 0x00,                   /* mov cs:[0x86], ax */
    0x2e, 0xc7, 0x06, 0x88, 0x00, 0x0d, 0x60, /* mov word cs:[0x88], 0x600d */
    0xf4,                                     /* hlt */
    0xeb, 0xfd,                               /* jmp hlt */
};

#define AFTER_CALL 9
#define REPORT     0x80
#define DONE       0x600d

struct report {
    uint16_t cs, ip, msw, flags, done;
};

/* Pages of memory below 640 KiB that nobody uses meanwhile. */
static const uint8_t start_pages[] = { 0x20, 0x31, 0x4a, 0x7f };

#define PAGES sizeof(start_pages)

static uint8_t *page_of(unsigned i)
{
    return virt_of((uint64_t)start_pages[i] << PAGE_SHIFT);
}

static volatile struct report *report_of(unsigned i)
{
    return (volatile struct report *)(void *)(page_of(i) + REPORT);
}

static uint8_t saved[PAGES][REPORT + sizeof(struct report)];

static void put_code(void)
{
    for (unsigned i = 0; i < PAGES; i++) {
        memcpy(saved[i], page_of(i), sizeof(saved[i]));
        memset(page_of(i), 0, sizeof(saved[i]));
        memcpy(page_of(i), code, sizeof(code));
    }
}

static void take_code_away(void)
{
    for (unsigned i = 0; i < PAGES; i++)
        memcpy(page_of(i), saved[i], sizeof(saved[i]));
}

/* INIT, as for a CPU that does not work for the kernel. */
static void stop_again(void)
{
    apic_send_init(cpu_at(LAST)->apic_id);
    udelay(10000);
}

static void send_startup(unsigned i)
{
    apic_send_sipi(cpu_at(LAST)->apic_id, start_pages[i]);
}

/* Again and again, since INIT may take its time on a busy host. */
static bool start_at(unsigned i)
{
    for (unsigned tries = 0; tries < 40 && report_of(i)->done != DONE; tries++) {
        send_startup(i);
        for (uint64_t start = rdtsc(); tsc_to_us(rdtsc() - start) < APIC_WAIT / 40;)
            if (report_of(i)->done == DONE)
                break;
    }
    return report_of(i)->done == DONE;
}

static void bring_back(void)
{
    stop_again();
    apic_restart(LAST);
    take_code_away();
}

HV_TEST(local_apic, a_start_up_ipi_starts_real_mode_at_its_page,
        COVERS(HV_REQ_APIC_034, HV_REQ_APIC_001), NEEDS(.vps = 2),
        "CS is the page, IP is 0, and protection is off")
{
    apic_begin();
    put_code();
    smp_stop(LAST);
    for (unsigned i = 0; i < PAGES; i++) {
        volatile struct report *report = report_of(i);

        if (!CHECK(start_at(i), "page 0x%x: nothing runs there", start_pages[i]))
            break;
        CHECK_EQ(report->cs, start_pages[i] << 8);
        CHECK_EQ(report->ip, AFTER_CALL);
        CHECK((report->msw & 1) == 0, "page 0x%x: protected mode", start_pages[i]);
        CHECK((report->flags & RFLAGS_IF) == 0, "page 0x%x: interrupts are enabled",
              start_pages[i]);
        stop_again();
    }
    bring_back();
}

HV_TEST(local_apic, without_a_start_up_ipi_a_stopped_cpu_waits, COVERS(HV_REQ_APIC_034),
        NEEDS(.vps = 2), "Between INIT and start-up it runs nothing and takes no interrupts")
{
    apic_begin();
    put_code();
    smp_stop(LAST);
    apic_send_ipi(cpu_at(LAST)->apic_id, APIC_MIDDLE);
    CHECK(!smp_join_online(LAST, 20000), "CPU %u runs", LAST);
    for (unsigned i = 0; i < PAGES; i++)
        CHECK_EQ(report_of(i)->done, 0);
    bring_back();
    CHECK_EQ(apic_holders(APIC_MIDDLE), 0);
}

HV_TEST(local_apic, a_start_up_ipi_to_a_running_cpu_does_nothing, COVERS(HV_REQ_APIC_034),
        NEEDS(.vps = 2), "Systems send two of them; the second must not start the CPU anew")
{
    apic_begin();
    put_code();
    send_startup(0);
    udelay(APIC_QUIET);
    CHECK_NO_FAULT(smp_call(LAST, apic_calm, NULL));
    CHECK_EQ(report_of(0)->done, 0);
    smp_stop(LAST);
    CHECK(start_at(1), "page 0x%x: nothing runs there", start_pages[1]);
    send_startup(2);
    udelay(APIC_QUIET);
    CHECK_EQ(report_of(2)->done, 0);
    bring_back();
}
