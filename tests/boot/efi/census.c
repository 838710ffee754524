/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/boot/efi/census.h"

#include "tests/boot/efi/report.h"

/*
 * Opens that bind nobody to anything do not count: HandleProtocol() leaves one that cannot be closed, and EDK2's
 * network stack four of GET_PROTOCOL each time that it is connected to a card.
 */
#define BINDING (EFI_OPEN_PROTOCOL_BY_CHILD_CONTROLLER | EFI_OPEN_PROTOCOL_BY_DRIVER | EFI_OPEN_PROTOCOL_EXCLUSIVE)

static void count_handle(struct census *census, EFI_HANDLE handle)
{
    EFI_GUID **guids;
    UINTN count;

    census->handles++;
    if (EFI_ERROR(bs->ProtocolsPerHandle(handle, &guids, &count)))
        return;
    census->protocols += count;
    for (UINTN i = 0; i < count; i++) {
        EFI_OPEN_PROTOCOL_INFORMATION_ENTRY *opens;
        UINTN open_count;

        if (EFI_ERROR(bs->OpenProtocolInformation(handle, guids[i], &opens, &open_count)))
            continue;
        for (UINTN n = 0; n < open_count; n++)
            census->opens += (opens[n].Attributes & BINDING) != 0;
        bs->FreePool(opens);
    }
    bs->FreePool(guids);
}

/* In a buffer that is part of the program: memory for it would change what is counted. */
static UINT64 count_free_pages(void)
{
    static UINT8 map[65536];
    UINTN size = sizeof(map), key, descriptor_size;
    UINT32 version;
    UINT64 pages = 0;

    if (EFI_ERROR(bs->GetMemoryMap(&size, (EFI_MEMORY_DESCRIPTOR *)map, &key, &descriptor_size, &version)))
        return 0;
    for (UINTN at = 0; at + descriptor_size <= size; at += descriptor_size) {
        const EFI_MEMORY_DESCRIPTOR *descriptor = (const EFI_MEMORY_DESCRIPTOR *)(map + at);

        if (descriptor->Type == EfiConventionalMemory)
            pages += descriptor->NumberOfPages;
    }
    return pages;
}

void census_take(struct census *census)
{
    EFI_HANDLE *handles;
    UINTN count;

    memset(census, 0, sizeof(*census));
    if (EFI_ERROR(bs->LocateHandleBuffer(AllHandles, NULL, NULL, &count, &handles)))
        return;
    for (UINTN i = 0; i < count; i++)
        count_handle(census, handles[i]);
    bs->FreePool(handles);
    census->free_pages = count_free_pages();
}

void census_compare(const struct census *before, const struct census *after, UINT64 pages)
{
    say("handles %llu -> %llu, protocols %llu -> %llu, opens %llu -> %llu, free pages %llu -> %llu\n",
        (unsigned long long)before->handles, (unsigned long long)after->handles, (unsigned long long)before->protocols,
        (unsigned long long)after->protocols, (unsigned long long)before->opens, (unsigned long long)after->opens,
        (unsigned long long)before->free_pages, (unsigned long long)after->free_pages);
    check_number("7.3", "no handle is left behind", after->handles, before->handles);
    check_number("7.3", "no protocol is left behind", after->protocols, before->protocols);
    check_number("7.3", "nothing is left open", after->opens, before->opens);
    check(before->free_pages != 0 && after->free_pages + pages >= before->free_pages, "7.2",
          "no memory is left behind");
}
