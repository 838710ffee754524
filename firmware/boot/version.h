/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What this program calls itself on screen.
 */
#ifndef PUCK_BOOT_VERSION_H
#define PUCK_BOOT_VERSION_H

#define PUCK_VERSION "0.1"

#endif
