/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What a guest writes and what is typed, in each place where a console can lead. */
#include <check.h>
#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "console.h"
#include "suite.h"

static struct hv_machine machine;
static struct vmm_console console;
static struct vmm_trouble trouble;
static struct worker_console ends;
static char path[64];
static char seen[4096];

static void setup(void)
{
    machine = (struct hv_machine){
        .name = "web",
        .device_count = 1,
        .devices = { { .kind = HV_MACHINE_DEVICE_COM1,
                       .console = "main",
                       .show = HV_MACHINE_SHOW_ALL } },
        .end_count = 1,
        .ends = { { .kind = HV_MACHINE_END_TEXT, .device = 0, .text = "login:" } },
    };
    trouble.text[0] = 0;
    strcpy(path, "/tmp/hvkit-console.XXXXXX");
    close(mkstemp(path));
    unlink(path);
    vmm_console_init(&console);
}

static void teardown(void)
{
    vmm_console_close(&console);
    unlink(path);
}

static bool open_console(enum vmm_place place)
{
    const struct vmm_wish wish = { .place = place, .path = path };
    bool good = vmm_console_open(&console, &machine, 0, &wish, &trouble);

    ends = vmm_console_ends(&console);
    return good;
}

static void put(const char *text)
{
    for (; *text; text++)
        ends.put(ends.context, (uint8_t)*text);
}

/* What standard output gets while the text is written. */
static const char *lines_of(const char *text)
{
    int ways[2], kept = dup(STDOUT_FILENO);
    ssize_t count;

    ck_assert_int_eq(pipe(ways), 0);
    fflush(stdout);
    dup2(ways[1], STDOUT_FILENO);
    ck_assert(open_console(VMM_LINES));
    put(text);
    vmm_console_flush(&console);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    close(ways[1]);
    count = read(ways[0], seen, sizeof(seen) - 1);
    close(ways[0]);
    seen[count < 0 ? 0 : count] = 0;
    return seen;
}

static const char *file_now(void)
{
    int file = open(path, O_RDONLY);
    ssize_t count = read(file, seen, sizeof(seen) - 1);

    close(file);
    seen[count < 0 ? 0 : count] = 0;
    return seen;
}

START_TEST(lines_have_the_name_of_the_machine)
{
    ck_assert_str_eq(lines_of("one\r\n\ntw\033o\n"), "web| one\nweb| \nweb| two\n");
}
END_TEST

START_TEST(line_without_end_is_shown_at_the_end)
{
    ck_assert_str_eq(lines_of("a\nprompt>"), "web| a\nweb| prompt>\n");
}
END_TEST

START_TEST(long_line_is_shown_in_pieces)
{
    char text[HV_MACHINE_LINE + 10];

    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = 0;
    lines_of(text);
    ck_assert_uint_eq(strlen(seen), sizeof(text) - 1 + 2 * strlen("web| \n"));
}
END_TEST

START_TEST(only_lines_that_are_wanted_are_shown)
{
    machine.devices[0].show = HV_MACHINE_SHOW_LINES;
    machine.devices[0].shown_count = 2;
    machine.devices[0].shown[0] = "error";
    machine.devices[0].shown[1] = "warn";
    ck_assert_str_eq(lines_of("good\nan error\nwarning\n"), "web| an error\nweb| warning\n");
    machine.devices[0].show = HV_MACHINE_SHOW_NONE;
    ck_assert_str_eq(lines_of("error\n"), "");
}
END_TEST

START_TEST(text_is_seen_wherever_the_console_leads)
{
    ck_assert(open_console(VMM_NOWHERE));
    put("logi\nn: log");
    ck_assert(!console.line.text_seen);
    put("in:");
    ck_assert(console.line.text_seen);
}
END_TEST

START_TEST(text_of_another_console_is_not_this_ones)
{
    machine.ends[0].device = 1;
    ck_assert(open_console(VMM_NOWHERE));
    put("login:");
    ck_assert(!console.line.text_seen);
}
END_TEST

