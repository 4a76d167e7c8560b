/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <worker/report.h>

#include <stddef.h>

#include "text.h"

/* A report on its way. */
struct report {
    const struct worker_machine *machine;
    const struct worker_report_sink *sink;
    uint32_t vp_index;
    struct worker_text text;
};

struct name {
    uint32_t number;
    const char *text;
};

#define NAMES(table) (sizeof(table) / sizeof((table)[0]))

static void put_line(struct report *report)
{
    report->sink->line(report->sink->context, report->text.bytes);
    worker_text_clear(&report->text);
}

/* ---- Why ---- */

static const char *name_of(const struct name *names, size_t count, uint32_t number)
{
    for (size_t i = 0; i < count; i++)
        if (names[i].number == number)
            return names[i].text;
    return NULL;
}

/* The intercept that ended it all is the last one. */
static void put_reason(struct report *report)
{
    const struct worker_machine *machine = report->machine;
    const struct worker_past *last = worker_history_get(&machine->history, 0);
    enum worker_result result = last ? last->result : WORKER_GOES_ON;

    worker_text_add(&report->text, "machine: ");
    if (machine->state == WORKER_MACHINE_OFF) {
        worker_text_add(&report->text, "switched off by the guest");
    } else if (machine->state == WORKER_MACHINE_RESETS) {
        worker_text_add(&report->text, "reset by the guest");
    } else if (result == WORKER_TRIPLE_FAULT) {
        worker_text_add(&report->text, "triple fault of VP ");
        worker_text_add_decimal(&report->text, last->vp_index);
    } else if (result == WORKER_UNSUPPORTED) {
        worker_text_add(&report->text, machine->guest.reason);
    } else if (result == WORKER_FAILED) {
        worker_text_add(&report->text, "the hypervisor refused with status 0x");
        worker_text_add_hex(&report->text, machine->guest.status, 4);
    } else {
        worker_text_add(&report->text, "running");
    }
    put_line(report);
}

/* ---- Registers ---- */

static bool get_register(const struct report *report, uint32_t name, union hv_register_value *value)
{
    const struct worker_vid *vid = report->machine->config.vid;

    return vid->get_registers(vid->context, report->vp_index, &name, value, 1) == HV_STATUS_SUCCESS;
}

static void put_field(struct report *report, const char *label, uint64_t value, unsigned digits)
{
    worker_text_add(&report->text, label);
    worker_text_add_hex(&report->text, value, digits);
}

/* Three to a line. */
static void put_registers(struct report *report, const struct name *names, uint32_t count)
{
    union hv_register_value value;
    uint32_t shown = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (!get_register(report, names[i].number, &value))
            continue;
        worker_text_add(&report->text, report->text.length ? " " : "  ");
        worker_text_add(&report->text, names[i].text);
        put_field(report, " ", value.reg64, 16);
        if (++shown % 3 == 0)
            put_line(report);
    }
    if (report->text.length)
        put_line(report);
}

static void put_segments(struct report *report, const struct name *names, uint32_t count)
{
    union hv_register_value value;

    for (uint32_t i = 0; i < count; i++) {
        if (!get_register(report, names[i].number, &value))
            continue;
        worker_text_add(&report->text, "  ");
        worker_text_add(&report->text, names[i].text);
        put_field(report, " ", value.segment.selector, 4);
        put_field(report, " base ", value.segment.base, 16);
        put_field(report, " limit ", value.segment.limit, 8);
        put_field(report, " attributes ", value.segment.attributes, 4);
        put_line(report);
    }
}

static void put_tables(struct report *report, const struct name *names, uint32_t count)
{
    union hv_register_value value;

    for (uint32_t i = 0; i < count; i++) {
        if (!get_register(report, names[i].number, &value))
            continue;
        worker_text_add(&report->text, "  ");
        worker_text_add(&report->text, names[i].text);
        put_field(report, " base ", value.table.base, 16);
        put_field(report, " limit ", value.table.limit, 4);
        put_line(report);
    }
}

