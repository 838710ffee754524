/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What shim revokes by (shim's SBAT.md): CSV in a section of its own. */
#include "firmware/boot/version.h"

__attribute__((section(".sbat"), used)) static const char sbat[] __attribute__((aligned(512))) =
    "sbat,1,SBAT Version,sbat,1,https://github.com/rhboot/shim/blob/main/SBAT.md\n"
    "puck,1,Puck,puck," PUCK_VERSION ",README.md of the source\n";
