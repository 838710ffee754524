/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/harness/guard_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

void guard_page_open(struct guard_page *guard, size_t len)
{
    size_t page = page_size();
    size_t usable = (len + page - 1) / page * page;
    uint8_t *start = mmap(NULL, usable + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (start == MAP_FAILED || mprotect(start + usable, page, PROT_NONE) != 0) {
        perror("guard page");
        exit(1);
    }
    *guard = (struct guard_page){.start = start, .len = usable};
}

void guard_page_close(struct guard_page *guard)
{
    munmap(guard->start, guard->len + page_size());
    *guard = (struct guard_page){0};
}

static uint8_t *last(struct guard_page *guard, size_t len)
{
    if (len > guard->len) {
        fprintf(stderr, "guard page: %zu bytes asked, %zu there\n", len, guard->len);
        exit(1);
    }
    return guard->start + guard->len - len;
}

struct slice guard_page_copy(struct guard_page *guard, struct slice bytes)
{
    uint8_t *to = last(guard, bytes.len);

    if (bytes.len != 0)
        memcpy(to, bytes.data, bytes.len);
    return slice_of(to, bytes.len);
}

struct writer guard_page_room(struct guard_page *guard, size_t len)
{
    uint8_t *to = last(guard, len);

    memset(to, 0xa5, len);
    return writer_of(to, len);
}
