/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The tables as an operating system reads them; expectations are those of the ACPI specification.
 */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <hv/acpi_pm.h>
#include <hv/acpi_tables.h>
#include <hv/ioapic.h>

#include "acpi_walk.h"
#include "suite.h"

#define ADDRESS 0xE0000u

static uint8_t buffer[0x200000];
static uint32_t apic_ids[HV_ACPI_MAX_CPUS];
static struct hv_acpi_override overrides[HV_ACPI_ISA_INTERRUPTS + 1];
static struct hv_acpi_tables_config config;
static struct acpi_memory memory;

static void setup(void)
{
    for (uint32_t i = 0; i < HV_ACPI_MAX_CPUS; i++) {
        apic_ids[i] = i;
    }
    memset(overrides, 0, sizeof(overrides));
    config = (struct hv_acpi_tables_config){
        .address = ADDRESS,
        .apic_ids = apic_ids,
        .cpu_count = 1,
        .io_apic_address = HV_IOAPIC_DEFAULT_ADDRESS,
        .sci = 9,
        .pm_port = 0x600,
        .overrides = overrides,
    };
}

static void write_all(void)
{
    size_t used;
    memset(buffer, 0xEE, sizeof(buffer));
    ck_assert(hv_acpi_tables_write(&config, buffer, sizeof(buffer), &used));
    memory = (struct acpi_memory){ buffer, used, config.address };
    ck_assert_uint_eq(buffer[used], 0xEE);
}

static const uint8_t *find(const char *signature)
{
    write_all();
    const uint8_t *table = acpi_find(&memory, signature);
    ck_assert_ptr_nonnull(table);
    return table;
}

static const uint8_t *dsdt(void)
{
    const uint8_t *fadt = find("FACP");
    const uint8_t *table = acpi_table_at(&memory, acpi_get(fadt, 140, 8), "DSDT");
    ck_assert_ptr_nonnull(table);
    return table;
}

/* Whether a table holds these bytes somewhere. */
static bool holds(const uint8_t *table, const void *bytes, size_t size)
{
    size_t length = acpi_get(table, 4, 4);
    for (size_t at = 36; at + size <= length; at++) {
        if (memcmp(table + at, bytes, size) == 0) {
            return true;
        }
    }
    return false;
}

/* The structure of the MADT with that type and number among its like; NULL: none. */
static const uint8_t *structure(const uint8_t *madt, uint8_t type, unsigned number)
{
    for (size_t at = 44; at < acpi_get(madt, 4, 4); at += madt[at + 1]) {
        ck_assert_uint_ge(madt[at + 1], 2);
        if (madt[at] == type && number-- == 0) {
            return madt + at;
        }
    }
    return NULL;
}

START_TEST(tables_are_found_from_the_first_byte)
{
    write_all();
    ck_assert_ptr_nonnull(acpi_xsdt(&memory));
    ck_assert_uint_eq(acpi_get(buffer, 16, 4), 0);
    ck_assert_uint_eq(acpi_get(acpi_xsdt(&memory), 4, 4), 36 + 2 * 8);
    ck_assert_ptr_nonnull(acpi_find(&memory, "FACP"));
    ck_assert_ptr_nonnull(acpi_find(&memory, "APIC"));
    ck_assert_ptr_nonnull(dsdt());
}
END_TEST

START_TEST(fadt_leads_to_the_dsdt_and_the_facs)
{
    const uint8_t *fadt = find("FACP");
    const uint8_t *facs = acpi_table_at(&memory, acpi_get(fadt, 132, 8), "FACS");
    ck_assert_uint_eq(acpi_get(fadt, 4, 4), 276);
    ck_assert_uint_eq(fadt[8], 6);
    ck_assert_uint_eq(acpi_get(fadt, 36, 4), acpi_get(fadt, 132, 8));
    ck_assert_uint_eq(acpi_get(fadt, 40, 4), acpi_get(fadt, 140, 8));
    ck_assert_ptr_nonnull(facs);
    ck_assert_uint_eq(acpi_get(facs, 4, 4), 64);
    ck_assert_uint_eq(facs[32], 2);
}
END_TEST

