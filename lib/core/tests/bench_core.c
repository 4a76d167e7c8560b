/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What operations take in lib/core alone: each is made ready, tried once, made ready again and run
 * in measured(), which callgrind is told to count (./hvkit bench; docs/bench.md).
 *
 *   bench_core            the names of the operations
 *   bench_core OPERATION  runs one; fails if it does not do what it should
 */
#include <stdio.h>
#include <string.h>

#include <hv/interrupt.h>

#include "apic_bits.h"
#include "core.h"
#include "fake_platform.h"

#define VPS       8
#define VECTOR    0x40
#define SINT      4
#define INPUT_GPA UINT64_C(0x10000)
#define SIMP_GPA  UINT64_C(0x20000)
#define FAST      (UINT64_C(1) << 16)
#define FAR_AWAY  UINT64_C(1000000000) /* units of 100 ns */

struct operation {
    const char *name;
    void (*prepare)(void); /* fills exit and what it needs */
    void (*run)(void);
    bool (*is_done)(void); /* whether it did what it should */
};

static struct fake_platform fake;
static struct hv_vp *vps[VPS];
static struct hv_exit exit_of_guest;

void measured(void (*run)(void));

/* callgrind counts what is executed between its entry and its end. */
void __attribute__((noinline)) measured(void (*run)(void))
{
    run();
}

static void run_exit(void)
{
    hv_vp_exit(vps[0], &exit_of_guest);
}

static uint64_t *gprs(void)
{
    return fake_vp(vps[0])->gprs.gpr;
}

static void begin(enum hv_exit_reason reason)
{
    fake_vp(vps[0])->injected = false;
    exit_of_guest = (struct hv_exit){ .reason = reason,
                                      .instruction_length = 2,
                                      .gprs = &fake_vp(vps[0])->gprs };
}

static bool no_exception(void)
{
    return !fake_vp(vps[0])->injected;
}

/* ---- Exits ---- */

static void prepare_cpuid(void)
{
    begin(HV_EXIT_CPUID);
    gprs()[HV_GPR_RAX] = HV_CPUID_VENDOR_AND_MAX_FUNCTION;
}

static bool is_vendor(void)
{
    return (uint32_t)gprs()[HV_GPR_RBX] == HV_VENDOR_EBX;
}

static void prepare_time(void)
{
    begin(HV_EXIT_MSR_READ);
    gprs()[HV_GPR_RCX] = HV_X64_MSR_TIME_REF_COUNT;
}

static void prepare_write(uint32_t msr, uint64_t value)
{
    begin(HV_EXIT_MSR_WRITE);
    gprs()[HV_GPR_RCX] = msr;
    gprs()[HV_GPR_RDX] = value >> 32;
    gprs()[HV_GPR_RAX] = (uint32_t)value;
}

/* ---- Hypercalls ---- */

static void prepare_call(uint64_t control, uint64_t rdx, uint64_t r8)
{
    begin(HV_EXIT_HYPERCALL);
    exit_of_guest.hypercall.protected_mode = true;
    exit_of_guest.hypercall.long_mode = true;
    gprs()[HV_GPR_RCX] = control;
    gprs()[HV_GPR_RDX] = rdx;
    gprs()[HV_GPR_R8] = r8;
}

static bool has_succeeded(void)
{
    return no_exception() && (uint16_t)gprs()[HV_GPR_RAX] == HV_STATUS_SUCCESS;
}

static void prepare_ipi(uint64_t mask)
{
    struct hv_input_send_synthetic_cluster_ipi input = { .vector = VECTOR, .processor_mask = mask };

    for (unsigned i = 0; i < VPS; i++) {
        hv_vp_prepare(vps[i]);
        hv_interrupt_poll(vps[i], fake.tsc);
        if (hv_interrupt_view(vps[i])->vector != HV_INTERRUPT_NONE) {
            hv_interrupt_accept(vps[i], VECTOR);
            fake_wrmsr(vps[i], HV_X64_MSR_EOI, 0);
        }
    }
    memcpy(fake_page(&fake, INPUT_GPA >> 12), &input, sizeof(input));
    prepare_call(HvCallSendSyntheticClusterIpi, INPUT_GPA, 0);
}

