/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What is said about descriptions that are wrong: place, reason, and what is allowed. */
#include <check.h>
#include <time.h>

#include "described.h"
#include "suite.h"

struct bad {
    const char *yaml;
    const char *said;
};

/* A machine with one more line, which is the third one of the description. */
#define WITH(line) "machines:\n- name: a\n  " line "\n  kernel: k\n"

#define PARTS                                                                                     \
    "hypercalls, vp-index, run-time, reference-counter, synic, timers, apic, reset, statistics, " \
    "reference-tsc, idle, frequencies, reenlightenment, invariant-tsc, partition-id, messages, "  \
    "events, debugging, vp-registers, extended-hypercalls, start-vp"

static const struct bad documents[] = {
    { "", "f:1:1: error: the description is empty; expected the key machines\n" },
    { "# nothing\n", "f:1:1: error: the description is empty; expected the key machines\n" },
    { "machines\n", "f:1:1: error: expected a description, a mapping with keys such as 'machines', "
                    "not a single value\n" },
    { "- a\n", "f:1:1: error: expected a description, a mapping with keys such as 'machines', "
               "not a list\n" },
    { "~\n", "f:1:1: error: expected a description, a mapping with keys such as 'machines', "
             "not nothing\n" },
    { "{}\n", "f:1:1: error: a description needs the key 'machines'\n" },
    { "machine: []\n", "f:1:1: error: unknown key 'machine'; did you mean 'machines'?\n" },
    { "vms: []\n", "f:1:1: error: unknown key 'vms'; did you mean 'machines'?\n" },
    { "other: 1\n", "f:1:1: error: unknown key 'other'; expected machines\n"
                    "f:1:1: error: a description needs the key 'machines'\n" },
    { "machines:\n", "f:1:1: error: 'machines' has no value; give one or leave it out\n" },
    { "machines: []\n",
      "f:1:11: error: machines: the list is empty; expected at least one machine\n" },
    { "machines: {name: a}\n",
      "f:1:11: error: machines: expected a list of machines, not a mapping\n" },
    { "machines: [a]\n", "f:1:12: error: expected a machine, a mapping with keys such as 'name', "
                         "not a single value\n" },
    { "machines: [{name: a, kernel: k}]\n--- # b\nmachines: []\n",
      "f:2:1: error: a second document; a description is one document\n" },
};

static const struct bad yaml[] = {
    { "machines: [{name: a, kernel: k}\n",
      "f:2:1: error: not YAML: while parsing a flow sequence, did not find expected ',' or ']'\n" },
    { "machines:\n\t- name: a\n", "f:2:1: error: not YAML: while scanning for the next token, "
                                  "found character that cannot start any token\n" },
    { "machines: \"a\n", "f:2:1: error: not YAML: while scanning a quoted scalar, found unexpected "
                         "end of stream\n" },
    { WITH("vps: &x 1"), "f:3:8: error: anchors (&) are not allowed; write the value where it is "
                         "needed\n" },
    { WITH("vps: *x"), "f:3:8: error: aliases (*) are not allowed; write the value where it is "
                       "needed\n" },
    { WITH("*x : 1"), "f:3:3: error: aliases (*) are not allowed; write the value where it is "
                      "needed\n" },
    { WITH("vps: !!int 1"), "f:3:8: error: tags (!) are not allowed; each key knows what its value "
                            "means\n" },
    { WITH("cpu: !x {}"), "f:3:8: error: tags (!) are not allowed; each key knows what its value "
                          "means\n" },
    { "machines: &x [*x, *x]\n",
      "f:1:11: error: anchors (&) are not allowed; write the value where it is needed\n"
      "f:1:15: error: aliases (*) are not allowed; write the value where it is needed\n"
      "f:1:19: error: aliases (*) are not allowed; write the value where it is needed\n" },
    { WITH("<<: {vps: 1}"), "f:3:3: error: merge keys (<<) are not allowed; write the values where "
                            "they are needed\n" },
    { WITH("? [a]\n  : 1"), "f:3:5: error: a key must be a word, not a list\n" },
    { "machines:\n# \xC3\xA4\n- \xFF\n", "f:3:3: error: invalid leading UTF-8 octet; a description "
                                         "is UTF-8 without control characters\n" },
    { "# \xC3\xA4\xC3z\n", "f:1:5: error: invalid trailing UTF-8 octet; a description is UTF-8 "
                           "without control characters\n" },
    { "machines: \x01\n", "f:1:11: error: control characters are not allowed; a description is "
                          "UTF-8 without control characters\n" },
    { "\xFF\xFEm\n", "f:1:1: error: invalid leading UTF-8 octet; a description is UTF-8 without "
                     "control characters\n" },
};

