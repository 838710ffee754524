/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What pe.c says of whole, cut and foreign files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "firmware/image/pe.h"
#include "tests/harness/guard_page.h"
#include "tests/harness/pe_file.h"

static struct guard_page guard;
static uint8_t file[PE_FILE_LEN];

static struct pe_image parsed(struct slice bytes)
{
    struct pe_image pe;

    pe_parse(guard_page_copy(&guard, bytes), &pe);
    return pe;
}

static void whole_programs_are_whole(void **state)
{
    static const uint16_t all[] = {PE_MACHINE_IA32, PE_MACHINE_ARM, PE_MACHINE_X64, PE_MACHINE_AA64};
    struct pe_image pe;

    (void)state;
    for (size_t n = 0; n < sizeof(all) / sizeof(all[0]); n++) {
        pe_file_fill(file, all[n], (uint16_t)(10 + n));
        pe = parsed(slice_of(file, sizeof(file)));
        assert_int_equal(pe.verdict, PE_WHOLE);
        assert_int_equal(pe.machine, all[n]);
        assert_int_equal(pe.subsystem, 10 + n);
        assert_int_equal(pe.needed, PE_FILE_LEN);
    }
}

/* At every length: never whole, and never more is needed than there was. */
static void cut_programs_are_truncated(void **state)
{
    struct pe_image pe;

    (void)state;
    pe_file_fill(file, PE_MACHINE_X64, PE_SUBSYSTEM_EFI_APPLICATION);
    for (size_t len = 2; len < sizeof(file); len++) {
        pe = parsed(slice_of(file, len));
        assert_int_equal(pe.verdict, PE_TRUNCATED);
        assert_in_range(pe.needed, len + 1, PE_FILE_LEN);
        assert_int_equal(pe.machine, len >= PE_FILE_COFF + 6 ? PE_MACHINE_X64 : 0);
    }
}

/* Unsigned: the last section is what ends the file. */
static void a_cut_section_is_truncated(void **state)
{
    struct pe_image pe;

    (void)state;
    pe_file_fill(file, PE_MACHINE_X64, PE_SUBSYSTEM_EFI_APPLICATION);
    memset(file + PE_FILE_COFF + 24 + 112 + 4 * 8, 0, 8);
    pe = parsed(slice_of(file, PE_FILE_CERTIFICATES));
    assert_int_equal(pe.verdict, PE_WHOLE);
    assert_int_equal(pe.needed, PE_FILE_CERTIFICATES);
    assert_int_equal(parsed(slice_of(file, PE_FILE_CERTIFICATES - 1)).verdict, PE_TRUNCATED);
}

static void what_lies_behind_is_no_fault(void **state)
{
    uint8_t longer[PE_FILE_LEN + 100] = {0};

    (void)state;
    pe_file_fill(longer, PE_MACHINE_X64, PE_SUBSYSTEM_EFI_APPLICATION);
    assert_int_equal(parsed(slice_of(longer, sizeof(longer))).verdict, PE_WHOLE);
}

static void other_files_are_not_programs(void **state)
{
    uint8_t text[200] = "#!ipxe\nboot\n";

    (void)state;
    assert_int_equal(parsed(slice_of(text, 0)).verdict, PE_NOT_MZ);
    assert_int_equal(parsed(slice_of("M", 1)).verdict, PE_NOT_MZ);
    assert_int_equal(parsed(slice_of(text, sizeof(text))).verdict, PE_NOT_MZ);
    memcpy(text, "MZ", 2);
    assert_int_equal(parsed(slice_of(text, sizeof(text))).verdict, PE_NO_HEADER);
    memset(text + 0x3c, 0xff, 4);
    assert_int_equal(parsed(slice_of(text, sizeof(text))).verdict, PE_NO_HEADER);
}

/* The largest numbers everywhere: sums of two of them must not wrap to something small. */
static void huge_numbers_only_ask_for_more(void **state)
{
    struct pe_image pe;

    (void)state;
    pe_file_fill(file, PE_MACHINE_X64, PE_SUBSYSTEM_EFI_APPLICATION);
    memset(file + PE_FILE_COFF + 24 + 112 + 4 * 8, 0xff, 8);
    pe = parsed(slice_of(file, sizeof(file)));
    assert_int_equal(pe.verdict, PE_TRUNCATED);
    assert_int_equal(pe.needed, 2 * (uint64_t)UINT32_MAX);
    pe_file_fill(file, PE_MACHINE_X64, PE_SUBSYSTEM_EFI_APPLICATION);
    memset(file + PE_FILE_COFF + 6, 0xff, 2);
    assert_int_equal(parsed(slice_of(file, sizeof(file))).verdict, PE_TRUNCATED);
}

static void machines_have_names(void **state)
{
    (void)state;
    assert_string_equal(pe_machine_text(PE_MACHINE_IA32), "32-bit x86");
    assert_string_equal(pe_machine_text(PE_MACHINE_X64), "x86-64");
    assert_string_equal(pe_machine_text(0x1234), "an unknown machine");
}

static int open_guard(void **state)
{
    (void)state;
    guard_page_open(&guard, 8192);
    return 0;
}

static int close_guard(void **state)
{
    (void)state;
    guard_page_close(&guard);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_programs_are_whole),       cmocka_unit_test(cut_programs_are_truncated),
        cmocka_unit_test(what_lies_behind_is_no_fault),   cmocka_unit_test(other_files_are_not_programs),
        cmocka_unit_test(huge_numbers_only_ask_for_more), cmocka_unit_test(machines_have_names),
        cmocka_unit_test(a_cut_section_is_truncated),
    };

    return cmocka_run_group_tests_name("pe", tests, open_guard, close_guard);
}
