/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief SynIC messages and the payloads of those that the hypervisor sends.
 *
 * Sources: TLFS "Inter-Partition Communication", data types HV_MESSAGE and HV_MESSAGE_TYPE; v6.0b
 * for the intercept messages. Offsets of payloads count from the start of the payload.
 */
#ifndef HV_ABI_TLFS_MESSAGE_H
#define HV_ABI_TLFS_MESSAGE_H

#include <hv/abi/tlfs_base.h>
#include <hv/abi/tlfs_values.h>

/**
 * @name Message types
 * TLFS, data type HV_MESSAGE_TYPE.
 * @{
 */
#define HV_MESSAGE_TYPE_HYPERVISOR_MASK \
    0x80000000u /**< set in what the hypervisor sends, clear in what partitions post */
#define HvMessageTypeNone                        0x00000000u
#define HvMessageTypeUnmappedGpa                 0x80000000u
#define HvMessageTypeGpaIntercept                0x80000001u
#define HvMessageTypeUnacceptedGpa               0x80000003u
#define HvMessageTypeGpaAttributeIntercept       0x80000004u
#define HvMessageTimerExpired                    0x80000010u
#define HvMessageTypeInvalidVpRegisterValue      0x80000020u
#define HvMessageTypeUnrecoverableException      0x80000021u
#define HvMessageTypeUnsupportedFeature          0x80000022u
#define HvMessageTypeOpaqueIntercept             0x8000003Fu
#define HvMessageTypeHypercallIntercept          0x80000050u
#define HvMessageTypeSynicEventIntercept         0x80000060u
#define HvMessageTypeSynicSintIntercept          0x80000061u
#define HvMessageTypeSynicSintDeliverable        0x80000062u
#define HvMessageTypeAsyncCallCompletion         0x80000070u
#define HvMessageInsufficientMemory              0x80000071u
#define HvMessageTypeSchedulerVpSignalBitset     0x80000100u
#define HvMessageTypeSchedulerVpSignalPair       0x80000101u
#define HvMessageTypeX64IoPortIntercept          0x80010000u
#define HvMessageTypeMsrIntercept                0x80010001u
#define HvMessageTypeX64CpuidIntercept           0x80010002u
#define HvMessageTypeExceptionIntercept          0x80010003u
#define HvMessageTypeX64ApicEoi                  0x80010004u
#define HvMessageTypeRegisterIntercept           0x80010006u
#define HvMessageTypeX64Halt                     0x80010007u
#define HvMessageTypeX64InterruptionDeliverable  0x80010008u
#define HvMessageTypeX64SipiIntercept            0x80010009u
#define HvMessageTypeX64RdtscIntercept           0x8001000Au
#define HvMessageTypeX64ApicSmiIntercept         0x8001000Bu
#define HvMessageTypeArm64ResetIntercept         0x8001000Cu
#define HvMessageTypeX64ApicInitSipiIntercept    0x8001000Du
#define HvMessageTypeX64ApicWriteIntercept       0x8001000Eu
#define HvMessageTypeX64SnpGuestRequestIntercept 0x80010011u
#define HvMessageTypeX64ExceptionTrapIntercept   0x80010012u
#define HvMessageTypeX64SevVmgexitIntercept      0x80010013u
#define HvMessageTypeX64MsrListIntercept         0x80010015u
/** @} */

/**
 * @name Message types of TLFS v6.0b
 * Not in later text.
 * @{
 */
#define HvMessageTypeTlbPageSizeMismatch     0x80000023u
#define HvMessageTypeEventLogBuffersComplete 0x80000040u
#define HvMessageTypeX64LegacyFpError        0x80010005u
/** @} */

/**
 * @name Size of a message
 * TLFS, data type HV_MESSAGE.
 * @{
 */
#define HV_MESSAGE_SIZE                    256u
#define HV_MESSAGE_HEADER_SIZE             16u
#define HV_MESSAGE_MAX_PAYLOAD_BYTE_COUNT  240u
#define HV_MESSAGE_MAX_PAYLOAD_QWORD_COUNT 30u
/** @} */

/**
 * @name Message flags
 * TLFS, data type HV_MESSAGE_FLAGS.
 * @{
 */
#define HV_MESSAGE_FLAG_PENDING 0x01u /**< more messages wait for this slot */
/** @} */

