/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/base/status.h"

uint16_t status_number(enum status status)
{
    switch (status) {
#define X(name, number, text) \
    case name:                \
        return number;
#include "firmware/base/status.def"
#undef X
    case STATUS_PENDING:
        break;
    }
    return 0x01;
}

const char *status_text(enum status status)
{
    switch (status) {
#define X(name, number, text) \
    case name:                \
        return text;
#include "firmware/base/status.def"
#undef X
    case STATUS_PENDING:
        break;
    }
    return "not finished";
}
