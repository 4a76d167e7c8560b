/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief A VMBus ring: packets in memory that a peer shares, and may change at any moment.
 *
 * A channel has two rings, one for each direction. Whoever writes to a ring has a struct
 * hv_ring_writer, whoever reads it a struct hv_ring_reader; host and guest use the same code.
 *
 * Nothing the peer does to the shared pages can make these functions touch memory outside of the
 * data area, loop, or return a packet that was not checked. Each shared byte is read once, into
 * memory of the caller, and checked there. When the peer breaks the protocol, the function returns
 * HV_RING_CORRUPT, the @c fault field says why, and the ring stays stopped: the owner closes the
 * channel.
 *
 * No function waits, allocates or signals. Those that make something visible to the peer return
 * whether the peer is to be signalled.
 *
 * Nothing needs to be saved with a machine: the indices stand in the control page, and
 * hv_ring_reader_init() and hv_ring_writer_init() take them up from there. Before saving, release
 * what was read and publish what was put.
 *
 * A reader and a writer of one ring may run at the same time. One reader, or one writer, is used by
 * one thread at a time.
 *
 * Draining a ring:
 * @code
 *     hv_ring_reader_mask(&reader);
 *     do {
 *         while (hv_ring_reader_next(&reader, words, count, &packet) == HV_RING_OK) {
 *             handle(&packet);
 *         }
 *         if (hv_ring_reader_release(&reader)) {
 *             signal_peer();
 *         }
 *     } while (hv_ring_reader_unmask(&reader));
 * @endcode
 *
 * Sources: hv/abi/vmbus.h names those of the layout; the order of accesses is that of OpenVMM's and
 * Linux's rings.
 */
#ifndef HV_RING_H
#define HV_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hv/abi/vmbus.h>

/** What the functions of a ring answer. */
enum hv_ring_status {
    /** Done. */
    HV_RING_OK,
    /** No packet is there. */
    HV_RING_EMPTY,
    /** The packet does not fit now; it will when the peer has read more. */
    HV_RING_FULL,
    /** The packet fits in no state of this ring. */
    HV_RING_TOO_LARGE,
    /** The caller's buffer is too small for the packet, which stays in the ring. */
    HV_RING_NO_BUFFER,
    /** The peer broke the protocol, now or earlier; the ring is stopped. */
    HV_RING_CORRUPT,
    /** The caller passed what it must not. */
    HV_RING_INVALID,
};

/** How the peer broke the protocol. */
enum hv_ring_fault {
    HV_RING_FAULT_NONE,
    /** An index is not a multiple of 8 or not below the size of the data area. */
    HV_RING_FAULT_INDEX,
    /** Lengths within the descriptor contradict each other or what is in the ring. */
    HV_RING_FAULT_LENGTH,
    /** A reserved flag is set. */
    HV_RING_FAULT_FLAGS,
    /** A type that no receiver takes. */
    HV_RING_FAULT_TYPE,
    /** Ranges are absent, empty or do not fit between descriptor and payload. */
    HV_RING_FAULT_RANGES,
};

/** The pages of one ring. The caller keeps the struct, the array and the pages in place. */
struct hv_ring_memory {
    /**
     * The control page, then the data pages in order. The pages need not be contiguous. Each is
     * VMBUS_RING_PAGE_SIZE bytes, mapped for reading and writing, aligned to 8 bytes at least.
     */
    void *const *pages;
    /** Pages in the array: 2 to VMBUS_RING_MAX_PAGES. It need not be a power of two. */
    uint32_t page_count;
};

