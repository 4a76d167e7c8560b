/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Starting the root partition's program as a boot loader would. */
#ifndef TYPE1_ROOT_PROGRAM_H
#define TYPE1_ROOT_PROGRAM_H

struct boot_info;
struct relocation;
struct svm_vp;

/* Loads the first boot module and sets the VP to its entry; boot_fail() if that is impossible. */
void root_program_load(const struct boot_info *boot, const struct relocation *relocation,
                       struct svm_vp *vp);

#endif
