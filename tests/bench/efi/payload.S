/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What makes the boot file large: PAYLOAD, a file of the build; without it there is none. */
    .section .rdata, "dr"
    .globl payload, payload_end
payload:
#ifdef PAYLOAD
    .incbin PAYLOAD
#endif
payload_end:
    .byte 0