static const struct bad keys[] = {
    { "machines: [{}]\n", "f:1:12: error: a machine needs the key 'name'\n"
                          "f:1:12: error: a machine needs the key 'kernel'\n" },
    { "machines:\n- nmae: a\n  krenel: k\n",
      "f:2:3: error: unknown key 'nmae'; did you mean 'name'?\n"
      "f:3:3: error: unknown key 'krenel'; did you mean 'kernel'?\n" },
    { WITH("cpus: 2"), "f:3:3: error: unknown key 'cpus'; did you mean 'vps'?\n" },
    { WITH("Memory: 1"), "f:3:3: error: unknown key 'Memory'; did you mean 'memory'?\n" },
    { WITH("cmdline: x"), "f:3:3: error: unknown key 'cmdline'; did you mean 'command-line'?\n" },
    { WITH("disk: x"),
      "f:3:3: error: unknown key 'disk'; expected one of name, kernel, boot, initrd, command-line, "
      "vps, memory, cpu, hyperv, devices, ends, restarts\n" },
    { WITH("ramp: x"),
      "f:3:3: error: unknown key 'ramp'; expected one of name, kernel, boot, initrd, command-line, "
      "vps, memory, cpu, hyperv, devices, ends, restarts\n" },
    { WITH("\"a\\e\\0b\": x"),
      "f:3:3: error: unknown key 'a\\x1b\\x00b'; expected one of name, kernel, boot, initrd, "
      "command-line, vps, memory, cpu, hyperv, devices, ends, restarts\n" },
    { WITH("name: b"), "f:3:3: error: 'name' is given twice; the first is in line 2\n" },
    { WITH("vps: 1\n  vps: 1\n  vps: 1"),
      "f:4:3: error: 'vps' is given twice; the first is in line 3\n"
      "f:5:3: error: 'vps' is given twice; the first is in line 3\n" },
    { WITH("vps:"), "f:3:3: error: 'vps' has no value; give one or leave it out\n" },
    { WITH("initrd: null"), "f:3:3: error: 'initrd' has no value; give one or leave it out\n" },
    { WITH("initrd: ~"), "f:3:3: error: 'initrd' has no value; give one or leave it out\n" },
};

