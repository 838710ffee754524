/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* DHCP messages: every slice lies in the packet, options come in bounded number, and what is emitted parses again. */
#include "firmware/wire/dhcp_message.h"
#include "tests/fuzz/fuzz.h"

/* The same message without overload, its options in the main field. Room is enough: each field is no longer. */
static void emit_and_parse_again(const struct dhcp_message *m)
{
    static uint8_t room[70000];
    struct writer w = writer_of(room, sizeof(room));
    struct dhcp_option_walk walk, again;
    struct dhcp_message second;
    struct slice value, same;
    struct reader r;
    uint8_t tag, same_tag;

    dhcp_message_emit(&w, m);
    dhcp_option_walk_start(&walk, m);
    while (dhcp_option_walk_next(&walk, &tag, &value))
        dhcp_option_emit(&w, tag, value);
    dhcp_message_emit_end(&w, DHCP_MESSAGE_MIN);
    check(!w.failed);
    r = reader_of(writer_written(&w));
    check(dhcp_message_parse(&r, &second));
    check(second.type == m->type && second.xid == m->xid && second.yiaddr == m->yiaddr && second.overload == 0);
    check(slice_equal(second.file, m->file) && slice_equal(second.sname, m->sname));
    dhcp_option_walk_start(&walk, m);
    dhcp_option_walk_start(&again, &second);
    while (dhcp_option_walk_next(&walk, &tag, &value)) {
        check(dhcp_option_walk_next(&again, &same_tag, &same));
        check(tag == same_tag && slice_equal(value, same));
    }
    check(!dhcp_option_walk_next(&again, &same_tag, &same));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct reader r = reader_of(slice_of(bytes, len));
    struct dhcp_option_walk walk;
    struct dhcp_message m;
    struct slice value;
    uint8_t tag, joined[64];
    unsigned count = 0;

    if (len > 66000 || !dhcp_message_parse(&r, &m))
        return 0;
    dhcp_option_walk_start(&walk, &m);
    while (dhcp_option_walk_next(&walk, &tag, &value)) {
        struct writer w = writer_of(joined, sizeof(joined));

        check(value.data >= bytes && value.data + value.len <= bytes + len);
        check(++count <= len / 2);
        if (count < 64)
            check(dhcp_option(&m, tag, &w) || w.failed);
    }
    emit_and_parse_again(&m);
    return 0;
}