/** One packet: what a reader found, or what a writer is to send. */
struct hv_ring_packet {
    /**
     * VMBUS_PACKET_TYPE_IN_BAND, _TRANSFER_PAGES, _GPA_DIRECT, _CANCEL or _COMPLETION. A host
     * ignores _CANCEL, which old guests send.
     */
    uint16_t type;
    /** The sender wants a completion with the same transaction id. */
    bool completion_requested;
    /** Opaque. */
    uint64_t transaction_id;
    /** Payload; when read, it lies in the caller's buffer, at a multiple of 8 bytes. */
    const uint8_t *payload;
    /**
     * Bytes. When read, a multiple of 8 with up to 7 bytes of padding, as the true size is not in
     * the packet; when written, any, and padding is added. May be 0.
     */
    uint32_t payload_size;
    /** Of VMBUS_PACKET_TYPE_TRANSFER_PAGES: the set that the offsets refer to. */
    uint16_t set_id;
    /** Ranges: at least 1 for _GPA_DIRECT; 0 for types without ranges. */
    uint32_t range_count;
    /** The ranges in wire form; NULL for types without ranges. */
    const uint64_t *ranges;
    /** 64-bit words in @c ranges, exactly those of @c range_count ranges. */
    uint32_t range_words;
};

/** A range of guest memory out of a packet. */
struct hv_ring_gpa_range {
    /** At least 1; offset and count together touch exactly @c page_count pages. */
    uint32_t byte_count;
    /** Into the first page, 0 to 0xFFF. */
    uint32_t byte_offset;
    /** Page numbers of guest physical addresses, not checked against the guest's memory. */
    const uint64_t *pages;
    /** At least 1. */
    uint32_t page_count;
};

/** A range within a buffer that was shared before; not checked against that buffer's size. */
struct hv_ring_transfer_range {
    uint32_t byte_count;
    uint32_t byte_offset;
};

/** The reading side of a ring. Its fields are private but for @c fault. */
struct hv_ring_reader {
    const struct hv_ring_memory *memory;
    /** Bytes in the data area. */
    uint32_t size;
    /** The read index that the peer sees. */
    uint32_t released;
    /** Where the next packet starts; in front of @c released by what was read since. */
    uint32_t next;
    /** Readable: why the ring is stopped. */
    enum hv_ring_fault fault;
};

/** The writing side of a ring. Its fields are private but for @c fault. */
struct hv_ring_writer {
    const struct hv_ring_memory *memory;
    /** Bytes in the data area. */
    uint32_t size;
    /** The write index that the peer sees. */
    uint32_t published;
    /** Where the next packet goes; in front of @c published by what was put since. */
    uint32_t next;
    /** The control page holds a pending send size. */
    bool waiting;
    /** Readable: why the ring is stopped. */
    enum hv_ring_fault fault;
};

/**
 * Clears the control page. Only for the side that makes the ring, before it tells the peer of it.
 *
 * @return HV_RING_OK, or HV_RING_INVALID when @p memory breaks a constraint.
 */
enum hv_ring_status hv_ring_format(const struct hv_ring_memory *memory);

/**
 * Takes up reading where the control page says. The interrupt mask stays as it is.
 *
 * @return HV_RING_OK; HV_RING_INVALID when @p memory breaks a constraint; HV_RING_CORRUPT when the
 *         indices are bad.
 */
enum hv_ring_status hv_ring_reader_init(struct hv_ring_reader *reader,
                                        const struct hv_ring_memory *memory);

/**
 * Copies the next packet to @p words and checks it there.
 *
 * The space in the ring is not given back before hv_ring_reader_release(). A reader may take
 * several packets before that, but releases before it waits for more: else a writer who needs the
 * space never goes on.
 *
 * @param reader  The ring.
 * @param words   Receives the packet; @p packet points into it.
 * @param count   64-bit words in @p words; 65535 are always enough.
 * @param packet  Filled when HV_RING_OK is returned, else undefined.
 * @return HV_RING_OK, HV_RING_EMPTY, HV_RING_CORRUPT, or HV_RING_NO_BUFFER, on which the packet
 *         stays: a device whose protocol has no packet of that size closes the channel.
 */
enum hv_ring_status hv_ring_reader_next(struct hv_ring_reader *reader, uint64_t *words,
                                        size_t count, struct hv_ring_packet *packet);