static void prepare_ipi_none(void)
{
    prepare_ipi(0);
}

static void prepare_ipi_none_fast(void)
{
    prepare_call(HvCallSendSyntheticClusterIpi | FAST, VECTOR, 0);
}

static void prepare_ipi_1(void)
{
    prepare_ipi(2);
}

static void prepare_ipi_8(void)
{
    prepare_ipi((1u << VPS) - 1);
}

static void prepare_flush(uint64_t mask)
{
    struct hv_input_flush_virtual_address_space input = { .flags =
                                                              HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES,
                                                          .processor_mask = mask };

    memcpy(fake_page(&fake, INPUT_GPA >> 12), &input, sizeof(input));
    prepare_call(HvCallFlushVirtualAddressSpace, INPUT_GPA, 0);
}

static void prepare_flush_1(void)
{
    prepare_flush(2);
}

static void prepare_flush_8(void)
{
    prepare_flush((1u << VPS) - 1);
}

static void prepare_flush_list(uint64_t mask)
{
    const struct {
        struct hv_input_flush_virtual_address_space header;
        uint64_t range;
    } input = { { .flags = HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES, .processor_mask = mask },
                0x400000 };
    struct hv_flush done;

    for (unsigned i = 0; i < VPS; i++)
        hv_flush_queue_take(&fake_vp(vps[i])->flushes, &done);
    memcpy(fake_page(&fake, INPUT_GPA >> 12), &input, sizeof(input));
    prepare_call(HvCallFlushVirtualAddressList | UINT64_C(1) << HV_HYPERCALL_REP_COUNT_SHIFT,
                 INPUT_GPA, 0);
}

static void prepare_flush_list_1(void)
{
    prepare_flush_list(2);
}

static void prepare_flush_list_8(void)
{
    prepare_flush_list((1u << VPS) - 1);
}

/* ---- Interrupts ---- */

static void prepare_self_ipi(void)
{
    prepare_ipi(0);
    prepare_write(HV_X64_MSR_ICR, 0x44000 | VECTOR);
}

static void take_interrupt(void)
{
    hv_interrupt_poll(vps[0], fake.tsc);
    if (hv_interrupt_view(vps[0])->vector == VECTOR)
        hv_interrupt_accept(vps[0], VECTOR);
}

static void run_self_ipi(void)
{
    run_exit();
    take_interrupt();
}

static void end_interrupt(void)
{
    fake_wrmsr(vps[0], HV_X64_MSR_EOI, 0);
}

static bool is_in_service(void)
{
    bool in_service = hv_apic_test(vps[0]->apic.isr, VECTOR);

    end_interrupt();
    return in_service;
}

static void prepare_eoi(void)
{
    prepare_self_ipi();
    run_self_ipi();
    prepare_write(HV_X64_MSR_EOI, 0);
}

static bool is_out_of_service(void)
{
    return !hv_apic_test(vps[0]->apic.isr, VECTOR);
}

/* ---- Timers ---- */

static void configure(uint64_t config)
{
    fake_wrmsr(vps[0], HV_X64_MSR_STIMER0_CONFIG, 0);
    fake_wrmsr(vps[0], HV_X64_MSR_STIMER0_CONFIG, config | HV_X64_MSR_STIMER_CONFIG_AUTO_ENABLE);
}

static void configure_direct(void)
{
    configure(HV_X64_MSR_STIMER_CONFIG_DIRECT_MODE |
              (uint64_t)VECTOR << HV_X64_MSR_STIMER_CONFIG_APIC_VECTOR_SHIFT);
}

