/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The debugging calls (TLFS v2.0, chapter 20): a stream of bytes between a guest and an external
 * debugger, which may or may not be there.
 */
#include "hypercall_support.h"

static uint8_t input[4096] __attribute__((aligned(4096)));
static uint8_t output[4096] __attribute__((aligned(4096)));

#define DEBUG_NEEDS NEEDS(.privileges = HV_PRIVILEGE_Debugging)
#define MARK        0xa5
#define HEADER      8u /* bytes before the data, of input and output */

static uint16_t post_at(uint64_t gpa, uint32_t count, uint32_t options)
{
    struct hv_input_post_debug_data *block = virt_of(gpa);

    *block = (struct hv_input_post_debug_data){ .count = count, .options = options };
    memset(output, MARK, sizeof(output));
    return hv_result_status(hv_call(HvPostDebugData, gpa, phys_of(output)));
}

static uint16_t post(uint32_t count)
{
    return post_at(phys_of(input), count, 0);
}

static uint16_t retrieve_at(uint64_t gpa, uint32_t count, uint32_t options)
{
    struct hv_input_retrieve_debug_data *block = (void *)input;

    *block = (struct hv_input_retrieve_debug_data){ .count = count, .options = options };
    memset(output, MARK, sizeof(output));
    return hv_result_status(hv_call(HvRetrieveDebugData, phys_of(input), gpa));
}

static uint16_t retrieve(uint32_t count)
{
    return retrieve_at(phys_of(output), count, 0);
}

static uint16_t reset(uint32_t options)
{
    return hv_result_status(hv_call(hv_control(HvResetDebugSession, true, 0, 0, 0), options, 0));
}

static uint32_t output_word(unsigned index)
{
    return ((const uint32_t *)(const void *)output)[index];
}

static bool output_is_untouched(unsigned from)
{
    for (unsigned i = from; i < PAGE_SIZE; i++)
        if (output[i] != MARK)
            return false;
    return true;
}

/* Begins a session with empty buffers; without a channel there is nothing to test. */
static void begin(void)
{
    uint16_t status;

    hv_enable_hypercalls();
    status = post(0);
    if (status == HV_STATUS_OPERATION_DENIED || status == HV_STATUS_FEATURE_UNAVAILABLE)
        test_skip("there is no debug channel: status 0x%x", status);
    (void)reset(HV_DEBUG_PURGE_INCOMING_DATA | HV_DEBUG_PURGE_OUTGOING_DATA);
    for (unsigned i = 0; i < PAGE_SIZE; i++)
        input[i] = (uint8_t)(i * 5 + 1);
}

/* ---- Who may call ---- */

HV_TEST(guest_debugging, calls_need_their_privilege, COVERS(HV_REQ_DBG_001, HV_REQ_HC_077),
        NEEDS(.lacks = HV_PRIVILEGE_Debugging),
        "The channel leads out of the machine, past everything that watches it")
{
    uint16_t posted, retrieved, purged;

    hv_enable_hypercalls();
    posted = post(8);
    CHECK(output_is_untouched(0), "output is written");
    retrieved = retrieve(8);
    CHECK(output_is_untouched(0), "output is written");
    purged = reset(HV_DEBUG_PURGE_INCOMING_DATA);
    CHECK(is_refusal(posted) && is_refusal(retrieved) && is_refusal(purged),
          "post 0x%x, retrieve 0x%x, reset 0x%x", posted, retrieved, purged);
    OBSERVE("debug-status", "0x%x", posted);
}

HV_TEST(guest_debugging, the_feature_comes_with_the_privilege, COVERS(HV_REQ_DBG_001),
        NEEDS_NOTHING, "Who is told that debugging is there, and may not, loses its debugger")
{
    bool may = hv_may(HV_PRIVILEGE_Debugging);

    if (hv_features() & HV_FEATURE_EDX_GUEST_DEBUGGING)
        CHECK(may, "EDX bit 1 is set, the privilege is not");
    else
        CHECK(!may, "the privilege is granted, EDX bit 1 is clear");
}

/* One of the three statuses for all calls: there is a channel, there is none, there is no support.
 */
