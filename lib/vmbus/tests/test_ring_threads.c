/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A reader and a writer on two threads, each sleeping until the other's ring functions ask for a
 * signal. A lost signal hangs the test.
 *
 * The ring's own accesses are all atomic, so the thread sanitizer would find no race in them
 * whatever their order. Therefore each packet has a shadow in plain memory, at the place where it
 * starts in the ring: it is written before the packet is published and read before its space is
 * released. A ring that publishes or releases without the order it promises is a race on a shadow.
 */
#include <check.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <hv/ring.h>

#include "ring_fixture.h"
#include "suite.h"

#define PACKETS 100000u

struct bell {
    pthread_mutex_t lock;
    pthread_cond_t rung_condition;
    bool rung;
};

static struct bell reader_bell = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false };
static struct bell writer_bell = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false };
static struct ring_fixture ring;
static uint64_t shadows[4096 / 8];

static void ring_bell(struct bell *bell)
{
    pthread_mutex_lock(&bell->lock);
    bell->rung = true;
    pthread_cond_signal(&bell->rung_condition);
    pthread_mutex_unlock(&bell->lock);
}

/* False when nobody rings for long. */
static bool await_bell(struct bell *bell)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 20;
    pthread_mutex_lock(&bell->lock);
    while (!bell->rung && pthread_cond_timedwait(&bell->rung_condition, &bell->lock, &until) == 0) {
    }
    bool rung = bell->rung;
    bell->rung = false;
    pthread_mutex_unlock(&bell->lock);
    return rung;
}

static uint32_t size_of(uint64_t id)
{
    return (uint32_t)(id * 2654435761u >> 7) % 600;
}

static bool send_one(struct hv_ring_writer *writer, uint64_t id)
{
    uint8_t payload[600];
    memset(payload, (int)(id & 0xFF), sizeof(payload));
    struct hv_ring_packet packet = { .type = VMBUS_PACKET_TYPE_IN_BAND,
                                     .transaction_id = id,
                                     .payload = payload,
                                     .payload_size = size_of(id) };
    uint32_t start = writer->next;
    enum hv_ring_status status;
    while ((status = hv_ring_writer_put(writer, &packet)) == HV_RING_FULL) {
        status = hv_ring_writer_wait(writer, hv_ring_packet_space(&packet));
        if (status == HV_RING_FULL && !await_bell(&writer_bell)) {
            return false;
        }
    }
    shadows[start / 8] = id;
    if (hv_ring_writer_publish(writer)) {
        ring_bell(&reader_bell);
    }
    return status == HV_RING_OK;
}

static void *write_all(void *result)
{
    struct hv_ring_writer writer;
    bool *good = result;
    *good = hv_ring_writer_init(&writer, &ring.memory) == HV_RING_OK;
    for (uint64_t id = 1; id <= PACKETS && *good; id++) {
        *good = send_one(&writer, id);
    }
    return NULL;
}

static bool is_whole(const struct hv_ring_packet *packet, uint64_t id)
{
    if (packet->transaction_id != id || packet->payload_size != (size_of(id) + 7) / 8 * 8) {
        return false;
    }
    for (uint32_t i = 0; i < size_of(id); i++) {
        if (packet->payload[i] != (uint8_t)id) {
            return false;
        }
    }
    return true;
}

static bool drain(struct hv_ring_reader *reader, uint64_t *id)
{
    static uint64_t words[128];
    struct hv_ring_packet packet;
    enum hv_ring_status status;
    uint32_t start = reader->next;
    hv_ring_reader_mask(reader);
    do {
        while ((status = hv_ring_reader_next(reader, words, 128, &packet)) == HV_RING_OK) {
            if (!is_whole(&packet, ++*id) || shadows[start / 8] != *id) {
                return false;
            }
            start = reader->next;
            if (*id % 3 == 0 && hv_ring_reader_release(reader)) {
                ring_bell(&writer_bell);
            }
        }
        if (hv_ring_reader_release(reader)) {
            ring_bell(&writer_bell);
        }
    } while (status == HV_RING_EMPTY && hv_ring_reader_unmask(reader));
    return status == HV_RING_EMPTY;
}

START_TEST(two_threads_pass_every_packet_and_lose_no_signal)
{
    struct hv_ring_reader reader;
    pthread_t thread;
    bool written = false;
    uint64_t id = 0;
    ring_fixture_init(&ring, 2);
    ck_assert_int_eq(hv_ring_reader_init(&reader, &ring.memory), HV_RING_OK);
    ck_assert_int_eq(pthread_create(&thread, NULL, write_all, &written), 0);
    bool good = true;
    while (good && id < PACKETS) {
        good = drain(&reader, &id) && (id >= PACKETS || await_bell(&reader_bell));
    }
    ck_assert_msg(good, "packet %u, fault %d", (unsigned)id, (int)reader.fault);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert(written);
    ck_assert(ring_fixture_is_intact(&ring));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("ring threads");
    tcase_set_timeout(tests, 100);
    tcase_add_test(tests, two_threads_pass_every_packet_and_lose_no_signal);
    Suite *suite = suite_create("ring threads");
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