START_TEST(file_gets_all_bytes)
{
    ck_assert(open_console(VMM_FILE));
    put("a\r\n\033[1mb");
    ck_assert_str_eq(file_now(), "a\r\n");
    vmm_console_flush(&console);
    ck_assert_str_eq(file_now(), "a\r\n\033[1mb");
}
END_TEST

START_TEST(file_that_cannot_be_made_is_trouble)
{
    strcpy(path, "/nowhere/at/all");
    ck_assert(!open_console(VMM_FILE));
    ck_assert_str_eq(trouble.text, "/nowhere/at/all: No such file or directory");
}
END_TEST

/* ---- Sockets ---- */

static int join(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    strcpy(address.sun_path, path);
    ck_assert_int_eq(connect(client, (struct sockaddr *)&address, sizeof(address)), 0);
    return client;
}

/* As long as something comes at once. */
static void let_in(void)
{
    struct pollfd wanted;

    while (vmm_console_wants(&console, &wanted) && poll(&wanted, 1, 0) == 1)
        vmm_console_take(&console);
}

START_TEST(socket_carries_both_ways)
{
    char bytes[16] = "";
    uint8_t character;
    int client;

    ck_assert_msg(open_console(VMM_SOCKET), "%s", trouble.text);
    put("nobody hears");
    client = join();
    let_in();
    put("\nhi>");
    ck_assert_int_eq(read(client, bytes, 4), 4);
    ck_assert_str_eq(bytes, "\nhi>");
    ck_assert(!ends.get(ends.context, &character));
    ck_assert_int_eq(write(client, "ls", 2), 2);
    let_in();
    ck_assert(ends.get(ends.context, &character));
    ck_assert_uint_eq(character, 'l');
    ck_assert(ends.get(ends.context, &character));
    ck_assert_uint_eq(character, 's');
    ck_assert(!ends.get(ends.context, &character));
    close(client);
}
END_TEST

START_TEST(next_client_comes_when_one_has_left)
{
    char byte = 0;
    int client;

    ck_assert(open_console(VMM_SOCKET));
    client = join();
    let_in();
    close(client);
    let_in();
    put("lost");
    client = join();
    let_in();
    put("x");
    ck_assert_int_eq(read(client, &byte, 1), 1);
    ck_assert_int_eq(byte, 'x');
    ck_assert(!console.left);
    close(client);
}
END_TEST

START_TEST(client_that_reads_nothing_holds_up_nobody)
{
    int client;

    ck_assert(open_console(VMM_SOCKET));
    client = join();
    let_in();
    for (unsigned i = 0; i < 1000000; i++)
        ends.put(ends.context, 'x');
    close(client);
    put("and goes");
}
END_TEST

START_TEST(more_than_there_is_room_for_waits)
{
    char bytes[100];
    struct pollfd wanted;
    uint8_t character;
    unsigned count = 0;
    int client;

    memset(bytes, 'y', sizeof(bytes));
    ck_assert(open_console(VMM_SOCKET));
    client = join();
    ck_assert_int_eq(write(client, bytes, sizeof(bytes)), sizeof(bytes));
    let_in();
    ck_assert(!vmm_console_wants(&console, &wanted));
    while (ends.get(ends.context, &character)) {
        count++;
        let_in();
    }
    ck_assert_uint_eq(count, sizeof(bytes));
    close(client);
}
END_TEST

START_TEST(socket_of_an_earlier_run_is_replaced)
{
    struct vmm_console first;

    ck_assert(open_console(VMM_SOCKET));
    first = console;
    vmm_console_init(&console);
    ck_assert_msg(!open_console(VMM_SOCKET), "two consoles have one socket");
    ck_assert_ptr_nonnull(strstr(trouble.text, "in use"));
    vmm_console_close(&console);
    vmm_console_close(&first);
    trouble.text[0] = 0;
    vmm_console_init(&console);
    ck_assert_msg(open_console(VMM_SOCKET), "%s", trouble.text);
}
END_TEST

