/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "run.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "backend_choice.h"
#include "child.h"
#include "machine_choice.h"
#include "sandbox.h"

#define SECOND UINT64_C(10000000) /* in units of 100 ns */

/* ---- Consoles ---- */

static const struct vmm_wish *find_wish(const struct vmm_options *options, const char *console)
{
    for (uint32_t i = 0; i < options->wish_count; i++)
        if (strlen(console) == options->wishes[i].length &&
            strncmp(console, options->wishes[i].console, options->wishes[i].length) == 0)
            return &options->wishes[i];
    return NULL;
}

static bool has_console(const struct hv_machine *machine, const struct vmm_wish *wish)
{
    for (uint32_t i = 0; i < machine->device_count; i++)
        if (strlen(machine->devices[i].console) == wish->length &&
            strncmp(machine->devices[i].console, wish->console, wish->length) == 0)
            return true;
    return false;
}

static bool check_wishes(const struct vmm_options *options, const struct hv_machine *machine,
                         struct vmm_trouble *trouble)
{
    for (uint32_t i = 0; i < options->wish_count; i++)
        if (!has_console(machine, &options->wishes[i]))
            return vmm_trouble(trouble, "--console: machine %s has no console '%.*s'",
                               machine->name, (int)options->wishes[i].length,
                               options->wishes[i].console);
    return true;
}

static bool open_consoles(struct vmm_child *child, const struct vmm_options *options,
                          struct vmm_trouble *trouble)
{
    const struct hv_machine *machine = child->machine;
    bool at_terminal = !options->batch && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);

    if (!check_wishes(options, machine, trouble))
        return false;
    for (uint32_t i = 0; i < machine->device_count; i++) {
        const struct vmm_wish usual = { .place = at_terminal && i == 0 && options->wish_count == 0
                                                     ? VMM_TERMINAL
                                                     : VMM_LINES };
        const struct vmm_wish *wish = find_wish(options, machine->devices[i].console);
        unsigned port = machine->devices[i].kind == HV_MACHINE_DEVICE_COM2 ? 1 : 0;

        if (!vmm_console_open(&child->console[port], machine, i, wish ? wish : &usual, trouble))
            return false;
    }
    return true;
}

/* ---- Signals ---- */

static void asked(int signal)
{
    (void)signal;
    vmm_asked = vmm_asked + 1;
}

static void forced(int signal)
{
    (void)signal;
    vmm_forced = 1;
}

/* They come to the thread of time, while it waits. */
static void take_signals(struct vmm_child *child)
{
    const struct sigaction ask = { .sa_handler = asked }, force = { .sa_handler = forced };
    sigset_t mask;

    sigemptyset(&mask);
    sigaddset(&mask, SIGTERM);
    sigaddset(&mask, SIGINT);
    sigprocmask(SIG_BLOCK, &mask, &child->waiting_mask);
    sigdelset(&child->waiting_mask, SIGTERM);
    sigdelset(&child->waiting_mask, SIGINT);
    sigaction(SIGTERM, &ask, NULL);
    sigaction(SIGINT, &force, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* ---- All of it ---- */

/* Privileges go when the files are open, system calls when the threads are there. */
static bool prepare(struct vmm_child *child, const struct vmm_options *options,
                    struct vmm_trouble *trouble)
{
    const struct vmm_backend *backend = child->backend;

    take_signals(child);
    return open_consoles(child, options, trouble) &&
           backend->open(backend->context, options->device ? options->device : backend->device,
                         trouble) &&
           vmm_sandbox_drop(trouble) && vmm_child_init(child, trouble) &&
           vmm_sandbox_close(backend, trouble);
}

static int run(struct vmm_child *child, const struct vmm_options *options)
{
    struct vmm_trouble trouble = { .text = "" };
    bool expected;

    for (unsigned i = 0; i < WORKER_COM_PORTS; i++)
        vmm_console_init(&child->console[i]);
    if (!prepare(child, options, &trouble)) {
        for (unsigned i = 0; i < WORKER_COM_PORTS; i++)
            vmm_console_close(&child->console[i]);
        fprintf(stderr, "hvkit-vmm: error: %s\n", trouble.text);
        return VMM_EXIT_NOTHING;
    }
    expected = vmm_child_run(child);
    vmm_child_free(child);
    return expected ? VMM_EXIT_EXPECTED : VMM_EXIT_UNEXPECTED;
}

int vmm_main(const struct vmm_backend *const *backends, int count, char *const *arguments)
{
    static struct vmm_child child;
    struct vmm_options options;
    struct vmm_trouble trouble = { .text = "" };

    if (!vmm_options_read(&options, count, arguments, &trouble)) {
        fprintf(stderr, "hvkit-vmm: error: %s\n", trouble.text);
        return VMM_EXIT_NOTHING;
    }
    if (options.help) {
        fputs(vmm_usage, stdout);
        return VMM_EXIT_EXPECTED;
    }
    child.backend = vmm_backend_choose(backends, &options, &trouble);
    if (!child.backend) {
        fprintf(stderr, "hvkit-vmm: error: %s\n", trouble.text);
        return VMM_EXIT_NOTHING;
    }
    child.stop_at = options.seconds ? vmm_now() + options.seconds * SECOND : WORKER_NO_TIME;
    child.machine = vmm_machine_choose(options.description, options.machine);
    return child.machine ? run(&child, &options) : VMM_EXIT_NOTHING;
}
