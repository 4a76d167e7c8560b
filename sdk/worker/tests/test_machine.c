/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The machine as a guest and its host see it: memory, devices at their places, lines, time. */
#include <check.h>
#include <string.h>

#include "machine_fixture.h"
#include "suite.h"

#define LEVEL    0x8000u
#define SECOND   UINT64_C(10000000)
#define LSR_IDLE 0x60u

static struct machine_fixture f;

static void setup(void)
{
    machine_fixture_init(&f);
    ck_assert_uint_eq(worker_machine_init(&f.machine, &f.config), HV_STATUS_SUCCESS);
}

static void teardown(void)
{
    machine_fixture_free(&f);
}

/* ---- Memory ---- */

START_TEST(memory_is_that_of_a_pc)
{
    const struct worker_map *map = &f.machine.map;

    ck_assert_uint_eq(f.fake.map_count, 3);
    ck_assert_uint_eq(f.fake.maps[0].gpa, 0);
    ck_assert_uint_eq(f.fake.maps[0].size, 0xA0000);
    ck_assert_uint_eq(f.fake.maps[1].gpa, WORKER_TABLES);
    ck_assert_uint_eq(f.fake.maps[1].size, 0x20000);
    ck_assert_uint_eq(f.fake.maps[2].gpa, 0x100000);
    ck_assert_uint_eq(f.fake.maps[2].size, 0x100000);
    ck_assert_ptr_eq(f.fake.maps[2].host, f.ram + 0x100000);
    ck_assert_uint_eq(f.fake.maps[2].flags, 0xF);
    ck_assert_uint_eq(map->count, 4);
    ck_assert_uint_eq(map->region[0].size, 0x9FC00);
    ck_assert_uint_eq(map->region[2].type, WORKER_MEMORY_RESERVED);
    ck_assert_uint_eq(map->region[3].base, 0x100000);
    ck_assert_uint_eq(map->region[3].size, 0x100000);
}
END_TEST