static const struct bad values[] = {
    { WITH("vps: two"), "f:3:8: error: vps: 'two' is not a number; expected 1 to 512, without "
                        "quotes\n" },
    { WITH("vps: '2'"), "f:3:8: error: vps: '2' is not a number; expected 1 to 512, without "
                        "quotes\n" },
    { WITH("vps: 0x2"), "f:3:8: error: vps: '0x2' is not a number; expected 1 to 512, without "
                        "quotes\n" },
    { WITH("vps: 010"), "f:3:8: error: vps: '010' is not a number; expected 1 to 512, without "
                        "quotes\n" },
    { WITH("vps: -1"), "f:3:8: error: vps: '-1' is not a number; expected 1 to 512, without "
                       "quotes\n" },
    { WITH("vps: 1.5"), "f:3:8: error: vps: '1.5' is not a number; expected 1 to 512, without "
                        "quotes\n" },
    { WITH("vps: [1]"), "f:3:8: error: vps: expected a number, not a list\n" },
    { WITH("vps: {}"), "f:3:8: error: vps: expected a number, not a mapping\n" },
    { WITH("vps: 0"), "f:3:8: error: vps: 0 is out of range; expected 1 to 512\n" },
    { WITH("vps: 513"), "f:3:8: error: vps: 513 is out of range; expected 1 to 512\n" },
    { WITH("vps: 18446744073709551617"),
      "f:3:8: error: vps: 18446744073709551617 is out of range; expected 1 to 512\n" },
    { WITH("vps: 4294967297"), "f:3:8: error: vps: 4294967297 is out of range; expected 1 to "
                               "512\n" },
    { WITH("memory: 64"), "f:3:11: error: memory: '64' has no unit; expected one of KiB, MiB, GiB, "
                          "TiB\n" },
    { WITH("memory: 64 MB"), "f:3:11: error: memory: '64 MB' has an unknown unit; did you mean "
                             "'MiB'?\n" },
    { WITH("memory: 64 M"), "f:3:11: error: memory: '64 M' has an unknown unit; expected one of "
                            "KiB, MiB, GiB, TiB\n" },
    { WITH("memory: much"), "f:3:11: error: memory: 'much' is not a size; expected one such as 64 "
                            "MiB\n" },
    { WITH("memory: [64 MiB]"), "f:3:11: error: memory: expected a size such as 64 MiB, not a "
                                "list\n" },
    { WITH("memory: 1023 KiB"), "f:3:11: error: memory: 1023 KiB is out of range; expected 1 MiB "
                                "to 1 TiB\n" },
    { WITH("memory: 2 TiB"), "f:3:11: error: memory: 2 TiB is out of range; expected 1 MiB to 1 "
                             "TiB\n" },
    { WITH("memory: 16777217 TiB"), "f:3:11: error: memory: 16777217 TiB is out of range; expected "
                                    "1 MiB to 1 TiB\n" },
    { WITH("memory: 99999999999999999999999999 KiB"),
      "f:3:11: error: memory: 99999999999999999999999999 KiB is out of range; expected 1 MiB to 1 "
      "TiB\n" },
    { WITH("memory: 1026 KiB"), "f:3:11: error: memory: 1026 KiB is not in whole pages; expected a "
                                "multiple of 4 KiB\n" },
    { WITH("boot: efi"), "f:3:9: error: boot: unknown value 'efi'; expected one of linux, pvh, "
                         "multiboot\n" },
    { WITH("boot: multi-boot"), "f:3:9: error: boot: unknown value 'multi-boot'; did you mean "
                                "'multiboot'?\n" },
    { WITH("command-line: \"a\\nb\""), "f:3:17: error: command-line: 'a\\x0ab' has control "
                                       "characters or line ends\n" },
    { WITH("command-line: |\n    a\n"), "f:3:17: error: command-line: 'a\\x0a' has control "
                                        "characters or line ends\n" },
    { WITH("initrd: ''"), "f:3:11: error: initrd: the text is empty\n" },
    { "machines: [{name: A, kernel: k}]\n",
      "f:1:19: error: name: 'A' is not a name; expected 1 to 31 characters of a-z, 0-9 and -\n" },
    { "machines: [{name: '', kernel: k}]\n",
      "f:1:19: error: name: '' is not a name; expected 1 to 31 characters of a-z, 0-9 and -\n" },
    { "machines: [{name: \xC3\xA4, kernel: k}]\n",
      "f:1:19: error: name: '\\xc3\\xa4' is not a name; expected 1 to 31 characters of a-z, 0-9 "
      "and "
      "-\n" },
    { "machines: [{name: a12345678901234567890123456789012345678901234567890123456789012345678, "
      "kernel: k}]\n",
      "f:1:19: error: name: "
      "'a12345678901234567890123456789012345678901234567890123456789012345678' "
      "is not a name; expected 1 to 31 characters of a-z, 0-9 and -\n" },
    { "machines: [{name: "
      "a123456789012345678901234567890123456789012345678901234567890123456789012, "
      "kernel: k}]\n",
      "f:1:19: error: name: "
      "'a12345678901234567890123456789012345678901234567890123456789012345678901...' "
      "is not a name; expected 1 to 31 characters of a-z, 0-9 and -\n" },
    { "machines:\n- {name: a, kernel: k}\n- {name: b, kernel: k}\n- {name: a, kernel: k}\n",
      "f:4:10: error: name: another machine is called 'a'; each needs its own name\n" },
};

