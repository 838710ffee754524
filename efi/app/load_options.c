/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/app/load_options.h"

#include "efi/platform/device_path.h"
#include "firmware/base/text.h"

enum {
    OPTIONS_MAX = 1024, /* characters */
    OWN_NAME_MAX = 64,
};

static const char tftp_scheme[] = "tftp://";

/* UCS-2 of printable ASCII into bytes; 0 for anything else. Neither length nor end need be right. */
static size_t copy_text(char *to, size_t size, const uint8_t *from, size_t from_len)
{
    size_t len = 0;

    for (; (len + 1) * 2 <= from_len; len++) {
        unsigned c = from[2 * len] | (unsigned)from[2 * len + 1] << 8;

        if (c == 0)
            break;
        if ((c < ' ' && c != '\t' && c != '\r' && c != '\n') || c > '~' || len == size - 1)
            return 0;
        to[len] = (char)c;
    }
    to[len] = '\0';
    return len;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The next word, moved past. */
static struct slice take_word(const char **text)
{
    const char *start;

    while (is_space(**text))
        (*text)++;
    start = *text;
    while (**text != '\0' && !is_space(**text))
        (*text)++;
    return slice_of(start, (size_t)(*text - start));
}

/* What follows the last slash or colon. */
static struct slice base_name(struct slice path)
{
    for (size_t at = path.len; at > 0; at--)
        if (path.data[at - 1] == '\\' || path.data[at - 1] == '/' || path.data[at - 1] == ':')
            return slice_from(path, at);
    return path;
}

static struct slice without_suffix(struct slice name)
{
    struct slice stem = slice_first(name, name.len > 4 ? name.len - 4 : 0);

    return stem.len != 0 && text_equal_ignoring_case(slice_from(name, stem.len), ".efi") ? stem : name;
}

/* The Shell leaves out drive, folder and ".efi" as the person did. */
static bool is_own_name(struct slice word, const EFI_DEVICE_PATH *file_path)
{
    const EFI_DEVICE_PATH *node = device_path_find(file_path, DEVICE_PATH_MEDIA, DEVICE_PATH_FILE);
    char own[OPTIONS_MAX], stem[OWN_NAME_MAX];
    struct slice name;

    if (node == NULL || device_path_node_len(node) <= sizeof(*node) ||
        copy_text(own, sizeof(own), (const uint8_t *)node + sizeof(*node),
                  device_path_node_len(node) - sizeof(*node)) == 0)
        return false;
    name = without_suffix(base_name(text_slice(own)));
    return text_copy(stem, sizeof(stem), name) && text_equal_ignoring_case(without_suffix(base_name(word)), stem);
}

static bool take_file(struct origin *o, struct slice word)
{
    size_t scheme = sizeof(tftp_scheme) - 1, at;

    for (at = 0; at + 2 < word.len; at++)
        if (memcmp(word.data + at, "://", 3) == 0)
            break;
    if (at + 2 >= word.len)
        return text_copy(o->file_name, sizeof(o->file_name), word);
    if (!text_equal_ignoring_case(slice_first(word, scheme), tftp_scheme))
        return false;
    word = slice_from(word, scheme);
    for (at = 0; at < word.len && word.data[at] != '/'; at++)
        ;
    return dhcp_parse_dotted(slice_first(word, at), &o->file_server) && at + 1 < word.len &&
           text_copy(o->file_name, sizeof(o->file_name), slice_from(word, at + 1));
}

void load_options_read(const EFI_LOADED_IMAGE *image, struct origin *o)
{
    char text[OPTIONS_MAX];
    const char *rest = text;
    struct slice word;

    if (image->LoadOptions == NULL || copy_text(text, sizeof(text), image->LoadOptions, image->LoadOptionsSize) == 0)
        return;
    word = take_word(&rest);
    if (is_own_name(word, image->FilePath))
        word = take_word(&rest);
    if (word.len != 0)
        o->is_bad_file = !take_file(o, word);
}
