/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What tools/romtool packs, the ROM's own code unpacks: on the image of a real ROM, as the build makes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bios/rom/lzma.h"
#include "bios/rom/unpack.h"

#ifndef BUILD_FOLDER
#define BUILD_FOLDER "build"
#endif
#define PAYLOAD BUILD_FOLDER "/bios/intel/payload"
#define IMAGE   BUILD_FOLDER "/bios/intel/image.bin"

struct file {
    size_t len;
    uint8_t *data;
};

static struct file file_read(const char *name)
{
    struct file file = {0};
    FILE *stream = fopen(name, "rb");

    assert_non_null(stream);
    assert_int_equal(fseek(stream, 0, SEEK_END), 0);
    file.len = (size_t)ftell(stream);
    rewind(stream);
    file.data = malloc(file.len);
    assert_non_null(file.data);
    assert_int_equal(fread(file.data, 1, file.len, stream), file.len);
    assert_int_equal(fclose(stream), 0);
    return file;
}

/* Memory of exactly the size that is promised to be enough: the sanitizer sees a byte more. */
static uint8_t *unpack(const struct payload *payload, uint32_t address, uint32_t *entry)
{
    uint32_t room = payload->memory_size > payload->unpacked_size ? payload->memory_size : payload->unpacked_size;
    uint8_t *base = malloc(room);
    uint16_t *scratch = malloc(LZMA_PROBABILITIES(payload->lc + payload->lp) * sizeof(*scratch));

    assert_non_null(base);
    assert_non_null(scratch);
    memset(base, 0xee, room);
    *entry = rom_unpack(payload, base, address, scratch);
    free(scratch);
    return base;
}

static uint32_t word_at(const uint8_t *p)
{
    uint32_t word;

    memcpy(&word, p, sizeof(word));
    return word;
}

static void unpacked_is_what_was_linked(void **state)
{
    struct file packed = file_read(PAYLOAD), image = file_read(IMAGE);
    const struct payload *payload = (const struct payload *)packed.data;
    uint32_t entry;
    uint8_t *base = unpack(payload, 0x40000000, &entry);
    uint32_t moved = 0;

    (void)state;
    assert_int_equal(entry, 0x40000000 + payload->entry);
    assert_int_equal(payload->image_size, image.len);
    for (size_t at = 0; at < image.len; at++) {
        if (base[at] == image.data[at])
            continue;
        /* The load address has zeros but in its last byte: where a byte differs, it is that one of an address. */
        assert_true(at >= 3);
        assert_int_equal(word_at(base + at - 3), word_at(image.data + at - 3) + 0x40000000);
        moved++;
    }
    assert_true(moved > 100);
    assert_int_equal(moved, payload->relocations);
    for (uint32_t at = payload->image_size; at < payload->memory_size; at++)
        assert_int_equal(base[at], 0);
    free(base);
    free(packed.data);
    free(image.data);
}

/* The BIOS has checked the ROM's checksum, but memory can be bad: no damage may lead out of the memory given. */
static void damage_stays_inside(void **state)
{
    struct file packed = file_read(PAYLOAD);
    size_t header = offsetof(struct payload, stream), refused = 0;
    /* A damaged stream may be read on behind its end, in the ROM or behind it. */
    uint8_t *copy = malloc(packed.len + (1u << 20));

    (void)state;
    assert_non_null(copy);
    for (size_t at = header; at < packed.len; at += packed.len / 64) {
        uint32_t entry;

        memset(copy, 0xff, packed.len + (1u << 20));
        memcpy(copy, packed.data, packed.len);
        copy[at] ^= 0x10;
        ((struct payload *)copy)->relocations = 0; /* the table's numbers are trusted, if it is the one packed */
        free(unpack((const struct payload *)copy, 0, &entry));
        refused += entry == 0;
    }
    assert_true(refused > 0);
    free(copy);
    free(packed.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unpacked_is_what_was_linked),
        cmocka_unit_test(damage_stays_inside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