/** TLFS: HV_MESSAGE_HEADER. v6.0b and v2.0 print another order of the bytes 4 to 7. */
struct hv_message_header {
    uint32_t message_type;   /**< 0 in an empty slot */
    uint8_t payload_size;    /**< in bytes */
    uint8_t message_flags;   /**< HV_MESSAGE_FLAG bits */
    uint16_t reserved;       /**< zero */
    uint64_t origination_id; /**< partition of the sender or port id, by message type */
} HV_PACKED;

/** TLFS: HV_MESSAGE. */
struct hv_message {
    struct hv_message_header header;                      /**< what it is and where it is from */
    uint64_t payload[HV_MESSAGE_MAX_PAYLOAD_QWORD_COUNT]; /**< payload_size bytes are meaningful */
} HV_PACKED;

/** The page at HV_X64_MSR_SIMP. */
struct hv_message_page {
    struct hv_message sint_message[HV_SYNIC_SINT_COUNT]; /**< one slot for each SINT */
} HV_PACKED;

/** TLFS: HV_TIMER_MESSAGE_PAYLOAD, of HvMessageTimerExpired. */
struct hv_timer_message_payload {
    uint32_t timer_index; /**< 0 to 3 */
    uint32_t reserved;    /**< zero */
    uint64_t
        expiration_time; /**< when the timer was to expire, in units of 100 ns of reference time */
    uint64_t delivery_time; /**< when the message was put in its slot, in the same units */
} HV_PACKED;

/**
 * @name Access types of an intercept
 * HV_INTERCEPT_ACCESS_TYPE in the header of an intercept message; TLFS v6.0b.
 * @{
 */
#define HV_INTERCEPT_ACCESS_READ    0u
#define HV_INTERCEPT_ACCESS_WRITE   1u
#define HV_INTERCEPT_ACCESS_EXECUTE 2u
/** @} */

/**
 * @name Execution state
 * HV_X64_VP_EXECUTION_STATE in the header of an intercept message; TLFS v6.0b. Bits 12:7 are beyond
 * the TLFS; the rust-vmm mshv bindings.
 * @{
 */
#define HV_X64_VP_EXECUTION_STATE_CPL_MASK             0x0003u
#define HV_X64_VP_EXECUTION_STATE_CR0_PE               0x0004u
#define HV_X64_VP_EXECUTION_STATE_CR0_AM               0x0008u
#define HV_X64_VP_EXECUTION_STATE_EFER_LMA             0x0010u
#define HV_X64_VP_EXECUTION_STATE_DEBUG_ACTIVE         0x0020u
#define HV_X64_VP_EXECUTION_STATE_INTERRUPTION_PENDING 0x0040u
#define HV_X64_VP_EXECUTION_STATE_VTL_SHIFT            7u
#define HV_X64_VP_EXECUTION_STATE_VTL_MASK             0x0780u
#define HV_X64_VP_EXECUTION_STATE_INTERRUPT_SHADOW     0x1000u
/** @} */

/**
 * @name Instruction length and CR8
 * Byte 4 of the header of an intercept message. The whole byte is the length in the TLFS; messages
 * of EXO partitions carry CR8 in the upper half (the rust-vmm mshv bindings).
 * @{
 */
#define HV_X64_INTERCEPT_INSTRUCTION_LENGTH_MASK 0x0Fu
#define HV_X64_INTERCEPT_CR8_SHIFT               4u
/** @} */

/** TLFS: HV_X64_INTERCEPT_MESSAGE_HEADER, the common start of intercept payloads. */
struct hv_x64_intercept_message_header {
    uint32_t vp_index;                         /**< the VP that is suspended */
    uint8_t instruction_length;                /**< 0 when not known */
    uint8_t intercept_access_type;             /**< HV_INTERCEPT_ACCESS value */
    uint16_t execution_state;                  /**< HV_X64_VP_EXECUTION_STATE bits */
    struct hv_x64_segment_register cs_segment; /**< CS */
    uint64_t rip;                              /**< of the intercepted instruction */
    uint64_t rflags;                           /**< RFLAGS */
} HV_PACKED;

/** Payload of HvMessageTypeX64CpuidIntercept. */
struct hv_x64_cpuid_intercept_message {
    struct hv_x64_intercept_message_header header; /**< common part */
    uint64_t rax;                                  /**< leaf */
    uint64_t rcx;                                  /**< subleaf */
    uint64_t rdx;                                  /**< RDX */
    uint64_t rbx;                                  /**< RBX */
    uint64_t default_result_rax;                   /**< what the hypervisor would return in RAX */
    uint64_t default_result_rcx;                   /**< in RCX */
    uint64_t default_result_rdx;                   /**< in RDX */
    uint64_t default_result_rbx;                   /**< in RBX */
} HV_PACKED;

