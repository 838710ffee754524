/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The Internet checksum (RFC 1071): ones' complement sum of big-endian 16-bit words.
 */
#ifndef PUCK_BASE_CHECKSUM_H
#define PUCK_BASE_CHECKSUM_H

#include "firmware/base/bytes.h"

/*
 * Adds `s` to a running sum (start with 0, keep adding). Only the last piece may have an odd length. The sum is kept in
 * the machine's own byte order; only checksum_finish() gives it meaning.
 */
uint32_t checksum_add(uint32_t sum, struct slice s);

/* Adds one 16-bit word that is in host byte order. */
uint32_t checksum_add_be16(uint32_t sum, uint16_t word);

/* The checksum in host byte order, ready for write_be16(); 0 for data that includes a correct checksum field. */
uint16_t checksum_finish(uint32_t sum);

#endif