/* Numbers that look as if they were some. */
static const struct bad digits[] = {
    { WITH("vps: 00"),
      "f:3:8: error: vps: '00' is not a number; expected 1 to 512, without quotes\n" },
    { WITH("vps: 09"),
      "f:3:8: error: vps: '09' is not a number; expected 1 to 512, without quotes\n" },
    { WITH("vps: 1x"),
      "f:3:8: error: vps: '1x' is not a number; expected 1 to 512, without quotes\n" },
    { WITH("vps: ''"),
      "f:3:8: error: vps: '' is not a number; expected 1 to 512, without quotes\n" },
    { WITH("memory: 0 MiB"),
      "f:3:11: error: memory: 0 MiB is out of range; expected 1 MiB to 1 TiB\n" },
    { WITH("memory: 064 MiB"),
      "f:3:11: error: memory: '064 MiB' is not a size; expected one such as 64 MiB\n" },
    { WITH("memory: 64 MiBs"),
      "f:3:11: error: memory: '64 MiBs' has an unknown unit; did you mean 'MiB'?\n" },
    { WITH("memory: '64 '"),
      "f:3:11: error: memory: '64 ' has no unit; expected one of KiB, MiB, GiB, TiB\n" },
    { WITH("cpu: {cap: 1000%}"),
      "f:3:14: error: cap: 1000% is out of range; expected 0% to 100%\n" },
    { WITH("cpu: {cap: 18446744073709551617%}"),
      "f:3:14: error: cap: 18446744073709551617% is out of range; expected 0% to 100%\n" },
    { WITH("cpu: {cap: '%'}"), "f:3:14: error: cap: '%' is not a percentage; expected 0% to 100%, "
                               "of a processor for each VP\n" },
    { WITH("cpu: {cap: 50x}"), "f:3:14: error: cap: '50x' is not a percentage; expected 0% to "
                               "100%, of a processor for each VP\n" },
    { WITH("cpu: {cap: 5x5%}"), "f:3:14: error: cap: '5x5%' is not a percentage; expected 0% to "
                                "100%, of a processor for each VP\n" },
};

/* Other kinds of values than expected. */
static const struct bad kinds[] = {
    { WITH("initrd: [i]"), "f:3:11: error: initrd: expected a text, not a list\n" },
    { WITH("boot: {}"), "f:3:9: error: boot: expected a word, not a mapping\n" },
    { WITH("cpu: {cap: [1%]}"),
      "f:3:14: error: cap: expected a percentage such as 50%, not a list\n" },
    { WITH("ends: [~]"), "f:3:10: error: ends: expected a word, not nothing\n" },
    { WITH("ends: [[reset]]"), "f:3:10: error: ends: expected a word, not a list\n" },
    { WITH("ends: [*x]"),
      "f:3:10: error: aliases (*) are not allowed; write the value where it is needed\n" },
    { WITH("hyperv: [*x]"),
      "f:3:12: error: aliases (*) are not allowed; write the value where it is needed\n" },
    { WITH("devices: {com1: {show: [*x, a]}}"),
      "f:3:27: error: aliases (*) are not allowed; write the value where it is needed\n" },
    { "machines: [{name: [a], kernel: k}]\n",
      "f:1:19: error: name: expected a name, not a list\n" },
    { "machines: [*x]\n",
      "f:1:12: error: aliases (*) are not allowed; write the value where it is needed\n" },
};

static const struct bad parts[] = {
    { WITH("cpu: 50%"), "f:3:8: error: expected cpu, a mapping with keys such as 'weight', not a "
                        "single value\n" },
    { WITH("cpu: {weight: 0}"), "f:3:17: error: weight: 0 is out of range; expected 1 to 10000\n" },
    { WITH("cpu: {weight: 10001}"), "f:3:17: error: weight: 10001 is out of range; expected 1 to "
                                    "10000\n" },
    { WITH("cpu: {limit: 5%}"), "f:3:9: error: unknown key 'limit'; did you mean 'cap'?\n" },
    { WITH("cpu: {cap: 50}"), "f:3:14: error: cap: '50' is not a percentage; expected 0% to 100%, "
                              "of a processor for each VP\n" },
    { WITH("cpu: {cap: 50.1234%}"), "f:3:14: error: cap: '50.1234%' is not a percentage; expected "
                                    "0% to 100%, of a processor for each VP\n" },
    { WITH("cpu: {cap: 50.%}"), "f:3:14: error: cap: '50.%' is not a percentage; expected 0% to "
                                "100%, of a processor for each VP\n" },
    { WITH("cpu: {cap: 050%}"), "f:3:14: error: cap: '050%' is not a percentage; expected 0% to "
                                "100%, of a processor for each VP\n" },
    { WITH("cpu: {cap: 50%%}"), "f:3:14: error: cap: '50%%' is not a percentage; expected 0% to "
                                "100%, of a processor for each VP\n" },
    { WITH("cpu: {cap: 100.001%}"), "f:3:14: error: cap: 100.001% is out of range; expected 0% to "
                                    "100%\n" },
    { WITH("cpu: {cap: 0%}"), "f:3:14: error: cap: with 0% the machine would never run; expected "
                              "more\n" },
    { WITH("cpu: {reserve: 51%, cap: 50%}"), "f:3:18: error: reserve: more than the cap; lower it "
                                             "or raise the cap\n" },
    { WITH("hyperv: true"), "f:3:11: error: hyperv: unknown value 'true'; expected on, off, "
                            "minimal, or a list of parts\n" },
    { WITH("hyperv: {}"), "f:3:11: error: hyperv: expected on, off, minimal, or a list of parts, "
                          "not a mapping\n" },
    { WITH("hyperv: []"), "f:3:11: error: hyperv: the list is empty; write minimal or off\n" },
    { WITH("hyperv: [synic, timer]"), "f:3:19: error: hyperv: unknown value 'timer'; did you mean "
                                      "'timers'?\n" },
    { WITH("hyperv: [on]"),
      "f:3:12: error: hyperv: unknown value 'on'; expected one of " PARTS "\n" },
    { WITH("hyperv: [[synic]]"), "f:3:12: error: hyperv: expected a word, not a list\n" },
};