/** Payload of HvMessageTypeMsrIntercept. */
struct hv_x64_msr_intercept_message {
    struct hv_x64_intercept_message_header header; /**< common part */
    uint32_t msr_number;                           /**< ECX */
    uint32_t reserved;                             /**< zero */
    uint64_t rdx;                                  /**< upper half of a write */
    uint64_t rax;                                  /**< lower half of a write */
} HV_PACKED;

/**
 * @name Access info of an I/O port intercept
 * HV_X64_IO_PORT_ACCESS_INFO.
 * @{
 */
#define HV_X64_IO_PORT_ACCESS_SIZE_MASK  0x07u /**< 1, 2 or 4 bytes */
#define HV_X64_IO_PORT_ACCESS_STRING_OP  0x08u
#define HV_X64_IO_PORT_ACCESS_REP_PREFIX 0x10u
/** @} */

/** Payload of HvMessageTypeX64IoPortIntercept. */
struct hv_x64_io_port_intercept_message {
    struct hv_x64_intercept_message_header header; /**< common part */
    uint16_t port_number;                          /**< DX or the immediate */
    uint8_t access_info;                           /**< HV_X64_IO_PORT_ACCESS bits */
    uint8_t instruction_byte_count;                /**< valid bytes of instruction_bytes */
    uint32_t reserved;                             /**< zero */
    uint64_t rax;                                  /**< RAX */
    uint8_t instruction_bytes[16];                 /**< from RIP on */
    struct hv_x64_segment_register ds_segment;     /**< DS */
    struct hv_x64_segment_register es_segment;     /**< ES */
    uint64_t rcx;                                  /**< RCX */
    uint64_t rsi;                                  /**< RSI */
    uint64_t rdi;                                  /**< RDI */
} HV_PACKED;

/**
 * @name Exception info
 * HV_X64_EXCEPTION_INFO.
 * @{
 */
#define HV_X64_EXCEPTION_ERROR_CODE_VALID 0x01u
/** @} */

/** Payload of HvMessageTypeExceptionIntercept. */
struct hv_x64_exception_intercept_message {
    struct hv_x64_intercept_message_header header; /**< common part */
    uint16_t exception_vector;                     /**< vector */
    uint8_t exception_info;                        /**< HV_X64_EXCEPTION bits */
    uint8_t instruction_byte_count;                /**< valid bytes of instruction_bytes */
    uint32_t error_code;                           /**< when the vector has one */
    uint64_t exception_parameter;                  /**< CR2 of a page fault */
    uint64_t reserved;                             /**< zero */
    uint8_t instruction_bytes[16];                 /**< from RIP on */
    struct hv_x64_segment_register ds_segment;     /**< DS */
    struct hv_x64_segment_register ss_segment;     /**< SS */
    uint64_t rax;                                  /**< RAX */
    uint64_t rcx;                                  /**< RCX */
    uint64_t rdx;                                  /**< RDX */
    uint64_t rbx;                                  /**< RBX */
    uint64_t rsp;                                  /**< RSP */
    uint64_t rbp;                                  /**< RBP */
    uint64_t rsi;                                  /**< RSI */
    uint64_t rdi;                                  /**< RDI */
    uint64_t r8;                                   /**< R8 */
    uint64_t r9;                                   /**< R9 */
    uint64_t r10;                                  /**< R10 */
    uint64_t r11;                                  /**< R11 */
    uint64_t r12;                                  /**< R12 */
    uint64_t r13;                                  /**< R13 */
    uint64_t r14;                                  /**< R14 */
    uint64_t r15;                                  /**< R15 */
} HV_PACKED;

/**
 * @name Memory access info
 * HV_X64_MEMORY_ACCESS_INFO. Bit 0 is that of the TLFS, the others those of the rust-vmm mshv
 * bindings.
 * @{
 */
#define HV_X64_MEMORY_ACCESS_GVA_VALID                0x01u
#define HV_X64_MEMORY_ACCESS_GVA_GPA_VALID            0x02u
#define HV_X64_MEMORY_ACCESS_HYPERCALL_OUTPUT_PENDING 0x04u
#define HV_X64_MEMORY_ACCESS_TLB_LOCKED               0x08u
/** @} */

