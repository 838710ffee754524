/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/app/firmware_packet.h"

#include "firmware/wire/dhcp_message.h"

enum {
    OPTIONS = 240, /* behind the fixed fields and the magic number */
    OPTION_HEADER = 2,
    LEN = sizeof(EFI_PXE_BASE_CODE_PACKET),
};

/* The place behind the option at `at`; LEN or more when it does not end within the packet. */
static size_t behind(const uint8_t *raw, size_t at)
{
    if (raw[at] == DHCP_TAG_PAD)
        return at + 1;
    return at + 1 < LEN ? at + OPTION_HEADER + raw[at + 1] : LEN + 1;
}

static bool reaches_end(const uint8_t *raw, size_t at)
{
    while (at < LEN && raw[at] != DHCP_TAG_END)
        at = behind(raw, at);
    return at < LEN;
}

/*
 * The option whose tag is lost becomes padding. That the NUL was padding before can be told by what follows: more of
 * it, the end, or bytes that make no options when the NUL is taken for a tag.
 */
static void mend_tag(uint8_t *raw, size_t at)
{
    size_t len = at + 1 < LEN ? raw[at + 1] : 0;

    if (len != 0 && len != DHCP_TAG_END && reaches_end(raw, at + OPTION_HEADER + len))
        memset(raw + at, DHCP_TAG_PAD, OPTION_HEADER + len);
}

/* The end option belongs behind the last option that there is. */
static void mend_options(uint8_t *raw)
{
    size_t at = OPTIONS, last = OPTIONS;

    while (at < LEN && raw[at] != DHCP_TAG_END) {
        size_t next = behind(raw, at);

        if (next >= LEN)
            break;
        if (raw[at] == DHCP_TAG_BOOT_FILE && raw[next] == 0 && raw[next - 1] != 0)
            mend_tag(raw, next);
        if (raw[at] != DHCP_TAG_PAD)
            last = next;
        at = next;
    }
    if (at >= LEN || raw[at] != DHCP_TAG_END)
        raw[last] = DHCP_TAG_END;
}

void firmware_packet_copy(EFI_PXE_BASE_CODE_PACKET *copy, const EFI_PXE_BASE_CODE_PACKET *packet)
{
    memcpy(copy, packet, LEN);
    mend_options(copy->Raw);
}
