/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Where API calls of boot programs arrive, and what firmware/pxe asks of the machine: which memory a caller may name,
 * how the vectors are given back, how another boot program takes the caller's place.
 */
#ifndef BIOS_PXE_API_CALL_H
#define BIOS_PXE_API_CALL_H

#include "firmware/pxe/pxe.h"

/* Makes `api` the one that is called; fills in its host operations and its addresses in base memory. */
void api_call_mount(struct pxe_api *api);

/* A new boot program starts: no call is in progress, and no file or port is open. */
void api_call_reset(void);

#endif
