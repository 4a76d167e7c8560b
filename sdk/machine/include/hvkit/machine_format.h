/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief The machine module: what a compiled machine description looks like in memory.
 *
 * A boot module that tells the root partition's program which child partitions to make, and brings
 * their kernels along. Facts alone; hvkit/machine.h reads it, and docs/machines.md tells what the
 * fields mean to whoever writes a description.
 *
 * All numbers are little-endian. The parts follow each other without a gap:
 *
 *     struct hv_machine_header
 *     struct hv_machine_record       machine_count of them
 *     struct hv_machine_file_record  file_count of them
 *     texts                          texts_size bytes
 *
 * and then the files, in the order of their records, each at a multiple of
 * HV_MACHINE_FILE_ALIGNMENT from the start of the module. The last one ends it.
 *
 * What is not used is 0: entries of an array beyond its count, and fields that do not apply.
 */
#ifndef HVKIT_MACHINE_FORMAT_H
#define HVKIT_MACHINE_FORMAT_H

#include <stdint.h>

#include <hv/abi/tlfs_partition.h>

#define HV_MACHINE_MAGIC          UINT64_C(0x1A444D54494B5648) /**< "HVKITMD" and 0x1A */
#define HV_MACHINE_VERSION        2u    /**< of all that stands here; a reader knows one version */
#define HV_MACHINE_FILE_ALIGNMENT 4096u /**< a page, so that a file can be mapped where it lies */

/**
 * @name Limits
 * Sizes of texts are in bytes of UTF-8, without the 0 at the end.
 * @{
 */
#define HV_MACHINE_MAX_MACHINES     64u
#define HV_MACHINE_MAX_FILES        128u /**< a kernel and an initrd for each machine */
#define HV_MACHINE_MAX_VPS          512u
#define HV_MACHINE_MIN_MEMORY       (UINT64_C(1) << 20)
#define HV_MACHINE_MAX_MEMORY       (UINT64_C(1) << 40)
#define HV_MACHINE_MEMORY_UNIT      4096u /**< memory is a multiple of it */
#define HV_MACHINE_MAX_NAME         31u
#define HV_MACHINE_MAX_COMMAND_LINE 2047u
#define HV_MACHINE_MAX_FILE_NAME    1023u
#define HV_MACHINE_MAX_TEXT         127u
#define HV_MACHINE_MAX_DEVICES      8u
#define HV_MACHINE_MAX_SHOWN        8u
#define HV_MACHINE_MAX_ENDS         4u
#define HV_MACHINE_MAX_RESTARTS     1000000u
#define HV_MACHINE_MAX_SIZE         (UINT64_C(1) << 30) /**< of a module, in bytes */
/** @} */

/** A number of restarts: a reset of the machine is never its end. */
#define HV_MACHINE_RESTARTS_ALWAYS UINT32_MAX

/** An index of files that stands for none. */
#define HV_MACHINE_NO_FILE UINT32_MAX

/**
 * @name Privileges
 * What a description can grant a machine, as HV_PARTITION_PRIVILEGE_MASK. A machine without the
 * hypervisor interface has none; any other one has those without which there is no "Hv#1".
 * @{
 */
#define HV_MACHINE_PRIVILEGES_MINIMAL \
    (HV_PRIVILEGE_AccessHypercallMsrs | HV_PRIVILEGE_AccessVpIndex)
#define HV_MACHINE_PRIVILEGES                                                         \
    (HV_MACHINE_PRIVILEGES_MINIMAL | HV_PRIVILEGE_AccessVpRunTimeReg |                \
     HV_PRIVILEGE_AccessPartitionReferenceCounter | HV_PRIVILEGE_AccessSynicRegs |    \
     HV_PRIVILEGE_AccessSyntheticTimerRegs | HV_PRIVILEGE_AccessIntrCtrlRegs |        \
     HV_PRIVILEGE_AccessResetReg | HV_PRIVILEGE_AccessStatsReg |                      \
     HV_PRIVILEGE_AccessPartitionReferenceTsc | HV_PRIVILEGE_AccessGuestIdleReg |     \
     HV_PRIVILEGE_AccessFrequencyRegs | HV_PRIVILEGE_AccessReenlightenmentControls |  \
     HV_PRIVILEGE_AccessTscInvariantControls | HV_PRIVILEGE_AccessPartitionId |       \
     HV_PRIVILEGE_PostMessages | HV_PRIVILEGE_SignalEvents | HV_PRIVILEGE_Debugging | \
     HV_PRIVILEGE_AccessVpRegisters | HV_PRIVILEGE_EnableExtendedHypercalls |         \
     HV_PRIVILEGE_StartVirtualProcessor)
/** @} */

/**
 * What a machine gets that asks for the interface and for nothing in particular. A Linux guest
 * takes AccessPartitionId for a sign that it is a root partition, and crashes (6.1, hyperv_init()).
 */
#define HV_MACHINE_PRIVILEGES_USUAL (HV_MACHINE_PRIVILEGES & ~HV_PRIVILEGE_AccessPartitionId)

/** How a kernel is started. */
enum hv_machine_boot {
    HV_MACHINE_BOOT_LINUX = 1,     /**< Linux x86 boot protocol, at the 64-bit entry of a bzImage */
    HV_MACHINE_BOOT_PVH = 2,       /**< ELF, at the entry of the note XEN_ELFNOTE_PHYS32_ENTRY */
    HV_MACHINE_BOOT_MULTIBOOT = 3, /**< ELF, by multiboot 1 */
};

