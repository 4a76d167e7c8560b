/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The form of saved records, and records that nobody saved. */
#include "save_fixture.h"
#include "suite.h"

static struct hv_record_header header_at(const struct piece *piece, size_t at)
{
    struct hv_record_header header;

    memcpy(&header, piece->bytes + at, sizeof(header));
    return header;
}

static void set_header(struct piece *piece, size_t at, const struct hv_record_header *header)
{
    memcpy(piece->bytes + at, header, sizeof(*header));
}

static size_t next_of(const struct piece *piece, size_t at)
{
    return at + sizeof(struct hv_record_header) + header_at(piece, at).size;
}

START_TEST(records_follow_each_other_in_the_order_of_their_components)
{
    static const uint32_t of_partition[] = { HV_RECORD_PARTITION, HV_RECORD_TIME, HV_RECORD_PORTS,
                                             HV_RECORD_CONNECTIONS, HV_RECORD_MONITOR_PAGES };
    /* Ports and connections have ends that hypercalls made, in the latest ones. */
    static const uint16_t versions[] = { 1, 1, 2, 3, 1 };
    static const uint32_t of_vp[] = { HV_RECORD_VP,     HV_RECORD_REGISTERS,
                                      HV_RECORD_APIC,   HV_RECORD_ASSIST_PAGE,
                                      HV_RECORD_TIMERS, HV_RECORD_MESSAGES,
                                      HV_RECORD_SYNIC,  HV_RECORD_UNHALTED_TIMER };
    size_t at = 0;

    save_all(&from);
    for (size_t i = 0; i < 5; i++, at = next_of(&saved, at)) {
        ck_assert_uint_eq(header_at(&saved, at).component, of_partition[i]);
        ck_assert_uint_eq(header_at(&saved, at).version, versions[i]);
        ck_assert_uint_eq(header_at(&saved, at).vp_index, HV_ANY_VP);
    }
    ck_assert_uint_eq(at, saved.size);
    at = 0;
    for (size_t i = 0; i < 8; i++, at = next_of(&saved_vp[1], at)) {
        ck_assert_uint_eq(header_at(&saved_vp[1], at).component, of_vp[i]);
        ck_assert_uint_eq(header_at(&saved_vp[1], at).version, 1);
        ck_assert_uint_eq(header_at(&saved_vp[1], at).vp_index, 1);
    }
    ck_assert_uint_eq(at, saved_vp[1].size);
}
END_TEST

/* A buffer that is too small is not written beyond its end, whatever its size. */
START_TEST(a_buffer_that_is_too_small_tells_what_is_needed)
{
    size_t used;

    save_all(&from);
    for (size_t size = 0; size < saved.size; size++) {
        uint8_t *room = malloc(size + 1);

        room[size] = 0xA5;
        ck_assert_uint_eq(hv_partition_save(from.partition, from.fake.tsc, room, size, &used),
                          HV_STATUS_INSUFFICIENT_BUFFER);
        ck_assert_uint_eq(used, saved.size);
        ck_assert_uint_eq(room[size], 0xA5);
        free(room);
    }
    ck_assert_uint_eq(
        hv_vp_save(from.vps[0], from.fake.tsc, saved_vp[0].bytes, saved_vp[0].size - 1, &used),
        HV_STATUS_INSUFFICIENT_BUFFER);
    ck_assert_uint_eq(used, saved_vp[0].size);
}
END_TEST

START_TEST(saving_twice_gives_the_same_bytes)
{
    struct piece first, first_vp;

    save_all(&from);
    first = saved;
    first_vp = saved_vp[0];
    saved = saved_vp[0] = (struct piece){ 0 };
    save_all(&from);
    ck_assert_uint_eq(first.size, saved.size);
    ck_assert_mem_eq(first.bytes, saved.bytes, saved.size);
    ck_assert_uint_eq(first_vp.size, saved_vp[0].size);
    ck_assert_mem_eq(first_vp.bytes, saved_vp[0].bytes, saved_vp[0].size);
    drop(&first);
    drop(&first_vp);
}
END_TEST