HV_TEST(guest_debugging, all_calls_agree_whether_there_is_a_channel,
        COVERS(HV_REQ_DBG_008, HV_REQ_DBG_009), DEBUG_NEEDS,
        "A debugger stub that posts and can't retrieve waits for an answer for ever")
{
    uint16_t posted, retrieved, purged;

    hv_enable_hypercalls();
    posted = post(0);
    retrieved = retrieve(0);
    purged = reset(HV_DEBUG_PURGE_INCOMING_DATA);
    OBSERVE("channel", "%s",
            posted == HV_STATUS_OPERATION_DENIED      ? "none"
            : posted == HV_STATUS_FEATURE_UNAVAILABLE ? "no support"
                                                      : "assigned");
    if (posted == HV_STATUS_OPERATION_DENIED || posted == HV_STATUS_FEATURE_UNAVAILABLE) {
        CHECK_EQ(retrieved, posted);
        CHECK_EQ(purged, posted);
        CHECK_EQ(post(8), posted);
        CHECK(output_is_untouched(0), "output is written");
        return;
    }
    CHECK_EQ(posted, HV_STATUS_SUCCESS);
    CHECK(retrieved == HV_STATUS_SUCCESS || retrieved == HV_STATUS_NO_DATA, "retrieve: 0x%x",
          retrieved);
    CHECK(purged == HV_STATUS_SUCCESS || purged == HV_STATUS_NO_DATA, "reset: 0x%x", purged);
}

/* ---- Posting ---- */

HV_TEST(guest_debugging, a_post_tells_what_is_pending, COVERS(HV_REQ_DBG_002, HV_REQ_DBG_005),
        DEBUG_NEEDS, "Count and options in, pending bytes and padding out, nothing behind them")
{
    begin();
    CHECK_EQ(post(64), HV_STATUS_SUCCESS);
    /* What is pending may be on its way before the call ends. */
    CHECK(output_word(0) <= 64, "%u bytes of 64 are pending", output_word(0));
    CHECK_EQ(output_word(1), 0);
    CHECK(output_is_untouched(HEADER), "more than 8 bytes of output are written");
    CHECK_EQ(post_at(phys_of(input), 64, HV_DEBUG_POST_LOOP), HV_STATUS_SUCCESS);
    CHECK(output_word(0) <= 128, "%u bytes of 128 are pending", output_word(0));
}

HV_TEST(guest_debugging, a_post_of_nothing_asks, COVERS(HV_REQ_DBG_005), DEBUG_NEEDS,
        "A stub waits until its last packet has left before it resets the machine")
{
    uint32_t pending;

    begin();
    CHECK_EQ(post(0), HV_STATUS_SUCCESS);
    CHECK_EQ(output_word(0), 0);
    CHECK_EQ(post(100), HV_STATUS_SUCCESS);
    pending = output_word(0);
    CHECK_EQ(post(0), HV_STATUS_SUCCESS);
    CHECK(output_word(0) <= pending, "%u bytes are pending after %u", output_word(0), pending);
    (void)reset(HV_DEBUG_PURGE_OUTGOING_DATA);
    CHECK_EQ(post(0), HV_STATUS_SUCCESS);
    CHECK_EQ(output_word(0), 0);
}

HV_TEST(guest_debugging, a_post_has_bounds, COVERS(HV_REQ_DBG_003), DEBUG_NEEDS,
        "The count is the guest's; what it counts lies behind it, in one page")
{
    uint64_t near_end = phys_of(input) + PAGE_SIZE - HEADER - 16;

    begin();
    CHECK_EQ(post(HV_DEBUG_MAXIMUM_DATA_SIZE), HV_STATUS_SUCCESS);
    (void)reset(HV_DEBUG_PURGE_OUTGOING_DATA);
    CHECK_EQ(post(HV_DEBUG_MAXIMUM_DATA_SIZE + 1), HV_STATUS_INVALID_PARAMETER);
    CHECK_EQ(post(0xffffffff), HV_STATUS_INVALID_PARAMETER);
    CHECK_EQ(post_at(near_end, 16, 0), HV_STATUS_SUCCESS);
    CHECK_EQ(post_at(near_end, 17, 0), HV_STATUS_INVALID_PARAMETER);
    for (unsigned bit = 1; bit < 32; bit++)
        CHECK(post_at(phys_of(input), 1, 1u << bit) == HV_STATUS_INVALID_PARAMETER,
              "option bit %u is taken", bit);
    CHECK_EQ(post(0), HV_STATUS_SUCCESS);
    CHECK(output_word(0) <= 16, "%u bytes are pending, 16 were posted", output_word(0));
}

