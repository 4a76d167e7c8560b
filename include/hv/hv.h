/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief Everything of lib/core at once.
 */
#ifndef HV_HV_H
#define HV_HV_H

#include <hv/address.h>
#include <hv/exit.h>
#include <hv/flush.h>
#include <hv/insn.h>
#include <hv/interrupt.h>
#include <hv/mac_pool.h>
#include <hv/partition.h>
#include <hv/platform.h>
#include <hv/port.h>
#include <hv/processor.h>
#include <hv/save.h>
#include <hv/register.h>
#include <hv/sched.h>
#include <hv/status.h>
#include <hv/synic.h>
#include <hv/vp.h>

#endif
