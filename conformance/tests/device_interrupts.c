/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Whom a device of the root's interrupts: HvCallMapDeviceInterrupt says what the I/O APIC is to be
 * given, and the real-time clock is its device.
 */
#include "interrupt_line.h"
#include "ipi_support.h"

#define NEEDS_ROOT NEEDS(.privileges = HV_PRIVILEGE_CpuManagement | HV_PRIVILEGE_CreatePartitions)
#define DEVICE     ((uint64_t)HV_DEVICE_TYPE_IOAPIC << HV_DEVICE_ID_TYPE_SHIFT)
#define MULTICAST  HV_DEVICE_INTERRUPT_TARGET_MULTICAST
#define IN_MASK    64u /* VPs that a mask can name */

static struct hv_input_map_device_interrupt input __attribute__((aligned(128)));
static struct hv_output_map_device_interrupt output __attribute__((aligned(128)));

/* An edge, as IPI_VECTOR, for the VPs of these CPUs. */
static uint16_t map(uint32_t flags, uint32_t first, uint32_t count)
{
    struct vps targets = { { 0 } };

    for (uint32_t cpu = first; cpu < first + count; cpu++)
        vps_add(&targets, cpu);
    input = (struct hv_input_map_device_interrupt){
        .partition_id = HV_PARTITION_ID_SELF,
        .device_id = DEVICE,
        .interrupt = { .interrupt_type = HvX64InterruptTypeFixed,
                       .trigger_mode = HV_INTERRUPT_TRIGGER_MODE_EDGE,
                       .vector_count = 1,
                       .target = { .vector = IPI_VECTOR,
                                   .flags = flags,
                                   .processor_mask = targets.banks[0] } },
    };
    return hv_result_status(hv_call(HvCallMapDeviceInterrupt, phys_of(&input), phys_of(&output)));
}

static void unmap(void)
{
    const struct hv_input_unmap_device_interrupt block = { .partition_id = HV_PARTITION_ID_SELF,
                                                           .device_id = DEVICE,
                                                           .entry = output.entry };

    memset(&input, 0, sizeof(input));
    memcpy(&input, &block, sizeof(block));
    CHECK_EQ(hv_result_status(hv_call(HvCallUnmapDeviceInterrupt, phys_of(&input), 0)),
             HV_STATUS_SUCCESS);
}

static void begin(void)
{
    ipi_begin();
    if (!call_is_there(HvCallMapDeviceInterrupt))
        test_skip("the call is not there, and nothing announces it");
}

/* How many CPUs have had interrupts that the entry makes of edges of the line. */
static uint32_t interrupted(uint32_t *last)
{
    uint64_t end = rdtsc() + tsc_from_us(100000);
    uint32_t count = 0;

    CHECK_EQ(output.entry.interrupt_source, HvInterruptSourceIoApic);
    ipi_forget();
    test_at_end(interrupt_line_stop);
    if (!interrupt_line_start_entry(output.entry.data))
        test_skip("there is no I/O APIC");
    while (rdtsc() < end) {
        ipi_collect();
        udelay(1000);
    }
    interrupt_line_stop();
    ipi_collect();
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++)
        if (ipi.received[cpu]) {
            *last = cpu;
            count++;
        }
    return count;
}

HV_TEST(synthetic_ipi, a_device_interrupts_the_vp_it_is_mapped_to,
        COVERS(HV_REQ_IPI_014, HV_REQ_IPI_015), NEEDS_ROOT,
        "Another VP has no driver that waits, and the disk is lost")
{
    begin();
    for (uint32_t cpu = 0; cpu < cpu_count() && ipi.vp[cpu] < IN_MASK; cpu++) {
        uint32_t last = GUEST_MAX_CPUS;

        REQUIRE_EQ(map(0, cpu, 1), HV_STATUS_SUCCESS);
        CHECK_EQ(interrupted(&last), 1);
        CHECK_EQ(last, cpu);
        unmap();
    }
    ipi_end();
}

HV_TEST(synthetic_ipi, a_device_interrupts_one_vp_of_several, COVERS(HV_REQ_IPI_015),
        NEEDS(.privileges = HV_PRIVILEGE_CpuManagement | HV_PRIVILEGE_CreatePartitions, .vps = 2),
        "A driver that runs twice for one interrupt finds the second time nothing, or half")
{
    uint32_t last = 0, others = cpu_count() < IN_MASK ? cpu_count() - 1 : IN_MASK - 1;

    begin();
    REQUIRE_EQ(map(0, 1, others), HV_STATUS_SUCCESS);
    CHECK_EQ(interrupted(&last), 1);
    CHECK(last >= 1 && last <= others, "CPU %u is interrupted", last);
    unmap();
    ipi_end();
}

/* Not every machine has the hardware for it; then it is to be refused. */
HV_TEST(synthetic_ipi, a_multicast_is_for_all_or_refused, COVERS(HV_REQ_IPI_015),
        NEEDS(.privileges = HV_PRIVILEGE_CpuManagement | HV_PRIVILEGE_CreatePartitions, .vps = 2),
        "What was promised to all and comes to one is waited for by the others")
{
    uint32_t last = 0, all = cpu_count() < IN_MASK ? cpu_count() : IN_MASK;
    uint16_t status;

    begin();
    status = map(MULTICAST, 0, all);
    OBSERVE("multicast", "%s", status == HV_STATUS_SUCCESS ? "there" : "refused");
    if (status == HV_STATUS_SUCCESS) {
        CHECK_EQ(interrupted(&last), all);
        unmap();
    }
    REQUIRE_EQ(map(MULTICAST, 1, 1), HV_STATUS_SUCCESS);
    CHECK_EQ(interrupted(&last), 1);
    CHECK_EQ(last, 1);
    unmap();
    ipi_end();
}