START_TEST(tables_above_4_gib_are_reached_by_the_wide_fields_alone)
{
    config.address = UINT64_C(0x123456000);
    const uint8_t *fadt = find("FACP");
    ck_assert_uint_eq(acpi_get(fadt, 36, 8), 0);
    ck_assert_ptr_nonnull(acpi_table_at(&memory, acpi_get(fadt, 132, 8), "FACS"));
    ck_assert_ptr_nonnull(dsdt());
}
END_TEST

START_TEST(fadt_has_the_ports_of_the_registers)
{
    static const struct {
        size_t old_at;
        size_t at;
        size_t length_at;
        uint16_t port;
        uint8_t size;
        uint8_t access;
    } blocks[] = { { 56, 148, 88, 0x600, 4, 2 },
                   { 64, 172, 89, 0x604, 2, 2 },
                   { 76, 208, 91, 0x608, 4, 3 } };
    const uint8_t *fadt = find("FACP");
    for (size_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(acpi_get(fadt, blocks[i].old_at, 4), blocks[i].port);
        ck_assert_uint_eq(fadt[blocks[i].length_at], blocks[i].size);
        ck_assert_uint_eq(fadt[blocks[i].at], 1);
        ck_assert_uint_eq(fadt[blocks[i].at + 1], blocks[i].size * 8);
        ck_assert_uint_eq(fadt[blocks[i].at + 2], 0);
        ck_assert_uint_eq(fadt[blocks[i].at + 3], blocks[i].access);
        ck_assert_uint_eq(acpi_get(fadt, blocks[i].at + 4, 8), blocks[i].port);
    }
    ck_assert_uint_eq(acpi_get(fadt, 46, 2), 9);
    ck_assert_uint_eq(acpi_get(fadt, 48, 4), 0);
    ck_assert_uint_eq(acpi_get(fadt, 96, 4), 0x0FFF0FFF);
}
END_TEST

START_TEST(fadt_has_the_reset_register)
{
    const uint8_t *fadt = find("FACP");
    ck_assert_uint_eq(acpi_get(fadt, 116, 4), 0x01000801);
    ck_assert_uint_eq(acpi_get(fadt, 120, 8), HV_ACPI_RESET_PORT);
    ck_assert_uint_eq(fadt[128], HV_ACPI_RESET_VALUE);
}
END_TEST

START_TEST(flags_tell_what_the_machine_has)
{
    const uint8_t *fadt = find("FACP");
    ck_assert_uint_eq(acpi_get(fadt, 109, 2), 0x0024);
    ck_assert_uint_eq(acpi_get(fadt, 112, 4), 0x0465);
    config.timer_32_bits = true;
    config.i8042 = true;
    fadt = find("FACP");
    ck_assert_uint_eq(acpi_get(fadt, 109, 2), 0x0027);
    ck_assert_uint_eq(acpi_get(fadt, 112, 4), 0x0565);
    config.i8042 = false;
    config.com1 = true;
    config.rtc = true;
    ck_assert_uint_eq(acpi_get(find("FACP"), 109, 2), 0x0005);
    config.com1 = false;
    config.com2 = true;
    config.vga = true;
    ck_assert_uint_eq(acpi_get(find("FACP"), 109, 2), 0x0001);
}
END_TEST

START_TEST(madt_lists_the_controllers)
{
    config.cpu_count = 3;
    apic_ids[1] = 4;
    config.io_apic_id = 7;
    const uint8_t *madt = find("APIC");
    ck_assert_uint_eq(madt[8], 5);
    ck_assert_uint_eq(acpi_get(madt, 36, 4), 0xFEE00000);
    ck_assert_uint_eq(acpi_get(madt, 40, 4), 0);
    ck_assert_mem_eq(structure(madt, 0, 0), "\0\x08\0\0\x01\0\0\0", 8);
    ck_assert_mem_eq(structure(madt, 0, 1), "\0\x08\x01\x04\x01\0\0\0", 8);
    ck_assert_mem_eq(structure(madt, 0, 2), "\0\x08\x02\x02\x01\0\0\0", 8);
    ck_assert_ptr_null(structure(madt, 0, 3));
    ck_assert_mem_eq(structure(madt, 1, 0), "\x01\x0C\x07\0\0\0\xC0\xFE\0\0\0\0", 12);
    ck_assert_mem_eq(structure(madt, 4, 0), "\x04\x06\xFF\0\0\x01", 6);
    ck_assert_ptr_null(structure(madt, 1, 1));
    ck_assert_ptr_null(structure(madt, 9, 0));
    ck_assert_ptr_null(structure(madt, 10, 0));
    config.pic = true;
    ck_assert_uint_eq(acpi_get(find("APIC"), 40, 4), 1);
}
END_TEST

