/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* TFTP packets and OACK options: whatever is accepted lies within the packet and obeys what was asked. */
#include "firmware/proto/tftp_options.h"
#include "firmware/wire/tftp_packet.h"
#include "tests/fuzz/fuzz.h"

static void check_within(struct slice part, const uint8_t *data, size_t size)
{
    check(part.len == 0 || (part.data >= data && part.data + part.len <= data + size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct tftp_ask asked = {.block_size = 5908, .window = 16, .size = true};
    struct reader r = reader_of(slice_of(data, size));
    struct tftp_packet packet;
    struct tftp_answer answer;
    struct tftp_option option;
    struct slice file, mode, options;

    if (!tftp_packet_parse(&r, &packet))
        return 0;
    check_within(packet.body, data, size);
    if (tftp_rrq_parse(packet.body, &file, &mode, &options)) {
        check_within(file, data, size);
        check_within(mode, data, size);
        while (tftp_option_next(&options, &option) == TFTP_OPTION_OK) {
            check_within(option.name, data, size);
            check_within(option.value, data, size);
            check(option.name.len != 0);
        }
        check(options.len == 0);
    }
    if (tftp_answer_parse(packet.body, &asked, &answer) == TFTP_ANSWER_GOOD)
        check((answer.block_size == TFTP_BLOCK_DEFAULT || answer.block_size <= asked.block_size) &&
              answer.block_size >= TFTP_BLOCK_MIN && answer.window >= 1 && answer.window <= asked.window);
    return 0;
}
