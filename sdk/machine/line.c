/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <hvkit/machine_line.h>

/* Whether the text is in the line from a place on. */
static bool is_at(const struct hv_machine_line *line, uint32_t at, const char *text, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++)
        if (line->text[at + i] != text[i])
            return false;
    return true;
}

/* Whether the line, or only its end, has the text in it. */
static bool contains(const struct hv_machine_line *line, const char *text, bool at_end)
{
    uint32_t size = 0;

    while (text[size])
        size++;
    for (uint32_t at = at_end && line->length > size ? line->length - size : 0;
         at + size <= line->length; at++)
        if (is_at(line, at, text, size))
            return true;
    return false;
}

static bool is_shown(const struct hv_machine_line *line)
{
    const struct hv_machine_device *device = &line->machine->devices[line->device];

    if (device->show != HV_MACHINE_SHOW_LINES)
        return device->show == HV_MACHINE_SHOW_ALL;
    for (uint32_t i = 0; i < device->shown_count; i++)
        if (contains(line, device->shown[i], false))
            return true;
    return false;
}

static void end_line(struct hv_machine_line *line, hv_machine_show_line *show, void *context)
{
    if (is_shown(line))
        show(context, line);
    line->length = 0;
}

/* A prompt has no end of line, so the text is looked for as the line grows. */
static void look_for_text(struct hv_machine_line *line)
{
    const struct hv_machine *machine = line->machine;

    for (uint32_t i = 0; i < machine->end_count; i++)
        if (machine->ends[i].kind == HV_MACHINE_END_TEXT &&
            machine->ends[i].device == line->device && contains(line, machine->ends[i].text, true))
            line->text_seen = true;
}

void hv_machine_line_add(struct hv_machine_line *line, uint8_t character,
                         hv_machine_show_line *show, void *context)
{
    if (character == '\n') {
        end_line(line, show, context);
        return;
    }
    if ((character < ' ' && character != '\t') || character == 0x7F)
        return;
    if (line->length == sizeof(line->text))
        end_line(line, show, context);
    line->text[line->length++] = (char)character;
    look_for_text(line);
}

void hv_machine_line_flush(struct hv_machine_line *line, hv_machine_show_line *show, void *context)
{
    if (line->length > 0)
        end_line(line, show, context);
}
