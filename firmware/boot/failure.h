/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The screen that a failed boot leaves: the PXE-E number and what it means, which server said or did not say what, and
 * what to check on the server.
 */
#ifndef PUCK_BOOT_FAILURE_H
#define PUCK_BOOT_FAILURE_H

#include "firmware/base/status.h"

struct session;

void failure_show(struct session *, enum status why);

#endif
