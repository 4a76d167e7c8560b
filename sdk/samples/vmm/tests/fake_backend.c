/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "fake_backend.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#define COM1           0x3F8u
#define COM1_FIFOS     0x3FAu
#define COM1_LINE      0x3FBu
#define EIGHT_BITS     0x03u
#define PM1A_CONTROL   0x604u
#define SLEEP_S5       0x3400u /* SLP_EN with the type of S5 */
#define RESET_REGISTER 0xCF9u
#define RESET_FULL     0x06u

static bool open_device(void *context, const char *device, struct vmm_trouble *trouble)
{
    struct fake_backend *fake = context;

    return !fake->refuses_open || vmm_trouble(trouble, "%s: it is refused", device);
}

static bool make(void *context, const struct hv_machine *machine, struct vmm_trouble *trouble)
{
    struct fake_backend *fake = context;

    fake->made++;
    return !fake->refuses_make || vmm_trouble(trouble, "no partition for %s", machine->name);
}

static void unmake(void *context)
{
    struct fake_backend *fake = context;

    fake->unmade++;
    fake->running_seen = fake->running;
}

/* ---- Running ---- */

/* Until a signal comes, as a system call that waits. */
static enum vmm_run run_on(struct fake_backend *fake)
{
    const struct timespec time = { .tv_nsec = 20000000 };
    int result;

    fake->running++;
    result = clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
    fake->running--;
    (void)result;
    return VMM_RUN_KICKED;
}

static enum vmm_run out(struct fake_backend *fake, uint32_t vp_index, uint16_t port, uint16_t value,
                        uint8_t size, struct worker_intercept *intercept)
{
    memcpy(fake->bytes[vp_index], &value, sizeof(value));
    intercept->kind = WORKER_INTERCEPT_ACCESS;
    intercept->access = (struct worker_access){ .address = port,
                                                .data = fake->bytes[vp_index],
                                                .count = 1,
                                                .size = size,
                                                .is_port = true,
                                                .is_write = true };
    return VMM_RUN_INTERCEPT;
}

static enum vmm_run send(uint32_t type, struct worker_intercept *intercept)
{
    intercept->kind = WORKER_INTERCEPT_MESSAGE;
    intercept->message.header.message_type = type;
    return VMM_RUN_INTERCEPT;
}

static enum vmm_run run(void *context, uint32_t vp_index, struct worker_intercept *intercept,
                        struct vmm_trouble *trouble)
{
    struct fake_backend *fake = context;
    const struct fake_step *step;

    if (vp_index != 0 || fake->next == fake->step_count)
        return run_on(fake);
    step = &fake->steps[fake->next++];
    switch (step->action) {
    case FAKE_OUT:
        return out(fake, vp_index, step->port, step->value, 1, intercept);
    case FAKE_OUT_WORD:
        return out(fake, vp_index, step->port, step->value, 2, intercept);
    case FAKE_TRIPLE_FAULT:
        return send(HvMessageTypeUnrecoverableException, intercept);
    case FAKE_UNKNOWN:
        return send(0x12345678, intercept);
    case FAKE_FAIL:
        break;
    }
    vmm_trouble(trouble, "it does not run");
    return VMM_RUN_FAILED;
}

static void intercepted(void *context, uint32_t vp_index)
{
    (void)context;
    (void)vp_index;
}

static hv_status prepare(void *context, uint32_t vp_index, const struct worker_register *registers,
                         uint32_t count)
{
    struct fake_backend *fake = context;

    (void)vp_index;
    (void)registers;
    (void)count;
    return fake->refuses_prepare ? HV_STATUS_INVALID_VP_STATE : HV_STATUS_SUCCESS;
}

/* ---- The rest of the VID ---- */

static hv_status map(void *context, uint64_t gpa, void *host, uint64_t size, uint32_t flags)
{
    (void)context;
    (void)gpa;
    (void)host;
    (void)size;
    (void)flags;
    return HV_STATUS_SUCCESS;
}

