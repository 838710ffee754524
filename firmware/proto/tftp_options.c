/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/proto/tftp_options.h"

#include "firmware/base/text.h"
#include "firmware/proto/tftp.h"
#include "firmware/wire/tftp_packet.h"

enum {
    RECEIVE_FRAMES = 64, /* what a ring is taken to hold when nobody says */
    FRAMES_FIRST = 4,
    FRAMES_LOCK_STEP = 16, /* the same burst as the first window */
    FRAMES_MAX = 44,       /* 65108 bytes; one more would be above TFTP_BLOCK_MAX */
    WINDOW_FIRST = 16,
    WINDOW_LOSSY = 4,
    WINDOWS_TO_TRUST = 2, /* a transfer of fewer windows proves no lack of loss */
    FRAGMENT = 1480,      /* an IPv4 fragment's share of the datagram */
    HEADERS = 12,         /* of UDP and of a DATA packet */
};

unsigned tftp_frames_of(uint16_t block_size)
{
    return (block_size + (unsigned)HEADERS + FRAGMENT - 1) / FRAGMENT;
}

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static unsigned window_wanted(enum tftp_options_level level, const struct tftp_request *request,
                              const struct tftp_experience *experience)
{
    unsigned window = experience->window != 0 ? experience->window : WINDOW_FIRST;

    if (level >= TFTP_OPTIONS_NO_WINDOW || experience->refuses_window || experience->ignores_window)
        return 1;
    if (request->window_max != 0)
        return smaller(window, request->window_max);
    return request->paced ? 1 : window;
}

static unsigned frames_wanted(enum tftp_options_level level, const struct tftp_experience *experience)
{
    if (level >= TFTP_OPTIONS_ONE_FRAME || experience->fragments_lost || experience->grants_window)
        return 1;
    if (experience->frames != 0)
        return experience->frames;
    /* Without windows a lost frame costs one time-out of the server, however many were sent with it: nothing speaks
     * for small blocks, and 16 frames make 42 ACKs per MB of 170. */
    return experience->ignores_window ? FRAMES_LOCK_STEP : FRAMES_FIRST;
}

static bool multicast_wanted(enum tftp_options_level level, const struct tftp_request *request,
                             const struct tftp_experience *experience)
{
    return level == TFTP_OPTIONS_ALL && request->map != NULL && !request->paced && !request->size_only &&
           !request->directory && request->window_max != 1 && !experience->refuses_multicast &&
           !experience->refuses_options;
}

/* What every machine knows about a server it has never met, but for what would keep its answer from getting through. */
static struct tftp_experience common_experience(const struct tftp_experience *experience)
{
    return (struct tftp_experience){
        .grants_window = experience->grants_multicast,
        .refuses_window = experience->refuses_window,
        .fragments_lost = experience->fragments_lost,
    };
}

void tftp_ask_choose(struct tftp_ask *ask, enum tftp_options_level level, const struct tftp_request *request,
                     const struct tftp_experience *experience)
{
    bool multicast = multicast_wanted(level, request, experience);
    struct tftp_experience known = multicast ? common_experience(experience) : *experience;
    /* A quarter of the ring is left for what others send. */
    unsigned ring = request->receive_frames != 0 ? request->receive_frames : RECEIVE_FRAMES;
    unsigned room = ring > 4 ? ring - ring / 4 : ring;
    unsigned window = smaller(window_wanted(level, request, &known), room);
    unsigned frames = smaller(frames_wanted(level, &known), room / window);

    *ask = (struct tftp_ask){0};
    if (level == TFTP_OPTIONS_NONE || experience->refuses_options)
        return;
    ask->size = true;
    if (request->size_only)
        return;
    ask->block_size = (uint16_t)(frames * FRAGMENT - HEADERS);
    if (request->block_size_max != 0)
        ask->block_size = (uint16_t)smaller(ask->block_size, request->block_size_max);
    ask->window = (uint16_t)(window > 1 ? window : 0);
    ask->multicast = multicast;
}

void tftp_ask_emit(const struct tftp_ask *ask, struct writer *w)
{
    if (ask->size)
        tftp_option_emit(w, "tsize", 0);
    if (ask->block_size != 0)
        tftp_option_emit(w, "blksize", ask->block_size);
    if (ask->window != 0)
        tftp_option_emit(w, "windowsize", ask->window);
    if (ask->multicast)
        tftp_option_emit_text(w, "multicast", "");
}

/* Takes the field before the next comma, or the last one, off `value`. */
static struct slice take_field(struct slice *value, uint8_t separator)
{
    struct slice field = *value;

    for (size_t n = 0; n < field.len; n++)
        if (field.data[n] == separator) {
            *value = slice_from(field, n + 1);
            return slice_first(field, n);
        }
    *value = slice_of(NULL, 0);
    return field;
}

static bool parse_address(struct slice text, uint32_t *address)
{
    uint64_t byte;

    *address = 0;
    for (unsigned n = 0; n < 4; n++) {
        struct slice field = take_field(&text, '.');

        if (field.len > 3 || !text_parse_decimal(field, &byte) || byte > 255 || (n < 3) != (text.data != NULL))
            return false;
        *address = *address << 8 | (uint32_t)byte;
    }
    return true;
}

