/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The back end of /dev/mshv: memory, registers, running and interrupts, on a driver that keeps what
 * it is asked. */
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "fake_mshv.h"
#include "suite.h"

static const struct vmm_backend *const backend = &vmm_mshv_backend;
static struct mshv_partition *partition;

static void setup(void)
{
    fake_mshv_start();
    partition = backend->context;
}

/* ---- Memory and registers ---- */

START_TEST(memory_is_mapped_as_it_is_asked)
{
    static uint8_t page[HV_PAGE_SIZE];

    ck_assert(fake_mshv_make());
    ck_assert_uint_eq(backend->map(partition, 0x5000, page, sizeof(page),
                                   HV_MAP_GPA_READABLE | HV_MAP_GPA_WRITABLE),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(fake_mshv.region.guest_pfn, 5);
    ck_assert_uint_eq(fake_mshv.region.size, sizeof(page));
    ck_assert_uint_eq(fake_mshv.region.userspace_addr, (uintptr_t)page);
    ck_assert_uint_eq(fake_mshv.region.flags, 1u << MSHV_SET_MEM_BIT_WRITABLE);
    backend->map(partition, 0, page, sizeof(page),
                 HV_MAP_GPA_READABLE | HV_MAP_GPA_KERNEL_EXECUTABLE);
    ck_assert_uint_eq(fake_mshv.region.flags, 1u << MSHV_SET_MEM_BIT_EXECUTABLE);
    ck_assert_uint_eq(backend->unmap(partition, 0x5000, sizeof(page)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(fake_mshv.region.flags, 1u << MSHV_SET_MEM_BIT_UNMAP);
    fake_mshv.refused_request = MSHV_SET_GUEST_MEMORY;
    ck_assert_uint_eq(backend->map(partition, 0, page, sizeof(page), 0),
                      HV_STATUS_OPERATION_FAILED);
    ck_assert_uint_eq(backend->unmap(partition, 0, sizeof(page)), HV_STATUS_OPERATION_FAILED);
}
END_TEST

/* A call of a hypervisor for each register would be the price of a port access. */
START_TEST(registers_of_a_vp_that_was_stopped_are_in_its_page)
{
    static const uint32_t name = HvX64RegisterRip;
    const struct worker_register changed = { .name = HvX64RegisterRip, .value.reg64 = 0x1234 };
    union hv_register_value value;
    unsigned calls;

    ck_assert(fake_mshv_make());
    calls = fake_mshv.call_count;
    partition->vp[1].registers->version = HV_VP_REGISTER_PAGE_VERSION_1;
    partition->vp[1].registers->is_valid = 1;
    partition->vp[1].registers->rip = 0x777;
    backend->intercepted(partition, 1);
    backend->get_registers(partition, 1, &name, &value, 1);
    ck_assert_uint_eq(value.reg64, 0x777);
    ck_assert_ptr_eq(backend->register_page(partition, 1), partition->vp[1].registers);
    ck_assert_uint_eq(backend->prepare(partition, 1, NULL, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(fake_mshv.call_count, calls);
    /* It runs: what the page has is old. */
    ck_assert_ptr_null(backend->register_page(partition, 1));
    backend->get_registers(partition, 1, &name, &value, 1);
    ck_assert_uint_eq(fake_mshv.call_count, calls + 1);
    ck_assert_uint_eq(fake_mshv_call(HvCallGetVpRegisters, 0)->input.registers.header.vp_index, 1);
    backend->prepare(partition, 1, &changed, 1);
    ck_assert_uint_eq(fake_mshv.call_count, calls + 2);
}
END_TEST

START_TEST(registers_that_are_set_otherwise_make_the_page_old)
{
    const struct worker_register changed = { .name = HvX64RegisterRip };

    ck_assert(fake_mshv_make());
    partition->vp[0].registers->is_valid = 1;
    backend->intercepted(partition, 0);
    ck_assert_ptr_nonnull(backend->register_page(partition, 0));
    ck_assert_uint_eq(backend->set_registers(partition, 0, &changed, 1), HV_STATUS_SUCCESS);
    ck_assert_ptr_null(backend->register_page(partition, 0));
    fake_mshv.refused_call = HvCallSetVpRegisters;
    ck_assert_uint_eq(backend->set_registers(partition, 0, &changed, 1),
                      HV_STATUS_INVALID_PARAMETER);
}
END_TEST

START_TEST(none_and_too_many_registers_are_no_call)
{
    static const uint32_t names[MSHV_MOST_REGISTERS + 1];
    static const struct worker_register registers[MSHV_MOST_REGISTERS + 1];
    static union hv_register_value values[MSHV_MOST_REGISTERS + 1];
    static const uint32_t counts[] = { 0, MSHV_MOST_REGISTERS + 1 };

    for (unsigned i = 0; i < 2; i++) {
        ck_assert_uint_eq(mshv_get_registers(0, 0, names, values, counts[i]),
                          HV_STATUS_INVALID_PARAMETER);
        ck_assert_uint_eq(mshv_set_registers(0, 0, registers, counts[i]),
                          HV_STATUS_INVALID_PARAMETER);
    }
    ck_assert_uint_eq(fake_mshv.call_count, 0);
    ck_assert_uint_eq(mshv_get_registers(0, 0, names, values, MSHV_MOST_REGISTERS),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(fake_mshv.calls[0].reps, MSHV_MOST_REGISTERS);
}
END_TEST

/* A failure of the driver itself, before there is a hypercall, has no status of one. */
START_TEST(call_that_was_never_made_has_failed)
{
    fake_mshv.refused_request = MSHV_ROOT_HVCALL;
    ck_assert_uint_eq(mshv_set_property(0, HvPartitionPropertyCpuCap, 1),
                      HV_STATUS_OPERATION_FAILED);
}
END_TEST

START_TEST(address_is_translated_with_its_place_in_the_page)
{
    const struct hv_output_translate_virtual_address output = { .result_code =
                                                                    HvTranslateGvaSuccess,
                                                                .gpa_page = 9 };
    uint64_t gpa;
    uint32_t code;

    ck_assert(fake_mshv_make());
    memcpy(fake_mshv.output, &output, sizeof(output));
    ck_assert_uint_eq(backend->translate(partition, 1, 0x7123, 2, &gpa, &code), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(gpa, 0x9123);
    ck_assert_uint_eq(code, HvTranslateGvaSuccess);
    ck_assert_uint_eq(fake_mshv_call(HvCallTranslateVirtualAddress, 0)->input.translation.gva_page,
                      7);
}
END_TEST

/* ---- Running ---- */

START_TEST(what_comes_of_running)
{
    static struct worker_intercept intercept;
    const uint32_t type = HvMessageTypeX64IoPortIntercept;

    ck_assert(fake_mshv_make());
    memcpy(fake_mshv.message, &type, sizeof(type));
    ck_assert_int_eq(backend->run(partition, 1, &intercept, &fake_trouble), VMM_RUN_INTERCEPT);
    ck_assert_int_eq(intercept.kind, WORKER_INTERCEPT_MESSAGE);
    ck_assert_uint_eq(intercept.message.header.message_type, type);
    fake_mshv.run_error = EINTR;
    ck_assert_int_eq(backend->run(partition, 1, &intercept, &fake_trouble), VMM_RUN_KICKED);
    ck_assert_str_eq(fake_trouble.text, "");
    fake_mshv.run_error = EFAULT;
    ck_assert_int_eq(backend->run(partition, 1, &intercept, &fake_trouble), VMM_RUN_FAILED);
    ck_assert_str_eq(fake_trouble.text, "could not run VP 1: Bad address");
}
END_TEST

/* ---- Interrupts ---- */

START_TEST(edge_is_asserted_alone)
{
    const struct worker_interrupt interrupt = {
        .type = 1, .vector = 0x41, .destination = 3, .logical_destination = true
    };
    const struct hv_input_assert_virtual_interrupt *input;

    ck_assert(fake_mshv_make());
    ck_assert_uint_eq(backend->assert_interrupt(partition, &interrupt), HV_STATUS_SUCCESS);
    input = &fake_mshv_call(HvCallAssertVirtualInterrupt, 0)->input.interrupt;
    ck_assert_uint_eq(input->interrupt_control,
                      1 | HV_X64_INTERRUPT_CONTROL_LOGICAL_DESTINATION_MODE);
    ck_assert_uint_eq(input->destination_address, 3);
    ck_assert_uint_eq(input->requested_vector, 0x41);
    ck_assert_uint_eq(fake_mshv_requests(MSHV_IRQFD), 0);
    ck_assert_int_eq(backend->ended_file(partition), -1);
}
END_TEST

START_TEST(end_of_a_level_is_told_by_its_vector)
{
    struct worker_interrupt interrupt = { .vector = 0x41, .level_triggered = true };
    uint32_t vector;

    ck_assert(fake_mshv_make());
    ck_assert_uint_eq(backend->assert_interrupt(partition, &interrupt), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(backend->assert_interrupt(partition, &interrupt), HV_STATUS_SUCCESS);
    interrupt.vector = 0x52;
    ck_assert_uint_eq(backend->assert_interrupt(partition, &interrupt), HV_STATUS_SUCCESS);
    /* A file for each vector, and one intercept for all. */
    ck_assert_uint_eq(fake_mshv.irqfd_count, 2);
    ck_assert_uint_eq(fake_mshv.irqfds[1].gsi, 0x52);
    ck_assert_uint_eq(fake_mshv.irqfds[1].flags, 1u << MSHV_IRQFD_BIT_RESAMPLE);
    ck_assert_uint_eq(fake_mshv.route_count, 2);
    ck_assert_uint_eq(fake_mshv.routes[1].gsi, 0x52);
    ck_assert_uint_eq(fake_mshv.routes[1].data, 0x8052);
    ck_assert_uint_eq(fake_mshv_call(HvCallInstallIntercept, 2)->input.intercept.intercept_type,
                      HvInterceptTypeX64ApicEoi);
    ck_assert_ptr_null(fake_mshv_call(HvCallInstallIntercept, 3));
    ck_assert_uint_eq(
        fake_mshv_call(HvCallAssertVirtualInterrupt, 2)->input.interrupt.interrupt_control,
        HV_X64_INTERRUPT_CONTROL_LEVEL_TRIGGERED);
    ck_assert(!backend->take_ended(partition, &vector));
    ck_assert_int_eq(write(fake_mshv.irqfds[1].resamplefd, &(uint64_t){ 1 }, 8), 8);
    ck_assert_int_eq(
        poll(&(struct pollfd){ .fd = backend->ended_file(partition), .events = POLLIN }, 1, 0), 1);
    ck_assert(backend->take_ended(partition, &vector));
    ck_assert_uint_eq(vector, 0x52);
    ck_assert(!backend->take_ended(partition, &vector));
}
END_TEST

/* An end that is not told would block the driver's slot, so it is never asserted. */
START_TEST(level_whose_end_cannot_be_told_is_not_asserted)
{
    const struct worker_interrupt interrupt = { .vector = 0x41, .level_triggered = true };
    static const unsigned long requests[] = { MSHV_IRQFD, MSHV_SET_MSI_ROUTING };

    for (unsigned i = 0; i < 2; i++) {
        fake_mshv_forget();
        ck_assert(fake_mshv_make());
        fake_mshv.refused_request = requests[i];
        ck_assert_uint_eq(backend->assert_interrupt(partition, &interrupt),
                          HV_STATUS_OPERATION_FAILED);
        fake_mshv.refused_request = 0;
        ck_assert_uint_eq(backend->assert_interrupt(partition, &interrupt),
                          HV_STATUS_OPERATION_FAILED);
        ck_assert_ptr_null(fake_mshv_call(HvCallAssertVirtualInterrupt, 0));
        backend->unmake(partition);
    }
}
END_TEST

START_TEST(interrupt_is_taken_back_by_a_hypercall)
{
    ck_assert(fake_mshv_make());
    ck_assert_uint_eq(backend->clear_interrupt(partition), HV_STATUS_SUCCESS);
    ck_assert_ptr_nonnull(fake_mshv_call(HvClearVirtualInterrupt, 0));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm_mshv");
    TCase *tests = tcase_create("mshv");

    tcase_add_checked_fixture(tests, setup, fake_mshv_end);
    tcase_add_test(tests, memory_is_mapped_as_it_is_asked);
    tcase_add_test(tests, registers_of_a_vp_that_was_stopped_are_in_its_page);
    tcase_add_test(tests, registers_that_are_set_otherwise_make_the_page_old);
    tcase_add_test(tests, none_and_too_many_registers_are_no_call);
    tcase_add_test(tests, call_that_was_never_made_has_failed);
    tcase_add_test(tests, address_is_translated_with_its_place_in_the_page);
    tcase_add_test(tests, what_comes_of_running);
    tcase_add_test(tests, edge_is_asserted_alone);
    tcase_add_test(tests, end_of_a_level_is_told_by_its_vector);
    tcase_add_test(tests, level_whose_end_cannot_be_told_is_not_asserted);
    tcase_add_test(tests, interrupt_is_taken_back_by_a_hypercall);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
