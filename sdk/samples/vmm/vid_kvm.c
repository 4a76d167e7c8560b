/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The back end of /dev/kvm: lib/core is the hypervisor, in this process. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kvm_backend.h"

#define CRASH_PARAMETERS 5u

#define CLOCK_SOURCE "/sys/devices/system/clocksource/clocksource0/current_clocksource"

/* ---- Opening ---- */

static int call(int file, unsigned long request, void *argument)
{
    return ioctl(file, request, argument);
}

/* Linux keeps time by it only if it has found that all of them count alike, and always. */
static bool is_tsc_reliable(void)
{
    char name[16] = "";
    FILE *file = fopen(CLOCK_SOURCE, "re");

    if (!file)
        return false;
    if (!fgets(name, sizeof(name), file))
        name[0] = 0;
    fclose(file);
    return strcmp(name, "tsc\n") == 0;
}

static bool open_device(void *context, const char *device, struct vmm_trouble *trouble)
{
    struct kvm_partition *partition = context;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    partition->call = call;
    partition->tsc_is_reliable = is_tsc_reliable();
    partition->host_processors = processors > 0 ? (uint32_t)processors : 1;
    partition->ended = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (partition->ended < 0)
        return vmm_trouble(trouble, "eventfd: %s", strerror(errno));
    partition->device = open(device, O_RDWR | O_CLOEXEC);
    return partition->device >= 0 || vmm_trouble(trouble, "%s: %s", device, strerror(errno));
}

/* ---- Partition and memory ---- */

static void *take_memory(void *context, uint64_t size, struct vmm_trouble *trouble)
{
    return kvm_memory_take(&((struct kvm_partition *)context)->memory, size, trouble);
}

static void give_memory(void *context, void *memory, uint64_t size)
{
    (void)memory;
    (void)size;
    kvm_memory_give(&((struct kvm_partition *)context)->memory);
}

static bool make(void *context, const struct hv_machine *machine, struct vmm_trouble *trouble)
{
    return kvm_partition_make(context, machine, trouble);
}

static void unmake(void *context)
{
    kvm_partition_unmake(context);
}

/* All of RAM is writable and executable; nothing else is asked for. */
static hv_status map(void *context, uint64_t gpa, void *host, uint64_t size, uint32_t flags)
{
    (void)flags;
    return kvm_memory_map(context, gpa, host, size);
}

static hv_status unmap(void *context, uint64_t gpa, uint64_t size)
{
    return kvm_memory_unmap(context, gpa, size);
}

/* ---- Registers ---- */

/* What lib/core has is of no use to the worker but for a crash. */
static hv_status get_register(struct kvm_partition *partition, uint32_t vp_index, uint32_t name,
                              union hv_register_value *value)
{
    struct hv_register128 wide = { 0 };
    uint64_t crash[CRASH_PARAMETERS];
    hv_status status;

    if (name >= HvRegisterGuestCrashP0 && name <= HvRegisterGuestCrashP4) {
        hv_partition_get_crash(partition->partition, crash);
        value->reg128 = (struct hv_u128){ .low = crash[name - HvRegisterGuestCrashP0] };
        return HV_STATUS_SUCCESS;
    }
    status = kvm_register_get(&partition->vp[vp_index], name, &wide);
    value->reg128 = (struct hv_u128){ .low = wide.low, .high = wide.high };
    return status;
}

static hv_status get_registers(void *context, uint32_t vp_index, const uint32_t *names,
                               union hv_register_value *values, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        hv_status status = get_register(context, vp_index, names[i], &values[i]);

        if (status != HV_STATUS_SUCCESS)
            return status;
    }
    return HV_STATUS_SUCCESS;
}

static hv_status set_registers(void *context, uint32_t vp_index,
                               const struct worker_register *registers, uint32_t count)
{
    struct kvm_vp *vp = &((struct kvm_partition *)context)->vp[vp_index];

    for (uint32_t i = 0; i < count; i++) {
        const struct hv_register128 value = { .low = registers[i].value.reg128.low,
                                              .high = registers[i].value.reg128.high };
        hv_status status = kvm_register_set(vp, registers[i].name, &value);

        if (status != HV_STATUS_SUCCESS)
            return status;
    }
    return HV_STATUS_SUCCESS;
}

/* KVM tells of accesses, not of instructions: nobody has an address to translate. */
static hv_status translate(void *context, uint32_t vp_index, uint64_t gva, uint64_t flags,
                           uint64_t *gpa, uint32_t *code)
{
    (void)context;
    (void)vp_index;
    (void)flags;
    *gpa = gva;
    *code = HvTranslateGvaPageNotPresent;
    return HV_STATUS_OPERATION_FAILED;
}

/* ---- Running ---- */

static enum vmm_run run(void *context, uint32_t vp_index, struct worker_intercept *intercept,
                        struct vmm_trouble *trouble)
{
    return kvm_vp_run(&((struct kvm_partition *)context)->vp[vp_index], intercept, trouble);
}

