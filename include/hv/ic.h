/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief Integration services: framing of messages, and the negotiation of versions on both sides.
 *
 * These are state machines without I/O. A received packet (the payload of a VMBus packet, in
 * private memory) goes in, the packet to send comes out in the caller's buffer. Each instance
 * belongs to one channel and is used by one thread at a time.
 *
 * Host side: hv_ic_host_negotiate() when the guest has opened the channel, hv_ic_host_receive() for
 * each packet, and hv_ic_host_request() once the versions are agreed. Guest side:
 * hv_ic_guest_receive() for each packet and hv_ic_guest_respond() to requests.
 *
 * Nothing needs to be saved with a machine: after a restore the host negotiates anew, and drops the
 * responses to what it asked before (as OpenVMM does); a guest takes a negotiation at any time.
 *
 * Sources: hv/abi/ic.h names them.
 */
#ifndef HV_IC_H
#define HV_IC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hv/abi/ic.h>

/** Bytes in front of the body: pipe header and IC header. */
#define HV_IC_HEADER_SIZE 28u

/** The largest packet, with the pipe header. */
#define HV_IC_MAX_PACKET_SIZE (8u + IC_MAX_MESSAGE_SIZE)

/** What the functions answer. */
enum hv_ic_status {
    /** Done; a packet that was built is to be sent. */
    HV_IC_OK,
    /** Host: the guest accepted; framework and message versions are known. */
    HV_IC_NEGOTIATED,
    /** Guest: the negotiation was answered, and there is a reply to send. */
    HV_IC_REPLY,
    /** A message for the service is in the caller's struct. */
    HV_IC_MESSAGE,
    /** The packet was none that matters in this state, and changed nothing. */
    HV_IC_IGNORED,
    /** No version is common; the service stays unused. A guest also has a reply to send. */
    HV_IC_UNSUPPORTED,
    /** Pipe header, IC header or body contradict each other or the protocol. */
    HV_IC_MALFORMED,
    /** Requests are not possible now: not negotiated, or stopped. */
    HV_IC_NOT_READY,
    /** The service takes one request at a time and one is not answered yet. */
    HV_IC_BUSY,
    /** The packet does not fit in the caller's buffer or in IC_MAX_MESSAGE_SIZE. */
    HV_IC_NO_BUFFER,
};

/** One message, as parsed or to be built. */
struct hv_ic_message {
    struct ic_version framework_version;
    struct ic_version message_version;
    /** IC_TYPE value. */
    uint16_t type;
    /** IC_STATUS value. */
    uint32_t status;
    uint8_t transaction_id;
    /** IC_FLAG bits. */
    uint8_t flags;
    /** The body; when parsed, it lies in the packet. May be NULL when @c body_size is 0. */
    const uint8_t *body;
    /** Bytes, as the IC header says; trailing bytes of the packet are left out. */
    size_t body_size;
};

/** What a side speaks. The caller keeps the struct and its lists in place. */
struct hv_ic_service {
    /** IC_TYPE value, not IC_TYPE_NEGOTIATE. */
    uint16_t type;
    /** Requests are sent one at a time, each after the response to the one before. */
    bool one_at_a_time;
    /** Versions of the framework, ascending. */
    const struct ic_version *frameworks;
    /** At least 1, at most HV_IC_MAX_VERSIONS. */
    uint16_t framework_count;
    /** Versions of the service, ascending. */
    const struct ic_version *messages;
    /** At least 1, at most HV_IC_MAX_VERSIONS. */
    uint16_t message_count;
};

/** Limit of each list in struct hv_ic_service. */
#define HV_IC_MAX_VERSIONS 64u

/**
 * @name The services, with all versions that are known
 * @{
 */
extern const struct hv_ic_service hv_ic_heartbeat;
extern const struct hv_ic_service hv_ic_shutdown;
extern const struct hv_ic_service hv_ic_timesync;
extern const struct hv_ic_service hv_ic_kvp;
extern const struct hv_ic_service hv_ic_vss;
extern const struct hv_ic_service hv_ic_file_copy;
/** @} */

/** Where a host stands. */
enum hv_ic_host_state {
    /** Before the first negotiation. */
    HV_IC_HOST_CLOSED,
    /** The guest's answer is awaited, for as long as it takes: some guests first start a daemon. */
    HV_IC_HOST_NEGOTIATING,
    HV_IC_HOST_READY,
    /** The guest broke the protocol or has no common version; only a new negotiation helps. */
    HV_IC_HOST_STOPPED,
};

/** Host side of a channel. Readable: @c state, and the versions in HV_IC_HOST_READY. */
struct hv_ic_host {
    const struct hv_ic_service *service;
    enum hv_ic_host_state state;
    struct ic_version framework_version;
    struct ic_version message_version;
    /** Of the next request. */
    uint8_t next_id;
    /** Of the negotiation in HV_IC_HOST_NEGOTIATING. */
    uint8_t negotiate_id;
    /** One bit for each transaction id whose response is awaited. */
    uint64_t awaited[4];
};