static void configure_message(void)
{
    struct hv_message_page *messages;

    fake_wrmsr(vps[0], HV_X64_MSR_SCONTROL, HV_X64_MSR_SCONTROL_ENABLE);
    fake_wrmsr(vps[0], HV_X64_MSR_SIMP, SIMP_GPA | HV_X64_MSR_PAGE_ENABLE);
    fake_wrmsr(vps[0], HV_X64_MSR_SINT0 + SINT, VECTOR);
    messages = vps[0]->synic.message_page.page;
    messages->sint_message[SINT].header.message_type = HvMessageTypeNone;
    configure((uint64_t)SINT << HV_X64_MSR_STIMER_CONFIG_SINTX_SHIFT);
}

static void prepare_arm(void)
{
    configure_direct();
    prepare_write(HV_X64_MSR_STIMER0_COUNT, FAR_AWAY);
}

static bool is_armed(void)
{
    uint64_t config = 0;

    fake_rdmsr(vps[0], HV_X64_MSR_STIMER0_CONFIG, &config);
    return config & HV_X64_MSR_STIMER_CONFIG_ENABLE;
}

static void let_expire(void)
{
    uint64_t now = 0;

    fake_rdmsr(vps[0], HV_X64_MSR_TIME_REF_COUNT, &now);
    fake_wrmsr(vps[0], HV_X64_MSR_STIMER0_COUNT, now + 1);
    fake.tsc += FAKE_TSC_HZ / 1000;
}

static void prepare_expiry_direct(void)
{
    configure_direct();
    let_expire();
}

static void prepare_expiry_message(void)
{
    configure_message();
    let_expire();
}

static const struct operation operations[] = {
    { "cpuid", prepare_cpuid, run_exit, is_vendor },
    { "time-ref-count", prepare_time, run_exit, no_exception },
    { "hypercall-slow", prepare_ipi_none, run_exit, has_succeeded },
    { "hypercall-fast", prepare_ipi_none_fast, run_exit, has_succeeded },
    { "eoi-msr", prepare_eoi, run_exit, is_out_of_service },
    { "self-ipi", prepare_self_ipi, run_self_ipi, is_in_service },
    { "cluster-ipi-1", prepare_ipi_1, run_exit, has_succeeded },
    { "cluster-ipi-8", prepare_ipi_8, run_exit, has_succeeded },
    { "flush-1", prepare_flush_1, run_exit, has_succeeded },
    { "flush-8", prepare_flush_8, run_exit, has_succeeded },
    { "flush-list-1", prepare_flush_list_1, run_exit, has_succeeded },
    { "flush-list-8", prepare_flush_list_8, run_exit, has_succeeded },
    { "timer-arm-direct", prepare_arm, run_exit, is_armed },
    { "timer-expiry-direct", prepare_expiry_direct, take_interrupt, is_in_service },
    { "timer-expiry-message", prepare_expiry_message, take_interrupt, is_in_service },
};

static void make_machine(void)
{
    struct hv_partition *partition;

    fake_platform_init(&fake);
    partition = fake_partition(&fake);
    atomic_store(&partition->guest_os_id, 1);
    for (uint32_t i = 0; i < VPS; i++) {
        vps[i] = fake_vp_create(&fake, partition, i);
        hv_apic_write(&vps[i]->apic, HV_APIC_SVR, 0x1FF, 0);
    }
}

static int run(const struct operation *operation)
{
    bool done;

    make_machine();
    operation->prepare();
    operation->run();
    done = operation->is_done();
    operation->prepare();
    measured(operation->run);
    done = operation->is_done() && done;
    fake_platform_destroy(&fake);
    return done ? 0 : 1;
}

int main(int argc, char **argv)
{
    for (unsigned i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        if (argc < 2)
            puts(operations[i].name);
        else if (strcmp(argv[1], operations[i].name) == 0)
            return run(&operations[i]);
    }
    return argc < 2 ? 0 : 2;
}