static void intercepted(void *context, uint32_t vp_index)
{
    (void)context;
    (void)vp_index;
}

/* ---- Interrupts ---- */

static hv_status assert_extint(struct kvm_partition *partition, uint32_t vector)
{
    hv_interrupt_post_event(partition->vp[0].vp, HV_INTERRUPT_EXTINT, (uint8_t)vector);
    return HV_STATUS_SUCCESS;
}

static hv_status assert_interrupt(void *context, const struct worker_interrupt *interrupt)
{
    struct kvm_partition *partition = context;
    const struct hv_interrupt_request request = {
        .type = interrupt->type,
        .destination = (uint32_t)interrupt->destination,
        .logical_destination = interrupt->logical_destination,
        .level = interrupt->level_triggered,
        .vector = (uint8_t)interrupt->vector,
    };

    if (interrupt->type == HvX64InterruptTypeExtInt)
        return assert_extint(partition, interrupt->vector);
    return hv_interrupt_assert(partition->partition, &request);
}

static hv_status clear_interrupt(void *context)
{
    struct kvm_partition *partition = context;

    return atomic_exchange(&partition->extint_taken, false) ? HV_STATUS_SUCCESS
                                                            : HV_STATUS_NOT_ACKNOWLEDGED;
}

static int ended_file(void *context)
{
    return ((struct kvm_partition *)context)->ended;
}

static bool take_vector(struct kvm_partition *partition, uint32_t *vector)
{
    for (uint32_t i = 0; i < 4; i++) {
        uint64_t word = atomic_load(&partition->ended_vectors[i]);

        if (word == 0)
            continue;
        *vector = i * 64 + (uint32_t)__builtin_ctzll(word);
        atomic_fetch_and(&partition->ended_vectors[i], ~(UINT64_C(1) << *vector % 64));
        return true;
    }
    return false;
}

/* The file stays readable until all were taken; what comes after that makes it readable again. */
static bool take_ended(void *context, uint32_t *vector)
{
    struct kvm_partition *partition = context;
    uint64_t count;
    ssize_t taken;

    if (take_vector(partition, vector))
        return true;
    taken = read(partition->ended, &count, sizeof(count));
    (void)taken;
    if (!take_vector(partition, vector))
        return false;
    count = 1;
    taken = write(partition->ended, &count, sizeof(count));
    (void)taken;
    return true;
}

static const uint32_t requests[] = {
    KVM_RUN,
    KVM_INTERRUPT,
    KVM_NMI,
    KVM_GET_SREGS,
    KVM_SET_SREGS,
    KVM_GET_FPU,
    KVM_SET_FPU,
    KVM_GET_VCPU_EVENTS,
    KVM_SET_VCPU_EVENTS,
    KVM_GET_REGS,
    KVM_GET_MSRS,
    KVM_SET_MSRS,
    KVM_TRANSLATE,
    KVM_GET_DEBUGREGS,
    KVM_SET_DEBUGREGS,
    KVM_GET_XCRS,
    KVM_SET_XCRS,
    KVM_CHECK_EXTENSION,
    KVM_CREATE_VM,
    KVM_ENABLE_CAP,
    KVM_SET_TSS_ADDR,
    KVM_X86_SET_MSR_FILTER,
    KVM_SET_USER_MEMORY_REGION,
    KVM_GET_SUPPORTED_CPUID,
    KVM_CREATE_VCPU,
    KVM_GET_VCPU_MMAP_SIZE,
    KVM_SET_CPUID2,
    KVM_SET_DEVICE_ATTR,
    KVM_GET_TSC_KHZ,
};
static const uint32_t calls[] = { SYS_timer_settime, SYS_timer_create, SYS_timer_delete,
                                  SYS_gettid,        SYS_memfd_create, SYS_ftruncate };
static struct kvm_partition partition = { .device = -1,
                                          .file = -1,
                                          .ended = -1,
                                          .memory = { .file = -1 },
                                          .left_lock = PTHREAD_MUTEX_INITIALIZER,
                                          .left = PTHREAD_COND_INITIALIZER };

const struct vmm_backend vmm_kvm_backend = {
    .context = &partition,
    .name = "kvm",
    .device = "/dev/kvm",
    .requests = requests,
    .request_count = sizeof(requests) / sizeof(requests[0]),
    .calls = calls,
    .call_count = sizeof(calls) / sizeof(calls[0]),
    .open = open_device,
    .take_memory = take_memory,
    .give_memory = give_memory,
    .make = make,
    .unmake = unmake,
    .run = run,
    .kicked = kvm_vp_kicked,
    .intercepted = intercepted,
    .prepare = set_registers,
    .map = map,
    .unmap = unmap,
    .get_registers = get_registers,
    .set_registers = set_registers,
    .translate = translate,
    .assert_interrupt = assert_interrupt,
    .clear_interrupt = clear_interrupt,
    .ended_file = ended_file,
    .take_ended = take_ended,
};