START_TEST(processors_with_high_ids_are_x2apics)
{
    config.cpu_count = 300;
    apic_ids[3] = 0x12345;
    apic_ids[4] = 254;
    apic_ids[5] = 255;
    const uint8_t *madt = find("APIC");
    for (unsigned i = 0; i < 253; i++) {
        ck_assert_ptr_nonnull(structure(madt, 0, i));
    }
    ck_assert_ptr_null(structure(madt, 0, 253));
    ck_assert_uint_eq(structure(madt, 0, 3)[3], 254);
    ck_assert_mem_eq(structure(madt, 9, 0), "\x09\x10\0\0\x45\x23\x01\0\x01\0\0\0\x03\0\0\0", 16);
    ck_assert_mem_eq(structure(madt, 9, 1), "\x09\x10\0\0\xFF\0\0\0\x01\0\0\0\x05\0\0\0", 16);
    ck_assert_mem_eq(structure(madt, 9, 2), "\x09\x10\0\0\xFF\0\0\0\x01\0\0\0\xFF\0\0\0", 16);
    ck_assert_mem_eq(structure(madt, 9, 46), "\x09\x10\0\0\x2B\x01\0\0\x01\0\0\0\x2B\x01\0\0", 16);
    ck_assert_mem_eq(structure(madt, 10, 0), "\x0A\x0C\0\0\xFF\xFF\xFF\xFF\x01\0\0\0", 12);
}
END_TEST

START_TEST(processors_with_high_numbers_are_x2apics)
{
    config.cpu_count = 257;
    apic_ids[255] = 100;
    apic_ids[100] = 255;
    const uint8_t *madt = find("APIC");
    ck_assert_mem_eq(structure(madt, 9, 1), "\x09\x10\0\0\x64\0\0\0\x01\0\0\0\xFF\0\0\0", 16);
    config.cpu_count = 2;
    apic_ids[0] = 300;
    madt = find("APIC");
    ck_assert_ptr_nonnull(structure(madt, 0, 0));
    ck_assert_ptr_nonnull(structure(madt, 10, 0));
}
END_TEST

START_TEST(overrides_have_trigger_and_polarity)
{
    overrides[0] = (struct hv_acpi_override){ .source = 0, .gsi = 2 };
    overrides[1] = (struct hv_acpi_override){ .source = 5, .gsi = 23, .level = true };
    overrides[2] = (struct hv_acpi_override){ .source = 15, .gsi = 15, .low_active = true };
    overrides[3] = (struct hv_acpi_override){ 10, 10, true, true };
    config.override_count = 4;
    const uint8_t *madt = find("APIC");
    ck_assert_mem_eq(structure(madt, 2, 0), "\x02\x0A\0\x09\x09\0\0\0\x0D\0", 10);
    ck_assert_mem_eq(structure(madt, 2, 1), "\x02\x0A\0\0\x02\0\0\0\0\0", 10);
    ck_assert_mem_eq(structure(madt, 2, 2), "\x02\x0A\0\x05\x17\0\0\0\x0D\0", 10);
    ck_assert_mem_eq(structure(madt, 2, 3), "\x02\x0A\0\x0F\x0F\0\0\0\x07\0", 10);
    ck_assert_mem_eq(structure(madt, 2, 4), "\x02\x0A\0\x0A\x0A\0\0\0\x0F\0", 10);
    ck_assert_ptr_null(structure(madt, 2, 5));
}
END_TEST

