/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "fake_kvm.h"

#include <check.h>
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#define RUN_SIZE (3 * HV_PAGE_SIZE)

struct fake_kvm fake_kvm;
struct kvm_partition fake_partition;
struct hv_machine fake_machine;

static int vp_files[2];

static int make_vp(uint32_t index)
{
    int file = memfd_create("vp", MFD_CLOEXEC);

    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(ftruncate(file, RUN_SIZE), 0);
    fake_kvm.run[index] = mmap(NULL, RUN_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ck_assert_ptr_ne(fake_kvm.run[index], MAP_FAILED);
    vp_files[index] = file;
    return file;
}

/* What KVM has, among it what must not reach the guest. */
static int tell_cpuid(struct kvm_cpuid2 *cpuid)
{
    static const struct kvm_cpuid_entry2 entries[] = {
        { .function = 0, .eax = 0xD, .ebx = 0x68747541, .ecx = 0x444D4163, .edx = 0x69746E65 },
        { .function = 1, .ebx = 0x05020800, .ecx = ~0u, .edx = ~0u },
        { .function = 7, .ebx = ~0u },
        { .function = 0xB, .index = 0, .flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX },
        { .function = 0xB, .index = 1, .flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX },
        { .function = 0x40000000, .eax = 0x40000001, .ebx = 0x4B4D564B },
        { .function = 0x40000001, .eax = ~0u },
        { .function = 0x80000001, .ecx = ~0u, .edx = ~0u },
        { .function = 0x80000008, .eax = 0x3030, .ecx = 0x1234 },
    };

    ck_assert_uint_ge(cpuid->nent, sizeof(entries) / sizeof(entries[0]));
    memcpy(cpuid->entries, entries, sizeof(entries));
    cpuid->nent = sizeof(entries) / sizeof(entries[0]);
    return 0;
}

static int keep_cpuid(const struct kvm_cpuid2 *cpuid)
{
    ck_assert_uint_le(cpuid->nent, 128);
    memcpy(fake_kvm.cpuid, cpuid->entries, cpuid->nent * sizeof(cpuid->entries[0]));
    fake_kvm.cpuid_count = cpuid->nent;
    return 0;
}

/* As KVM does: registers that were changed are taken first, then an instruction is ended. */
static int run(int file)
{
    struct kvm_run *shared = fake_kvm.run[file == vp_files[0] ? 0 : 1];
    fake_run *next;

    shared->kvm_dirty_regs = 0;
    if (shared->immediate_exit) {
        fake_kvm.finished++;
        errno = EINTR;
        return -1;
    }
    fake_kvm.taken[fake_kvm.run_count] = fake_kvm.interrupt_count;
    next = fake_kvm.runs[fake_kvm.run_count++];
    if (next)
        return next(shared, &shared->s.regs.sregs);
    errno = EINTR;
    return -1;
}

static int set_slot(const struct kvm_userspace_memory_region *region)
{
    ck_assert_uint_lt(region->slot, FAKE_SLOTS);
    fake_kvm.slots[region->slot] = *region;
    return 0;
}

static int set_sregs(int file, const struct kvm_sregs *sregs)
{
    const struct kvm_run *shared = fake_kvm.run[file == vp_files[0] ? 0 : 1];

    fake_kvm.sregs_set++;
    fake_kvm.changed_cr4 |= sregs->cr4 ^ shared->s.regs.sregs.cr4;
    /* Long mode without PAE is no state of a processor. */
    if ((sregs->cr0 >> 31 & 1) && (sregs->efer >> 8 & 1) && !(sregs->cr4 & 0x20)) {
        errno = EINVAL;
        return -1;
    }
    return 0;
}

static int set_msr(const struct kvm_msrs *msrs)
{
    fake_kvm.msr_index = msrs->entries[0].index;
    fake_kvm.msr_value = msrs->entries[0].data;
    return 1;
}

static int call(int file, unsigned long request, void *argument)
{
    switch (request) {
    case KVM_RUN:
        return run(file);
    case KVM_CHECK_EXTENSION:
        return (uintptr_t)argument == fake_kvm.missing ? 0 : 1;
    case KVM_CREATE_VM:
        return dup(0);
    case KVM_CREATE_VCPU:
        return make_vp((uint32_t)(uintptr_t)argument);
    case KVM_GET_VCPU_MMAP_SIZE:
        return RUN_SIZE;
    case KVM_GET_TSC_KHZ:
        return 2000000;
    case KVM_SET_DEVICE_ATTR:
        memcpy(&fake_kvm.tsc_offset,
               (const void *)(uintptr_t)((const struct kvm_device_attr *)argument)->addr, 8);
        return 0;
    case KVM_GET_SUPPORTED_CPUID:
        return tell_cpuid(argument);
    case KVM_SET_CPUID2:
        return keep_cpuid(argument);
    case KVM_SET_USER_MEMORY_REGION:
        return set_slot(argument);
    case KVM_SET_SREGS:
        return set_sregs(file, argument);
    case KVM_SET_MSRS:
        return set_msr(argument);
    case KVM_TRANSLATE:
        /* Without paging. */
        ((struct kvm_translation *)argument)->physical_address =
            ((struct kvm_translation *)argument)->linear_address;
        ((struct kvm_translation *)argument)->valid = 1;
        return 0;
    case KVM_INTERRUPT:
        fake_kvm.interrupts[fake_kvm.interrupt_count++] = ((struct kvm_interrupt *)argument)->irq;
        return 0;
    case KVM_NMI:
        fake_kvm.nmis++;
        return 0;
    case KVM_GET_VCPU_EVENTS:
        *(struct kvm_vcpu_events *)argument = fake_kvm.events;
        return 0;
    case KVM_SET_VCPU_EVENTS:
        fake_kvm.events = *(const struct kvm_vcpu_events *)argument;
        fake_kvm.events_set++;
        return 0;
    default:
        return 0;
    }
}

void fake_kvm_add(fake_run *run_)
{
    unsigned i = 0;

    while (fake_kvm.runs[i])
        i++;
    ck_assert_uint_lt(i + 1, FAKE_RUNS);
    fake_kvm.runs[i] = run_;
}

void fake_kvm_make(void)
{
    struct vmm_trouble trouble = { .text = "" };
    uint8_t *ram = kvm_memory_take(&fake_partition.memory, FAKE_RAM, &trouble);

    ck_assert_ptr_nonnull(ram);
    ck_assert_msg(kvm_partition_make(&fake_partition, &fake_machine, &trouble), "%s", trouble.text);
    ck_assert_uint_eq(kvm_memory_map(&fake_partition, 0, ram, FAKE_RAM), HV_STATUS_SUCCESS);
}

void fake_kvm_start(uint32_t vp_count)
{
    memset(&fake_kvm, 0, sizeof(fake_kvm));
    fake_partition = (struct kvm_partition){ .call = call,
                                             .device = 0,
                                             .file = -1,
                                             .ended = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
                                             .tsc_is_reliable = true,
                                             .host_processors = 2,
                                             .left_lock = PTHREAD_MUTEX_INITIALIZER,
                                             .left = PTHREAD_COND_INITIALIZER };
    fake_machine = (struct hv_machine){
        .name = "fake", .memory = FAKE_RAM, .vp_count = vp_count, .privileges = UINT64_MAX
    };
}

void fake_kvm_end(void)
{
    kvm_partition_unmake(&fake_partition);
    kvm_memory_give(&fake_partition.memory);
    close(fake_partition.ended);
    for (unsigned i = 0; i < 2; i++)
        if (fake_kvm.run[i])
            munmap(fake_kvm.run[i], RUN_SIZE);
}

int fake_kvm_out(struct kvm_run *run, uint16_t port, uint8_t value)
{
    run->exit_reason = KVM_EXIT_IO;
    run->io.direction = KVM_EXIT_IO_OUT;
    run->io.size = 1;
    run->io.count = 1;
    run->io.port = port;
    run->io.data_offset = HV_PAGE_SIZE;
    ((uint8_t *)run)[HV_PAGE_SIZE] = value;
    return 0;
}

int fake_kvm_out_to_com1(struct kvm_run *run, struct kvm_sregs *sregs)
{
    (void)sregs;
    return fake_kvm_out(run, 0x3F8, 'x');
}

enum vmm_run fake_kvm_run(struct worker_intercept *intercept)
{
    struct vmm_trouble trouble = { .text = "" };
    enum vmm_run result = kvm_vp_run(&fake_partition.vp[0], intercept, &trouble);

    ck_assert_msg(result != VMM_RUN_FAILED, "%s", trouble.text);
    return result;
}

const struct kvm_cpuid_entry2 *fake_kvm_cpuid(uint32_t leaf, uint32_t subleaf)
{
    for (uint32_t i = 0; i < fake_kvm.cpuid_count; i++)
        if (fake_kvm.cpuid[i].function == leaf && fake_kvm.cpuid[i].index == subleaf)
            return &fake_kvm.cpuid[i];
    return NULL;
}
