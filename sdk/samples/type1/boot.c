/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The order in which the machine becomes a hypervisor and its root partition. */
#include "boot.h"

#include <hv/abi/tlfs.h>

#include "acpi.h"
#include "apic.h"
#include "clock.h"
#include "console.h"
#include "fault.h"
#include "lp.h"
#include "memory.h"
#include "multiboot_read.h"
#include "options.h"
#include "platform.h"
#include "relocate.h"
#include "root.h"
#include "save_restore.h"
#include "svm.h"

/* Stacks, VMCBs, the VP's own pages. */
#define POOL_PER_LP (UINT64_C(256) << 10)
#define MIB         (UINT64_C(1) << 20)

static struct boot_info boot;
/* What the interface "Hv#1" promises by itself. */
#define MINIMAL_PRIVILEGES (HV_PRIVILEGE_AccessHypercallMsrs | HV_PRIVILEGE_AccessVpIndex)

static struct options options;
static struct relocation relocation;

/* On LP 0's own stack, at the final place. */
static void start_machine(void)
{
    clock_init();
    lp_take_apic(lp_current());
    svm_init(options.hyperv_testdev);
    platform_measured();
    log_line("%u LPs, TSC %lu kHz, APIC timer %lu kHz, %lu KiB at 0x%lx", lp_count(),
             clock_tsc_hz() / 1000, clock_apic_hz() / 1000, relocation.size / 1024,
             relocation.base);
    lp_start_others();
    root_start(&boot, &relocation, options.minimal ? MINIMAL_PRIVILEGES : UINT64_MAX,
               options.save_restore_ms != 0);
    save_restore_start(options.save_restore_ms);
    svm_run_lp(lp_current());
}

void boot_main(uint32_t magic, uint32_t info_address)
{
    uint64_t pool;

    fault_init();
    fault_load_idt();
    multiboot_read(&boot, magic, info_address);
    options = options_parse(boot.command_line);
    if (options.log)
        console_enable_log();
    svm_check();
    platform_init(&options);
    memory_map_init(&boot);
    acpi_init(&boot);
    pool = options.pool_mib * MIB + lp_count_possible() * POOL_PER_LP +
           root_pool_size(options.save_restore_ms != 0);
    relocation = relocate(&boot, pool, root_store_size());
    apic_map();
    lp_init();
    lp_enter_first(start_machine);
}