static hv_status unmap(void *context, uint64_t gpa, uint64_t size)
{
    (void)context;
    (void)gpa;
    (void)size;
    return HV_STATUS_SUCCESS;
}

static hv_status get_registers(void *context, uint32_t vp_index, const uint32_t *names,
                               union hv_register_value *values, uint32_t count)
{
    const struct fake_backend *fake = context;

    (void)vp_index;
    memset(values, 0, count * sizeof(*values));
    for (uint32_t i = 0; i < count; i++) {
        if (names[i] == HvRegisterGuestCrashP0)
            values[i].reg64 = fake->crashed;
        if (names[i] == HvRegisterInternalActivityState && fake->halted)
            values[i].reg64 = HV_INTERNAL_ACTIVITY_HALT_SUSPEND;
    }
    return HV_STATUS_SUCCESS;
}

static hv_status set_registers(void *context, uint32_t vp_index,
                               const struct worker_register *registers, uint32_t count)
{
    return prepare(context, vp_index, registers, count);
}

static hv_status translate(void *context, uint32_t vp_index, uint64_t gva, uint64_t flags,
                           uint64_t *gpa, uint32_t *code)
{
    (void)context;
    (void)vp_index;
    (void)flags;
    *gpa = gva;
    *code = HvTranslateGvaSuccess;
    return HV_STATUS_SUCCESS;
}

static hv_status assert_interrupt(void *context, const struct worker_interrupt *interrupt)
{
    (void)context;
    (void)interrupt;
    return HV_STATUS_SUCCESS;
}

static int ended_file(void *context)
{
    return ((struct fake_backend *)context)->ended_file;
}

static bool take_ended(void *context, uint32_t *vector)
{
    struct fake_backend *fake = context;
    unsigned bits = fake->ended_vectors;

    if (bits == 0)
        return false;
    *vector = 0x30 + (unsigned)__builtin_ctz(bits);
    fake->ended_vectors = bits & (bits - 1);
    return true;
}

void fake_backend_init(struct fake_backend *fake)
{
    memset(fake, 0, sizeof(*fake));
    fake->ended_file = -1;
    fake->backend = (struct vmm_backend){ .context = fake,
                                          .name = "fake",
                                          .device = "/dev/fake",
                                          .open = open_device,
                                          .take_memory = vmm_take_memory,
                                          .give_memory = vmm_give_memory,
                                          .make = make,
                                          .unmake = unmake,
                                          .run = run,
                                          .intercepted = intercepted,
                                          .prepare = prepare,
                                          .map = map,
                                          .unmap = unmap,
                                          .get_registers = get_registers,
                                          .set_registers = set_registers,
                                          .translate = translate,
                                          .assert_interrupt = assert_interrupt,
                                          .ended_file = ended_file,
                                          .take_ended = take_ended };
}

/* ---- What VP 0 does ---- */

void fake_backend_add(struct fake_backend *fake, enum fake_action action, uint16_t port,
                      uint16_t value)
{
    fake->steps[fake->step_count++] = (struct fake_step){ action, port, value };
}

void fake_backend_print(struct fake_backend *fake, const char *text)
{
    fake_backend_add(fake, FAKE_OUT, COM1_FIFOS, 1);
    fake_backend_add(fake, FAKE_OUT, COM1_LINE, EIGHT_BITS);
    for (; *text; text++)
        fake_backend_add(fake, FAKE_OUT, COM1, (uint8_t)*text);
}

void fake_backend_power_off(struct fake_backend *fake)
{
    fake_backend_add(fake, FAKE_OUT_WORD, PM1A_CONTROL, SLEEP_S5);
}

void fake_backend_reset(struct fake_backend *fake)
{
    fake_backend_add(fake, FAKE_OUT, RESET_REGISTER, RESET_FULL);
}
