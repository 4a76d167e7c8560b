/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* As what a VP's statistics page counts a call. */
#include <hv/abi/tlfs.h>

#include "hypercall.h"

static const uint8_t counters[] = {
    [HvSwitchVirtualAddressSpace] = VpVirtualMmuHypercalls,
    [HvCallFlushVirtualAddressSpace] = VpVirtualMmuHypercalls,
    [HvCallFlushVirtualAddressList] = VpVirtualMmuHypercalls,
    [HvCallFlushVirtualAddressSpaceEx] = VpVirtualMmuHypercalls,
    [HvCallFlushVirtualAddressListEx] = VpVirtualMmuHypercalls,
    [HvCallTranslateVirtualAddress] = VpVirtualMmuHypercalls,
    [HvCallTranslateVirtualAddressEx] = VpVirtualMmuHypercalls,
    [HvGetLogicalProcessorRunTime] = VpLogicalProcessorHypercalls,
    [HvCallAddLogicalProcessor] = VpLogicalProcessorHypercalls,
    [HvCallNotifyLongSpinWait] = VpLongSpinWaitHypercalls,
    [HvCallSendSyntheticClusterIpi] = VpVirtualInterruptHypercalls,
    [HvCallSendSyntheticClusterIpiEx] = VpVirtualInterruptHypercalls,
    [HvCallAssertVirtualInterrupt] = VpVirtualInterruptHypercalls,
    [HvClearVirtualInterrupt] = VpVirtualInterruptHypercalls,
    [HvCallDepositMemory] = VpDepositHypercalls,
    [HvCallWithdrawMemory] = VpDepositHypercalls,
    [HvCallGetMemoryBalance] = VpDepositHypercalls,
    [HvCallMapGpaPages] = VpGpaSpaceHypercalls,
    [HvCallUnmapGpaPages] = VpGpaSpaceHypercalls,
    [HvCallMapSparseGpaPages] = VpGpaSpaceHypercalls,
    [HvCallModifySparseGpaPages] = VpGpaSpaceHypercalls,
    [HvCallGetGpaPagesAccessState] = VpGpaSpaceHypercalls,
    [HvReadGpa] = VpGpaSpaceHypercalls,
    [HvWriteGpa] = VpGpaSpaceHypercalls,
    [HvCallCreateVp] = VpVirtualProcessorHypercalls,
    [HvCallDeleteVp] = VpVirtualProcessorHypercalls,
    [HvCallGetVpRegisters] = VpVirtualProcessorHypercalls,
    [HvCallSetVpRegisters] = VpVirtualProcessorHypercalls,
    [HvCallGetVpState] = VpVirtualProcessorHypercalls,
    [HvCallSetVpState] = VpVirtualProcessorHypercalls,
    [HvCallStartVirtualProcessor] = VpVirtualProcessorHypercalls,
    [HvCallPostMessage] = VpSyntheticInterruptHypercalls,
    [HvCallSignalEvent] = VpSyntheticInterruptHypercalls,
    [HvCallPostMessageDirect] = VpSyntheticInterruptHypercalls,
    [HvCallSignalEventDirect] = VpSyntheticInterruptHypercalls,
};

unsigned hv_hypercall_counter(uint16_t code)
{
    if (code >= HV_EXT_CALL_FIRST)
        return VpExtendedHypercalls;
    if (code < sizeof(counters) && counters[code])
        return counters[code];
    return VpOtherHypercalls;
}
