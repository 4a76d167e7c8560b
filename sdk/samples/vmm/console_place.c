/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Where a console leads: terminal, file, socket. */
#include "console.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#define END_SESSION 0x1D /* Ctrl-] */

static struct termios found; /* the terminal's, as long as it is raw */
static bool raw;

void vmm_console_init(struct vmm_console *console)
{
    *console =
        (struct vmm_console){ .place = VMM_NOWHERE, .listener = -1, .output = -1, .input = -1 };
}

/* ---- Ways ---- */

static bool open_terminal(struct vmm_console *console, struct vmm_trouble *trouble)
{
    struct termios wanted;

    if (raw)
        return vmm_trouble(trouble, "the terminal can have one console");
    if (tcgetattr(STDIN_FILENO, &found) != 0)
        return vmm_trouble(trouble, "standard input is no terminal");
    wanted = found;
    cfmakeraw(&wanted);
    raw = tcsetattr(STDIN_FILENO, TCSANOW, &wanted) == 0;
    if (!raw)
        return vmm_trouble(trouble, "the terminal: %s", strerror(errno));
    console->input = STDIN_FILENO;
    console->output = STDOUT_FILENO;
    return true;
}

static bool open_file(struct vmm_console *console, const char *path, struct vmm_trouble *trouble)
{
    console->output =
        open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NOCTTY | O_CLOEXEC, 0666);
    return console->output >= 0 || vmm_trouble(trouble, "%s: %s", path, strerror(errno));
}

/* A socket where nobody listens any more. */
static bool is_left_over(int listener, const struct sockaddr_un *address)
{
    struct stat facts;

    return lstat(address->sun_path, &facts) == 0 && S_ISSOCK(facts.st_mode) &&
           connect(listener, (const struct sockaddr *)address, sizeof(*address)) != 0 &&
           errno == ECONNREFUSED;
}

/* What lies there from an earlier run is in the way; anything else is not ours to remove. */
static bool bind_to(int listener, const struct sockaddr_un *address)
{
    const struct sockaddr *name = (const struct sockaddr *)address;

    if (bind(listener, name, sizeof(*address)) == 0)
        return true;
    if (errno != EADDRINUSE)
        return false;
    if (!is_left_over(listener, address)) {
        errno = EADDRINUSE;
        return false;
    }
    return unlink(address->sun_path) == 0 && bind(listener, name, sizeof(*address)) == 0;
}

static bool open_socket(struct vmm_console *console, const char *path, struct vmm_trouble *trouble)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    if (strlen(path) >= sizeof(address.sun_path))
        return vmm_trouble(trouble, "%s: the path of a socket has at most %zu characters", path,
                           sizeof(address.sun_path) - 1);
    strcpy(address.sun_path, path);
    console->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (console->listener < 0 || !bind_to(console->listener, &address) ||
        listen(console->listener, 1) != 0)
        return vmm_trouble(trouble, "%s: %s", path, strerror(errno));
    return true;
}

bool vmm_console_open(struct vmm_console *console, const struct hv_machine *machine,
                      uint32_t device, const struct vmm_wish *wish, struct vmm_trouble *trouble)
{
    console->line.machine = machine;
    console->line.device = device;
    console->place = wish->place;
    switch (wish->place) {
    case VMM_LINES:
        console->output = STDOUT_FILENO;
        return true;
    case VMM_TERMINAL:
        return open_terminal(console, trouble);
    case VMM_FILE:
        return open_file(console, wish->path, trouble);
    case VMM_SOCKET:
        return open_socket(console, wish->path, trouble);
    case VMM_NOWHERE:
        break;
    }
    return true;
}

static void close_file(int *file)
{
    if (*file > STDERR_FILENO)
        close(*file);
    *file = -1;
}

void vmm_console_close(struct vmm_console *console)
{
    vmm_console_flush(console);
    if (console->place == VMM_TERMINAL && raw) {
        tcsetattr(STDIN_FILENO, TCSANOW, &found);
        raw = false;
    }
    close_file(&console->output);
    close_file(&console->listener);
    console->input = -1;
}

/* ---- What comes ---- */

bool vmm_console_wants(const struct vmm_console *console, struct pollfd *wanted)
{
    if (console->typed_count == sizeof(console->typed))
        return false;
    wanted->fd = console->input >= 0 ? console->input : console->listener;
    wanted->events = POLLIN;
    wanted->revents = 0;
    return wanted->fd >= 0;
}

/* There is one at a time; the next waits until it has left. */
static void accept_client(struct vmm_console *console)
{
    int client = accept4(console->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (client >= 0)
        console->input = console->output = client;
}

/* A terminal that is gone ends the session; of a socket the next can come. */
static void lose(struct vmm_console *console)
{
    console->left = console->place == VMM_TERMINAL;
    if (console->place == VMM_SOCKET)
        close_file(&console->output);
    console->input = -1;
}

static void take_byte(struct vmm_console *console, uint8_t byte)
{
    if (byte == END_SESSION && console->place == VMM_TERMINAL) {
        console->left = true;
        return;
    }
    console->typed[(console->typed_first + console->typed_count++) % sizeof(console->typed)] = byte;
}

void vmm_console_take(struct vmm_console *console)
{
    uint8_t bytes[sizeof(console->typed)];
    ssize_t count;

    if (console->input < 0) {
        accept_client(console);
        return;
    }
    count = read(console->input, bytes, sizeof(bytes) - console->typed_count);
    if (count < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (count <= 0)
        lose(console);
    for (ssize_t i = 0; i < count; i++)
        take_byte(console, bytes[i]);
}
