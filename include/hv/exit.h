/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief How a CPU back end tells lib/core why a VP left the guest, and what it is told to do.
 */
#ifndef HV_EXIT_H
#define HV_EXIT_H

#include <stdbool.h>
#include <stdint.h>

/** Numbers of the general purpose registers, as instructions encode them. */
enum hv_gpr {
    HV_GPR_RAX,
    HV_GPR_RCX,
    HV_GPR_RDX,
    HV_GPR_RBX,
    HV_GPR_RSP,
    HV_GPR_RBP,
    HV_GPR_RSI,
    HV_GPR_RDI,
    HV_GPR_R8,
    HV_GPR_R9,
    HV_GPR_R10,
    HV_GPR_R11,
    HV_GPR_R12,
    HV_GPR_R13,
    HV_GPR_R14,
    HV_GPR_R15,
    HV_GPR_COUNT,
};

/** The registers that exit handlers read and write directly; they live in the back end's VP. */
struct hv_gprs {
    uint64_t gpr[HV_GPR_COUNT]; /**< General purpose registers, by enum hv_gpr. */
    uint64_t rip;               /**< Instruction pointer. */
    uint64_t rflags;            /**< Flags. */
};

/** Why the VP left the guest. */
enum hv_exit_reason {
    HV_EXIT_CPUID,     /**< CPUID; hv_exit.cpuid. */
    HV_EXIT_MSR_READ,  /**< RDMSR of the MSR in RCX. */
    HV_EXIT_MSR_WRITE, /**< WRMSR of RDX:RAX to the MSR in RCX. */
    HV_EXIT_HYPERCALL, /**< The hypercall instruction (VMMCALL, VMCALL); hv_exit.hypercall. */
    HV_EXIT_MEMORY,    /**< A nested page fault; hv_exit.memory. */
    /* What follows is for back ends that run children of another partition. For a partition without
       a parent in lib/core it is always HV_DISPOSITION_PASS, but for HV_EXIT_UNKNOWN_MSR. */
    HV_EXIT_IO,          /**< IN, OUT, INS or OUTS; hv_exit.io. */
    HV_EXIT_HALT,        /**< HLT. PASS: the VP waits for an interrupt, as the architecture says. */
    HV_EXIT_EXCEPTION,   /**< An exception of hv_vp_exception_intercepts(); hv_exit.exception. PASS:
                              the VP takes it. */
    HV_EXIT_SHUTDOWN,    /**< A triple fault. */
    HV_EXIT_UNKNOWN_MSR, /**< An MSR that was HV_DISPOSITION_PASS before, and that the back end
                              doesn't have; hv_exit.unknown_msr. Never PASS. */
};

/** Kinds of access to a guest physical page, as a mask. */
enum hv_access {
    HV_ACCESS_NONE = 0,    /**< No access at all. */
    HV_ACCESS_READ = 1,    /**< Data read. */
    HV_ACCESS_WRITE = 2,   /**< Data write. */
    HV_ACCESS_EXECUTE = 4, /**< Instruction fetch. */
    HV_ACCESS_ALL = 7,     /**< All of them. */
};

/** One exit, filled in by the back end. */
struct hv_exit {
    enum hv_exit_reason reason; /**< Why. */
    uint8_t
        instruction_length; /**< Bytes of the exiting instruction; of no meaning in memory exits. */
    struct hv_gprs *gprs;   /**< The VP's registers; results go here. */
    union {
        /** HV_EXIT_CPUID: the leaf is in RAX, the subleaf in RCX. */
        struct {
            uint32_t native[4]; /**< EAX, EBX, ECX, EDX as the back end would answer; not read for
                                     leaves 0x40000000 to 0x4FFFFFFF. */
        } cpuid;
        /** HV_EXIT_HYPERCALL: the mode of the caller. */
        struct {
            uint8_t cpl;         /**< Current privilege level. */
            bool protected_mode; /**< CR0.PE = 1 and RFLAGS.VM = 0. */
            bool long_mode;      /**< EFER.LMA = 1 and CS.L = 1. */
        } hypercall;
        /** HV_EXIT_MEMORY: what faulted. */
        struct {
            uint64_t gpa;      /**< Guest physical address. */
            uint8_t access;    /**< The one bit of enum hv_access that was tried. */
            bool page_walk;    /**< The guest's own page tables were being read or written. */
            bool gva_valid;    /**< Whether gva is known. */
            uint64_t gva;      /**< Guest virtual address; for children of another partition. */
            uint8_t code_size; /**< Bytes in code; enough for the instruction, if there is one. */
            uint8_t code_mode; /**< enum hv_insn_mode of the code. */
            uint8_t code[15];  /**< The instruction at RIP; for HV_CPU_LOCAL_APIC, and for children
                                    of another partition. */
        } memory;
        /** HV_EXIT_IO. */
        struct {
            uint16_t port;     /**< The first port. */
            uint8_t size;      /**< Bytes of one access: 1, 2 or 4. */
            bool write;        /**< OUT or OUTS. */
            bool string;       /**< INS or OUTS. */
            bool rep;          /**< With a REP prefix. */
            uint8_t code_size; /**< Bytes in code; 0 if not known. */
            uint8_t code[15];  /**< The instruction at RIP. */
        } io;
        /** HV_EXIT_EXCEPTION. */
        struct {
            uint8_t vector;     /**< 0 to 31. */
            bool has_error;     /**< Whether there is an error code. */
            uint32_t error;     /**< The error code. */
            uint64_t parameter; /**< CR2 of \#PF, DR6 of \#DB; otherwise 0. */
            uint8_t code_size;  /**< Bytes in code; 0 if not known. */
            uint8_t code[15];   /**< The instruction at RIP. */
        } exception;
        /** HV_EXIT_UNKNOWN_MSR: the MSR of RCX; a value is in RDX:RAX. */
        struct {
            bool write; /**< WRMSR. */
        } unknown_msr;
    };
};

/** What the back end is to do next. */
enum hv_disposition {
    /** Enter the guest: the exit is completed, or an exception has been injected. */
    HV_DISPOSITION_RESUME,
    /** Not lib/core's: the back end emulates it by the rules of the architecture (an MSR that is
        not synthetic), and nothing has been changed. */
    HV_DISPOSITION_PASS,
    /** Completed; leave the VP outside the guest until an interrupt is pending for it, whether or
        not RFLAGS.IF allows to take it, then enter (TLFS: guest idle). */
    HV_DISPOSITION_IDLE,
    /** The guest asked for a reset of its machine. Never for a child of another partition, whose
        parent is told. */
    HV_DISPOSITION_RESET,
    /** The VP is suspended, and its parent knows or another VP ends it: leave it outside the guest,
       serving hv_vp_prepare(), as long as hv_vp_is_suspended(). Only for children of another
       partition. */
    HV_DISPOSITION_SUSPEND,
    /** Completed, and another VP of the LP has become able to run: hv_lp_hand_over() or
       hv_lp_look() before the VP is entered again. Only for VPs of an hv_lp. */
    HV_DISPOSITION_LOOK,
    /** Completed; the VP lends its time to one of its child's: leave it outside the guest, put by
        HV_LP_LENDS, as long as hv_vp_lends() and no interrupt is pending as for IDLE. Before it is
        entered again, hv_vp_end_lending(). Only for a root, with HV_CPU_ROOT_SCHEDULER. */
    HV_DISPOSITION_DISPATCH,
};

#endif
