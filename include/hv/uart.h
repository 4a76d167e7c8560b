/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief A 16550A serial port, in virtual time.
 *
 * A state machine: each function is told the time, which is in units of 100 ns, as the partition
 * reference time, and never goes back; a time before the last one counts as the last one. A
 * character takes the time that divisor, word length, parity and stop bits say. The embedder calls
 * hv_uart_advance() at hv_uart_deadline() and when there may be input, and then sets the interrupt
 * line to hv_uart_interrupt(), as after each read and write.
 *
 * Not modelled: the delay of the THRE interrupt by one character after FIFOs of one byte, and
 * factory test writes to LSR and MSR, which are ignored. DMA mode has no effect, as on a PC.
 *
 * An instance is used by one thread at a time. It allocates nothing and holds no pointers but those
 * of its configuration.
 *
 * Source: National Semiconductor PC16550D data sheet, "Registers" and "FIFO interrupt mode
 * operation".
 */
#ifndef HV_UART_H
#define HV_UART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Registers, as offsets from the first of HV_UART_PORTS ports. */
enum hv_uart_register {
    HV_UART_DATA = 0,             /**< RBR, THR; DLL with DLAB */
    HV_UART_INTERRUPT_ENABLE = 1, /**< IER; DLM with DLAB */
    HV_UART_INTERRUPT_ID = 2,     /**< IIR when read */
    HV_UART_FIFO_CONTROL = 2,     /**< FCR when written */
    HV_UART_LINE_CONTROL = 3,     /**< LCR */
    HV_UART_MODEM_CONTROL = 4,    /**< MCR */
    HV_UART_LINE_STATUS = 5,      /**< LSR */
    HV_UART_MODEM_STATUS = 6,     /**< MSR */
    HV_UART_SCRATCH = 7,          /**< SCR */
};

#define HV_UART_PORTS     8u
#define HV_UART_FIFO_SIZE 16u
#define HV_UART_CLOCK_PC  1843200u   /**< Hz; 115200 baud at divisor 1 */
#define HV_UART_NO_TIME   UINT64_MAX /**< "never", of a time */

/** Outputs of the port, for hv_uart_backend.lines_changed; the low four are bits of MCR. */
enum hv_uart_output {
    HV_UART_DTR = 0x01,
    HV_UART_RTS = 0x02,
    HV_UART_OUT1 = 0x04,
    HV_UART_OUT2 = 0x08,
    HV_UART_BREAK = 0x40, /**< the data line is held at space */
};

/** Inputs of the port, for hv_uart_set_inputs(); bits of MSR. */
enum hv_uart_input {
    HV_UART_CTS = 0x10,
    HV_UART_DSR = 0x20,
    HV_UART_RI = 0x40,
    HV_UART_DCD = 0x80,
};

/** Errors of a received character; bits of LSR. */
enum hv_uart_error {
    HV_UART_PARITY_ERROR = 0x04,
    HV_UART_FRAMING_ERROR = 0x08,
    HV_UART_BREAK_RECEIVED = 0x10, /**< with the data 0 */
};

/** A character on its way to the guest. */
struct hv_uart_character {
    /** Bits above the guest's word length are dropped. */
    uint8_t data;
    /** enum hv_uart_error bits; others are dropped. */
    uint8_t errors;
};

/**
 * What is at the other end of the line. The functions are called from within those of this header,
 * and must not call back into the same port.
 */
struct hv_uart_backend {
    /** Handed to each function. */
    void *context;
    /** Takes a character when its stop bit is over. Must not be NULL. It can't refuse. */
    void (*transmit)(void *context, uint8_t data);
    /**
     * Gives the next character of the input, or returns false: there is none now. Called only when
     * the receiver is idle and has room, so nothing is ever lost. NULL: there is no input.
     */
    bool (*receive)(void *context, struct hv_uart_character *character);
    /** Told when an output changes. NULL: no one wants to know. */
    void (*lines_changed)(void *context, uint8_t outputs);
};

/** Fixed properties of a port. */
struct hv_uart_config {
    struct hv_uart_backend backend;
    /**
     * Input of the baud rate generator in Hz; 0: characters take no time. A value above
     * HV_UART_CLOCK_PC gives a guest that believes in the PC's clock a faster line.
     */
    uint32_t clock_hz;
    /** The interrupt line goes through OUT2, as in a PC. */
    bool out2_gates_interrupt;
};

