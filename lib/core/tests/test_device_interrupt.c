/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Interrupts of devices that the root has. Why: Linux as a root asks for each of them, and what it
   is told goes to the device as it is. */
#include "hypercall.h"
#include "root_fixture.h"
#include "suite.h"

#define VECTOR 0x41
#define IOAPIC (UINT64_C(2) << HV_DEVICE_ID_TYPE_SHIFT | 5)
#define PCI    (UINT64_C(1) << HV_DEVICE_ID_TYPE_SHIFT | 0x0118)

/* The call's input, and a set of VPs behind it. */
struct map_call {
    struct hv_input_map_device_interrupt input;
    uint64_t valid_banks, bank;
};

static const struct hv_output_map_device_interrupt *answer(void)
{
    return (const void *)page_at(OUTPUT_PAGE);
}

/* As Linux makes it. */
static struct map_call map_of(uint64_t device_id, uint64_t vps)
{
    return (struct map_call){
        .input = { .partition_id = root->id,
                   .device_id = device_id,
                   .interrupt = { .trigger_mode = HV_INTERRUPT_TRIGGER_MODE_EDGE,
                                  .vector_count = 1,
                                  .target = { .vector = VECTOR,
                                              .flags =
                                                  HV_DEVICE_INTERRUPT_TARGET_PROCESSOR_SET } } },
        .valid_banks = 1,
        .bank = vps,
    };
}

static uint64_t run(const struct map_call *map)
{
    return call(HvCallMapDeviceInterrupt | UINT64_C(2) << 17, map, sizeof(*map));
}

static uint64_t unmap(uint64_t device_id, uint32_t flags)
{
    struct hv_input_unmap_device_interrupt input = { .partition_id = HV_PARTITION_ID_SELF,
                                                     .device_id = device_id,
                                                     .flags = flags };

    return call(HvCallUnmapDeviceInterrupt, &input, sizeof(input));
}

static void setup_two(void)
{
    setup();
    (void)fake_vp_create(&fake, root, 3);
}