static void put_state(struct report *report)
{
    static const struct name registers[] = {
        { HvX64RegisterRip, "rip" }, { HvX64RegisterRflags, "flg" }, { HvX64RegisterRsp, "rsp" },
        { HvX64RegisterRax, "rax" }, { HvX64RegisterRbx, "rbx" },    { HvX64RegisterRcx, "rcx" },
        { HvX64RegisterRdx, "rdx" }, { HvX64RegisterRsi, "rsi" },    { HvX64RegisterRdi, "rdi" },
        { HvX64RegisterRbp, "rbp" }, { HvX64RegisterR8, "r8 " },     { HvX64RegisterR9, "r9 " },
        { HvX64RegisterR10, "r10" }, { HvX64RegisterR11, "r11" },    { HvX64RegisterR12, "r12" },
        { HvX64RegisterR13, "r13" }, { HvX64RegisterR14, "r14" },    { HvX64RegisterR15, "r15" },
        { HvX64RegisterCr0, "cr0" }, { HvX64RegisterCr2, "cr2" },    { HvX64RegisterCr3, "cr3" },
        { HvX64RegisterCr4, "cr4" }, { HvX64RegisterEfer, "efr" },
    };
    static const struct name segments[] = {
        { HvX64RegisterCs, "cs" },
        { HvX64RegisterSs, "ss" },
        { HvX64RegisterDs, "ds" },
        { HvX64RegisterTr, "tr" },
    };
    static const struct name tables[] = {
        { HvX64RegisterGdtr, "gdt" },
        { HvX64RegisterIdtr, "idt" },
    };

    worker_text_add(&report->text, "registers of VP ");
    worker_text_add_decimal(&report->text, report->vp_index);
    worker_text_add(&report->text, ":");
    put_line(report);
    put_registers(report, registers, NAMES(registers));
    put_segments(report, segments, NAMES(segments));
    put_tables(report, tables, NAMES(tables));
}

/* Only if the guest has said something: all of them are zero at first. */
static void put_guest_crash(struct report *report)
{
    static const struct name parameters[] = {
        { HvRegisterGuestCrashP0, "p0 " }, { HvRegisterGuestCrashP1, "p1 " },
        { HvRegisterGuestCrashP2, "p2 " }, { HvRegisterGuestCrashP3, "p3 " },
        { HvRegisterGuestCrashP4, "p4 " },
    };
    union hv_register_value value;
    uint64_t all = 0;

    for (uint32_t i = 0; i < NAMES(parameters); i++)
        if (get_register(report, parameters[i].number, &value))
            all |= value.reg64;
    if (all == 0)
        return;
    worker_text_add(&report->text, "the guest says of its crash:");
    put_line(report);
    put_registers(report, parameters, NAMES(parameters));
}

/* ---- Intercepts ---- */

static const char *kind_of(const struct worker_past *past)
{
    static const struct name names[] = {
        { HvMessageTypeX64IoPortIntercept, "port" },
        { HvMessageTypeUnmappedGpa, "memory" },
        { HvMessageTypeGpaIntercept, "memory" },
        { HvMessageTypeMsrIntercept, "MSR" },
        { HvMessageTypeX64CpuidIntercept, "CPUID" },
        { HvMessageTypeX64Halt, "HLT" },
        { HvMessageTypeX64ApicEoi, "end of interrupt" },
        { HvMessageTypeUnrecoverableException, "triple fault" },
    };
    const char *name = name_of(names, NAMES(names), past->type);

    if (past->type == 0)
        return past->is_port ? "port" : "memory";
    return name ? name : "unknown";
}

static void put_past(struct report *report, const struct worker_past *past)
{
    struct worker_text *text = &report->text;

    worker_text_add(text, "  VP ");
    worker_text_add_decimal(text, past->vp_index);
    worker_text_add(text, " rip ");
    worker_text_add_hex(text, past->rip, 16);
    worker_text_add(text, " ");
    worker_text_add(text, kind_of(past));
    worker_text_add(text, past->is_write ? " write " : " ");
    worker_text_add_hex(text, past->address, past->address > UINT16_MAX ? 16 : 4);
    if (past->repeats) {
        worker_text_add(text, ", ");
        worker_text_add_decimal(text, (uint64_t)past->repeats + 1);
        worker_text_add(text, " times");
    }
    put_line(report);
}

void worker_report(const struct worker_machine *machine, uint32_t vp_index,
                   const struct worker_report_sink *sink)
{
    struct report report = { .machine = machine, .sink = sink, .vp_index = vp_index };
    const struct worker_past *past;

    put_reason(&report);
    put_state(&report);
    put_guest_crash(&report);
    worker_text_add(&report.text, "last intercepts:");
    put_line(&report);
    for (uint32_t age = 0; (past = worker_history_get(&machine->history, age)) != NULL; age++)
        put_past(&report, past);
}