START_TEST(what_is_no_socket_stays)
{
    struct stat facts;

    close(open(path, O_CREAT | O_WRONLY, 0600));
    ck_assert(!open_console(VMM_SOCKET));
    ck_assert_int_eq(stat(path, &facts), 0);
    ck_assert(S_ISREG(facts.st_mode));
}
END_TEST

START_TEST(path_that_is_too_long_is_trouble)
{
    static char longer[200];
    const struct vmm_wish wish = { .place = VMM_SOCKET, .path = longer };

    memset(longer, 'a', sizeof(longer) - 1);
    ck_assert(!vmm_console_open(&console, &machine, 0, &wish, &trouble));
    ck_assert_ptr_nonnull(strstr(trouble.text, "at most 107 characters"));
}
END_TEST

/* ---- Terminals ---- */

START_TEST(terminal_is_raw_as_long_as_it_is_a_console)
{
    struct termios modes;
    int master, slave, kept = dup(STDIN_FILENO);
    uint8_t character;

    ck_assert_int_eq(openpty(&master, &slave, NULL, NULL, NULL), 0);
    dup2(slave, STDIN_FILENO);
    ck_assert_msg(open_console(VMM_TERMINAL), "%s", trouble.text);
    tcgetattr(slave, &modes);
    ck_assert_uint_eq(modes.c_lflag & (ICANON | ECHO | ISIG), 0);
    ck_assert_int_eq(write(master, "\003a", 2), 2);
    let_in();
    ck_assert(ends.get(ends.context, &character));
    ck_assert_uint_eq(character, 3);
    ck_assert(ends.get(ends.context, &character) && character == 'a');
    ck_assert(!console.left);
    ck_assert_int_eq(write(master, "\035b", 2), 2);
    let_in();
    ck_assert(console.left);
    vmm_console_close(&console);
    tcgetattr(slave, &modes);
    ck_assert_uint_ne(modes.c_lflag & ICANON, 0);
    dup2(kept, STDIN_FILENO);
    close(kept);
    close(master);
    close(slave);
}
END_TEST

START_TEST(what_is_no_terminal_cannot_be_one)
{
    int nothing = open("/dev/null", O_RDONLY), kept = dup(STDIN_FILENO);

    dup2(nothing, STDIN_FILENO);
    ck_assert(!open_console(VMM_TERMINAL));
    ck_assert_str_eq(trouble.text, "standard input is no terminal");
    dup2(kept, STDIN_FILENO);
    close(kept);
    close(nothing);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm_console");
    TCase *tests = tcase_create("console");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, lines_have_the_name_of_the_machine);
    tcase_add_test(tests, line_without_end_is_shown_at_the_end);
    tcase_add_test(tests, long_line_is_shown_in_pieces);
    tcase_add_test(tests, only_lines_that_are_wanted_are_shown);
    tcase_add_test(tests, text_is_seen_wherever_the_console_leads);
    tcase_add_test(tests, text_of_another_console_is_not_this_ones);
    tcase_add_test(tests, file_gets_all_bytes);
    tcase_add_test(tests, file_that_cannot_be_made_is_trouble);
    tcase_add_test(tests, socket_carries_both_ways);
    tcase_add_test(tests, next_client_comes_when_one_has_left);
    tcase_add_test(tests, client_that_reads_nothing_holds_up_nobody);
    tcase_add_test(tests, more_than_there_is_room_for_waits);
    tcase_add_test(tests, socket_of_an_earlier_run_is_replaced);
    tcase_add_test(tests, what_is_no_socket_stays);
    tcase_add_test(tests, path_that_is_too_long_is_trouble);
    tcase_add_test(tests, terminal_is_raw_as_long_as_it_is_a_console);
    tcase_add_test(tests, what_is_no_terminal_cannot_be_one);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