/** Guest side of a channel. Readable: @c negotiated, and then the versions. */
struct hv_ic_guest {
    const struct hv_ic_service *service;
    bool negotiated;
    struct ic_version framework_version;
    struct ic_version message_version;
};

/**
 * Parses a packet: a pure function.
 *
 * @param packet   From the pipe header. Private memory.
 * @param size     Bytes; what is beyond the length in the pipe header is ignored.
 * @param message  Filled when HV_IC_OK is returned; its body points into @p packet.
 * @return HV_IC_OK or HV_IC_MALFORMED.
 */
enum hv_ic_status hv_ic_parse(const void *packet, size_t size, struct hv_ic_message *message);

/**
 * Builds a packet.
 *
 * @param buffer    Receives pipe header, IC header and body; may overlap @p message's body.
 * @param capacity  Bytes in @p buffer; HV_IC_MAX_PACKET_SIZE are always enough.
 * @param message   What to send.
 * @param size      Receives the bytes to send; changed only with HV_IC_OK.
 * @return HV_IC_OK or HV_IC_NO_BUFFER.
 */
enum hv_ic_status hv_ic_build(void *buffer, size_t capacity, const struct hv_ic_message *message,
                              size_t *size);

/** Prepares the host side of a channel. */
void hv_ic_host_init(struct hv_ic_host *host, const struct hv_ic_service *service);

/**
 * Starts a negotiation, in any state: the packet offers all versions of the service. Requests that
 * are not answered yet are forgotten.
 *
 * @return HV_IC_OK, or HV_IC_NO_BUFFER with the state unchanged.
 */
enum hv_ic_status hv_ic_host_negotiate(struct hv_ic_host *host, void *buffer, size_t capacity,
                                       size_t *size);

/**
 * Takes a packet of the guest.
 *
 * @param host     The channel.
 * @param packet   From the pipe header. Private memory.
 * @param size     Bytes.
 * @param message  Filled when HV_IC_MESSAGE is returned: the response to one of the requests.
 * @return HV_IC_NEGOTIATED, HV_IC_MESSAGE, HV_IC_IGNORED (a response to nothing that is awaited),
 * or HV_IC_UNSUPPORTED or HV_IC_MALFORMED, which stop the service. HV_IC_NOT_READY when it is
 *         stopped or closed.
 */
enum hv_ic_status hv_ic_host_receive(struct hv_ic_host *host, const void *packet, size_t size,
                                     struct hv_ic_message *message);

/**
 * Builds a request of the service, in the agreed versions and with a new transaction id.
 *
 * @param host       The channel.
 * @param body       Body of the request; NULL if @p body_size is 0.
 * @param body_size  Bytes.
 * @param buffer     Receives the packet.
 * @param capacity   Bytes in @p buffer.
 * @param size       Receives the bytes to send.
 * @return HV_IC_OK, HV_IC_NOT_READY, HV_IC_BUSY or HV_IC_NO_BUFFER.
 */
enum hv_ic_status hv_ic_host_request(struct hv_ic_host *host, const void *body, size_t body_size,
                                     void *buffer, size_t capacity, size_t *size);

/** Prepares the guest side of a channel. */
void hv_ic_guest_init(struct hv_ic_guest *guest, const struct hv_ic_service *service);

/**
 * Takes a packet of the host. A negotiation is answered in any state, with the highest versions
 * that both lists hold.
 *
 * @param guest       The channel.
 * @param packet      From the pipe header. Private memory.
 * @param size        Bytes.
 * @param reply       Receives the answer to a negotiation.
 * @param capacity    Bytes in @p reply.
 * @param reply_size  Receives the bytes of the answer; changed when there is one.
 * @param message     Filled when HV_IC_MESSAGE is returned: a request.
 * @return HV_IC_REPLY, HV_IC_UNSUPPORTED (also with an answer), HV_IC_MESSAGE, HV_IC_IGNORED,
 *         HV_IC_MALFORMED or HV_IC_NO_BUFFER.
 */
enum hv_ic_status hv_ic_guest_receive(struct hv_ic_guest *guest, const void *packet, size_t size,
                                      void *reply, size_t capacity, size_t *reply_size,
                                      struct hv_ic_message *message);

/**
 * Builds the response to a request, which repeats its versions, type and transaction id.
 *
 * @param request    As hv_ic_guest_receive() gave it; its body is not used.
 * @param status     IC_STATUS value.
 * @param body       Body of the response; NULL if @p body_size is 0.
 * @param body_size  Bytes.
 * @param buffer     Receives the packet.
 * @param capacity   Bytes in @p buffer.
 * @param size       Receives the bytes to send.
 * @return HV_IC_OK or HV_IC_NO_BUFFER.
 */
enum hv_ic_status hv_ic_guest_respond(const struct hv_ic_message *request, uint32_t status,
                                      const void *body, size_t body_size, void *buffer,
                                      size_t capacity, size_t *size);

#endif
