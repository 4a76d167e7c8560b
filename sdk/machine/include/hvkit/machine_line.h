/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief What a guest writes to a console, as lines: what its description shows of them, and the
 * text that is its end.
 */
#ifndef HVKIT_MACHINE_LINE_H
#define HVKIT_MACHINE_LINE_H

#include <hvkit/machine.h>

/** Bytes of a line; a longer one is taken in pieces. */
#define HV_MACHINE_LINE 400u

/** The line that is being written. */
struct hv_machine_line {
    const struct hv_machine *machine;
    uint32_t device; /**< index in its devices */
    bool text_seen;  /**< an end of the machine is a text at this console, and it has come */
    uint32_t length; /**< bytes of text */
    char text[HV_MACHINE_LINE];
};

/** The line as it is shown: length bytes, without the end of the line. */
typedef void hv_machine_show_line(void *context, const struct hv_machine_line *line);

/**
 * Adds a character that the guest has written. Control characters but the tabulator are left out:
 * what a guest writes does nothing to a terminal, and no line of its passes for another's.
 *
 * @param line       Where machine and device are set; nothing else before the first character.
 * @param character  The character.
 * @param show       Called if that ends a line which the description shows.
 * @param context    For that.
 */
void hv_machine_line_add(struct hv_machine_line *line, uint8_t character,
                         hv_machine_show_line *show, void *context);

/** Ends a line that was begun. */
void hv_machine_line_flush(struct hv_machine_line *line, hv_machine_show_line *show, void *context);

#endif
