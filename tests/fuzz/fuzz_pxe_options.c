/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Option 43 of PXE servers: every slice lies in the option, every list ends. */
#include "firmware/wire/pxe_options.h"
#include "tests/fuzz/fuzz.h"

static struct slice whole;

static void check_inside(struct slice s)
{
    if (s.len != 0 && (s.data < whole.data || s.data + s.len > whole.data + whole.len))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct pxe_options pxe;
    struct pxe_boot_server server;
    struct pxe_menu_item item;
    struct slice value;
    struct reader r;

    whole = slice_of(bytes, len);
    for (unsigned tag = 0; tag < 256; tag += 11) {
        if (encapsulated_option(whole, (uint8_t)tag, &value))
            check_inside(value);
    }
    if (!pxe_options_parse(whole, &pxe))
        return 0;
    check_inside(pxe.prompt);
    r = reader_of(pxe.boot_servers.len != 0 ? pxe.boot_servers : whole);
    while (pxe_boot_server_next(&r, &server))
        check_inside(server.addresses);
    r = reader_of(pxe.boot_menu.len != 0 ? pxe.boot_menu : whole);
    while (pxe_menu_item_next(&r, &item))
        check_inside(item.text);
    return 0;
}
