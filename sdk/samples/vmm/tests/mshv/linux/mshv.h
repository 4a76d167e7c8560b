/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* As much of the interface of /dev/mshv as the back end uses, for tests on machines whose kernel
   has no such header. What runs on a real driver is built with the kernel's own. */
#ifndef VMM_TESTS_LINUX_MSHV_H
#define VMM_TESTS_LINUX_MSHV_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define MSHV_IOCTL 0xB8

enum { MSHV_PT_BIT_LAPIC, MSHV_PT_BIT_X2APIC, MSHV_PT_BIT_GPA_SUPER_PAGES };
enum { MSHV_SET_MEM_BIT_WRITABLE, MSHV_SET_MEM_BIT_EXECUTABLE, MSHV_SET_MEM_BIT_UNMAP };
enum { MSHV_IRQFD_BIT_DEASSIGN, MSHV_IRQFD_BIT_RESAMPLE };
enum { MSHV_VP_MMAP_OFFSET_REGISTERS };

struct mshv_create_partition {
    __u64 pt_flags;
    __u64 pt_isolation;
};

struct mshv_create_vp {
    __u32 vp_index;
};

struct mshv_user_mem_region {
    __u64 size;
    __u64 guest_pfn;
    __u64 userspace_addr;
    __u8 flags;
    __u8 rsvd[7];
};

struct mshv_user_irqfd {
    __s32 fd;
    __s32 resamplefd;
    __u32 gsi;
    __u32 flags;
};

struct mshv_user_irq_entry {
    __u32 gsi;
    __u32 address_lo;
    __u32 address_hi;
    __u32 data;
};

struct mshv_user_irq_table {
    __u32 nr;
    __u32 rsvd;
    struct mshv_user_irq_entry entries[];
};

struct mshv_root_hvcall {
    __u16 code;
    __u16 reps;
    __u16 in_sz;
    __u16 out_sz;
    __u16 status;
    __u8 rsvd[6];
    __u64 in_ptr;
    __u64 out_ptr;
};

struct mshv_run_vp {
    __u8 msg_buf[256];
};

#define MSHV_CREATE_PARTITION     _IOW(MSHV_IOCTL, 0x00, struct mshv_create_partition)
#define MSHV_INITIALIZE_PARTITION _IO(MSHV_IOCTL, 0x00)
#define MSHV_CREATE_VP            _IOW(MSHV_IOCTL, 0x01, struct mshv_create_vp)
#define MSHV_SET_GUEST_MEMORY     _IOW(MSHV_IOCTL, 0x02, struct mshv_user_mem_region)
#define MSHV_IRQFD                _IOW(MSHV_IOCTL, 0x03, struct mshv_user_irqfd)
#define MSHV_SET_MSI_ROUTING      _IOW(MSHV_IOCTL, 0x05, struct mshv_user_irq_table)
#define MSHV_ROOT_HVCALL          _IOWR(MSHV_IOCTL, 0x07, struct mshv_root_hvcall)
#define MSHV_RUN_VP               _IOR(MSHV_IOCTL, 0x00, struct mshv_run_vp)

#endif
