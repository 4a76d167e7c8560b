/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <worker/machine.h>

#include "devices.h"
#include "layout.h"
#include "lines.h"
#include "tables.h"

static bool is_possible(const struct worker_machine_config *config)
{
    return config->ram_size >= WORKER_LEAST_RAM && config->ram_size % HV_PAGE_SIZE == 0 &&
           config->ram_size <= UINT64_MAX / 2 && config->vp_count != 0;
}

hv_status worker_machine_init(struct worker_machine *machine,
                              const struct worker_machine_config *config)
{
    hv_status status;

    *machine = (struct worker_machine){ .config = *config, .state = WORKER_MACHINE_RUNS };
    if (!is_possible(config))
        return HV_STATUS_INVALID_PARAMETER;
    worker_guest_init(&machine->guest, config->vid);
    worker_history_init(&machine->history);
    worker_lines_init(machine);
    if (!worker_devices_init(machine, config->vid->now(config->vid->context)))
        return HV_STATUS_INSUFFICIENT_MEMORY;
    status = worker_layout_init(machine);
    if (status != HV_STATUS_SUCCESS)
        return status;
    return worker_tables_write(machine) ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_PARAMETER;
}

const char *worker_machine_load(struct worker_machine *machine, const struct worker_kernel *kernel)
{
    struct worker_kernel here = *kernel;

    here.rsdp = WORKER_TABLES;
    return worker_load(&machine->guest.memory, &machine->map, &here, &machine->start);
}

hv_status worker_machine_start(struct worker_machine *machine)
{
    const struct worker_vid *vid = machine->config.vid;
    hv_status status = HV_STATUS_SUCCESS;

    /* The first VP starts the others, so they are to be ready for it. */
    for (uint32_t vp = machine->config.vp_count; vp-- > 0 && status == HV_STATUS_SUCCESS;)
        status = vid->resume(vid->context, vp, machine->start.registers,
                             vp == 0 ? machine->start.count : 0);
    return status;
}

/* ---- Running ---- */

/* What keeps a VP from going on ends all of them. */
static void suspend_all(struct worker_machine *machine)
{
    const struct worker_vid *vid = machine->config.vid;

    for (uint32_t vp = 0; vp < machine->config.vp_count; vp++)
        vid->suspend(vid->context, vp);
}

/* The hypervisor's register for it (TLFS: HV_X64_MSR_RESET) is the parent's to obey. */
static bool is_reset(const struct hv_message *message)
{
    const struct hv_x64_msr_intercept_message *msr = (const void *)message->payload;

    return message->header.message_type == HvMessageTypeMsrIntercept &&
           message->header.payload_size >= sizeof(*msr) && msr->msr_number == HV_X64_MSR_RESET &&
           msr->header.intercept_access_type == HV_INTERCEPT_ACCESS_WRITE &&
           (msr->rax & HV_X64_MSR_RESET_RESET);
}

static enum worker_result handle(struct worker_machine *machine, const struct hv_message *message,
                                 uint64_t now)
{
    if (!is_reset(message))
        return worker_guest_message(&machine->guest, message, now);
    machine->state = WORKER_MACHINE_RESETS;
    return WORKER_STOPPED;
}

/* What has become of the intercept that was remembered last. */
static enum worker_machine_state conclude(struct worker_machine *machine, enum worker_result result)
{
    worker_history_conclude(&machine->history, result);
    if (result != WORKER_GOES_ON && result != WORKER_STOPPED)
        machine->state = WORKER_MACHINE_CRASHED;
    if (machine->state != WORKER_MACHINE_RUNS)
        suspend_all(machine);
    return machine->state;
}

/* It is remembered first: where it was, there may be the next when the VP has been resumed. */
enum worker_machine_state worker_machine_message(struct worker_machine *machine, uint32_t vp_index,
                                                 const struct hv_message *message, uint64_t now)
{
    if (machine->state != WORKER_MACHINE_RUNS)
        return machine->state;
    worker_history_add_message(&machine->history, vp_index, message);
    return conclude(machine, handle(machine, message, now));
}

enum worker_machine_state worker_machine_access(struct worker_machine *machine, uint32_t vp_index,
                                                const struct worker_access *access, uint64_t now)
{
    if (machine->state != WORKER_MACHINE_RUNS)
        return machine->state;
    worker_history_add_access(&machine->history, vp_index, access);
    return conclude(machine, worker_guest_access(&machine->guest, vp_index, access, now));
}

enum worker_machine_state worker_machine_intercept(struct worker_machine *machine,
                                                   struct worker_intercept *intercept, uint64_t now)
{
    if (intercept->kind == WORKER_INTERCEPT_ACCESS)
        return worker_machine_access(machine, intercept->vp_index, &intercept->access, now);
    return worker_machine_message(machine, intercept->vp_index, &intercept->message, now);
}

enum worker_machine_state worker_machine_advance(struct worker_machine *machine, uint64_t now)
{
    machine->advanced = now;
    worker_devices_advance(machine, now);
    worker_lines_update(machine);
    return machine->state;
}

uint64_t worker_machine_deadline(const struct worker_machine *machine)
{
    uint64_t due = worker_devices_deadline(machine);
    uint64_t earliest = machine->advanced + WORKER_LEAST_WAIT;

    return due < earliest ? earliest : due;
}

enum worker_machine_state worker_machine_step(struct worker_machine *machine)
{
    const struct worker_vid *vid = machine->config.vid;
    struct worker_intercept intercept;

    worker_machine_advance(machine, vid->now(vid->context));
    if (vid->next(vid->context, worker_machine_deadline(machine), &intercept))
        return worker_machine_intercept(machine, &intercept, vid->now(vid->context));
    return machine->state;
}

void worker_machine_flush(struct worker_machine *machine)
{
    worker_devices_flush(machine);
}

void worker_machine_press_power_button(struct worker_machine *machine, uint64_t now)
{
    hv_acpi_pm_advance(&machine->pm, now);
    hv_acpi_pm_press_power_button(&machine->pm);
    worker_lines_update_sci(machine);
}
