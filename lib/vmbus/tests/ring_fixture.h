/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A ring in pages that are out of order and apart, and its control page as the peer sees it. */
#ifndef HV_RING_FIXTURE_H
#define HV_RING_FIXTURE_H

#include <stdint.h>
#include <string.h>

#include <hv/ring.h>

#define FIXTURE_PAGES 4u

struct ring_fixture {
    /* Each second page is a guard that must keep its pattern. */
    _Alignas(4096) uint8_t bytes[(2 * FIXTURE_PAGES + 1) * 4096];
    void *pages[FIXTURE_PAGES];
    struct hv_ring_memory memory;
    struct vmbus_ring_control *control;
};

/* @pages counts the control page, 2 to FIXTURE_PAGES. */
static inline void ring_fixture_init(struct ring_fixture *fixture, uint32_t pages)
{
    memset(fixture->bytes, 0xA5, sizeof(fixture->bytes));
    for (uint32_t i = 0; i < FIXTURE_PAGES; i++) {
        fixture->pages[i] = fixture->bytes + (2 * (FIXTURE_PAGES - 1 - i) + 1) * 4096;
    }
    fixture->memory = (struct hv_ring_memory){ fixture->pages, pages };
    fixture->control = fixture->pages[0];
    memset(fixture->pages[0], 0, 4096);
}

static inline int ring_fixture_is_intact(const struct ring_fixture *fixture)
{
    for (uint32_t page = 0; page <= 2 * FIXTURE_PAGES; page += 2) {
        for (uint32_t i = 0; i < 4096; i++) {
            if (fixture->bytes[page * 4096 + i] != 0xA5) {
                return 0;
            }
        }
    }
    return 1;
}

/* The peer's hand: any bytes of the data area, wrapping. */
static inline void ring_fixture_poke(struct ring_fixture *fixture, uint32_t offset,
                                     const void *bytes, uint32_t size)
{
    uint32_t data = (fixture->memory.page_count - 1) * 4096;
    for (uint32_t i = 0; i < size; i++) {
        uint32_t at = (offset + i) % data;
        ((uint8_t *)fixture->pages[1 + at / 4096])[at % 4096] = ((const uint8_t *)bytes)[i];
    }
}

static inline void ring_fixture_peek(const struct ring_fixture *fixture, uint32_t offset,
                                     void *bytes, uint32_t size)
{
    uint32_t data = (fixture->memory.page_count - 1) * 4096;
    for (uint32_t i = 0; i < size; i++) {
        uint32_t at = (offset + i) % data;
        ((uint8_t *)bytes)[i] = ((const uint8_t *)fixture->pages[1 + at / 4096])[at % 4096];
    }
}

#endif
