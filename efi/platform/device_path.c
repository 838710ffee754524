/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/platform/device_path.h"

#include "efi/platform/services.h"
#include "firmware/base/bytes.h"

enum {
    NODE_HEADER = 4,
};

static const EFI_DEVICE_PATH end_node = {
    .Type = DEVICE_PATH_END, .SubType = DEVICE_PATH_END_ENTIRE, .Length = {NODE_HEADER, 0}};

static const EFI_DEVICE_PATH *behind(const EFI_DEVICE_PATH *node)
{
    return (const EFI_DEVICE_PATH *)(const void *)((const uint8_t *)node + device_path_node_len(node));
}

bool device_path_is_end(const EFI_DEVICE_PATH *node)
{
    return device_path_is(node, DEVICE_PATH_END, DEVICE_PATH_END_ENTIRE);
}

size_t device_path_len(const EFI_DEVICE_PATH *path)
{
    size_t len = 0;

    for (const EFI_DEVICE_PATH *node = path; node != NULL && len <= DEVICE_PATH_MAX; node = behind(node)) {
        if (device_path_node_len(node) < NODE_HEADER)
            return 0;
        len += device_path_node_len(node);
        if (device_path_is_end(node))
            return len;
    }
    return 0;
}

const EFI_DEVICE_PATH *device_path_next(const EFI_DEVICE_PATH *node)
{
    return device_path_is_end(node) ? NULL : behind(node);
}

const EFI_DEVICE_PATH *device_path_find(const EFI_DEVICE_PATH *path, unsigned type, unsigned subtype)
{
    if (device_path_len(path) == 0)
        return NULL;
    for (const EFI_DEVICE_PATH *node = path; node != NULL; node = device_path_next(node))
        if (device_path_is(node, type, subtype))
            return node;
    return NULL;
}

const EFI_DEVICE_PATH *device_path_last(const EFI_DEVICE_PATH *path)
{
    const EFI_DEVICE_PATH *last = NULL;

    if (device_path_len(path) == 0)
        return NULL;
    for (const EFI_DEVICE_PATH *node = path; !device_path_is_end(node); node = behind(node))
        last = node;
    return last;
}

bool device_path_starts_with(const EFI_DEVICE_PATH *path, const EFI_DEVICE_PATH *start)
{
    size_t len = device_path_len(path), start_len = device_path_len(start);

    return start_len != 0 && len >= start_len && memcmp(path, start, start_len - NODE_HEADER) == 0;
}

static EFI_DEVICE_PATH *join(const EFI_DEVICE_PATH *path, size_t len, const EFI_DEVICE_PATH *node)
{
    size_t node_len = node != NULL ? device_path_node_len(node) : 0;
    uint8_t *copy = services_alloc(len + node_len + NODE_HEADER);

    if (copy == NULL)
        return NULL;
    memcpy(copy, path, len);
    if (node != NULL)
        memcpy(copy + len, node, node_len);
    memcpy(copy + len + node_len, &end_node, NODE_HEADER);
    return (EFI_DEVICE_PATH *)(void *)copy;
}

EFI_DEVICE_PATH *device_path_append(const EFI_DEVICE_PATH *path, const EFI_DEVICE_PATH *node)
{
    size_t len = device_path_len(path);

    return len == 0 ? NULL : join(path, len - NODE_HEADER, node);
}

EFI_DEVICE_PATH *device_path_prefix(const EFI_DEVICE_PATH *path, const EFI_DEVICE_PATH *last)
{
    if (device_path_len(path) == 0)
        return NULL;
    return join(path, (size_t)((const uint8_t *)behind(last) - (const uint8_t *)path), NULL);
}