START_TEST(dsdt_has_the_devices_of_the_machine)
{
    static const struct {
        size_t flag;
        const char *device;
    } devices[] = { { offsetof(struct hv_acpi_tables_config, com1), "COM1" },
                    { offsetof(struct hv_acpi_tables_config, com2), "COM2" },
                    { offsetof(struct hv_acpi_tables_config, i8042), "KBD_" },
                    { offsetof(struct hv_acpi_tables_config, i8042), "MOU_" },
                    { offsetof(struct hv_acpi_tables_config, rtc), "RTC_" },
                    { offsetof(struct hv_acpi_tables_config, pci), "PCI0" } };
    for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
        setup();
        ck_assert(!holds(dsdt(), devices[i].device, 4));
        *(bool *)((uint8_t *)&config + devices[i].flag) = true;
        ck_assert(holds(dsdt(), devices[i].device, 4));
    }
}
END_TEST

START_TEST(dsdt_switches_off_as_the_registers_do)
{
    static const uint8_t off[] = { 0x08, '_',
                                   'S',  '5',
                                   '_',  0x12,
                                   8,    4,
                                   0x0A, HV_ACPI_SLEEP_TYPE_OFF,
                                   0x0A, HV_ACPI_SLEEP_TYPE_OFF,
                                   0,    0 };
    static const uint8_t ports[] = { 0x47, 1, 0x00, 0x06, 0x00, 0x06, 1, HV_ACPI_PM_PORTS };
    ck_assert(holds(dsdt(), off, sizeof(off)));
    ck_assert(holds(dsdt(), ports, sizeof(ports)));
}
END_TEST

START_TEST(dsdt_routes_each_pin_of_each_device)
{
    config.pci = true;
    const uint8_t *table = dsdt();
    for (unsigned i = 0; i < 32 * 4; i++) {
        uint8_t bytes[] = { 0x0C, 0xFF, 0xFF, (uint8_t)(i / 4), 0 };
        uint8_t gsi = (uint8_t)(16 + (i / 4 + i % 4) % 8);
        uint8_t low[] = { 0x0B, 0xFF, 0xFF };
        uint8_t pins[] = { 0, 1, 0x0A, 0x0A };
        uint8_t route[16];
        size_t size = i < 4 ? sizeof(low) : sizeof(bytes);
        memcpy(route, i < 4 ? low : bytes, size);
        route[size++] = pins[i % 4];
        if (i % 4 > 1) {
            route[size++] = (uint8_t)(i % 4);
        }
        route[size++] = 0;
        route[size++] = 0x0A;
        route[size++] = gsi;
        ck_assert_msg(holds(table, route, size), "device %u, pin %u", i / 4, i % 4);
    }
}
END_TEST

START_TEST(dsdt_has_the_windows_of_the_bridge)
{
    static const uint8_t low[] = { 0x87, 0x17, 0,    0,    0x0C, 1, 0, 0, 0, 0, 0, 0, 0,
                                   0xC0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0x40 };
    static const uint8_t high[] = { 0x8A, 0x2B };
    config.pci = true;
    ck_assert(!holds(dsdt(), low, 2));
    ck_assert(!holds(dsdt(), high, 2));
    config.pci_memory_32 = (struct hv_acpi_window){ 0xC0000000, 0x40000000 };
    ck_assert(holds(dsdt(), low, sizeof(low)));
    ck_assert(!holds(dsdt(), high, 2));
    config.pci_memory_64 = (struct hv_acpi_window){ UINT64_C(1) << 32, UINT64_C(1) << 40 };
    ck_assert(holds(dsdt(), high, 2));
}
END_TEST

START_TEST(buffer_that_is_too_small_is_refused_and_not_overrun)
{
    size_t needed, used;
    config.cpu_count = 5;
    config.pci = true;
    ck_assert(!hv_acpi_tables_write(&config, NULL, 0, &needed));
    for (size_t size = 0; size < needed; size += size < 1000 ? 1 : 37) {
        memset(buffer, 0xEE, sizeof(buffer));
        ck_assert(!hv_acpi_tables_write(&config, buffer, size, &used));
        ck_assert_uint_eq(used, needed);
        ck_assert_uint_eq(buffer[size], 0xEE);
    }
    memset(buffer, 0xEE, sizeof(buffer));
    ck_assert(hv_acpi_tables_write(&config, buffer, needed, &used));
    ck_assert_uint_eq(buffer[needed], 0xEE);
}
END_TEST