static const struct bad devices[] = {
    { WITH("devices: [com1]"), "f:3:12: error: expected devices, a mapping with keys such as "
                               "'com1', not a list\n" },
    { WITH("devices: {com3: }"),
      "f:3:13: error: unknown key 'com3'; expected one of com1, com2\n" },
    { WITH("devices: {ttyS0: }"), "f:3:13: error: unknown key 'ttyS0'; did you mean 'com1'?\n" },
    { WITH("devices: {com1: x}"), "f:3:19: error: expected com1, a mapping with keys such as "
                                  "'console', not a single value\n" },
    { WITH("devices: {com1: {console: X}}"), "f:3:29: error: console: 'X' is not a name; expected "
                                             "1 to 31 characters of a-z, 0-9 and -\n" },
    { WITH("devices: {com1: {console: x}, com2: {console: x}}"),
      "f:3:40: error: two consoles of this machine are called 'x'; each needs its own name\n" },
    { WITH("devices: {com2: , com1: {console: com2}}"),
      "f:3:13: error: two consoles of this machine are called 'com2'; each needs its own name\n" },
    { WITH("devices: {com1: {show: some}}"),
      "f:3:26: error: show: expected all, none, or a list of texts, not some\n" },
    { WITH("devices: {com1: {show: {}}}"),
      "f:3:26: error: show: expected all, none, or a list of texts, not a mapping\n" },
    { WITH("devices: {com1: {show: []}}"), "f:3:26: error: show: the list is empty; write none\n" },
    { WITH("devices: {com1: {show: ['']}}"), "f:3:27: error: show: the text is empty\n" },
    { WITH("devices: {com1: {show: [a, b, c, d, e, f, g, h, i]}}"),
      "f:3:51: error: show: too many texts; at most 8 are allowed\n" },
};

static const struct bad ends[] = {
    { WITH("ends: poweroff"), "f:3:9: error: ends: unknown value 'poweroff'; did you mean "
                              "'power-off'?\n" },
    { WITH("ends: never"), "f:3:9: error: ends: unknown value 'never'; expected one of power-off, "
                           "reset, crash, idle, others\n" },
    { WITH("ends: []"), "f:3:9: error: ends: the list is empty; expected at least one end\n" },
    { WITH("ends: [reset, reset]"), "f:3:17: error: ends: this end is given twice\n" },
    { WITH("ends: [{text: a}, {text: a, console: com1}]"),
      "f:3:21: error: ends: this end is given twice\n" },
    { WITH("ends: [power-off, reset, crash, idle, {text: a}]"),
      "f:3:41: error: ends: too many; at most 4 are allowed\n" },
    { WITH("ends: {console: com1}"), "f:3:9: error: a text that ends needs the key 'text'\n" },
    { WITH("ends: {text: a, console: com2}"), "f:3:28: error: console: unknown value 'com2'; did "
                                              "you mean 'com1'?\n" },
    { WITH("ends: {text: a, console: tty}"), "f:3:28: error: console: unknown value 'tty'; "
                                             "expected com1\n" },
    { WITH("ends: {text: ''}"), "f:3:16: error: text: the text is empty\n" },
    { WITH("devices: {}\n  ends: {text: a}"), "f:4:9: error: ends: this machine has no console "
                                              "that could say a text\n" },
    { WITH("devices: {com1: , com2: }\n  ends: {text: a}"),
      "f:4:9: error: ends: this machine has several consoles; say which with the key 'console'\n" },
};

