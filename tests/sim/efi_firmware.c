/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/sim/efi_firmware.h"

#include <stdlib.h>

#include "tests/sim/efi_handles.h"

enum {
    EVENTS_MAX = 16,
};

/* In front of every block of memory, to find those that are left. */
struct block {
    struct block *next;
    size_t pages; /* 0: pool */
    void *memory;
};

struct event {
    bool is_used, is_signalled;
    UINT32 type;
    EFI_TPL tpl;
    EFI_EVENT_NOTIFY notify;
    void *context;
    time_us due, period; /* TIME_NEVER, 0: none */
};

static struct world *world;
static struct block *blocks;
static struct event events[EVENTS_MAX];
static EFI_TPL tpl;
static unsigned watchdog;
static EFI_BOOT_SERVICES services;
static EFI_SYSTEM_TABLE table;

/* --- memory ---------------------------------------------------------------------------------------------------------
 */

static void *take(size_t len, size_t pages)
{
    struct block *block = calloc(1, sizeof(*block));

    if (block == NULL || (block->memory = pages != 0 ? aligned_alloc(EFI_PAGE_SIZE, len) : malloc(len + 1)) == NULL)
        abort();
    memset(block->memory, 0xa5, len);
    block->pages = pages;
    block->next = blocks;
    blocks = block;
    return block->memory;
}

static bool give(const void *memory, size_t pages)
{
    for (struct block **link = &blocks; *link != NULL; link = &(*link)->next) {
        struct block *block = *link;

        if (block->memory != memory || block->pages != pages)
            continue;
        *link = block->next;
        free(block->memory);
        free(block);
        return true;
    }
    return false;
}

static EFI_STATUS EFIAPI allocate_pool(EFI_MEMORY_TYPE type, UINTN len, void **memory)
{
    (void)type;
    *memory = take((size_t)len, 0);
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI free_pool(void *memory)
{
    if (!give(memory, 0))
        abort();
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI allocate_pages(EFI_ALLOCATE_TYPE how, EFI_MEMORY_TYPE type, UINTN pages,
                                        EFI_PHYSICAL_ADDRESS *at)
{
    (void)type;
    if (how == AllocateAddress)
        return EFI_NOT_FOUND;
    *at = (EFI_PHYSICAL_ADDRESS)(uintptr_t)take((size_t)pages * EFI_PAGE_SIZE, (size_t)pages);
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI free_pages(EFI_PHYSICAL_ADDRESS at, UINTN pages)
{
    if (!give((const void *)(uintptr_t)at, (size_t)pages))
        abort();
    return EFI_SUCCESS;
}

/* --- time and events ------------------------------------------------------------------------------------------------
 */

static void fire_due(void)
{
    for (size_t i = 0; i < EVENTS_MAX; i++) {
        struct event *event = &events[i];
        EFI_TPL before = tpl;

        if (!event->is_used || event->due > world->now || event->tpl <= tpl)
            continue;
        event->is_signalled = true;
        event->due = event->period != 0 ? world->now + event->period : TIME_NEVER;
        if ((event->type & EVT_NOTIFY_SIGNAL) == 0)
            continue;
        tpl = event->tpl;
        event->notify(event, event->context);
        if (tpl != event->tpl)
            abort(); /* a notification has to leave the TPL as it was */
        tpl = before;
    }
}

void efi_firmware_signal(EFI_EVENT which)
{
    struct event *event = which;
    EFI_TPL before = tpl;

    tpl = event->tpl;
    event->notify(event, event->context);
    if (tpl != event->tpl)
        abort();
    tpl = before;
}

static EFI_TPL EFIAPI raise_tpl(EFI_TPL to)
{
    EFI_TPL before = tpl;

    if (to < tpl)
        abort();
    tpl = to;
    return before;
}

static void EFIAPI restore_tpl(EFI_TPL to)
{
    if (to > tpl)
        abort();
    tpl = to;
    fire_due();
}

static EFI_STATUS EFIAPI create_event(UINT32 type, EFI_TPL at, EFI_EVENT_NOTIFY notify, void *context, EFI_EVENT *out)
{
    for (size_t i = 0; i < EVENTS_MAX; i++) {
        if (events[i].is_used)
            continue;
        events[i] = (struct event){
            .is_used = true, .type = type, .tpl = at, .notify = notify, .context = context, .due = TIME_NEVER};
        *out = &events[i];
        return EFI_SUCCESS;
    }
    return EFI_OUT_OF_RESOURCES;
}

static EFI_STATUS EFIAPI set_timer(EFI_EVENT which, EFI_TIMER_DELAY how, UINT64 in_100ns)
{
    struct event *event = which;

    event->due = how == TimerCancel ? TIME_NEVER : world->now + in_100ns / 10;
    event->period = how == TimerPeriodic ? in_100ns / 10 : 0;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI close_event(EFI_EVENT which)
{
    struct event *event = which;

    if (!event->is_used)
        abort();
    event->is_used = false;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI check_event(EFI_EVENT which)
{
    struct event *event = which;
    bool is_signalled = event->is_signalled;

    event->is_signalled = false;
    return is_signalled ? EFI_SUCCESS : EFI_NOT_READY;
}

static EFI_STATUS EFIAPI stall(UINTN us)
{
    efi_firmware_run(us);
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI set_watchdog(UINTN seconds, UINT64 code, UINTN len, CHAR16 *text)
{
    watchdog = (unsigned)seconds;
    (void)code;
    (void)len;
    (void)text;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI no_image(EFI_HANDLE image)
{
    (void)image;
    return EFI_INVALID_PARAMETER;
}

void efi_firmware_run(time_us us)
{
    time_us end = world->now + us;

    while (world->now < end) {
        time_us next = end;

        for (size_t i = 0; i < EVENTS_MAX; i++)
            if (events[i].is_used && events[i].due > world->now)
                next = time_earlier(next, events[i].due);
        world_run(world, next);
        fire_due();
    }
}

/* --- all of it ------------------------------------------------------------------------------------------------------
 */

EFI_TPL efi_firmware_tpl(void)
{
    return tpl;
}

unsigned efi_firmware_watchdog(void)
{
    return watchdog;
}

struct efi_firmware_counts efi_firmware_counts(void)
{
    struct efi_firmware_counts counts = {0};

    for (const struct block *block = blocks; block != NULL; block = block->next) {
        counts.pool_blocks += block->pages == 0;
        counts.pages += block->pages;
    }
    for (size_t i = 0; i < EVENTS_MAX; i++)
        counts.events += events[i].is_used;
    efi_handles_count(&counts);
    return counts;
}

void efi_firmware_start(struct world *w)
{
    world = w;
    tpl = TPL_APPLICATION;
    watchdog = 0;
    memset(events, 0, sizeof(events));
    services = (EFI_BOOT_SERVICES){
        .RaiseTPL = raise_tpl,
        .RestoreTPL = restore_tpl,
        .AllocatePool = allocate_pool,
        .FreePool = free_pool,
        .AllocatePages = allocate_pages,
        .FreePages = free_pages,
        .CreateEvent = create_event,
        .SetTimer = set_timer,
        .CloseEvent = close_event,
        .CheckEvent = check_event,
        .Stall = stall,
        .SetWatchdogTimer = set_watchdog,
        .UnloadImage = no_image,
    };
    table = (EFI_SYSTEM_TABLE){.BootServices = &services};
    efi_handles_start(&services);
    services_start(efi_firmware_handle(NULL, NULL), &table);
}

void efi_firmware_stop(void)
{
    efi_handles_stop();
    while (blocks != NULL)
        (void)give(blocks->memory, blocks->pages);
}
