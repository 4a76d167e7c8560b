/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Uses one thing of each installed library, through its public header alone. Returns 0 when every
 * answer is right, else the number of the library whose answer is wrong.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <boot/bzimage.h>
#include <hv/flush.h>
#include <hv/ic.h>
#include <hv/insn.h>
#include <hv/ring.h>
#include <hv/uart.h>
#include <hvkit/machine.h>
#include <worker/guest.h>

/* A page and the two behind it. */
static bool core_counts_pages(void)
{
    static const uint64_t range = 0x5002;
    return hv_flush_pages(&range, 1) == 3;
}

/* CPUID is 0F A2. */
static bool insn_decodes(void)
{
    static const uint8_t cpuid[] = { 0x0F, 0xA2 };
    struct hv_insn insn;
    return hv_insn_decode(cpuid, sizeof(cpuid), HV_INSN_64, &insn) == HV_INSN_OK &&
           insn.op == HV_INSN_OP_CPUID && insn.length == 2;
}

static bool vmbus_passes_a_packet(void)
{
    static _Alignas(4096) uint8_t bytes[2][4096];
    void *pages[] = { bytes[0], bytes[1] };
    const struct hv_ring_memory memory = { pages, 2 };
    struct hv_ring_reader reader;
    struct hv_ring_writer writer;
    uint64_t words[8];
    struct hv_ring_packet received;
    const struct hv_ring_packet packet = { .type = VMBUS_PACKET_TYPE_IN_BAND,
                                           .transaction_id = 42,
                                           .payload = (const uint8_t *)"hello",
                                           .payload_size = 6 };
    return hv_ring_format(&memory) == HV_RING_OK &&
           hv_ring_reader_init(&reader, &memory) == HV_RING_OK &&
           hv_ring_writer_init(&writer, &memory) == HV_RING_OK &&
           hv_ring_writer_put(&writer, &packet) == HV_RING_OK && hv_ring_writer_publish(&writer) &&
           hv_ring_reader_next(&reader, words, 8, &received) == HV_RING_OK &&
           received.transaction_id == 42 && strcmp((const char *)received.payload, "hello") == 0;
}

static bool ic_agrees_on_a_version(void)
{
    uint8_t request[128], reply[128];
    size_t request_size, reply_size;
    struct hv_ic_host host;
    struct hv_ic_guest guest;
    struct hv_ic_message message;
    hv_ic_host_init(&host, &hv_ic_heartbeat);
    hv_ic_guest_init(&guest, &hv_ic_heartbeat);
    return hv_ic_host_negotiate(&host, request, sizeof(request), &request_size) == HV_IC_OK &&
           hv_ic_guest_receive(&guest, request, request_size, reply, sizeof(reply), &reply_size,
                               &message) == HV_IC_REPLY &&
           hv_ic_host_receive(&host, reply, reply_size, &message) == HV_IC_NEGOTIATED &&
           host.message_version.major == 3;
}

static void keep(void *context, uint8_t data)
{
    *(uint8_t *)context = data;
}

static bool emu_transmits(void)
{
    uint8_t sent = 0;
    struct hv_uart uart;
    const struct hv_uart_config config = { .backend = { .context = &sent, .transmit = keep },
                                           .clock_hz = HV_UART_CLOCK_PC };
    hv_uart_init(&uart, &config, 0);
    hv_uart_write(&uart, HV_UART_LINE_CONTROL, 0x03, 0);
    hv_uart_write(&uart, HV_UART_DATA, 'x', 0);
    hv_uart_advance(&uart, hv_uart_deadline(&uart));
    return sent == 'x';
}

static bool machine_refuses_a_text(void)
{
    static const char text[64] = "no module";
    struct hv_machine_module module;
    return hv_machine_module_open(text, sizeof(text), &module) == HV_MACHINE_NOT_A_MODULE;
}

static bool boot_refuses_a_text(void)
{
    static const uint8_t text[1024] = "no kernel";
    struct bzimage image;
    return bzimage_parse(text, sizeof(text), &image) == BZIMAGE_NOT_LINUX;
}

/* Where no device is, all bits are one. */
static bool worker_answers_for_nobody(void)
{
    struct worker_guest guest;
    worker_guest_init(&guest, NULL);
    return worker_bus_read(&guest.ports, 0x80, 2, 0) == 0xFFFF;
}

int main(void)
{
    return !core_counts_pages()           ? 1
           : !insn_decodes()              ? 2
           : !vmbus_passes_a_packet()     ? 3
           : !ic_agrees_on_a_version()    ? 4
           : !emu_transmits()             ? 5
           : !machine_refuses_a_text()    ? 6
           : !boot_refuses_a_text()       ? 7
           : !worker_answers_for_nobody() ? 8
                                          : 0;
}