static const struct bad restarts[] = {
    { WITH("restarts: yes"), "f:3:13: error: restarts: unknown value 'yes'; expected one of "
                             "always, never\n" },
    { WITH("restarts: [1]"), "f:3:13: error: restarts: expected a word, not a list\n" },
    { WITH("restarts: 3x"), "f:3:13: error: restarts: '3x' is not a number; expected 0 to 1000000, "
                            "without quotes\n" },
    { WITH("restarts: 1000001"),
      "f:3:13: error: restarts: 1000001 is out of range; expected 0 to 1000000\n" },
    { WITH("reboot: never"), "f:3:3: error: unknown key 'reboot'; did you mean 'restarts'?\n" },
    { WITH("restarts: always\n  ends: [crash, reset]"),
      "f:3:13: error: restarts: a machine that always starts again never comes to its end "
      "'reset'\n" },
};

static void expect_said(const struct bad *bad)
{
    bool good = describe(bad->yaml);
    char *text = said();

    ck_assert_msg(!good, "accepted:\n%s", bad->yaml);
    ck_assert_msg(strcmp(text, bad->said) == 0, "of\n%ssaid\n%sinstead of\n%s", bad->yaml, text,
                  bad->said);
    free(text);
    drop();
}

#define EXPECT_ALL(table)                                         \
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) \
    expect_said(&table[i])

START_TEST(document_is_one_list_of_machines)
{
    EXPECT_ALL(documents);
}
END_TEST

START_TEST(yaml_is_plain)
{
    EXPECT_ALL(yaml);
}
END_TEST

START_TEST(keys_are_known_once_and_not_empty)
{
    EXPECT_ALL(keys);
}
END_TEST

START_TEST(values_are_in_range)
{
    EXPECT_ALL(values);
    EXPECT_ALL(digits);
    EXPECT_ALL(kinds);
}
END_TEST

START_TEST(cpu_and_hyperv_are_checked)
{
    EXPECT_ALL(parts);
}
END_TEST

START_TEST(devices_are_checked)
{
    EXPECT_ALL(devices);
}
END_TEST

START_TEST(ends_are_checked)
{
    EXPECT_ALL(ends);
    EXPECT_ALL(restarts);
}
END_TEST

/* repeat("a", 3) is "aaa"; to be freed. */
static char *repeat(const char *text, size_t count)
{
    size_t length = strlen(text);
    char *result = malloc(length * count + 1);

    for (size_t i = 0; i < count; i++)
        memcpy(result + i * length, text, length);
    result[length * count] = 0;
    return result;
}

/* A description with count times text in its middle is refused with that as its first error. */
static void expect_repeated(const char *before, const char *text, size_t count, const char *after,
                            const char *first)
{
    char *middle = repeat(text, count), *whole = NULL, *output;
    size_t size = 0;
    FILE *stream = open_memstream(&whole, &size);

    fprintf(stream, "%s%s%s", before, middle, after);
    fclose(stream);
    ck_assert(!describe(whole));
    output = said();
    ck_assert_msg(strncmp(output, first, strlen(first)) == 0, "%s", output);
    free(output);
    free(whole);
    free(middle);
    drop();
}

START_TEST(texts_have_limits)
{
    expect_repeated("machines: [{name: a, kernel: k, command-line: ", "x", 2048, "}]\n",
                    "f:1:47: error: command-line: 2048 bytes are too long; at most 2047 are "
                    "allowed\n");
    expect_repeated("machines: [{name: a, kernel: ", "x", 1024, "}]\n",
                    "f:1:30: error: kernel: 1024 bytes are too long; at most 1023 are allowed\n");
    expect_repeated("machines: [{name: a, kernel: k, devices: {com1: {show: [", "x", 128, "]}}}]\n",
                    "f:1:57: error: show: 128 bytes are too long; at most 127 are allowed\n");
    expect_repeated("machines: [{name: a, kernel: k, ends: {text: ", "x", 128, "}}]\n",
                    "f:1:46: error: text: 128 bytes are too long; at most 127 are allowed\n");
}
END_TEST

