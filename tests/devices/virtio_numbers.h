/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The numbers of the virtio specification as Linux's user-space headers have them. The model and the driver share
 * drivers/virtio_regs.h, so a slip in it would go unseen; a test holds it against these. (A file of its own: the names
 * are the specification's in both.)
 */
#ifndef PUCK_TESTS_VIRTIO_NUMBERS_H
#define PUCK_TESTS_VIRTIO_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

extern const uint64_t virtio_numbers[];
extern const size_t virtio_number_count;

#endif
