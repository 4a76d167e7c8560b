/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A partition by /dev/mshv: what the driver is asked until it is there, and what is told of one
 * that is not. */
#include <check.h>
#include <cpuid.h>
#include <string.h>
#include <unistd.h>

#include "fake_mshv.h"
#include "suite.h"

#define LEAVES (HV_CPUID_IPT_FEATURES - HV_CPUID_VENDOR_AND_MAX_FUNCTION + 1)

static const struct vmm_backend *const backend = &vmm_mshv_backend;
static struct mshv_partition *partition;

static void setup(void)
{
    fake_mshv_start();
    partition = backend->context;
}

START_TEST(device_that_is_not_there_is_told)
{
    close(partition->device);
    ck_assert(!backend->open(partition, "/dev/null/mshv", &fake_trouble));
    ck_assert_str_eq(fake_trouble.text, "/dev/null/mshv: Not a directory");
    ck_assert(backend->open(partition, "/dev/null", &fake_trouble));
}
END_TEST

START_TEST(partition_has_its_privileges_before_it_is_initialized)
{
    static const unsigned long order[] = { MSHV_CREATE_PARTITION, MSHV_ROOT_HVCALL,
                                           MSHV_INITIALIZE_PARTITION };
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;

    ck_assert_msg(fake_mshv_make(), "%s", fake_trouble.text);
    for (unsigned i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        ck_assert_uint_eq(fake_mshv.requests[i], order[i]);
    ck_assert_uint_eq(fake_mshv.partition.pt_flags, 7);
    ck_assert_uint_eq(fake_mshv.calls[0].code, HvCallSetPartitionProperty);
    ck_assert_uint_eq(fake_mshv.calls[0].input.property.property_code,
                      HvPartitionPropertyPrivilegeFlags);
    /* None that this machine's own hypervisor, if any, has not given it. */
    __cpuid(HV_CPUID_FEATURES, eax, ebx, ecx, edx);
    ck_assert_uint_eq(fake_mshv.calls[0].input.property.property_value,
                      fake_machine.privileges & (eax | (uint64_t)ebx << 32));
    ck_assert_ptr_null(fake_mshv_call(HvCallSetPartitionProperty, 1));
}
END_TEST

START_TEST(ports_and_msrs_are_intercepted)
{
    const struct hv_input_install_intercept *ports, *msrs;

    ck_assert(fake_mshv_make());
    ports = &fake_mshv_call(HvCallInstallIntercept, 0)->input.intercept;
    msrs = &fake_mshv_call(HvCallInstallIntercept, 1)->input.intercept;
    ck_assert_uint_eq(ports->intercept_type, HvInterceptTypeX64IoPortRange);
    ck_assert_uint_eq(ports->intercept_parameter, 0xFFFF0000);
    ck_assert_uint_eq(msrs->intercept_type, HvInterceptTypeX64Msr);
    ck_assert_uint_eq(ports->access_type & msrs->access_type,
                      HV_INTERCEPT_ACCESS_MASK_READ | HV_INTERCEPT_ACCESS_MASK_WRITE);
    /* Ends of interrupts not yet. */
    ck_assert_ptr_null(fake_mshv_call(HvCallInstallIntercept, 2));
}
END_TEST

START_TEST(each_vp_has_cacheable_memory)
{
    ck_assert(fake_mshv_make());
    ck_assert_uint_eq(fake_mshv_requests(MSHV_CREATE_VP), 2);
    for (unsigned i = 0; i < 2; i++) {
        const struct fake_call *call = fake_mshv_call(HvCallSetVpRegisters, i);

        ck_assert_uint_eq(call->reps, 1);
        ck_assert_uint_eq(call->input.registers.header.vp_index, i);
        ck_assert_uint_eq(call->input.registers.list[0].name, HvX64RegisterMsrMtrrDefType);
        ck_assert_uint_eq(call->input.registers.list[0].value.reg64, 0x806);
    }
    ck_assert_ptr_null(fake_mshv_call(HvCallRegisterInterceptResult, 0));
}
END_TEST

START_TEST(share_of_the_processors_is_set_where_it_is_unusual)
{
    fake_machine.cpu_weight = 7;
    fake_machine.cpu_cap = 5;
    fake_machine.cpu_reserve = 3;
    ck_assert(fake_mshv_make());
    for (unsigned i = 0; i < 3; i++) {
        static const struct {
            uint32_t code;
            uint64_t value;
        } expected[] = { { HvPartitionPropertyCpuWeight, 7 },
                         { HvPartitionPropertyCpuCap, 5 },
                         { HvPartitionPropertyCpuReserve, 3 } };
        const struct fake_call *call = fake_mshv_call(HvCallSetPartitionProperty, 1 + i);

        ck_assert_uint_eq(call->input.property.property_code, expected[i].code);
        ck_assert_uint_eq(call->input.property.property_value, expected[i].value);
    }
}
END_TEST

START_TEST(without_the_interface_each_vp_is_shown_none)
{
    fake_machine.privileges = 0;
    ck_assert(fake_mshv_make());
    for (unsigned i = 0; i < 2 * (1 + LEAVES); i++)
        ck_assert_uint_eq(fake_mshv_call(HvCallRegisterInterceptResult, i)->input.result.vp_index,
                          i / (1 + LEAVES));
    ck_assert_ptr_null(fake_mshv_call(HvCallRegisterInterceptResult, 2 * (1 + LEAVES)));
}
END_TEST

START_TEST(whatever_is_refused_is_told)
{
    static const unsigned long requests[] = { MSHV_CREATE_PARTITION, MSHV_INITIALIZE_PARTITION,
                                              MSHV_CREATE_VP };
    static const uint16_t calls[] = { HvCallSetPartitionProperty, HvCallInstallIntercept,
                                      HvCallSetVpRegisters, HvCallRegisterInterceptResult };

    fake_machine.privileges = 0;
    for (unsigned i = 0; i < 7; i++) {
        fake_mshv_forget();
        if (i < 3)
            fake_mshv.refused_request = requests[i];
        else
            fake_mshv.refused_call = calls[i - 3];
        ck_assert_msg(!fake_mshv_make(), "%u is not missed", i);
        ck_assert_ptr_nonnull(
            strstr(fake_trouble.text, i < 3 ? ": Input/output error" : ", status 0x0005"));
        backend->unmake(partition);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm_mshv_partition");
    TCase *tests = tcase_create("partition");

    tcase_add_checked_fixture(tests, setup, fake_mshv_end);
    tcase_add_test(tests, device_that_is_not_there_is_told);
    tcase_add_test(tests, partition_has_its_privileges_before_it_is_initialized);
    tcase_add_test(tests, ports_and_msrs_are_intercepted);
    tcase_add_test(tests, each_vp_has_cacheable_memory);
    tcase_add_test(tests, share_of_the_processors_is_set_where_it_is_unusual);
    tcase_add_test(tests, without_the_interface_each_vp_is_shown_none);
    tcase_add_test(tests, whatever_is_refused_is_told);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
