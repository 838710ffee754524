/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The compressed image (payload.h), behind the code that unpacks it. */
    .section .payload, "a"
    .balign 4
    .global payload
payload:
    .incbin PAYLOAD