START_TEST(records_may_lie_at_any_alignment)
{
    const struct hv_restore restore = { .tsc = to.fake.tsc };
    uint8_t *odd;

    save_all(&from);
    odd = malloc(saved.size + 1);
    memcpy(odd + 1, saved.bytes, saved.size);
    ck_assert_uint_eq(hv_partition_restore(to.partition, &restore, odd + 1, saved.size),
                      HV_STATUS_SUCCESS);
    free(odd);
    odd = malloc(saved_vp[0].size + 1);
    memcpy(odd + 1, saved_vp[0].bytes, saved_vp[0].size);
    ck_assert_uint_eq(hv_vp_restore(to.vps[0], &restore, odd + 1, saved_vp[0].size),
                      HV_STATUS_SUCCESS);
    free(odd);
}
END_TEST

/* ---- What is not taken; nothing changes then ---- */

static void expect(hv_status status, hv_status vp_status)
{
    must_write(to.vps[0], HV_X64_MSR_GUEST_OS_ID, 0x1234);
    must_write(to.vps[0], HV_X64_MSR_SCONTROL, 1);
    if (status != HV_STATUS_SUCCESS)
        ck_assert_uint_eq(restore_partition(&to), status);
    if (vp_status != HV_STATUS_SUCCESS)
        ck_assert_uint_eq(restore_vp(&to, 0), vp_status);
    ck_assert_uint_eq(value_of(to.vps[0], HV_X64_MSR_GUEST_OS_ID), 0x1234);
    ck_assert_uint_eq(value_of(to.vps[0], HV_X64_MSR_SCONTROL), 1);
}

START_TEST(records_that_end_early_are_refused)
{
    save_all(&from);
    for (size_t size = saved.size; size-- > 0;) {
        saved.size = size;
        expect(HV_STATUS_INVALID_SAVE_RESTORE_STATE, HV_STATUS_SUCCESS);
    }
    for (size_t i = 0; i < 500; i++) {
        saved_vp[0].size--;
        expect(HV_STATUS_SUCCESS, HV_STATUS_INVALID_SAVE_RESTORE_STATE);
    }
    saved_vp[0].size = 0;
    expect(HV_STATUS_SUCCESS, HV_STATUS_INVALID_SAVE_RESTORE_STATE);
}
END_TEST

START_TEST(bytes_behind_the_last_record_are_refused)
{
    save_all(&from);
    saved.bytes = realloc(saved.bytes, saved.size + 1);
    saved.size++;
    saved_vp[0].bytes = realloc(saved_vp[0].bytes, saved_vp[0].size + 1);
    saved_vp[0].size++;
    expect(HV_STATUS_INVALID_SAVE_RESTORE_STATE, HV_STATUS_INVALID_SAVE_RESTORE_STATE);
}
END_TEST

/* Changes each record's header in turn. */
static void for_each_header(void (*change)(struct hv_record_header *), hv_status status)
{
    struct piece *pieces[] = { &saved, &saved_vp[0] };

    save_all(&from);
    for (size_t i = 0; i < 2; i++)
        for (size_t at = 0; at < pieces[i]->size; at = next_of(pieces[i], at)) {
            struct hv_record_header header = header_at(pieces[i], at), changed = header;

            change(&changed);
            set_header(pieces[i], at, &changed);
            expect(i == 0 ? status : HV_STATUS_SUCCESS, i == 1 ? status : HV_STATUS_SUCCESS);
            set_header(pieces[i], at, &header);
        }
}

static void make_unknown(struct hv_record_header *header)
{
    header->component = 99;
}

static void make_the_one_before(struct hv_record_header *header)
{
    header->component--;
}

static void make_newer(struct hv_record_header *header)
{
    header->version++;
}

static void make_of_another_vp(struct hv_record_header *header)
{
    header->vp_index ^= 1;
}

static void make_longer(struct hv_record_header *header)
{
    header->size++;
}

