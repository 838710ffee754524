/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The preboot calls (PXE 2.1 section 4.1): cached packets, restarting, and taking the stack out of memory.
 */
#ifndef PUCK_PXE_PREBOOT_H
#define PUCK_PXE_PREBOOT_H

#include "firmware/base/status.h"

struct pxe_api;

enum status pxe_get_cached_info(struct pxe_api *, void *parameters);
enum status pxe_restart_tftp(struct pxe_api *, void *parameters);
enum status pxe_start_undi(struct pxe_api *, void *parameters);
enum status pxe_start_base(struct pxe_api *, void *parameters);
enum status pxe_stop_base(struct pxe_api *, void *parameters);
enum status pxe_stop_undi(struct pxe_api *, void *parameters);

#endif