static bool may_be_joined(uint32_t address)
{
    return address >> 28 == 14 && address >> 8 != 0xe00000;
}

bool tftp_group_parse(struct slice value, struct tftp_group *group)
{
    struct slice address = take_field(&value, ','), port = take_field(&value, ',');
    uint64_t number = 0;

    *group = (struct tftp_group){0};
    if (value.len != 1 || (value.data[0] != '0' && value.data[0] != '1'))
        return false;
    if (address.len != 0 && (!parse_address(address, &group->address) || !may_be_joined(group->address)))
        return false;
    if (port.len != 0 && (!text_parse_decimal(port, &number) || number == 0 || number > UINT16_MAX))
        return false;
    group->port = (uint16_t)number;
    group->is_master = value.data[0] == '1';
    return true;
}

/* One option of an OACK; what was taken from `left` cannot be answered a second time. */
static enum tftp_verdict take_option(const struct tftp_option *option, struct tftp_ask *left,
                                     struct tftp_answer *answer)
{
    uint64_t value = 0;
    bool is_number = text_parse_decimal(option->value, &value);

    if (left->size && text_equal_ignoring_case(option->name, "tsize")) {
        left->size = false;
        answer->has_size = is_number;
        answer->size = value;
        return TFTP_ANSWER_GOOD;
    }
    if (left->block_size != 0 && text_equal_ignoring_case(option->name, "blksize")) {
        if (!is_number || value < TFTP_BLOCK_MIN || value > left->block_size)
            return TFTP_ANSWER_BAD;
        left->block_size = 0;
        answer->block_size = (uint16_t)value;
        return TFTP_ANSWER_GOOD;
    }
    if (left->window != 0 && text_equal_ignoring_case(option->name, "windowsize")) {
        if (!is_number || value == 0 || value > left->window)
            return TFTP_ANSWER_BAD_WINDOW;
        left->window = 0;
        answer->window = (uint16_t)value;
        return TFTP_ANSWER_GOOD;
    }
    if (left->multicast && text_equal_ignoring_case(option->name, "multicast")) {
        if (!tftp_group_parse(option->value, &answer->group) || answer->group.address == 0 || answer->group.port == 0)
            return TFTP_ANSWER_BAD_MULTICAST;
        left->multicast = false;
        answer->has_multicast = true;
        return TFTP_ANSWER_GOOD;
    }
    return TFTP_ANSWER_BAD;
}

enum tftp_verdict tftp_answer_parse(struct slice options, const struct tftp_ask *asked, struct tftp_answer *answer)
{
    struct tftp_ask left = *asked;
    struct tftp_option option;
    enum tftp_option_result result;

    *answer = (struct tftp_answer){.block_size = TFTP_BLOCK_DEFAULT, .window = 1};
    while ((result = tftp_option_next(&options, &option)) == TFTP_OPTION_OK) {
        enum tftp_verdict verdict = take_option(&option, &left, answer);

        if (verdict != TFTP_ANSWER_GOOD)
            return verdict;
    }
    return result == TFTP_OPTION_END ? TFTP_ANSWER_GOOD : TFTP_ANSWER_BAD;
}

void tftp_experience_meet(struct tftp_experience *experience, uint32_t server)
{
    if (experience->server != server)
        *experience = (struct tftp_experience){.server = server};
}

/* Loss in blocks of 100, by what one lost block is worth: 5 % is where small windows win. */
static bool is_lossy(const struct tftp_lesson *lesson)
{
    return lesson->losses > lesson->blocks / 20;
}

static void learn_window(struct tftp_experience *experience, const struct tftp_lesson *lesson)
{
    experience->grants_window = true;
    if (lesson->losses == 0 && lesson->blocks >= (uint32_t)lesson->window * WINDOWS_TO_TRUST)
        experience->window = (uint16_t)smaller(lesson->window * 2u, TFTP_WINDOW_MAX);
    else if (is_lossy(lesson))
        experience->window = WINDOW_LOSSY;
    else if (lesson->losses != 0)
        experience->window = WINDOW_FIRST;
}

static void learn_lock_step(struct tftp_experience *experience, const struct tftp_lesson *lesson)
{
    unsigned frames = tftp_frames_of(lesson->block_size);

    if (lesson->window_asked > 1)
        experience->ignores_window = true;
    if (frames < FRAMES_FIRST)
        return; /* the server's own limit, or the caller's */
    if (lesson->losses == 0 && lesson->blocks >= WINDOWS_TO_TRUST)
        experience->frames = (uint16_t)(frames < FRAMES_LOCK_STEP ? FRAMES_LOCK_STEP : smaller(frames * 2, FRAMES_MAX));
    else if (lesson->losses != 0)
        experience->frames = FRAMES_FIRST;
    if (is_lossy(lesson) && frames <= FRAMES_FIRST)
        experience->frames = 1;
}

void tftp_experience_learn(struct tftp_experience *experience, const struct tftp_lesson *lesson)
{
    if (lesson->window > 1)
        learn_window(experience, lesson);
    else
        learn_lock_step(experience, lesson);
}
