/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "names.h"

#include <stddef.h>

#include <hvkit/machine_format.h>

const char *const boot_names[] = {
    [HV_MACHINE_BOOT_LINUX - 1] = "linux",
    [HV_MACHINE_BOOT_PVH - 1] = "pvh",
    [HV_MACHINE_BOOT_MULTIBOOT - 1] = "multiboot",
    NULL,
};

const char *const device_names[] = {
    [HV_MACHINE_DEVICE_COM1 - 1] = "com1",
    [HV_MACHINE_DEVICE_COM2 - 1] = "com2",
    NULL,
};

const char *const end_names[] = {
    [HV_MACHINE_END_POWER_OFF - 1] = "power-off", [HV_MACHINE_END_RESET - 1] = "reset",
    [HV_MACHINE_END_CRASH - 1] = "crash",         [HV_MACHINE_END_IDLE - 1] = "idle",
    [HV_MACHINE_END_OTHERS - 1] = "others",       NULL,
};

const char *const privilege_names[] = {
    "hypercalls", "vp-index",    "run-time",        "reference-counter", "synic",
    "timers",     "apic",        "reset",           "statistics",        "reference-tsc",
    "idle",       "frequencies", "reenlightenment", "invariant-tsc",     "partition-id",
    "messages",   "events",      "debugging",       "vp-registers",      "extended-hypercalls",
    "start-vp",   NULL,
};

const uint64_t privilege_values[] = {
    HV_PRIVILEGE_AccessHypercallMsrs,
    HV_PRIVILEGE_AccessVpIndex,
    HV_PRIVILEGE_AccessVpRunTimeReg,
    HV_PRIVILEGE_AccessPartitionReferenceCounter,
    HV_PRIVILEGE_AccessSynicRegs,
    HV_PRIVILEGE_AccessSyntheticTimerRegs,
    HV_PRIVILEGE_AccessIntrCtrlRegs,
    HV_PRIVILEGE_AccessResetReg,
    HV_PRIVILEGE_AccessStatsReg,
    HV_PRIVILEGE_AccessPartitionReferenceTsc,
    HV_PRIVILEGE_AccessGuestIdleReg,
    HV_PRIVILEGE_AccessFrequencyRegs,
    HV_PRIVILEGE_AccessReenlightenmentControls,
    HV_PRIVILEGE_AccessTscInvariantControls,
    HV_PRIVILEGE_AccessPartitionId,
    HV_PRIVILEGE_PostMessages,
    HV_PRIVILEGE_SignalEvents,
    HV_PRIVILEGE_Debugging,
    HV_PRIVILEGE_AccessVpRegisters,
    HV_PRIVILEGE_EnableExtendedHypercalls,
    HV_PRIVILEGE_StartVirtualProcessor,
};

_Static_assert(sizeof(privilege_names) / sizeof(privilege_names[0]) ==
                   sizeof(privilege_values) / sizeof(privilege_values[0]) + 1,
               "a privilege for each name");
