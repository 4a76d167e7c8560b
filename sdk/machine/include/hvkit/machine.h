/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief Reads a machine module (hvkit/machine_format.h) that nobody vouches for.
 *
 * hv_machine_module_open() checks all of a module; from then on hv_machine_module_get() gives one
 * machine after another. Both are pure functions of the bytes: they allocate nothing, keep nothing
 * but what they return, and can be called from any thread. What they return points into the module,
 * which must neither change nor go away meanwhile.
 */
#ifndef HVKIT_MACHINE_H
#define HVKIT_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hvkit/machine_format.h>

/** What is wrong with a module. */
enum hv_machine_status {
    HV_MACHINE_OK,
    HV_MACHINE_TOO_SHORT,         /**< less than a header */
    HV_MACHINE_NOT_A_MODULE,      /**< another magic */
    HV_MACHINE_WRONG_VERSION,     /**< another version, or other sizes of records */
    HV_MACHINE_CUT_OFF,           /**< it says that it is larger than it is */
    HV_MACHINE_TOO_MANY,          /**< no machine, or more machines or files than the limits */
    HV_MACHINE_BAD_TABLES,        /**< records and texts do not fit into it */
    HV_MACHINE_RESERVED_NOT_ZERO, /**< a field that is not used has a value */
    HV_MACHINE_BAD_TEXT,          /**< outside of the texts, without a 0, not UTF-8, too long */
    HV_MACHINE_BAD_FILE,          /**< misaligned, empty, outside, or over what is before it */
    HV_MACHINE_BAD_NAME,          /**< of a machine or a console; not made of a-z, 0-9, "-" */
    HV_MACHINE_DUPLICATE_NAME,    /**< of two machines, or two consoles of a machine */
    HV_MACHINE_BAD_VP_COUNT,      /**< out of range */
    HV_MACHINE_BAD_MEMORY,        /**< out of range, or not in whole pages */
    HV_MACHINE_BAD_CPU,           /**< weight, reserve or cap out of range, or reserve above cap */
    HV_MACHINE_BAD_PRIVILEGES,    /**< unknown ones, or without the least ones */
    HV_MACHINE_BAD_BOOT,          /**< unknown protocol */
    HV_MACHINE_NO_SUCH_FILE,      /**< an index beyond the files */
    HV_MACHINE_BAD_DEVICE,        /**< unknown, there twice, or too many */
    HV_MACHINE_BAD_SHOW,          /**< unknown, or not with the texts that it needs */
    HV_MACHINE_BAD_END,      /**< unknown, none or too many, or of a console that is not there */
    HV_MACHINE_BAD_RESTARTS, /**< too many restarts, or one after each reset where one is to be the
                                end */
    HV_MACHINE_STATUS_COUNT,
};

/** A file in the module. */
struct hv_machine_file {
    const char *name;     /**< as the description gives it */
    const uint8_t *bytes; /**< NULL if there is no such file */
    uint64_t size;        /**< bytes; 0 if there is no such file */
};

/** A device of a machine. */
struct hv_machine_device {
    enum hv_machine_device_kind kind;
    const char *console; /**< name of its console */
    enum hv_machine_show show;
    uint32_t shown_count; /**< entries of shown; 0 unless HV_MACHINE_SHOW_LINES */
    const char *shown[HV_MACHINE_MAX_SHOWN]; /**< texts of which a line contains one */
};

/** An end that is expected of a machine. */
struct hv_machine_end {
    enum hv_machine_end_kind kind;
    uint32_t device;  /**< for HV_MACHINE_END_TEXT: index in the machine's devices; else 0 */
    const char *text; /**< for HV_MACHINE_END_TEXT; else empty */
};

/** A machine. Texts end with a 0 and are never NULL. */
struct hv_machine {
    const char *name;
    const char *command_line; /**< empty if there is none */
    uint64_t memory;          /**< bytes */
    uint64_t privileges;      /**< HV_PRIVILEGE_ bits; 0: no hypervisor interface */
    uint32_t vp_count;
    uint32_t cpu_weight;  /**< HV_CPU_WEIGHT_MIN to HV_CPU_WEIGHT_MAX */
    uint32_t cpu_reserve; /**< of a logical processor for each VP, in units of 1/HV_CPU_CAP_SCALE */
    uint32_t cpu_cap;     /**< in the same units */
    enum hv_machine_boot boot;
    struct hv_machine_file kernel;
    struct hv_machine_file initrd; /**< bytes is NULL if there is none */
    uint32_t device_count;
    struct hv_machine_device devices[HV_MACHINE_MAX_DEVICES];
    uint32_t end_count;
    struct hv_machine_end ends[HV_MACHINE_MAX_ENDS];
    uint32_t restarts; /**< after so many resets it starts again, the next one is its end */
};

/** A module that was checked. */
struct hv_machine_module {
    const uint8_t *bytes;
    uint64_t size;          /**< as the header has it */
    uint32_t machine_count; /**< 1 to HV_MACHINE_MAX_MACHINES */
    uint32_t file_count;
    uint32_t texts_size;
};

/**
 * Check a module: each record, each text, each file's range.
 *
 * @param bytes       the module; of any alignment. Its files are aligned only if it is, to
 *                    HV_MACHINE_FILE_ALIGNMENT.
 * @param size        bytes that can be read there. There may be more than the module has.
 * @param[out] module what hv_machine_module_get() wants; undefined unless HV_MACHINE_OK is
 * returned.
 * @return HV_MACHINE_OK, or the first thing that is wrong.
 */
enum hv_machine_status hv_machine_module_open(const void *bytes, uint64_t size,
                                              struct hv_machine_module *module);

/**
 * Take a machine out of a module.
 *
 * @param module       that was opened.
 * @param index        of the machine, from 0.
 * @param[out] machine undefined unless true is returned.
 * @return false for an index beyond the machines.
 */
bool hv_machine_module_get(const struct hv_machine_module *module, uint32_t index,
                           struct hv_machine *machine);

/** What is wrong, in words that go on from "the module". */
const char *hv_machine_status_text(enum hv_machine_status status);

/**
 * Whether these bytes may be a text of a module: UTF-8 without control characters, line separators
 * and what Unicode keeps from interchange. Empty counts as one.
 */
bool hv_machine_is_text(const char *bytes, size_t size);

/** Whether these bytes may name a machine or a console: 1 to HV_MACHINE_MAX_NAME of a-z, 0-9, "-".
 */
bool hv_machine_is_name(const char *bytes, size_t size);

#endif