/** Payload of HvMessageTypeUnmappedGpa and HvMessageTypeGpaIntercept. The order of the bytes 40 to
 * 47 is that of the messages in the field (Linux and QEMU read it so); v6.0b prints the access info
 * at 42, the byte count at 43 and the cache type at 44. Messages of EXO partitions end after
 * instruction_bytes. */
struct hv_x64_memory_intercept_message {
    struct hv_x64_intercept_message_header header; /**< common part */
    uint32_t cache_type;                           /**< HvCacheType value */
    uint8_t instruction_byte_count;                /**< valid bytes of instruction_bytes */
    uint8_t memory_access_info;                    /**< HV_X64_MEMORY_ACCESS bits */
    uint8_t tpr_priority;                      /**< zero where the hypervisor does not report it */
    uint8_t reserved;                          /**< zero */
    uint64_t guest_virtual_address;            /**< if HV_X64_MEMORY_ACCESS_GVA_VALID */
    uint64_t guest_physical_address;           /**< of the access */
    uint8_t instruction_bytes[16];             /**< from RIP on */
    struct hv_x64_segment_register ds_segment; /**< DS */
    struct hv_x64_segment_register ss_segment; /**< SS */
    uint64_t rax;                              /**< RAX */
    uint64_t rcx;                              /**< RCX */
    uint64_t rdx;                              /**< RDX */
    uint64_t rbx;                              /**< RBX */
    uint64_t rsp;                              /**< RSP */
    uint64_t rbp;                              /**< RBP */
    uint64_t rsi;                              /**< RSI */
    uint64_t rdi;                              /**< RDI */
    uint64_t r8;                               /**< R8 */
    uint64_t r9;                               /**< R9 */
    uint64_t r10;                              /**< R10 */
    uint64_t r11;                              /**< R11 */
    uint64_t r12;                              /**< R12 */
    uint64_t r13;                              /**< R13 */
    uint64_t r14;                              /**< R14 */
    uint64_t r15;                              /**< R15 */
} HV_PACKED;

/** Payload of HvMessageTypeX64ApicEoi. */
struct hv_x64_apic_eoi_message {
    uint32_t vp_index;         /**< the VP that ended the interrupt */
    uint32_t interrupt_vector; /**< its vector */
} HV_PACKED;

/** Payload of HvMessageTypeUnsupportedFeature. */
struct hv_x64_unsupported_feature_message {
    uint32_t vp_index;          /**< the VP that is suspended */
    uint32_t feature_code;      /**< what was used */
    uint64_t feature_parameter; /**< depends on the code */
} HV_PACKED;

/** Payload of HvMessageTypeInvalidVpRegisterValue and of HvMessageTypeX64LegacyFpError. */
struct hv_x64_invalid_vp_register_message {
    uint32_t vp_index; /**< the VP that is suspended */
    uint32_t reserved; /**< zero */
} HV_PACKED;

/** Payload of HvMessageTypeOpaqueIntercept: the message itself is in the intercept message page.
 * Beyond the TLFS; Linux, include/hyperv. */
struct hv_opaque_intercept_message {
    uint32_t vp_index; /**< the VP that is suspended */
} HV_PACKED;

/** VPs in one HvMessageTypeSchedulerVpSignalPair. */
#define HV_SCHEDULER_SIGNAL_PAIRS 19

/** Payload of HvMessageTypeSchedulerVpSignalPair: VPs that can be dispatched again. Beyond the
 * TLFS; Linux, include/hyperv. */
struct hv_scheduler_vp_signal_pair_message {
    uint32_t overflow_count;                           /**< signals that were lost */
    uint8_t vp_count;                                  /**< of the VPs that follow */
    uint8_t reserved[3];                               /**< zero */
    uint64_t partition_ids[HV_SCHEDULER_SIGNAL_PAIRS]; /**< of each */
    uint32_t vp_indexes[HV_SCHEDULER_SIGNAL_PAIRS];    /**< of each */
} HV_PACKED;

/** Banks of 64 VPs in one HvMessageTypeSchedulerVpSignalBitset. */
#define HV_SCHEDULER_SIGNAL_BANKS 26

