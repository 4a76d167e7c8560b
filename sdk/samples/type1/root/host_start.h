/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#ifndef ROOT_HOST_START_H
#define ROOT_HOST_START_H

/* Gets hypercalls, messages and timer ready; NULL, or what is missing. */
const char *root_host_start(void);

/* Its parts. */
const char *root_host_start_calls(void);
const char *root_host_start_synic(void);
void root_host_start_time(void);

#endif
