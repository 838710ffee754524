/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Device paths (UEFI 2.10, chapter 10), read with a bound: a node's length is only believed when it is 4 or more, and a
 * path is only believed as far as DEVICE_PATH_MAX. Sizes are in bytes and count the end node.
 */
#ifndef PUCK_EFI_DEVICE_PATH_H
#define PUCK_EFI_DEVICE_PATH_H

#include "efi/spec/uefi.h"

#define DEVICE_PATH_MAX 4096

static inline size_t device_path_node_len(const EFI_DEVICE_PATH *node)
{
    return (size_t)(node->Length[0] | node->Length[1] << 8);
}

static inline bool device_path_is(const EFI_DEVICE_PATH *node, unsigned type, unsigned subtype)
{
    return (node->Type & 0x7f) == type && node->SubType == subtype;
}

bool device_path_is_end(const EFI_DEVICE_PATH *node);

/* The size with the end node, or 0 for NULL and for a path that is broken or too long. */
size_t device_path_len(const EFI_DEVICE_PATH *);

/* NULL at the end node. Only for paths of which device_path_len() is not 0. */
const EFI_DEVICE_PATH *device_path_next(const EFI_DEVICE_PATH *node);

/* The first node of a type, or NULL. */
const EFI_DEVICE_PATH *device_path_find(const EFI_DEVICE_PATH *, unsigned type, unsigned subtype);

/* The last node before the end, or NULL. */
const EFI_DEVICE_PATH *device_path_last(const EFI_DEVICE_PATH *);

/* Whether `path` begins with all nodes of `start`, or is the same. */
bool device_path_starts_with(const EFI_DEVICE_PATH *path, const EFI_DEVICE_PATH *start);

/* A copy in pool memory: the nodes of `path` and, if not NULL, `node` behind them. NULL: no memory or a broken path. */
EFI_DEVICE_PATH *device_path_append(const EFI_DEVICE_PATH *path, const EFI_DEVICE_PATH *node);

/* The part up to and including `last`, a node of `path`; as device_path_append(). */
EFI_DEVICE_PATH *device_path_prefix(const EFI_DEVICE_PATH *path, const EFI_DEVICE_PATH *last);

#endif