START_TEST(a_pci_device_addresses_the_apic_of_the_vp)
{
    struct map_call map = map_of(PCI, 1 << 3);

    ck_assert_uint_eq(run(&map), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(answer()->entry.interrupt_source, HvInterruptSourceMsi);
    ck_assert_uint_eq(answer()->entry.msi_entry.address, 0xFEE03000);
    ck_assert_uint_eq(answer()->entry.msi_entry.data, VECTOR);
    ck_assert_uint_eq(answer()->deprecated[4], 0);
    map.input.interrupt.trigger_mode = HV_INTERRUPT_TRIGGER_MODE_LEVEL;
    ck_assert_uint_eq(run(&map), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(answer()->entry.msi_entry.data, 0xC000 | VECTOR);
    ck_assert_uint_eq(unmap(PCI, 0), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(an_io_apic_gets_a_redirection_entry)
{
    struct map_call map = map_of(IOAPIC, 1 << 3 | 1);

    ck_assert_uint_eq(run(&map), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(answer()->entry.interrupt_source, HvInterruptSourceIoApic);
    ck_assert_uint_eq(answer()->entry.data, VECTOR);
    map.bank = 1 << 3;
    map.input.interrupt.trigger_mode = HV_INTERRUPT_TRIGGER_MODE_LEVEL;
    ck_assert_uint_eq(run(&map), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(answer()->entry.data, UINT64_C(3) << 56 | 0x8000 | VECTOR);
    ck_assert_uint_eq(unmap(IOAPIC, 0), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(a_multicast_is_to_one_or_refused)
{
    struct map_call map = map_of(IOAPIC, 1 << 3 | 1);

    map.input.interrupt.target.flags |= HV_DEVICE_INTERRUPT_TARGET_MULTICAST;
    ck_assert_uint_eq(run(&map), HV_STATUS_INVALID_PARAMETER);
    map.bank = 1 << 3;
    ck_assert_uint_eq(run(&map), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(answer()->entry.data, UINT64_C(3) << 56 | VECTOR);
}
END_TEST

START_TEST(an_apic_id_that_no_device_can_address_is_refused)
{
    struct map_call map = map_of(PCI, 1);

    root_vp->apic.id = 255;
    ck_assert_uint_eq(run(&map), HV_STATUS_INVALID_PARAMETER);
    root_vp->apic.id = 254;
    ck_assert_uint_eq(run(&map), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(what_is_no_single_fixed_interrupt_is_refused)
{
    const struct map_call good = map_of(PCI, 1);
    struct map_call map;

#define REFUSED(field_, value_)                                    \
    do {                                                           \
        map = good;                                                \
        map.input.field_ = value_;                                 \
        ck_assert_uint_eq(run(&map), HV_STATUS_INVALID_PARAMETER); \
    } while (0)

    REFUSED(flags, 1);
    REFUSED(base_irt_index, 1);
    REFUSED(interrupt.interrupt_type, HvX64InterruptTypeNmi);
    REFUSED(interrupt.trigger_mode, 2);
    REFUSED(interrupt.vector_count, 0);
    REFUSED(interrupt.vector_count, 2);
    REFUSED(interrupt.reserved, 1);
    REFUSED(interrupt.target.vector, 15);
    REFUSED(interrupt.target.vector, 256);
    REFUSED(interrupt.target.flags, 4);
    map = good;
    map.bank = 1 << 1; /* no such VP */
    ck_assert_uint_eq(run(&map), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(unmap(PCI, 1), HV_STATUS_INVALID_PARAMETER);
}
END_TEST

START_TEST(devices_of_other_types_are_unknown)
{
    static const uint64_t unknown[] = { 5, UINT64_C(3) << HV_DEVICE_ID_TYPE_SHIFT, IOAPIC | 0x100 };

    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        struct map_call map = map_of(unknown[i], 1);

        ck_assert_uint_eq(run(&map), HV_STATUS_INVALID_DEVICE_ID);
        ck_assert_uint_eq(unmap(unknown[i], 0), HV_STATUS_INVALID_DEVICE_ID);
    }
}
END_TEST

static struct hv_device_interrupt mapped;
static uint64_t unmapped;

static hv_status remap(void *context, const struct hv_device_interrupt *interrupt,
                       struct hv_interrupt_entry *entry)
{
    (void)context;
    mapped = *interrupt;
    entry->interrupt_source = HvInterruptSourceMsi;
    entry->msi_entry.address = 0xFEE00010;
    return HV_STATUS_SUCCESS;
}

static hv_status end_remap(void *context, uint64_t device_id,
                           const struct hv_interrupt_entry *entry)
{
    (void)context;
    unmapped = device_id;
    return entry->interrupt_source ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_PARAMETER;
}

START_TEST(an_embedder_that_remaps_says_what_the_device_gets)
{
    struct map_call map = map_of(PCI, 1 << 3);

    fake.platform.cpu.map_interrupt = remap;
    fake.platform.cpu.unmap_interrupt = end_remap;
    map.input.interrupt.trigger_mode = HV_INTERRUPT_TRIGGER_MODE_LEVEL;
    ck_assert_uint_eq(run(&map), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(answer()->entry.msi_entry.address, 0xFEE00010);
    ck_assert_uint_eq(mapped.device_id, PCI);
    ck_assert_uint_eq(mapped.apic_id, 3);
    ck_assert_uint_eq(mapped.vector, VECTOR);
    ck_assert(mapped.level);
    ck_assert_uint_eq(unmap(PCI, 0), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(unmapped, PCI);
}
END_TEST

START_TEST(the_root_maps_for_itself)
{
    struct map_call map = map_of(PCI, 1);

    map.input.partition_id = 999;
    ck_assert_uint_eq(run(&map), HV_STATUS_INVALID_PARTITION_ID);
    map.input.partition_id = HV_PARTITION_ID_SELF;
    ck_assert_uint_eq(run(&map), HV_STATUS_SUCCESS);
    root->features.privileges &= ~HV_PRIVILEGE_CpuManagement;
    ck_assert_uint_eq(run(&map), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(unmap(PCI, 0), HV_STATUS_ACCESS_DENIED);
    root->features.privileges |= HV_PRIVILEGE_CpuManagement;
    root->root = false;
    ck_assert_uint_eq(run(&map), HV_STATUS_ACCESS_DENIED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("device interrupt");
    TCase *tests = tcase_create("device interrupt");

    tcase_add_checked_fixture(tests, setup_two, teardown);
    tcase_add_test(tests, a_pci_device_addresses_the_apic_of_the_vp);
    tcase_add_test(tests, an_io_apic_gets_a_redirection_entry);
    tcase_add_test(tests, a_multicast_is_to_one_or_refused);
    tcase_add_test(tests, an_apic_id_that_no_device_can_address_is_refused);
    tcase_add_test(tests, what_is_no_single_fixed_interrupt_is_refused);
    tcase_add_test(tests, devices_of_other_types_are_unknown);
    tcase_add_test(tests, an_embedder_that_remaps_says_what_the_device_gets);
    tcase_add_test(tests, the_root_maps_for_itself);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