#define POSTS 64

HV_TEST(guest_debugging, a_post_is_all_or_nothing, COVERS(HV_REQ_DBG_004), DEBUG_NEEDS,
        "Half a packet is worse than none: the debugger waits for the rest")
{
    uint32_t pending = 0;
    uint16_t status = HV_STATUS_SUCCESS;

    begin();
    for (unsigned i = 0; i < POSTS && status == HV_STATUS_SUCCESS; i++) {
        status = post(HV_DEBUG_MAXIMUM_DATA_SIZE);
        if (status == HV_STATUS_SUCCESS)
            pending = output_word(0);
    }
    if (status == HV_STATUS_SUCCESS)
        test_skip("the debugger takes data faster than they are posted");
    /* TLFS v5 and v6 print the number of the singular. */
    CHECK(status == HV_STATUS_INSUFFICIENT_BUFFERS || status == HV_STATUS_INSUFFICIENT_BUFFER,
          "status 0x%x", status);
    CHECK(output_is_untouched(0), "output is written although nothing was posted");
    CHECK_EQ(post(0), HV_STATUS_SUCCESS);
    CHECK(output_word(0) <= pending, "%u bytes are pending after %u", output_word(0), pending);
    (void)reset(HV_DEBUG_PURGE_INCOMING_DATA | HV_DEBUG_PURGE_OUTGOING_DATA);
}

/* ---- Retrieving ---- */

HV_TEST(guest_debugging, a_retrieval_without_data_says_so, COVERS(HV_REQ_DBG_006), DEBUG_NEEDS,
        "A stub polls; it must not take what is not there")
{
    begin();
    CHECK_EQ(retrieve(0), HV_STATUS_NO_DATA);
    CHECK_EQ(retrieve(64), HV_STATUS_NO_DATA);
    CHECK(output_is_untouched(0), "output is written");
    CHECK_EQ(retrieve_at(phys_of(output), 64, HV_DEBUG_RETRIEVE_LOOP), HV_STATUS_NO_DATA);
}

HV_TEST(guest_debugging, a_retrieval_has_bounds, COVERS(HV_REQ_DBG_006), DEBUG_NEEDS,
        "Count, options and the page of the output are checked as those of a post")
{
    uint64_t near_end = phys_of(output) + PAGE_SIZE - HEADER - 16;

    begin();
    CHECK_EQ(retrieve(HV_DEBUG_MAXIMUM_DATA_SIZE + 1), HV_STATUS_INVALID_PARAMETER);
    CHECK_EQ(retrieve(0xffffffff), HV_STATUS_INVALID_PARAMETER);
    CHECK_EQ(retrieve_at(near_end, 17, 0), HV_STATUS_INVALID_PARAMETER);
    CHECK_EQ(retrieve_at(near_end, 16, 0), HV_STATUS_NO_DATA);
    for (unsigned bit = 2; bit < 32; bit++)
        CHECK(retrieve_at(phys_of(output), 1, 1u << bit) == HV_STATUS_INVALID_PARAMETER,
              "option bit %u is taken", bit);
}