/**
 * Gives the space of all packets read so far back to the writer.
 *
 * @return Whether to signal the peer, who waits for space and now has it. The rule satisfies both
 *         readings of the pending send size, "at least" and "more than", so a peer may be signalled
 *         one packet too early. The interrupt mask does not matter here.
 */
bool hv_ring_reader_release(struct hv_ring_reader *reader);

/** Asks the peer not to signal for new packets. It may still signal for a while. */
void hv_ring_reader_mask(struct hv_ring_reader *reader);

/**
 * Asks the peer to signal for new packets again.
 *
 * @return Whether a packet is there already, for which no signal will come: the caller goes on
 *         reading. False also when the ring is stopped.
 */
bool hv_ring_reader_unmask(struct hv_ring_reader *reader);

/**
 * Takes up writing where the control page says, with no pending send size, and says in the feature
 * bits that this writer waits by it.
 *
 * @return As hv_ring_reader_init().
 */
enum hv_ring_status hv_ring_writer_init(struct hv_ring_writer *writer,
                                        const struct hv_ring_memory *memory);

/**
 * Bytes that a packet needs in a ring, with descriptor, ranges, padding and trailer.
 *
 * @return 0 when the packet breaks a constraint of struct hv_ring_packet or is longer than a
 *         descriptor can say.
 */
uint32_t hv_ring_packet_space(const struct hv_ring_packet *packet);

/**
 * Writes a packet behind those already there. The peer sees it after hv_ring_writer_publish().
 *
 * @return HV_RING_OK, HV_RING_FULL, HV_RING_TOO_LARGE, HV_RING_CORRUPT, or HV_RING_INVALID when
 *         hv_ring_packet_space() is 0.
 */
enum hv_ring_status hv_ring_writer_put(struct hv_ring_writer *writer,
                                       const struct hv_ring_packet *packet);

/**
 * Shows all packets put so far to the peer, and withdraws a pending send size.
 *
 * @return Whether to signal the peer: the ring was empty before, and its interrupt mask is clear.
 */
bool hv_ring_writer_publish(struct hv_ring_writer *writer);

/**
 * After HV_RING_FULL: asks the peer to signal when @p space bytes are free.
 *
 * All that was put must have been published. Some old guests never signal for space: a host also
 * tries again on each of their other signals and by a timer.
 *
 * @param writer  The ring.
 * @param space   hv_ring_packet_space() of the packet.
 * @return HV_RING_FULL: wait. HV_RING_OK: the space is there meanwhile, put again at once.
 *         HV_RING_TOO_LARGE; HV_RING_CORRUPT; HV_RING_INVALID when something is unpublished or
 *         @p space is 0.
 */
enum hv_ring_status hv_ring_writer_wait(struct hv_ring_writer *writer, uint32_t space);

/**
 * Parses a packet from private memory: a pure function of @p words.
 *
 * @param words   The packet, from its descriptor; the trailer may be missing.
 * @param count   Readable 64-bit words.
 * @param packet  Filled when HV_RING_FAULT_NONE is returned, else undefined.
 */
enum hv_ring_fault hv_ring_packet_parse(const uint64_t *words, size_t count,
                                        struct hv_ring_packet *packet);

/**
 * The next range of a VMBUS_PACKET_TYPE_GPA_DIRECT packet that was parsed or sent.
 *
 * @param packet  The packet.
 * @param cursor  0 before the first call; private in between.
 * @param range   Filled when true is returned.
 * @return False after the last range.
 */
bool hv_ring_gpa_range_next(const struct hv_ring_packet *packet, uint32_t *cursor,
                            struct hv_ring_gpa_range *range);

/**
 * A range of a VMBUS_PACKET_TYPE_TRANSFER_PAGES packet that was parsed or sent.
 *
 * @param packet  The packet.
 * @param index   Below range_count.
 */
struct hv_ring_transfer_range hv_ring_transfer_range(const struct hv_ring_packet *packet,
                                                     uint32_t index);

#endif