static void make_shorter(struct hv_record_header *header)
{
    header->size--;
}

static void make_endless(struct hv_record_header *header)
{
    header->size = UINT32_MAX;
}

START_TEST(a_record_that_does_not_belong_there_is_refused)
{
    for_each_header(make_unknown, HV_STATUS_INVALID_SAVE_RESTORE_STATE);
    for_each_header(make_the_one_before, HV_STATUS_INVALID_SAVE_RESTORE_STATE);
}
END_TEST

START_TEST(a_record_of_another_version_is_refused)
{
    for_each_header(make_newer, HV_STATUS_FEATURE_UNAVAILABLE);
}
END_TEST

START_TEST(a_record_of_another_vp_is_refused)
{
    for_each_header(make_of_another_vp, HV_STATUS_INVALID_VP_INDEX);
}
END_TEST

START_TEST(a_record_of_another_size_is_refused)
{
    for_each_header(make_longer, HV_STATUS_INVALID_SAVE_RESTORE_STATE);
    for_each_header(make_shorter, HV_STATUS_INVALID_SAVE_RESTORE_STATE);
    for_each_header(make_endless, HV_STATUS_INVALID_SAVE_RESTORE_STATE);
}
END_TEST

/* Two records of one component, the second in place of the next, and one left out. */
START_TEST(a_record_that_is_there_twice_or_missing_is_refused)
{
    size_t second;
    uint8_t *doubled;

    save_all(&from);
    second = next_of(&saved, 0);
    doubled = malloc(saved.size + second);
    memcpy(doubled, saved.bytes, second);
    memcpy(doubled + second, saved.bytes, saved.size);
    free(saved.bytes);
    saved.bytes = doubled;
    saved.size += second;
    expect(HV_STATUS_INVALID_SAVE_RESTORE_STATE, HV_STATUS_SUCCESS);
    memmove(saved.bytes, saved.bytes + 2 * second, saved.size - 2 * second);
    saved.size -= 2 * second;
    expect(HV_STATUS_INVALID_SAVE_RESTORE_STATE, HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(without_a_local_apic_there_is_no_record_of_one)
{
    const uint32_t capabilities =
        from.fake.platform.facts.capabilities & ~(uint32_t)HV_CPU_LOCAL_APIC;
    size_t at = 0;

    fake_platform_destroy(&from.fake);
    fake_platform_init(&from.fake);
    from.fake.platform.facts.capabilities = capabilities;
    start_machine(&from, UINT64_MAX);
    save_all(&from);
    for (; at < saved_vp[0].size; at = next_of(&saved_vp[0], at))
        ck_assert_uint_ne(header_at(&saved_vp[0], at).component, HV_RECORD_APIC);
    ck_assert_uint_eq(restore_vp(&to, 0), HV_STATUS_INVALID_SAVE_RESTORE_STATE);
    ck_assert_uint_eq(restore_vp(&from, 0), HV_STATUS_SUCCESS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core_record");
    TCase *tcase = tcase_create("record");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, records_follow_each_other_in_the_order_of_their_components);
    tcase_add_test(tcase, a_buffer_that_is_too_small_tells_what_is_needed);
    tcase_add_test(tcase, saving_twice_gives_the_same_bytes);
    tcase_add_test(tcase, records_may_lie_at_any_alignment);
    tcase_add_test(tcase, records_that_end_early_are_refused);
    tcase_add_test(tcase, bytes_behind_the_last_record_are_refused);
    tcase_add_test(tcase, a_record_that_does_not_belong_there_is_refused);
    tcase_add_test(tcase, a_record_of_another_version_is_refused);
    tcase_add_test(tcase, a_record_of_another_vp_is_refused);
    tcase_add_test(tcase, a_record_of_another_size_is_refused);
    tcase_add_test(tcase, a_record_that_is_there_twice_or_missing_is_refused);
    tcase_add_test(tcase, without_a_local_apic_there_is_no_record_of_one);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