/* Nothing of what is more is touched, so it need not be there. */
START_TEST(memory_beyond_the_hole_comes_after_4_gib)
{
    const struct worker_map *map = &f.machine.map;

    f.fake.map_count = 0;
    f.config.ram_size = WORKER_RAM_HOLE + 0x200000;
    ck_assert_uint_eq(worker_machine_init(&f.machine, &f.config), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(f.fake.map_count, 4);
    ck_assert_uint_eq(f.fake.maps[2].size, WORKER_RAM_HOLE - 0x100000);
    ck_assert_uint_eq(f.fake.maps[3].gpa, UINT64_C(0x100000000));
    ck_assert_uint_eq(f.fake.maps[3].size, 0x200000);
    ck_assert_ptr_eq(f.fake.maps[3].host, f.ram + WORKER_RAM_HOLE);
    ck_assert_uint_eq(map->count, 5);
    ck_assert_uint_eq(map->region[4].base, UINT64_C(0x100000000));
    ck_assert_uint_eq(map->region[4].size, 0x200000);
}
END_TEST

START_TEST(impossible_machines_are_refused)
{
    f.config.ram_size = WORKER_LEAST_RAM - HV_PAGE_SIZE;
    ck_assert_uint_eq(worker_machine_init(&f.machine, &f.config), HV_STATUS_INVALID_PARAMETER);
    f.config.ram_size = WORKER_LEAST_RAM + 1;
    ck_assert_uint_eq(worker_machine_init(&f.machine, &f.config), HV_STATUS_INVALID_PARAMETER);
    f.config.ram_size = WORKER_LEAST_RAM;
    f.config.vp_count = 0;
    ck_assert_uint_eq(worker_machine_init(&f.machine, &f.config), HV_STATUS_INVALID_PARAMETER);
    f.config.vp_count = 1;
    f.fake.refusal = HV_STATUS_ACCESS_DENIED;
    ck_assert_uint_eq(worker_machine_init(&f.machine, &f.config), HV_STATUS_ACCESS_DENIED);
}
END_TEST

/* Follows the tables as a guest does. */
static uint64_t find_table(const char *signature)
{
    uint64_t xsdt = 0, entry = 0;
    uint32_t length = 0;

    memcpy(&xsdt, f.ram + WORKER_TABLES + 24, 8);
    memcpy(&length, f.ram + xsdt + 4, 4);
    for (uint32_t i = 36; i + 8 <= length; i += 8) {
        memcpy(&entry, f.ram + xsdt + i, 8);
        if (memcmp(f.ram + entry, signature, 4) == 0)
            return entry;
    }
    ck_abort_msg("no table %s", signature);
}

START_TEST(tables_describe_the_machine)
{
    uint64_t madt, fadt;
    uint32_t length, value;
    unsigned processors = 0;

    ck_assert_int_eq(memcmp(f.ram + WORKER_TABLES, "RSD PTR ", 8), 0);
    madt = find_table("APIC");
    memcpy(&length, f.ram + madt + 4, 4);
    for (uint32_t i = 44; i < length; i += f.ram[madt + i + 1]) {
        const uint8_t *entry = f.ram + madt + i;

        processors += entry[0] == 0;
        if (entry[0] == 1) {
            memcpy(&value, entry + 4, 4);
            ck_assert_uint_eq(value, HV_IOAPIC_DEFAULT_ADDRESS);
        }
        if (entry[0] == 2 && entry[3] == 0) {
            memcpy(&value, entry + 4, 4);
            ck_assert_uint_eq(value, 2);
        }
    }
    ck_assert_uint_eq(processors, MACHINE_VPS);
    fadt = find_table("FACP");
    memcpy(&value, f.ram + fadt + 76, 4);
    ck_assert_uint_eq(value, WORKER_PM_PORT + 8);
}
END_TEST

START_TEST(more_processors_than_tables_can_tell_are_refused)
{
    f.config.vp_count = 0x8001;
    ck_assert_uint_eq(worker_machine_init(&f.machine, &f.config), HV_STATUS_INVALID_PARAMETER);
}
END_TEST

/* ---- Devices ---- */

START_TEST(console_prints_and_reads)
{
    machine_out(&f, 0x3FB, 1, 0x03);
    for (const char *c = "hi"; *c; c++) {
        machine_out(&f, 0x3F8, 1, (uint8_t)*c);
        f.fake.now += SECOND;
        worker_machine_advance(&f.machine, f.fake.now);
    }
    ck_assert_str_eq(f.printed, "hi");
    f.typed = "x";
    worker_machine_advance(&f.machine, f.fake.now);
    f.fake.now += SECOND;
    worker_machine_advance(&f.machine, f.fake.now);
    ck_assert_uint_eq(machine_in(&f, 0x3FD, 1), LSR_IDLE | 1);
    ck_assert_uint_eq(machine_in(&f, 0x3F8, 1), 'x');
}
END_TEST

START_TEST(character_takes_its_time)
{
    machine_out(&f, 0x3FB, 1, 0x83);
    machine_out(&f, 0x3F8, 2, 12); /* 9600 baud: 1.04 ms */
    machine_out(&f, 0x3FB, 1, 0x03);
    ck_assert_uint_eq(worker_machine_deadline(&f.machine), WORKER_NO_TIME);
    machine_out(&f, 0x3F8, 1, 'x');
    ck_assert_uint_eq(worker_machine_deadline(&f.machine) / 100, 104);
}
END_TEST

START_TEST(last_words_are_sent_when_the_machine_has_stopped)
{
    machine_out(&f, 0x3FA, 1, 0x01); /* FIFOs */
    machine_out(&f, 0x3FB, 1, 0x03);
    for (const char *c = "seventeen letters"; *c; c++)
        machine_out(&f, 0x3F8, 1, (uint8_t)*c);
    ck_assert_str_eq(f.printed, "");
    worker_machine_flush(&f.machine);
    ck_assert_str_eq(f.printed, "seventeen letters");
}
END_TEST

/* The 8254 at its highest rate: a tick each 1.7 us. */
START_TEST(timer_of_the_shortest_period_leaves_the_host_its_time)
{
    uint64_t begin;

    machine_out(&f, 0x43, 1, 0x34);
    machine_out(&f, 0x40, 1, 2);
    machine_out(&f, 0x40, 1, 0);
    f.fake.now = worker_machine_deadline(&f.machine);
    begin = f.fake.now;
    for (unsigned i = 0; i < 100; i++) {
        worker_machine_advance(&f.machine, f.fake.now);
        f.fake.now = worker_machine_deadline(&f.machine);
    }
    ck_assert_uint_ge(f.fake.now - begin, 100 * WORKER_LEAST_WAIT);
    ck_assert_uint_le(f.fake.now - begin, 101 * WORKER_LEAST_WAIT);
}
END_TEST

START_TEST(terminal_is_there)
{
    ck_assert_uint_eq(machine_in(&f, 0x3FE, 1) & 0xF0, 0xB0); /* CTS, DSR, DCD */
}
END_TEST

START_TEST(serial_port_without_a_console_swallows)
{
    machine_out(&f, 0x2FB, 1, 0x03);
    machine_out(&f, 0x2F8, 1, 'x');
    f.fake.now += SECOND;
    worker_machine_advance(&f.machine, f.fake.now);
    ck_assert_uint_eq(machine_in(&f, 0x2FD, 1), LSR_IDLE);
    ck_assert_uint_eq(f.printed_count, 0);
}
END_TEST

START_TEST(serial_port_interrupts_at_its_pin)
{
    machine_unmask(&f, 4, 0x34);
    machine_out(&f, 0x3F9, 1, 0x02);
    ck_assert_uint_eq(f.fake.interrupt_count, 0);
    machine_out(&f, 0x3FC, 1, 0x08); /* OUT2 lets it through */
    ck_assert_uint_eq(f.fake.interrupt_count, 1);
    ck_assert_uint_eq(last_interrupt(&f)->vector, 0x34);
    ck_assert_uint_eq(last_interrupt(&f)->type, HvX64InterruptTypeFixed);
    ck_assert_uint_eq(last_interrupt(&f)->destination, 0);
    ck_assert(!last_interrupt(&f)->level_triggered);
    machine_unmask(&f, 3, 0x33);
    machine_out(&f, 0x2FC, 1, 0x08);
    machine_out(&f, 0x2F9, 1, 0x02);
    ck_assert_uint_eq(last_interrupt(&f)->vector, 0x33);
}
END_TEST

START_TEST(level_interrupt_comes_again_until_its_cause_is_gone)
{
    struct hv_x64_apic_eoi_message eoi = { 0, 0x34 };

    machine_unmask(&f, 4, LEVEL | 0x34);
    machine_out(&f, 0x3FC, 1, 0x08);
    machine_out(&f, 0x3F9, 1, 0x02);
    ck_assert_uint_eq(f.fake.interrupt_count, 1);
    ck_assert(last_interrupt(&f)->level_triggered);
    machine_message(&f, HvMessageTypeX64ApicEoi, &eoi, sizeof(eoi));
    ck_assert_uint_eq(f.fake.interrupt_count, 2);
    machine_out(&f, 0x3F9, 1, 0);
    machine_message(&f, HvMessageTypeX64ApicEoi, &eoi, sizeof(eoi));
    ck_assert_uint_eq(f.fake.interrupt_count, 2);
}
END_TEST

/* Mode 2, 1193 clocks: about a millisecond. */
static void start_timer(void)
{
    machine_out(&f, 0x43, 1, 0x34);
    machine_out(&f, 0x40, 1, 0xA9);
    machine_out(&f, 0x40, 1, 0x04);
}

START_TEST(timer_ticks_at_pin_2)
{
    uint64_t deadline;

    machine_unmask(&f, 2, 0x30);
    start_timer();
    for (unsigned tick = 1; tick <= 3; tick++) {
        deadline = worker_machine_deadline(&f.machine);
        ck_assert_uint_gt(deadline, f.fake.now);
        ck_assert_uint_lt(deadline, f.fake.now + 11000);
        f.fake.now = deadline;
        worker_machine_advance(&f.machine, f.fake.now);
        ck_assert_uint_eq(f.fake.interrupt_count, tick);
        ck_assert_uint_eq(last_interrupt(&f)->vector, 0x30);
    }
}
END_TEST

/* Vectors from 0x20 and 0x28 on, all lines open. */
static void start_pic(void)
{
    static const uint8_t words[][2] = { { 0x20, 0x11 }, { 0x21, 0x20 }, { 0x21, 0x04 },
                                        { 0x21, 0x01 }, { 0xA0, 0x11 }, { 0xA1, 0x28 },
                                        { 0xA1, 0x02 }, { 0xA1, 0x01 }, { 0x21, 0x00 },
                                        { 0xA1, 0x00 } };

    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        machine_out(&f, words[i][0], 1, words[i][1]);
}

static void tick(void)
{
    f.fake.now = worker_machine_deadline(&f.machine);
    worker_machine_advance(&f.machine, f.fake.now);
}

START_TEST(legacy_interrupt_goes_to_the_boot_processor)
{
    start_pic();
    start_timer();
    tick();
    ck_assert_uint_eq(f.fake.interrupt_count, 1);
    ck_assert_uint_eq(last_interrupt(&f)->type, HvX64InterruptTypeExtInt);
    ck_assert_uint_eq(last_interrupt(&f)->vector, 0x20);
    ck_assert_uint_eq(last_interrupt(&f)->destination, 0);
    machine_out(&f, 0x2FC, 1, 0x08);
    machine_out(&f, 0x2F9, 1, 0x02);
    f.fake.legacy_taken = true;
    machine_out(&f, 0x20, 1, 0x20);
    ck_assert_uint_eq(last_interrupt(&f)->vector, 0x23);
}
END_TEST

START_TEST(legacy_interrupt_waits_until_the_last_was_taken)
{
    start_pic();
    start_timer();
    tick();
    machine_out(&f, 0x20, 1, 0x20);
    tick();
    ck_assert_uint_eq(f.fake.interrupt_count, 1);
    f.fake.legacy_taken = true;
    worker_machine_advance(&f.machine, f.fake.now);
    ck_assert_uint_eq(f.fake.interrupt_count, 2);
    ck_assert_uint_eq(last_interrupt(&f)->vector, 0x20);
}
END_TEST

START_TEST(legacy_interrupt_that_the_host_refuses_is_not_lost)
{
    start_pic();
    start_timer();
    f.fake.refusal = HV_STATUS_INVALID_VP_STATE;
    tick();
    f.fake.refusal = HV_STATUS_SUCCESS;
    f.fake.interrupt_count = 0;
    worker_machine_advance(&f.machine, f.fake.now);
    ck_assert_uint_eq(f.fake.interrupt_count, 1);
    ck_assert_uint_eq(last_interrupt(&f)->vector, 0x20);
}
END_TEST

START_TEST(host_without_legacy_interrupts_gets_none)
{
    f.fake.vid.clear_interrupt = NULL;
    start_pic();
    start_timer();
    tick();
    ck_assert_uint_eq(f.fake.interrupt_count, 0);
    ck_assert_uint_eq(machine_in(&f, 0x21, 1), 0);
    machine_out(&f, 0x20, 1, 0x0A);
    ck_assert_uint_eq(machine_in(&f, 0x20, 1), 1);
}
END_TEST

/* As Linux does it when no timer works: pin 8 with the clock's periodic interrupt, no vector. */
START_TEST(extint_of_the_io_apic_asks_the_8259s)
{
    machine_unmask(&f, 8, HvX64InterruptTypeExtInt << 8);
    machine_out(&f, 0x70, 1, 0x0B);
    machine_out(&f, 0x71, 1, 0x42);
    tick();
    ck_assert_uint_eq(f.fake.interrupt_count, 0);
    start_pic();
    start_timer();
    f.fake.now += 20000;
    worker_machine_advance(&f.machine, f.fake.now);
    ck_assert_uint_eq(f.fake.interrupt_count, 1);
    ck_assert_uint_eq(last_interrupt(&f)->type, HvX64InterruptTypeExtInt);
    ck_assert_uint_eq(last_interrupt(&f)->vector, 0x20);
}
END_TEST

START_TEST(nmi_of_the_io_apic_has_no_vector)
{
    machine_unmask(&f, 2, HvX64InterruptTypeNmi << 8 | 0x55);
    start_timer();
    tick();
    ck_assert_uint_eq(last_interrupt(&f)->type, HvX64InterruptTypeNmi);
    ck_assert_uint_eq(last_interrupt(&f)->vector, 0);
}
END_TEST

START_TEST(sci_is_level_triggered_at_the_8259)
{
    ck_assert_uint_eq(machine_in(&f, 0x4D0, 2), 0x0200);
    start_pic();
    machine_out(&f, WORKER_PM_PORT + 2, 2, 0x0100);
    worker_machine_press_power_button(&f.machine, f.fake.now);
    ck_assert_uint_eq(last_interrupt(&f)->vector, 0x29);
}
END_TEST

static uint8_t read_clock(uint8_t reg)
{
    machine_out(&f, 0x70, 1, reg);
    return (uint8_t)machine_in(&f, 0x71, 1);
}

START_TEST(clock_shows_the_time_of_day)
{
    ck_assert_uint_eq(read_clock(0x04), 0x23);
    ck_assert_uint_eq(read_clock(0x09), 0x25);
    f.fake.now += 2 * SECOND;
    ck_assert_uint_eq(read_clock(0x09), 0x26);
    ck_assert_uint_eq(read_clock(0x07), 0x01);
}
END_TEST

START_TEST(clock_interrupts_at_pin_8)
{
    machine_unmask(&f, 8, 0x38);
    machine_out(&f, 0x70, 1, 0x0B);
    machine_out(&f, 0x71, 1, 0x12); /* when an update has ended, 24 hours */
    ck_assert_uint_le(worker_machine_deadline(&f.machine), f.fake.now + SECOND);
    tick();
    ck_assert_uint_eq(f.fake.interrupt_count, 1);
    ck_assert_uint_eq(last_interrupt(&f)->vector, 0x38);
}
END_TEST

START_TEST(ticks_that_come_late_are_merged)
{
    machine_unmask(&f, 2, 0x30);
    start_timer();
    f.fake.now += 100000;
    worker_machine_advance(&f.machine, f.fake.now);
    worker_machine_advance(&f.machine, f.fake.now);
    ck_assert_uint_eq(f.fake.interrupt_count, 1);
}
END_TEST

START_TEST(timer_has_its_port_b)
{
    machine_out(&f, 0x61, 1, 0x01);
    ck_assert_uint_eq(machine_in(&f, 0x61, 1) & 0x0F, 0x01);
}
END_TEST

START_TEST(interrupt_that_the_host_refuses_is_sent_again)
{
    machine_unmask(&f, 2, 0x30);
    start_timer();
    f.fake.now = worker_machine_deadline(&f.machine);
    f.fake.refusal = HV_STATUS_INVALID_VP_STATE;
    worker_machine_advance(&f.machine, f.fake.now);
    ck_assert_uint_eq(f.machine.interrupt_status, HV_STATUS_INVALID_VP_STATE);
    f.fake.refusal = HV_STATUS_SUCCESS;
    f.fake.interrupt_count = 0;
    worker_machine_advance(&f.machine, f.fake.now);
    ck_assert_uint_eq(f.fake.interrupt_count, 1);
}
END_TEST

START_TEST(power_button_is_an_sci)
{
    machine_unmask(&f, 9, LEVEL | 0x39);
    machine_out(&f, WORKER_PM_PORT + 2, 2, 0x0100);
    worker_machine_press_power_button(&f.machine, f.fake.now);
    ck_assert_uint_eq(f.fake.interrupt_count, 1);
    ck_assert_uint_eq(last_interrupt(&f)->vector, 0x39);
    ck_assert_uint_eq(machine_in(&f, WORKER_PM_PORT, 2) & 0x0100, 0x0100);
}
END_TEST

/* Without a call of worker_machine_advance(), which asks all devices. */
START_TEST(access_moves_the_line_of_its_device)
{
    machine_unmask(&f, 2, 0x30);
    start_timer();
    f.fake.now += 20000;
    machine_in(&f, 0x61, 1);
    ck_assert_uint_eq(f.fake.interrupt_count, 1);
    ck_assert_uint_eq(last_interrupt(&f)->vector, 0x30);
    machine_unmask(&f, 8, 0x38);
    machine_out(&f, 0x70, 1, 0x0B);
    machine_out(&f, 0x71, 1, 0x12);
    f.fake.now += 2 * SECOND;
    machine_in(&f, 0x71, 1);
    ck_assert_uint_eq(f.fake.interrupt_count, 2);
    ck_assert_uint_eq(last_interrupt(&f)->vector, 0x38);
    machine_unmask(&f, 9, LEVEL | 0x39);
    worker_machine_press_power_button(&f.machine, f.fake.now);
    machine_out(&f, WORKER_PM_PORT + 2, 2, 0x0100);
    ck_assert_uint_eq(f.fake.interrupt_count, 3);
    ck_assert_uint_eq(last_interrupt(&f)->vector, 0x39);
}
END_TEST

START_TEST(access_to_the_8259_lets_a_waiting_line_through)
{
    start_pic();
    machine_out(&f, 0x21, 1, 0xFF);
    machine_out(&f, 0x2FC, 1, 0x08);
    machine_out(&f, 0x2F9, 1, 0x02);
    ck_assert_uint_eq(f.fake.interrupt_count, 0);
    machine_out(&f, 0x21, 1, 0);
    ck_assert_uint_eq(f.fake.interrupt_count, 1);
    ck_assert_uint_eq(last_interrupt(&f)->vector, 0x23);
}
END_TEST

START_TEST(access_to_any_device_asks_for_what_the_host_has_taken)
{
    start_pic();
    start_timer();
    tick();
    machine_out(&f, 0x20, 1, 0x20);
    machine_out(&f, 0x2FC, 1, 0x08);
    machine_out(&f, 0x2F9, 1, 0x02);
    ck_assert_uint_eq(f.fake.interrupt_count, 1);
    f.fake.legacy_taken = true;
    machine_in(&f, 0x3FF, 1);
    ck_assert_uint_eq(f.fake.interrupt_count, 2);
    ck_assert_uint_eq(last_interrupt(&f)->vector, 0x23);
}
END_TEST

START_TEST(pci_function_may_be_kept_from_interrupting)
{
    const struct hv_pci_function_config config = { .vendor_id = 1, .interrupt_pin = 1 };
    struct hv_pci_function function;

    ck_assert(hv_pci_function_init(&function, &config));
    ck_assert(hv_pci_add(&f.machine.pci, &function, 3, 0));
    machine_unmask(&f, hv_pci_gsi(3, 1), 0x2000 | 0x40);
    machine_out(&f, 0xCF8, 4, 0x80001804);
    machine_out(&f, 0xCFC, 2, HV_PCI_COMMAND_NO_INTX);
    hv_pci_set_interrupt(&function, true);
    worker_machine_advance(&f.machine, f.fake.now);
    ck_assert_uint_eq(f.fake.interrupt_count, 0);
    machine_out(&f, 0xCFC, 2, 0);
    ck_assert_uint_eq(f.fake.interrupt_count, 1);
    ck_assert_uint_eq(last_interrupt(&f)->vector, 0x40);
}
END_TEST

START_TEST(pm_timer_runs)
{
    f.fake.now += SECOND;
    ck_assert_uint_eq(machine_in(&f, WORKER_PM_PORT + 8, 4), 3579545);
    f.fake.now += 9 * SECOND; /* beyond 24 bits */
    ck_assert_uint_eq(machine_in(&f, WORKER_PM_PORT + 8, 4), 35795450);
}
END_TEST

START_TEST(host_bridge_is_found)
{
    machine_out(&f, 0xCF8, 4, 0x80000000);
    ck_assert_uint_eq(machine_in(&f, 0xCFC, 4), 0x12378086);
    ck_assert_uint_eq(machine_in(&f, 0xCFE, 2), 0x1237);
    machine_out(&f, 0xCF8, 4, 0x80000800);
    ck_assert_uint_eq(machine_in(&f, 0xCFC, 4), 0xFFFFFFFF);
}
END_TEST

START_TEST(pci_interrupts_at_its_pin)
{
    const struct hv_pci_function_config config = { .vendor_id = 1, .interrupt_pin = 1 };
    unsigned pin = hv_pci_gsi(3, 1);
    struct hv_pci_function function;

    ck_assert(hv_pci_function_init(&function, &config));
    ck_assert(hv_pci_add(&f.machine.pci, &function, 3, 0));
    machine_unmask(&f, pin, LEVEL | 0x2000 | 0x40);
    hv_pci_set_interrupt(&function, true);
    worker_machine_advance(&f.machine, f.fake.now);
    ck_assert_uint_eq(f.fake.interrupt_count, 1);
    ck_assert_uint_eq(last_interrupt(&f)->vector, 0x40);
    hv_pci_set_interrupt(&function, false);
    worker_machine_advance(&f.machine, f.fake.now);
    machine_message(&f, HvMessageTypeX64ApicEoi, &(struct hv_x64_apic_eoi_message){ 0, 0x40 }, 8);
    ck_assert_uint_eq(f.fake.interrupt_count, 1);
}
END_TEST

START_TEST(idle_pci_lines_do_not_interrupt)
{
    for (unsigned pin = HV_PCI_FIRST_GSI; pin < HV_IOAPIC_PINS; pin++)
        machine_unmask(&f, pin, LEVEL | 0x2000 | 0x40); /* low active */
    worker_machine_advance(&f.machine, f.fake.now);
    ck_assert_uint_eq(f.fake.interrupt_count, 0);
}
END_TEST

START_TEST(where_nothing_is_all_bits_are_one)
{
    ck_assert_uint_eq(machine_in(&f, 0x80, 1), 0xFF);
    ck_assert_uint_eq(machine_in(&f, 0x1F0, 2), 0xFFFF);
    ck_assert_uint_eq(machine_load(&f, 0xFED00000), 0xFFFFFFFF);
    ck_assert_uint_eq(machine_load(&f, 0xA0000), 0xFFFFFFFF);
}
END_TEST

/* ---- The end ---- */

START_TEST(guest_switches_the_machine_off)
{
    ck_assert_int_eq(machine_out(&f, WORKER_PM_PORT + 4, 2, 1 << 13 | 4 << 10),
                     WORKER_MACHINE_RUNS);
    f.fake.resumes = 0;
    ck_assert_int_eq(machine_out(&f, WORKER_PM_PORT + 4, 2, 1 << 13 | 5 << 10), WORKER_MACHINE_OFF);
    ck_assert_uint_eq(f.fake.resumes, 0);
    ck_assert_uint_eq(f.fake.suspends, MACHINE_VPS);
    ck_assert_int_eq(machine_out(&f, 0x80, 1, 1), WORKER_MACHINE_OFF);
    ck_assert_uint_eq(f.fake.resumes, 0);
}
END_TEST

START_TEST(guest_resets_the_machine)
{
    ck_assert_int_eq(machine_out(&f, 0xCF9, 1, 0x02), WORKER_MACHINE_RUNS);
    ck_assert_uint_eq(machine_in(&f, 0xCF9, 1), 0x02);
    ck_assert_int_eq(machine_out(&f, 0xCF9, 1, 0x06), WORKER_MACHINE_RESETS);
    ck_assert_uint_eq(f.fake.suspends, MACHINE_VPS);
}
END_TEST

START_TEST(guest_resets_the_machine_by_the_hypervisors_register)
{
    struct hv_x64_msr_intercept_message message = { .msr_number = HV_X64_MSR_RESET, .rax = 1 };

    message.header.vp_index = VP;
    machine_message(&f, HvMessageTypeMsrIntercept, &message, sizeof(message));
    ck_assert_int_eq(f.machine.state, WORKER_MACHINE_RUNS); /* it was read */
    message.header.intercept_access_type = HV_INTERCEPT_ACCESS_WRITE;
    message.rax = 2;
    machine_message(&f, HvMessageTypeMsrIntercept, &message, sizeof(message));
    ck_assert_int_eq(f.machine.state, WORKER_MACHINE_RUNS);
    message.rax = 1;
    ck_assert_int_eq(machine_message(&f, HvMessageTypeMsrIntercept, &message, sizeof(message) - 1),
                     WORKER_MACHINE_RUNS);
    f.fake.resumes = 0;
    ck_assert_int_eq(machine_message(&f, HvMessageTypeMsrIntercept, &message, sizeof(message)),
                     WORKER_MACHINE_RESETS);
    ck_assert_uint_eq(f.fake.resumes, 0);
    ck_assert_uint_eq(f.fake.suspends, MACHINE_VPS);
}
END_TEST

START_TEST(triple_fault_is_a_crash)
{
    struct hv_x64_intercept_message_header message = long_mode_header(0);

    ck_assert_int_eq(
        machine_message(&f, HvMessageTypeUnrecoverableException, &message, sizeof(message)),
        WORKER_MACHINE_CRASHED);
    ck_assert_uint_eq(f.fake.suspends, MACHINE_VPS);
    ck_assert_int_eq(worker_history_get(&f.machine.history, 0)->result, WORKER_TRIPLE_FAULT);
}
END_TEST

/* ---- Messages in their place ---- */

static struct hv_message page;

/* The VP runs at once, and its next intercept is written where the last one was. */
static hv_status resume_and_stop(void *context, uint32_t vp_index,
                                 const struct worker_register *registers, uint32_t count)
{
    memset(&page, 0xFF, sizeof(page));
    for (uint32_t i = 0; i < count; i++)
        fake_vid_set(context, registers[i].name, registers[i].value.reg64);
    return vp_index == VP ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_VP_INDEX;
}

START_TEST(message_is_not_looked_at_when_the_vp_goes_on)
{
    struct hv_x64_io_port_intercept_message port = {
        .header = long_mode_header(HV_INTERCEPT_ACCESS_WRITE),
        .port_number = 0x3FF,
        .access_info = 1,
        .rax = 0x5A,
    };

    port.header.instruction_length = 1;
    page.header = (struct hv_message_header){ .message_type = HvMessageTypeX64IoPortIntercept,
                                              .payload_size = sizeof(port) };
    memcpy(page.payload, &port, sizeof(port));
    f.fake.vid.resume = resume_and_stop;
    ck_assert_int_eq(worker_machine_message(&f.machine, VP, &page, f.fake.now),
                     WORKER_MACHINE_RUNS);
    ck_assert_uint_eq(fake_vid_get(&f.fake, HvX64RegisterRip), RIP + 1);
    ck_assert_uint_eq(machine_in(&f, 0x3FF, 1), 0x5A);
    ck_assert_uint_eq(worker_history_get(&f.machine.history, 1)->address, 0x3FF);
    ck_assert_uint_eq(worker_history_get(&f.machine.history, 1)->vp_index, VP);
    ck_assert_int_eq(worker_history_get(&f.machine.history, 1)->result, WORKER_GOES_ON);
}
END_TEST

/* ---- Start and loop ---- */

static uint8_t kernel_file[0x300];

/* A multiboot image of one page at 1 MiB. */
static void make_kernel(void)
{
    static const uint32_t words[][2] = {
        { 0, 0x464C457F },
        { 4, 0x0101 },
        { 16, 0x00030002 },
        { 24, 0x100010 },
        { 28, 52 },
        { 40, 0x00200000 },
        { 44, 1 },
        { 52, 1 },
        { 56, 0x200 },
        { 64, 0x100000 },
        { 68, 0x100 },
        { 72, 0x1000 },
        { 0x240, 0x1BADB002 },
        { 0x248, 0u - 0x1BADB002 },
    };

    memset(kernel_file, 0, sizeof(kernel_file));
    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        memcpy(kernel_file + words[i][0], &words[i][1], 4);
}

START_TEST(first_vp_starts_with_the_kernel_and_the_others_wait)
{
    const struct worker_kernel kernel = { .image = kernel_file, .image_size = sizeof(kernel_file) };

    make_kernel();
    ck_assert_ptr_null(worker_machine_load(&f.machine, &kernel));
    ck_assert_uint_eq(worker_machine_start(&f.machine), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(f.fake.resumes, MACHINE_VPS);
    ck_assert_uint_eq(f.fake.resumed_vp, 0);
    ck_assert_uint_gt(f.fake.resumed_registers, 0);
    ck_assert_uint_eq(f.fake.resumed_before, 0);
    ck_assert_uint_eq(fake_vid_get(&f.fake, HvX64RegisterRip), 0x100010);
    f.fake.refusal = HV_STATUS_INVALID_VP_INDEX;
    f.fake.resumes = 0;
    ck_assert_uint_eq(worker_machine_start(&f.machine), HV_STATUS_INVALID_VP_INDEX);
    ck_assert_uint_eq(f.fake.resumes, 1);
    ck_assert_ptr_nonnull(worker_machine_load(&f.machine, &(struct worker_kernel){ 0 }));
}
END_TEST

START_TEST(kernel_is_told_where_the_tables_are)
{
    const struct worker_kernel kernel = { .image = kernel_file, .image_size = sizeof(kernel_file) };
    static const uint32_t note[][2] = {
        { 44, 2 },    { 84, 4 },     { 88, 0x280 },       { 100, 0x18 },       { 0x280, 4 },
        { 0x284, 4 }, { 0x288, 18 }, { 0x28C, 0x6E6558 }, { 0x290, 0x100040 },
    };
    uint64_t rsdp;

    make_kernel();
    for (unsigned i = 0; i < sizeof(note) / sizeof(note[0]); i++)
        memcpy(kernel_file + note[i][0], &note[i][1], 4);
    ck_assert_ptr_null(worker_machine_load(&f.machine, &kernel));
    ck_assert_uint_eq(worker_machine_start(&f.machine), HV_STATUS_SUCCESS);
    memcpy(&rsdp, f.ram + fake_vid_get(&f.fake, HvX64RegisterRbx) + 32, sizeof(rsdp));
    ck_assert_uint_eq(rsdp, WORKER_TABLES);
}
END_TEST

static uint64_t asked_deadline;
static struct worker_intercept *next_intercept;

static bool next(void *context, uint64_t deadline, struct worker_intercept *intercept)
{
    struct fake_vid *fake = context;

    asked_deadline = deadline;
    if (next_intercept) {
        *intercept = *next_intercept;
        next_intercept = NULL;
        return true;
    }
    fake->now = deadline;
    return false;
}

START_TEST(step_waits_until_something_is_due)
{
    struct worker_intercept off = { .kind = WORKER_INTERCEPT_ACCESS,
                                    .access = { .address = WORKER_PM_PORT + 5,
                                                .data = (uint8_t[]){ 0x34 },
                                                .count = 1,
                                                .size = 1,
                                                .is_port = true,
                                                .is_write = true } };

    f.fake.vid.next = next;
    machine_unmask(&f, 2, 0x30);
    start_timer();
    ck_assert_int_eq(worker_machine_step(&f.machine), WORKER_MACHINE_RUNS);
    ck_assert_uint_eq(f.fake.interrupt_count, 0);
    ck_assert_int_eq(worker_machine_step(&f.machine), WORKER_MACHINE_RUNS);
    ck_assert_uint_eq(f.fake.interrupt_count, 1);
    ck_assert_uint_eq(asked_deadline, worker_machine_deadline(&f.machine));
    next_intercept = &off;
    ck_assert_int_eq(worker_machine_step(&f.machine), WORKER_MACHINE_OFF);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("worker machine");
    TCase *tcase = tcase_create("machine");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, memory_is_that_of_a_pc);
    tcase_add_test(tcase, memory_beyond_the_hole_comes_after_4_gib);
    tcase_add_test(tcase, impossible_machines_are_refused);
    tcase_add_test(tcase, tables_describe_the_machine);
    tcase_add_test(tcase, more_processors_than_tables_can_tell_are_refused);
    tcase_add_test(tcase, console_prints_and_reads);
    tcase_add_test(tcase, character_takes_its_time);
    tcase_add_test(tcase, last_words_are_sent_when_the_machine_has_stopped);
    tcase_add_test(tcase, timer_of_the_shortest_period_leaves_the_host_its_time);
    tcase_add_test(tcase, terminal_is_there);
    tcase_add_test(tcase, ticks_that_come_late_are_merged);
    tcase_add_test(tcase, pci_interrupts_at_its_pin);
    tcase_add_test(tcase, kernel_is_told_where_the_tables_are);
    tcase_add_test(tcase, serial_port_without_a_console_swallows);
    tcase_add_test(tcase, serial_port_interrupts_at_its_pin);
    tcase_add_test(tcase, level_interrupt_comes_again_until_its_cause_is_gone);
    tcase_add_test(tcase, timer_ticks_at_pin_2);
    tcase_add_test(tcase, legacy_interrupt_goes_to_the_boot_processor);
    tcase_add_test(tcase, legacy_interrupt_waits_until_the_last_was_taken);
    tcase_add_test(tcase, legacy_interrupt_that_the_host_refuses_is_not_lost);
    tcase_add_test(tcase, host_without_legacy_interrupts_gets_none);
    tcase_add_test(tcase, extint_of_the_io_apic_asks_the_8259s);
    tcase_add_test(tcase, nmi_of_the_io_apic_has_no_vector);
    tcase_add_test(tcase, sci_is_level_triggered_at_the_8259);
    tcase_add_test(tcase, clock_shows_the_time_of_day);
    tcase_add_test(tcase, clock_interrupts_at_pin_8);
    tcase_add_test(tcase, timer_has_its_port_b);
    tcase_add_test(tcase, interrupt_that_the_host_refuses_is_sent_again);
    tcase_add_test(tcase, power_button_is_an_sci);
    tcase_add_test(tcase, access_moves_the_line_of_its_device);
    tcase_add_test(tcase, access_to_the_8259_lets_a_waiting_line_through);
    tcase_add_test(tcase, access_to_any_device_asks_for_what_the_host_has_taken);
    tcase_add_test(tcase, pci_function_may_be_kept_from_interrupting);
    tcase_add_test(tcase, pm_timer_runs);
    tcase_add_test(tcase, host_bridge_is_found);
    tcase_add_test(tcase, idle_pci_lines_do_not_interrupt);
    tcase_add_test(tcase, where_nothing_is_all_bits_are_one);
    tcase_add_test(tcase, guest_switches_the_machine_off);
    tcase_add_test(tcase, guest_resets_the_machine);
    tcase_add_test(tcase, guest_resets_the_machine_by_the_hypervisors_register);
    tcase_add_test(tcase, triple_fault_is_a_crash);
    tcase_add_test(tcase, message_is_not_looked_at_when_the_vp_goes_on);
    tcase_add_test(tcase, first_vp_starts_with_the_kernel_and_the_others_wait);
    tcase_add_test(tcase, step_waits_until_something_is_due);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
