/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Registers and descriptors of Intel's 8254x and 82574 gigabit controllers, as far as the driver uses them. SDM is the
 * "PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's Manual" (317453), chapter 13 for registers and
 * chapter 3 for descriptors; 82574 is the "82574 GbE Controller Family Datasheet" (317694), chapter 10, with the same
 * register names. Offsets are those both have in common.
 */
#ifndef PUCK_DRIVERS_INTEL_REGS_H
#define PUCK_DRIVERS_INTEL_REGS_H

#include <stdint.h>

enum {
    INTEL_CTRL = 0x0000, /* SDM 13.4.1 */
    INTEL_STATUS = 0x0008,
    INTEL_EERD = 0x0014,
    INTEL_ICR = 0x00c0,
    INTEL_IMS = 0x00d0,
    INTEL_IMC = 0x00d8,
    INTEL_RCTL = 0x0100,
    INTEL_TCTL = 0x0400,
    INTEL_TIPG = 0x0410,
    INTEL_RDBAL = 0x2800,
    INTEL_RDBAH = 0x2804,
    INTEL_RDLEN = 0x2808, /* bytes, a multiple of 128 */
    INTEL_RDH = 0x2810,
    INTEL_RDT = 0x2818,
    INTEL_TDBAL = 0x3800,
    INTEL_TDBAH = 0x3804,
    INTEL_TDLEN = 0x3808,
    INTEL_TDH = 0x3810,
    INTEL_TDT = 0x3818,
    INTEL_MTA = 0x5200, /* 128 words: a bit for each 12-bit hash of a group address */
    INTEL_MTA_WORDS = 128,
    INTEL_RAL0 = 0x5400,
    INTEL_RAH0 = 0x5404,
};

#define INTEL_CTRL_MASTER_DISABLE 0x00000004u /* 82574 only: stop PCIe requests */
#define INTEL_CTRL_LRST           0x00000008u
#define INTEL_CTRL_ASDE           0x00000020u
#define INTEL_CTRL_SLU            0x00000040u /* without it the MAC ignores the PHY's link */
#define INTEL_CTRL_ILOS           0x00000080u
#define INTEL_CTRL_FRCSPD         0x00000800u
#define INTEL_CTRL_FRCDPX         0x00001000u
#define INTEL_CTRL_RST            0x04000000u
#define INTEL_CTRL_VME            0x40000000u
#define INTEL_CTRL_PHY_RST        0x80000000u

#define INTEL_STATUS_LU             0x00000002u
#define INTEL_STATUS_FUNCTION       0x0000000cu /* 82546: which port of the two */
#define INTEL_STATUS_SPEED          0x000000c0u /* 00 10, 01 100, 1x 1000 Mbit/s */
#define INTEL_STATUS_SPEED_100      0x00000040u
#define INTEL_STATUS_SPEED_1000     0x00000080u
#define INTEL_STATUS_MASTER_ENABLED 0x00080000u /* 82574 only: PCIe requests may be under way */

#define INTEL_EERD_START 0x00000001u

/* Interrupt causes (SDM 13.4.17). */
#define INTEL_CAUSE_TXDW   0x00000001u
#define INTEL_CAUSE_LSC    0x00000004u
#define INTEL_CAUSE_RXDMT0 0x00000010u
#define INTEL_CAUSE_RXO    0x00000040u
#define INTEL_CAUSE_RXT0   0x00000080u

#define INTEL_RCTL_EN    0x00000002u
#define INTEL_RCTL_UPE   0x00000008u
#define INTEL_RCTL_MPE   0x00000010u
#define INTEL_RCTL_BAM   0x00008000u
#define INTEL_RCTL_SECRC 0x04000000u /* the FCS is not stored; BSIZE 00: buffers of 2048 bytes */

#define INTEL_TCTL_EN      0x00000002u
#define INTEL_TCTL_CT_15   0x000000f0u
#define INTEL_TCTL_COLD_64 0x00040000u
#define INTEL_TCTL_CT      0x00000ff0u
#define INTEL_TCTL_COLD    0x003ff000u

/* IPGT 8, IPGR1 8, IPGR2 6: the values for 1000BASE-T (SDM 13.4.34); the 82574's defaults. */
#define INTEL_TIPG_COPPER 0x00602008u

#define INTEL_RAH_VALID 0x80000000u

/* Legacy descriptors (SDM 3.2.3 and 3.3.3), as two addresses and two words to be read and written whole. */
struct intel_descriptor {
    uint32_t address_low, address_high;
    uint32_t command; /* receive: length; transmit: length and INTEL_TX_... */
    uint32_t status;  /* written back by the device */
};

#define INTEL_RX_LENGTH 0x0000ffffu /* of `command`; the upper half is a checksum we do not use */
#define INTEL_RX_DONE   0x00000001u
#define INTEL_RX_EOP    0x00000002u
/* CE, SE, SEQ, CXE, RXE. Not TCPE and IPE: checksums are the stack's business. */
#define INTEL_RX_ERRORS 0x00009700u

#define INTEL_TX_EOP  0x01000000u
#define INTEL_TX_IFCS 0x02000000u
#define INTEL_TX_RS   0x08000000u
#define INTEL_TX_DONE 0x00000001u

#endif
