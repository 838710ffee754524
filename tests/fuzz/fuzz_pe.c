/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The headers of a boot file: a file called whole holds what its headers tell of, and is called cut when a byte less is
 * there than they need. */
#include "firmware/image/pe.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct pe_image pe, cut;

    if (len == 0)
        return 0;
    pe_parse(slice_of(bytes, len), &pe);
    check(pe.verdict != PE_WHOLE || pe.needed <= len);
    check(pe.verdict != PE_TRUNCATED || pe.needed > len);
    check(pe_machine_text(pe.machine)[0] != 0);
    if (pe.verdict == PE_WHOLE) {
        pe_parse(slice_of(bytes, (size_t)pe.needed - 1), &cut);
        check(cut.verdict == PE_TRUNCATED);
    }
    return 0;
}