START_TEST(most_processors_fit)
{
    config.cpu_count = HV_ACPI_MAX_CPUS;
    const uint8_t *madt = find("APIC");
    ck_assert_ptr_nonnull(structure(madt, 9, HV_ACPI_MAX_CPUS - 256));
}
END_TEST

static void refuse(int line)
{
    size_t used = 1;
    ck_assert_msg(!hv_acpi_tables_write(&config, buffer, sizeof(buffer), &used), "line %d", line);
    ck_assert_uint_eq(used, 0);
    setup();
}

#define REFUSE_WITH(assignment) \
    do {                        \
        config.assignment;      \
        refuse(__LINE__);       \
    } while (0)

START_TEST(impossible_machine_is_refused)
{
    REFUSE_WITH(address = ADDRESS + 32);
    REFUSE_WITH(address = UINT64_MAX - 63);
    REFUSE_WITH(cpu_count = 0);
    REFUSE_WITH(cpu_count = HV_ACPI_MAX_CPUS + 1);
    REFUSE_WITH(sci = 0);
    REFUSE_WITH(sci = 16);
    REFUSE_WITH(pm_port = 0);
    REFUSE_WITH(pm_port = 0xFFF1);
    REFUSE_WITH(override_count = HV_ACPI_ISA_INTERRUPTS + 1);
    overrides[0].source = 16;
    REFUSE_WITH(override_count = 1);
    overrides[0].source = 9;
    REFUSE_WITH(override_count = 1);
    overrides[1].gsi = HV_IOAPIC_PINS;
    REFUSE_WITH(override_count = 2);
    config.pci_memory_32.base = (UINT64_C(1) << 32) + 0x1000;
    REFUSE_WITH(pci_memory_32.size = 1);
    config.pci_memory_32.base = 0xFFFFF000;
    REFUSE_WITH(pci_memory_32.size = 0x1001);
    config.pci_memory_64.base = UINT64_MAX - 0x1000;
    REFUSE_WITH(pci_memory_64.size = 0x1001);
}
END_TEST

START_TEST(machine_at_its_limits_is_written)
{
    config.pm_port = 0xFFF0;
    config.sci = 15;
    config.override_count = HV_ACPI_ISA_INTERRUPTS;
    config.pci_memory_32 = (struct hv_acpi_window){ 0xFFFFF000, 0x1000 };
    config.pci_memory_64 = (struct hv_acpi_window){ UINT64_MAX - 0x1000, 0x1000 };
    write_all();
    config.sci = 1;
    config.address = UINT64_MAX - 0xFFF;
    config.pci_memory_32 = (struct hv_acpi_window){ UINT64_MAX, 0 };
    write_all();
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("acpi tables");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, tables_are_found_from_the_first_byte);
    tcase_add_test(tests, fadt_leads_to_the_dsdt_and_the_facs);
    tcase_add_test(tests, tables_above_4_gib_are_reached_by_the_wide_fields_alone);
    tcase_add_test(tests, fadt_has_the_ports_of_the_registers);
    tcase_add_test(tests, fadt_has_the_reset_register);
    tcase_add_test(tests, flags_tell_what_the_machine_has);
    tcase_add_test(tests, madt_lists_the_controllers);
    tcase_add_test(tests, processors_with_high_ids_are_x2apics);
    tcase_add_test(tests, processors_with_high_numbers_are_x2apics);
    tcase_add_test(tests, overrides_have_trigger_and_polarity);
    tcase_add_test(tests, dsdt_has_the_devices_of_the_machine);
    tcase_add_test(tests, dsdt_switches_off_as_the_registers_do);
    tcase_add_test(tests, dsdt_routes_each_pin_of_each_device);
    tcase_add_test(tests, dsdt_has_the_windows_of_the_bridge);
    tcase_add_test(tests, buffer_that_is_too_small_is_refused_and_not_overrun);
    tcase_add_test(tests, most_processors_fit);
    tcase_add_test(tests, impossible_machine_is_refused);
    tcase_add_test(tests, machine_at_its_limits_is_written);
    Suite *suite = suite_create("acpi tables");
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