/** The port. All fields are private. */
struct hv_uart {
    struct hv_uart_config config;
    uint64_t now;
    uint8_t ier;
    uint8_t fcr;
    uint8_t lcr;
    uint8_t mcr;
    uint8_t msr;
    uint8_t scratch;
    uint8_t rbr;
    uint16_t divisor;
    /** Bits of LSR that reading it clears. */
    uint8_t line_errors;
    /** enum hv_uart_input bits, whether or not in loopback. */
    uint8_t inputs;
    /** What the back end was told last. */
    uint8_t outputs;
    /** The transmitter became empty and no one has noticed yet. */
    bool thre_pending;
    /** The receive time-out has passed. */
    bool timed_out;
    /** A break in loopback was received; there is one for each time that it is held. */
    bool break_done;

    uint8_t tx[HV_UART_FIFO_SIZE];
    uint8_t tx_count;
    bool tx_busy;
    uint8_t tx_shift;
    uint64_t tx_due;

    struct hv_uart_character rx[HV_UART_FIFO_SIZE];
    uint8_t rx_count;
    bool rx_busy;
    struct hv_uart_character rx_shift;
    uint64_t rx_due;
    uint64_t timeout_due;
    uint64_t break_due;
};

#define HV_UART_RECORD_VERSION 1u

/**
 * Saved state. Times are what is left of them, so a port may be restored at another time. Any bytes
 * may be given to hv_uart_restore().
 */
struct hv_uart_record {
    uint32_t version; /**< HV_UART_RECORD_VERSION */
    uint32_t size;    /**< of this struct */
    uint64_t tx_left;
    uint64_t rx_left;
    uint64_t timeout_left; /**< HV_UART_NO_TIME: none runs */
    uint64_t break_left;   /**< HV_UART_NO_TIME: none runs */
    uint8_t tx[HV_UART_FIFO_SIZE];
    uint8_t rx_data[HV_UART_FIFO_SIZE];
    uint8_t rx_errors[HV_UART_FIFO_SIZE];
    uint16_t divisor;
    uint8_t tx_count;
    uint8_t tx_busy;
    uint8_t tx_shift;
    uint8_t rx_count;
    uint8_t rx_busy;
    uint8_t rx_shift_data;
    uint8_t rx_shift_errors;
    uint8_t ier;
    uint8_t fcr;
    uint8_t lcr;
    uint8_t mcr;
    uint8_t msr;
    uint8_t scratch;
    uint8_t rbr;
    uint8_t line_errors;
    uint8_t inputs;
    uint8_t thre_pending;
    uint8_t timed_out;
    uint8_t break_done;
    uint8_t reserved[3]; /**< zero */
};

/** Prepares a port as after power-on, with divisor 12 and no input asserted. */
void hv_uart_init(struct hv_uart *uart, const struct hv_uart_config *config, uint64_t now);

/** Master reset. Divisor, scratch register and inputs stay. */
void hv_uart_reset(struct hv_uart *uart, uint64_t now);

/**
 * Reads the register at @p offset, of which the low three bits count. Input that the back end was
 * not asked for since it has come is not seen.
 */
uint8_t hv_uart_read(struct hv_uart *uart, unsigned offset, uint64_t now);

/** Writes the register at @p offset, of which the low three bits count. */
void hv_uart_write(struct hv_uart *uart, unsigned offset, uint8_t value, uint64_t now);

/** Does all that is due up to @p now, and asks the back end for input if the receiver is idle. */
void hv_uart_advance(struct hv_uart *uart, uint64_t now);

/** When hv_uart_advance() has something to do by itself; HV_UART_NO_TIME: never. */
uint64_t hv_uart_deadline(const struct hv_uart *uart);

/** Level of the interrupt line. */
bool hv_uart_interrupt(const struct hv_uart *uart);

/** Sets the modem inputs to those enum hv_uart_input bits. */
void hv_uart_set_inputs(struct hv_uart *uart, uint8_t inputs, uint64_t now);

/** Writes the state to @p record, after doing what is due up to @p now. */
void hv_uart_save(struct hv_uart *uart, uint64_t now, struct hv_uart_record *record);

/**
 * Takes a saved state. The configuration stays; the back end is told the outputs if they differ.
 *
 * @param uart    A port after hv_uart_init().
 * @param record  Bytes from anywhere, any alignment.
 * @param size    How many.
 * @param now     The time that the saved state continues from.
 * @return False when the record has another version or holds what no port can be in: then nothing
 *         has changed.
 */
bool hv_uart_restore(struct hv_uart *uart, const void *record, size_t size, uint64_t now);

#endif