/** Payload of HvMessageTypeSchedulerVpSignalBitset: VPs of one partition that can be dispatched
 * again, as a sparse set. Beyond the TLFS; Linux, include/hyperv. */
struct hv_scheduler_vp_signal_bitset_message {
    uint64_t partition_id;                     /**< of all of them */
    uint32_t overflow_count;                   /**< signals that were lost */
    uint16_t vp_count;                         /**< of the VPs in the set */
    uint16_t reserved;                         /**< zero */
    uint64_t format;                           /**< HV_GENERIC_SET_SPARSE_4K */
    uint64_t valid_bank_mask;                  /**< a bit for each bank that follows */
    uint64_t banks[HV_SCHEDULER_SIGNAL_BANKS]; /**< a bit for each VP */
} HV_PACKED;

/** Payload of HvMessageTypeSynicSintIntercept. Beyond the TLFS; Linux, include/hyperv. */
struct hv_notification_message_payload {
    uint32_t sint_index; /**< the SINT with HV_X64_MSR_SINT_AS_INTERCEPT */
} HV_PACKED;

/** @cond layout */
HV_ABI_SIZE(hv_message_header, 16);
HV_ABI_OFFSET(hv_message_header, message_type, 0);
HV_ABI_OFFSET(hv_message_header, payload_size, 4);
HV_ABI_OFFSET(hv_message_header, message_flags, 5);
HV_ABI_OFFSET(hv_message_header, reserved, 6);
HV_ABI_OFFSET(hv_message_header, origination_id, 8);
HV_ABI_SIZE(hv_message, 256);
HV_ABI_OFFSET(hv_message, header, 0);
HV_ABI_OFFSET(hv_message, payload, 16);
HV_ABI_SIZE(hv_message_page, 4096);
HV_ABI_OFFSET(hv_message_page, sint_message, 0);
HV_ABI_SIZE(hv_timer_message_payload, 24);
HV_ABI_OFFSET(hv_timer_message_payload, timer_index, 0);
HV_ABI_OFFSET(hv_timer_message_payload, reserved, 4);
HV_ABI_OFFSET(hv_timer_message_payload, expiration_time, 8);
HV_ABI_OFFSET(hv_timer_message_payload, delivery_time, 16);
HV_ABI_SIZE(hv_x64_intercept_message_header, 40);
HV_ABI_OFFSET(hv_x64_intercept_message_header, vp_index, 0);
HV_ABI_OFFSET(hv_x64_intercept_message_header, instruction_length, 4);
HV_ABI_OFFSET(hv_x64_intercept_message_header, intercept_access_type, 5);
HV_ABI_OFFSET(hv_x64_intercept_message_header, execution_state, 6);
HV_ABI_OFFSET(hv_x64_intercept_message_header, cs_segment, 8);
HV_ABI_OFFSET(hv_x64_intercept_message_header, rip, 24);
HV_ABI_OFFSET(hv_x64_intercept_message_header, rflags, 32);
HV_ABI_SIZE(hv_x64_cpuid_intercept_message, 104);
HV_ABI_OFFSET(hv_x64_cpuid_intercept_message, header, 0);
HV_ABI_OFFSET(hv_x64_cpuid_intercept_message, rax, 40);
HV_ABI_OFFSET(hv_x64_cpuid_intercept_message, rcx, 48);
HV_ABI_OFFSET(hv_x64_cpuid_intercept_message, rdx, 56);
HV_ABI_OFFSET(hv_x64_cpuid_intercept_message, rbx, 64);
HV_ABI_OFFSET(hv_x64_cpuid_intercept_message, default_result_rax, 72);
HV_ABI_OFFSET(hv_x64_cpuid_intercept_message, default_result_rcx, 80);
HV_ABI_OFFSET(hv_x64_cpuid_intercept_message, default_result_rdx, 88);
HV_ABI_OFFSET(hv_x64_cpuid_intercept_message, default_result_rbx, 96);
HV_ABI_SIZE(hv_x64_msr_intercept_message, 64);
HV_ABI_OFFSET(hv_x64_msr_intercept_message, header, 0);
HV_ABI_OFFSET(hv_x64_msr_intercept_message, msr_number, 40);
HV_ABI_OFFSET(hv_x64_msr_intercept_message, reserved, 44);
HV_ABI_OFFSET(hv_x64_msr_intercept_message, rdx, 48);
HV_ABI_OFFSET(hv_x64_msr_intercept_message, rax, 56);
HV_ABI_SIZE(hv_x64_io_port_intercept_message, 128);
HV_ABI_OFFSET(hv_x64_io_port_intercept_message, header, 0);
HV_ABI_OFFSET(hv_x64_io_port_intercept_message, port_number, 40);
HV_ABI_OFFSET(hv_x64_io_port_intercept_message, access_info, 42);
HV_ABI_OFFSET(hv_x64_io_port_intercept_message, instruction_byte_count, 43);
HV_ABI_OFFSET(hv_x64_io_port_intercept_message, reserved, 44);
HV_ABI_OFFSET(hv_x64_io_port_intercept_message, rax, 48);
HV_ABI_OFFSET(hv_x64_io_port_intercept_message, instruction_bytes, 56);
HV_ABI_OFFSET(hv_x64_io_port_intercept_message, ds_segment, 72);
HV_ABI_OFFSET(hv_x64_io_port_intercept_message, es_segment, 88);
HV_ABI_OFFSET(hv_x64_io_port_intercept_message, rcx, 104);
HV_ABI_OFFSET(hv_x64_io_port_intercept_message, rsi, 112);
HV_ABI_OFFSET(hv_x64_io_port_intercept_message, rdi, 120);
HV_ABI_SIZE(hv_x64_exception_intercept_message, 240);
HV_ABI_OFFSET(hv_x64_exception_intercept_message, header, 0);
HV_ABI_OFFSET(hv_x64_exception_intercept_message, exception_vector, 40);
HV_ABI_OFFSET(hv_x64_exception_intercept_message, exception_info, 42);
HV_ABI_OFFSET(hv_x64_exception_intercept_message, instruction_byte_count, 43);
HV_ABI_OFFSET(hv_x64_exception_intercept_message, error_code, 44);
HV_ABI_OFFSET(hv_x64_exception_intercept_message, exception_parameter, 48);
HV_ABI_OFFSET(hv_x64_exception_intercept_message, instruction_bytes, 64);
HV_ABI_OFFSET(hv_x64_exception_intercept_message, ds_segment, 80);
HV_ABI_OFFSET(hv_x64_exception_intercept_message, ss_segment, 96);
HV_ABI_OFFSET(hv_x64_exception_intercept_message, rax, 112);
HV_ABI_OFFSET(hv_x64_exception_intercept_message, rcx, 120);
HV_ABI_OFFSET(hv_x64_exception_intercept_message, rdx, 128);
HV_ABI_OFFSET(hv_x64_exception_intercept_message, rbx, 136);
HV_ABI_OFFSET(hv_x64_exception_intercept_message, rsp, 144);
HV_ABI_OFFSET(hv_x64_exception_intercept_message, rbp, 152);
HV_ABI_OFFSET(hv_x64_exception_intercept_message, rsi, 160);
HV_ABI_OFFSET(hv_x64_exception_intercept_message, rdi, 168);
HV_ABI_OFFSET(hv_x64_exception_intercept_message, r8, 176);
HV_ABI_OFFSET(hv_x64_exception_intercept_message, r9, 184);
HV_ABI_OFFSET(hv_x64_exception_intercept_message, r10, 192);
HV_ABI_OFFSET(hv_x64_exception_intercept_message, r11, 200);
HV_ABI_OFFSET(hv_x64_exception_intercept_message, r12, 208);
HV_ABI_OFFSET(hv_x64_exception_intercept_message, r13, 216);
HV_ABI_OFFSET(hv_x64_exception_intercept_message, r14, 224);
HV_ABI_OFFSET(hv_x64_exception_intercept_message, r15, 232);
HV_ABI_SIZE(hv_x64_memory_intercept_message, 240);
HV_ABI_OFFSET(hv_x64_memory_intercept_message, header, 0);
HV_ABI_OFFSET(hv_x64_memory_intercept_message, cache_type, 40);
HV_ABI_OFFSET(hv_x64_memory_intercept_message, instruction_byte_count, 44);
HV_ABI_OFFSET(hv_x64_memory_intercept_message, memory_access_info, 45);
HV_ABI_OFFSET(hv_x64_memory_intercept_message, tpr_priority, 46);
HV_ABI_OFFSET(hv_x64_memory_intercept_message, guest_virtual_address, 48);
HV_ABI_OFFSET(hv_x64_memory_intercept_message, guest_physical_address, 56);
HV_ABI_OFFSET(hv_x64_memory_intercept_message, instruction_bytes, 64);
HV_ABI_OFFSET(hv_x64_memory_intercept_message, ds_segment, 80);
HV_ABI_OFFSET(hv_x64_memory_intercept_message, ss_segment, 96);
HV_ABI_OFFSET(hv_x64_memory_intercept_message, rax, 112);
HV_ABI_OFFSET(hv_x64_memory_intercept_message, rcx, 120);
HV_ABI_OFFSET(hv_x64_memory_intercept_message, rdx, 128);
HV_ABI_OFFSET(hv_x64_memory_intercept_message, rbx, 136);
HV_ABI_OFFSET(hv_x64_memory_intercept_message, rsp, 144);
HV_ABI_OFFSET(hv_x64_memory_intercept_message, rbp, 152);
HV_ABI_OFFSET(hv_x64_memory_intercept_message, rsi, 160);
HV_ABI_OFFSET(hv_x64_memory_intercept_message, rdi, 168);
HV_ABI_OFFSET(hv_x64_memory_intercept_message, r8, 176);
HV_ABI_OFFSET(hv_x64_memory_intercept_message, r9, 184);
HV_ABI_OFFSET(hv_x64_memory_intercept_message, r10, 192);
HV_ABI_OFFSET(hv_x64_memory_intercept_message, r11, 200);
HV_ABI_OFFSET(hv_x64_memory_intercept_message, r12, 208);
HV_ABI_OFFSET(hv_x64_memory_intercept_message, r13, 216);
HV_ABI_OFFSET(hv_x64_memory_intercept_message, r14, 224);
HV_ABI_OFFSET(hv_x64_memory_intercept_message, r15, 232);
HV_ABI_SIZE(hv_x64_apic_eoi_message, 8);
HV_ABI_OFFSET(hv_x64_apic_eoi_message, vp_index, 0);
HV_ABI_OFFSET(hv_x64_apic_eoi_message, interrupt_vector, 4);
HV_ABI_SIZE(hv_x64_unsupported_feature_message, 16);
HV_ABI_OFFSET(hv_x64_unsupported_feature_message, vp_index, 0);
HV_ABI_OFFSET(hv_x64_unsupported_feature_message, feature_code, 4);
HV_ABI_OFFSET(hv_x64_unsupported_feature_message, feature_parameter, 8);
HV_ABI_SIZE(hv_x64_invalid_vp_register_message, 8);
HV_ABI_OFFSET(hv_x64_invalid_vp_register_message, vp_index, 0);
HV_ABI_OFFSET(hv_x64_invalid_vp_register_message, reserved, 4);
HV_ABI_SIZE(hv_opaque_intercept_message, 4);
HV_ABI_OFFSET(hv_opaque_intercept_message, vp_index, 0);
HV_ABI_SIZE(hv_scheduler_vp_signal_pair_message, 236);
HV_ABI_OFFSET(hv_scheduler_vp_signal_pair_message, overflow_count, 0);
HV_ABI_OFFSET(hv_scheduler_vp_signal_pair_message, vp_count, 4);
HV_ABI_OFFSET(hv_scheduler_vp_signal_pair_message, reserved, 5);
HV_ABI_OFFSET(hv_scheduler_vp_signal_pair_message, partition_ids, 8);
HV_ABI_OFFSET(hv_scheduler_vp_signal_pair_message, vp_indexes, 160);
HV_ABI_SIZE(hv_scheduler_vp_signal_bitset_message, 240);
HV_ABI_OFFSET(hv_scheduler_vp_signal_bitset_message, partition_id, 0);
HV_ABI_OFFSET(hv_scheduler_vp_signal_bitset_message, overflow_count, 8);
HV_ABI_OFFSET(hv_scheduler_vp_signal_bitset_message, vp_count, 12);
HV_ABI_OFFSET(hv_scheduler_vp_signal_bitset_message, reserved, 14);
HV_ABI_OFFSET(hv_scheduler_vp_signal_bitset_message, format, 16);
HV_ABI_OFFSET(hv_scheduler_vp_signal_bitset_message, valid_bank_mask, 24);
HV_ABI_OFFSET(hv_scheduler_vp_signal_bitset_message, banks, 32);
HV_ABI_SIZE(hv_notification_message_payload, 4);
HV_ABI_OFFSET(hv_notification_message_payload, sint_index, 0);
/** @endcond */

#endif