/* With a debugger at the other end what comes back is its affair; the sample has a loop there. */
HV_TEST(guest_debugging, retrieved_data_are_counted, COVERS(HV_REQ_DBG_006, HV_REQ_DBG_002),
        DEBUG_NEEDS, "Retrieved and remaining bytes, then the data and nothing behind them")
{
    begin();
    REQUIRE_EQ(post(100), HV_STATUS_SUCCESS);
    if (retrieve(60) != HV_STATUS_SUCCESS)
        test_skip("nobody answers on the debug channel");
    REQUIRE_EQ(output_word(0), 60);
    CHECK(output_is_untouched(HEADER + 60), "more than 60 bytes of data are written");
    CHECK(memcmp(output + HEADER + 8, input + HEADER + 8, 52) == 0, "other bytes came back");
    CHECK_EQ(output_word(1), 40);
    CHECK_EQ(retrieve(0), HV_STATUS_SUCCESS);
    CHECK_EQ(output_word(0), 0);
    CHECK_EQ(output_word(1), 40);
    CHECK(output_is_untouched(HEADER), "a retrieval of nothing writes data");
    CHECK_EQ(retrieve(HV_DEBUG_MAXIMUM_DATA_SIZE), HV_STATUS_SUCCESS);
    CHECK_EQ(output_word(0), 40);
    CHECK_EQ(output_word(1), 0);
    CHECK_EQ(retrieve(1), HV_STATUS_NO_DATA);
}

HV_TEST(guest_debugging, inactivity_is_told_when_asked_for, COVERS(HV_REQ_DBG_006), DEBUG_NEEDS,
        "That is how a stub finds that its debugger has gone")
{
    uint16_t status;

    begin();
    (void)retrieve(0);
    status = retrieve_at(phys_of(output), 8, HV_DEBUG_RETRIEVE_TEST_ACTIVITY);
    if (status == HV_STATUS_SUCCESS)
        test_skip("the connection is active");
    CHECK_EQ(status, HV_STATUS_INACTIVE);
    CHECK(output_is_untouched(0), "output is written");
}

/* ---- Starting anew ---- */

HV_TEST(guest_debugging, a_reset_names_what_it_discards, COVERS(HV_REQ_DBG_007), DEBUG_NEEDS,
        "A stub that has lost its place begins again with empty buffers")
{
    begin();
    CHECK_EQ(reset(HV_DEBUG_PURGE_INCOMING_DATA | HV_DEBUG_PURGE_OUTGOING_DATA), HV_STATUS_NO_DATA);
    CHECK_EQ(post(HV_DEBUG_MAXIMUM_DATA_SIZE), HV_STATUS_SUCCESS);
    if (post(0) == HV_STATUS_SUCCESS && output_word(0) != 0)
        CHECK_EQ(reset(HV_DEBUG_PURGE_OUTGOING_DATA), HV_STATUS_SUCCESS);
    CHECK_EQ(reset(0), HV_STATUS_INVALID_PARAMETER);
    for (unsigned bit = 2; bit < 32; bit++)
        CHECK(reset(1u << bit | HV_DEBUG_PURGE_INCOMING_DATA) == HV_STATUS_INVALID_PARAMETER,
              "option bit %u is taken", bit);
}

HV_TEST(guest_debugging, a_reset_takes_its_options_from_memory_too, COVERS(HV_REQ_DBG_007),
        DEBUG_NEEDS, "It is one of the few calls of which fast and slow forms are both documented")
{
    struct hv_input_reset_debug_session *block = (void *)input;

    begin();
    *block = (struct hv_input_reset_debug_session){ .options = HV_DEBUG_PURGE_INCOMING_DATA };
    CHECK_EQ(hv_call(HvResetDebugSession, phys_of(input), 0), HV_STATUS_NO_DATA);
    block->options = 0;
    CHECK_EQ(hv_call(HvResetDebugSession, phys_of(input), 0), HV_STATUS_INVALID_PARAMETER);
}

HV_TEST(guest_debugging, data_calls_are_not_fast, COVERS(HV_REQ_DBG_002, HV_REQ_DBG_006),
        DEBUG_NEEDS, "Their data do not fit in registers; KVM answers invalid parameter too")
{
    begin();
    CHECK_EQ(hv_call(hv_control(HvPostDebugData, true, 0, 0, 0), 0, 0),
             HV_STATUS_INVALID_PARAMETER);
    CHECK_EQ(hv_call(hv_control(HvRetrieveDebugData, true, 0, 0, 0), 0, 0),
             HV_STATUS_INVALID_PARAMETER);
}