START_TEST(documents_have_limits)
{
    expect_repeated("machines: [", "[", 20, "",
                    "f:1:26: error: nested too deeply; a description "
                    "has at most 16 levels\n");
    expect_repeated("machines: [", "1,", 8189, "]\n", "f:1:12: error: expected a machine");
    expect_repeated("machines: [", "1,", 8190, "]\n",
                    "f:1:16390: error: too many values; a description has at most 8192\n");
    expect_repeated("#", "#", 256 << 10, "",
                    "f:1:1: error: too large; a description has at most 256 KiB\n");
}
END_TEST

START_TEST(more_than_64_machines_are_refused)
{
    char *list = repeat("- {name: a, kernel: k}\n", 65), *whole = NULL, *output;
    size_t size = 0;
    FILE *stream = open_memstream(&whole, &size);

    fprintf(stream, "machines:\n");
    for (unsigned i = 0; i < 65; i++)
        fprintf(stream, "- {name: m%u, kernel: k}\n", i);
    fclose(stream);
    ck_assert(!describe(whole));
    output = said();
    ck_assert_str_eq(output, "f:66:3: error: machines: too many; at most 64 are allowed\n");
    free(output);
    free(whole);
    free(list);
    drop();
}
END_TEST

START_TEST(errors_beyond_twenty_are_counted_as_more)
{
    char *list = repeat("- {name: a, kernel: k, x1: 1}\n", 30), *whole = NULL, *output;
    size_t size = 0;
    FILE *stream = open_memstream(&whole, &size);

    fprintf(stream, "machines:\n%s", list);
    fclose(stream);
    ck_assert(!describe(whole));
    output = said();
    ck_assert_ptr_nonnull(strstr(output, "f: error: there is more; mend these first\n"));
    ck_assert_uint_eq(errors.count, 20);
    free(output);
    free(whole);
    free(list);
    drop();
}
END_TEST

/* What is refused must be refused at once. */
START_TEST(bombs_are_refused_quickly)
{
    static const char laughs[] = "a: &a [l, l, l, l, l, l, l, l, l]\n"
                                 "b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
                                 "c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]\n"
                                 "d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]\n"
                                 "machines: [*d, *d, *d, *d, *d, *d, *d, *d, *d]\n";
    clock_t start = clock();

    ck_assert(!describe(laughs));
    drop();
    expect_repeated("", "[", 200000, "", "f:1:17: error: nested too deeply");
    expect_repeated("", "{", 200000, "", "f:1:17: error: nested too deeply");
    expect_repeated("", "- ", 100000, "", "f:1:33: error: nested too deeply");
    expect_repeated("", "? ", 100000, "", "f:1:33: error: nested too deeply");
    expect_repeated("machines: [", "{a: 1},", 30000, "]", "f:1:19119: error: too many values");
    expect_repeated("", "k: 1\n", 50000, "", "f:4096:4: error: too many values");
    ck_assert_int_lt((clock() - start) / CLOCKS_PER_SEC, 5);
}
END_TEST

static TCase *make_tables(void)
{
    TCase *tests = tcase_create("tables");

    tcase_add_test(tests, document_is_one_list_of_machines);
    tcase_add_test(tests, yaml_is_plain);
    tcase_add_test(tests, keys_are_known_once_and_not_empty);
    tcase_add_test(tests, values_are_in_range);
    tcase_add_test(tests, cpu_and_hyperv_are_checked);
    tcase_add_test(tests, devices_are_checked);
    tcase_add_test(tests, ends_are_checked);
    return tests;
}

static TCase *make_limits(void)
{
    TCase *tests = tcase_create("limits");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, texts_have_limits);
    tcase_add_test(tests, documents_have_limits);
    tcase_add_test(tests, more_than_64_machines_are_refused);
    tcase_add_test(tests, errors_beyond_twenty_are_counted_as_more);
    tcase_add_test(tests, bombs_are_refused_quickly);
    return tests;
}

int main(void)
{
    Suite *suite = suite_create("bad descriptions");

    suite_add_tcase(suite, make_tables());
    suite_add_tcase(suite, make_limits());
    return run_suite(suite);
}
