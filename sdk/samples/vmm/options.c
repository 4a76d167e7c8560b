/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MOST_SECONDS 1000000u

const char vmm_usage[] =
    "usage: hvkit-vmm [OPTION]... DESCRIPTION [MACHINE]\n"
    "\n"
    "Runs a machine of a description (docs/machines.md) in a partition of its own, until its end.\n"
    "\n"
    "  --console NAME=PLACE  where a console of it goes: terminal, lines (of standard output),\n"
    "                        file:PATH, unix:PATH (a socket that is made) or none\n"
    "  --batch               nobody is at the terminal: consoles that are not named go to lines.\n"
    "                        Without it, the first of them has the terminal, if there is one\n"
    "  --timeout SECONDS     stops it then\n"
    "  --backend NAME        what runs it: mshv, Linux's driver of the Hyper-V interface in a "
    "root\n"
    "                        partition, or kvm. Without it, the first whose device is there\n"
    "  --device PATH         the hypervisor's device\n"
    "\n"
    "Ctrl-] ends a session at the terminal. SIGTERM presses the power button, a second one stops\n"
    "the machine, as SIGINT does.\n"
    "Exit status: 0 the machine has come to an end that its description names, 1 to another one,\n"
    "2 it could not be run.\n";

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool read_place(struct vmm_wish *wish, const char *text)
{
    static const char *const words[] = { [VMM_LINES] = "lines",
                                         [VMM_TERMINAL] = "terminal",
                                         [VMM_FILE] = "file:",
                                         [VMM_SOCKET] = "unix:",
                                         [VMM_NOWHERE] = "none" };

    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        bool has_path = i == VMM_FILE || i == VMM_SOCKET;

        if (has_path ? !starts_with(text, words[i]) : strcmp(text, words[i]) != 0)
            continue;
        wish->place = (enum vmm_place)i;
        wish->path = has_path ? text + strlen(words[i]) : NULL;
        return !has_path || *wish->path;
    }
    return false;
}

static bool read_console(struct vmm_options *options, const char *text, struct vmm_trouble *trouble)
{
    const char *equals = strchr(text, '=');
    struct vmm_wish *wish = &options->wishes[options->wish_count];

    if (options->wish_count == HV_MACHINE_MAX_DEVICES)
        return vmm_trouble(trouble, "--console: a machine has at most %u consoles",
                           HV_MACHINE_MAX_DEVICES);
    if (!equals || equals == text)
        return vmm_trouble(trouble, "--console: '%s' is not NAME=PLACE", text);
    *wish = (struct vmm_wish){ .console = text, .length = (uint32_t)(equals - text) };
    if (!read_place(wish, equals + 1))
        return vmm_trouble(trouble,
                           "--console: '%s' is no place; there are terminal, lines, file:PATH, "
                           "unix:PATH and none",
                           equals + 1);
    for (uint32_t i = 0; i < options->wish_count; i++)
        if (options->wishes[i].length == wish->length &&
            strncmp(options->wishes[i].console, text, wish->length) == 0)
            return vmm_trouble(trouble, "--console: '%.*s' is named twice", (int)wish->length,
                               text);
    options->wish_count++;
    return true;
}

static bool read_seconds(struct vmm_options *options, const char *text, struct vmm_trouble *trouble)
{
    char *end;
    unsigned long value;

    errno = 0;
    value = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno != 0 || value == 0 || value > MOST_SECONDS)
        return vmm_trouble(trouble, "--timeout: '%s' is not a number of seconds, 1 to %u", text,
                           MOST_SECONDS);
    options->seconds = (uint32_t)value;
    return true;
}

static bool read_value(struct vmm_options *options, const char *name, const char *value,
                       struct vmm_trouble *trouble)
{
    if (!value)
        return vmm_trouble(trouble, "%s: a value is missing", name);
    if (strcmp(name, "--console") == 0)
        return read_console(options, value, trouble);
    if (strcmp(name, "--timeout") == 0)
        return read_seconds(options, value, trouble);
    if (strcmp(name, "--backend") == 0)
        options->backend = value;
    else
        options->device = value;
    return true;
}

static bool takes_value(const char *name)
{
    return strcmp(name, "--console") == 0 || strcmp(name, "--timeout") == 0 ||
           strcmp(name, "--backend") == 0 || strcmp(name, "--device") == 0;
}

static bool read_operand(struct vmm_options *options, const char *text, struct vmm_trouble *trouble)
{
    if (!options->description)
        options->description = text;
    else if (!options->machine)
        options->machine = text;
    else
        return vmm_trouble(trouble, "'%s' is one argument too many", text);
    return true;
}

bool vmm_options_read(struct vmm_options *options, int count, char *const *arguments,
                      struct vmm_trouble *trouble)
{
    *options = (struct vmm_options){ 0 };
    for (int i = 1; i < count; i++) {
        const char *argument = arguments[i];
        bool good = true;

        if (takes_value(argument)) {
            i++;
            good = read_value(options, argument, i < count ? arguments[i] : NULL, trouble);
        } else if (strcmp(argument, "--batch") == 0) {
            options->batch = true;
        } else if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0) {
            options->help = true;
        } else if (*argument == '-') {
            good = vmm_trouble(trouble, "there is no option '%s'; --help shows all", argument);
        } else {
            good = read_operand(options, argument, trouble);
        }
        if (!good)
            return false;
    }
    if (!options->help && !options->description)
        return vmm_trouble(trouble, "no machine description is given; --help shows how");
    return true;
}