/** Devices. */
enum hv_machine_device_kind {
    HV_MACHINE_DEVICE_COM1 = 1, /**< 16550 at I/O port 0x3F8, ISA interrupt 4 */
    HV_MACHINE_DEVICE_COM2 = 2, /**< 16550 at I/O port 0x2F8, ISA interrupt 3 */
};

/** Which lines of a console are shown to the user. */
enum hv_machine_show {
    HV_MACHINE_SHOW_NONE = 0,
    HV_MACHINE_SHOW_ALL = 1,
    HV_MACHINE_SHOW_LINES = 2, /**< those that contain one of the texts in shown */
};

/** What a machine is expected to come to. */
enum hv_machine_end_kind {
    HV_MACHINE_END_POWER_OFF = 1, /**< it powered off */
    HV_MACHINE_END_RESET = 2,     /**< it reset itself */
    HV_MACHINE_END_CRASH = 3,     /**< it reported a crash, or a VP took a triple fault or did what
                                       is not emulated */
    HV_MACHINE_END_IDLE = 4,      /**< each VP halted, and nothing is left to wake one */
    HV_MACHINE_END_OTHERS = 5,    /**< each machine that does not expect this has ended */
    HV_MACHINE_END_TEXT = 6,      /**< a line of a console contained a text */
};

/**
 * A text: a range of the texts, with a 0 behind it that size does not count. It is UTF-8 without
 * control characters and line separators. The empty text is { 0, 0 }.
 */
struct hv_machine_text {
    uint32_t offset; /**< from the start of the texts */
    uint32_t size;   /**< bytes, without the 0 */
};

/** A device. */
struct hv_machine_device_record {
    uint32_t kind;                  /**< enum hv_machine_device_kind; each at most once */
    uint32_t show;                  /**< enum hv_machine_show */
    struct hv_machine_text console; /**< name, made as the machine's is; unique in the machine */
    struct hv_machine_text
        shown[HV_MACHINE_MAX_SHOWN]; /**< for HV_MACHINE_SHOW_LINES, one or more */
};

/** An expected end. */
struct hv_machine_end_record {
    uint32_t kind;               /**< enum hv_machine_end_kind */
    uint32_t device;             /**< for HV_MACHINE_END_TEXT: index of the device */
    struct hv_machine_text text; /**< for HV_MACHINE_END_TEXT: not empty */
};

/** A machine. */
struct hv_machine_record {
    struct hv_machine_text name; /**< 1 to HV_MACHINE_MAX_NAME of a-z, 0-9, "-"; unique */
    struct hv_machine_text command_line;
    uint64_t memory;      /**< bytes */
    uint64_t privileges;  /**< HV_PRIVILEGE_ bits out of HV_MACHINE_PRIVILEGES */
    uint32_t vp_count;    /**< 1 to HV_MACHINE_MAX_VPS */
    uint32_t cpu_weight;  /**< HvPartitionPropertyCpuWeight */
    uint32_t cpu_reserve; /**< HvPartitionPropertyCpuReserve, no more than cpu_cap */
    uint32_t cpu_cap;     /**< HvPartitionPropertyCpuCap, not 0 */
    uint32_t boot;        /**< enum hv_machine_boot */
    uint32_t kernel;      /**< index of a file */
    uint32_t initrd;      /**< index of a file, or HV_MACHINE_NO_FILE */
    uint32_t device_count;
    uint32_t end_count; /**< 1 or more; any of them is the expected one */
    uint32_t restarts;  /**< up to HV_MACHINE_MAX_RESTARTS, or HV_MACHINE_RESTARTS_ALWAYS, but not
                             where a reset is an expected end */
    struct hv_machine_device_record devices[HV_MACHINE_MAX_DEVICES];
    struct hv_machine_end_record ends[HV_MACHINE_MAX_ENDS];
};

/** A file. Machines may share one. */
struct hv_machine_file_record {
    struct hv_machine_text name; /**< as the description gives it, for messages */
    uint64_t offset;             /**< from the start of the module */
    uint64_t size;               /**< bytes, not 0 */
};

/** The start of a module. */
struct hv_machine_header {
    uint64_t magic;       /**< HV_MACHINE_MAGIC */
    uint32_t version;     /**< HV_MACHINE_VERSION */
    uint32_t header_size; /**< of this struct */
    uint32_t record_size; /**< of struct hv_machine_record */
    uint32_t machine_count;
    uint32_t file_record_size; /**< of struct hv_machine_file_record */
    uint32_t file_count;
    uint32_t texts_size;
    uint32_t reserved;
    uint64_t size; /**< of the module, in bytes */
};

_Static_assert(sizeof(struct hv_machine_text) == 8, "no padding");
_Static_assert(sizeof(struct hv_machine_device_record) == 80, "no padding");
_Static_assert(sizeof(struct hv_machine_end_record) == 16, "no padding");
_Static_assert(sizeof(struct hv_machine_record) == 776, "no padding");
_Static_assert(sizeof(struct hv_machine_file_record) == 24, "no padding");
_Static_assert(sizeof(struct hv_machine_header) == 48, "no padding");

#endif
