/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The outcome of an operation; see status.def for each one's PXE number and text.
 */
#ifndef PUCK_BASE_STATUS_H
#define PUCK_BASE_STATUS_H

#include <stdint.h>

enum status {
#define X(name, number, text) name,
#include "firmware/base/status.def"
#undef X
    STATUS_PENDING, /* not over yet; never handed to a caller of the PXE API */
};

/* The PXENV_STATUS number; 0x01 (failure) for STATUS_PENDING. */
uint16_t status_number(enum status status);

/* What a user reads, without the number. */
const char *status_text(enum status status);

#endif
